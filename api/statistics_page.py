"""The funnel for managers, and the time they ask it for."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Shown, errors_of
from api.pages import show
from api.problems import Problem
from api.services import In, Services
from api.statistics import StatisticsQuery, count
from api.statistics_page_shown import ADDRESS, figures_of, periods_of
from api.visit import ManagerVisit

_LABELS = {"from": "“Received from”", "to": "“Received before”"}
_MEND = {
    "is too far away": "has to be a date between 1900 and 2199",
    "is not a date there is": "is not a date there is: check the day and the month",
    "is not a time there is": "is not a time there is: check the date",
}
"""What the API says of a time, as a page says it."""
_NO_DATE = "has to be a date, such as 2026-04-01"

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
async def statistics_page(request: Request, services: In, session: ManagerVisit) -> Response:
    """Count the referrals received in a time by what became of them."""
    asked = span_asked(request, services)
    figures = None
    if asked.query is not None:
        counted = await run_in_threadpool(count, services, asked.query)
        figures = figures_of(counted, zone=services.zone)
    return show(
        request,
        "statistics.html",
        status=asked.status,
        session=session,
        form=asked.form,
        figures=figures,
        periods=periods_of(services.clock().astimezone(services.zone).date()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanAsked:
    """Of which time a page is asked for."""

    query: StatisticsQuery | None
    """`None`: it cannot be meant; the form says why."""
    form: Shown

    @property
    def status(self) -> int:
        """Of the answer."""
        return 200 if self.query else 422


def span_asked(request: Request, services: Services) -> SpanAsked:
    """Read the two days of an address, for this page and others that count."""
    typed = {name: [request.query_params.get(name, "").strip()] for name in _LABELS}
    try:
        query = _query(services, {name: values[0] for name, values in typed.items()})
    except Problem as problem:
        return SpanAsked(query=None, form=Shown(fields=typed, errors=_errors(problem)))
    return SpanAsked(query=query, form=Shown(fields=typed))


def _query(services: Services, typed: Mapping[str, str]) -> StatisticsQuery:
    """Read the two times as the JSON API does.  Raises `Problem`."""
    try:
        query = StatisticsQuery.model_validate(typed)
    except ValidationError as error:
        raise Problem.of_validation(error.errors()) from None
    start, end = query.bounds(services.zone)
    if start is not None and end is not None and start >= end:
        raise Problem.at("to", f"has to be later than {_LABELS['from']}")
    return query


def _errors(problem: Problem) -> list[FormError]:
    mended = [
        error.model_copy(update={"reason": _MEND.get(error.reason, error.reason)}) for error in problem.errors
    ]
    plain = [
        error.model_copy(update={"reason": _NO_DATE}) if "RFC 3339" in error.reason else error
        for error in mended
    ]
    return errors_of(Problem(problem.kind, problem.detail, errors=plain), _LABELS)
