"""Texts that came in, as a page: first those that need a person."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.correspondence import place_after
from api.fields import ShortLine
from api.form import FormError, Shown, again
from api.inbound_text import REFERENCE, assign, deal_with, place_of
from api.inbound_text_page_shown import TEXTS, Texts, entry_of, field_of, told_of
from api.opt_out_page import NO_REFERENCE, reference_in
from api.page import PageQuery, next_address
from api.pages import show, to
from api.problems import Kind, Problem
from api.services import In, Services
from api.visit import FromStaff, StaffVisit
from store.session import Session

MOST_WAITING = 200
"""Texts that are shown as needing a person; the others follow once these are dealt with."""
UNKNOWN_REFERENCE = "There is no referral of this reference: check it against the referral's page"

router = APIRouter(include_in_schema=False)


class TextsQuery(PageQuery):
    """How far down the list, and which text has just been dealt with."""

    told: ShortLine = None


@router.get(TEXTS)
async def texts_page(
    request: Request, services: In, session: StaffVisit, query: Annotated[TextsQuery, Query()]
) -> Response:
    """List the texts that came in."""
    return await _page(request, services, session, query, Shown())


@router.post(TEXTS + "/{text_id}/assignment")
async def assign_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, text_id: str
) -> Response:
    """Give a text to the referral a person names."""
    typed = sent.text(REFERENCE)
    error = NO_REFERENCE
    try:
        if typed:
            await assign(services, text_id, reference_in(typed), by=session.token.maker)
            return to(f"{TEXTS}?told={text_id}")
    except Problem as problem:
        if problem.kind is Kind.NOT_FOUND:
            raise
        error = UNKNOWN_REFERENCE if problem.kind is Kind.VALIDATION else problem.detail
    form = again(sent, [FormError(field=field_of(text_id), text=error)])
    return await _page(request, services, session, TextsQuery(), form, of=text_id, status=422)


@router.post(TEXTS + "/{text_id}/dealt-with")
async def deal_with_on_page(services: In, session: StaffVisit, _: FromStaff, text_id: str) -> Response:
    """Note that the person at the page has dealt with a text."""
    await deal_with(services, text_id, by=session.token.maker)
    return to(f"{TEXTS}?told={text_id}")


async def _page(
    request: Request,
    services: Services,
    session: Session,
    query: TextsQuery,
    form: Shown,
    *,
    of: str = "",
    status: int = 200,
) -> Response:
    texts = await run_in_threadpool(_texts, request, services, query)
    return show(request, "texts.html", status=status, session=session, texts=texts, form=form, of=of)


def _texts(request: Request, services: Services, query: TextsQuery) -> Texts:
    now, zone, store = services.clock(), services.zone, services.inbound_texts
    waiting = store.list(needs_person=True, limit=MOST_WAITING)
    others = store.list(needs_person=False, after=place_after(query), limit=query.limit + 1)
    listed = others[: query.limit]
    told = store.get(query.told) if query.told else None
    return Texts(
        waiting=tuple(entry_of(text, zone=zone, now=now) for text in waiting),
        others=tuple(entry_of(text, zone=zone, now=now) for text in listed),
        older=next_address(request, place_of(listed[-1])) if len(others) > len(listed) else "",
        newest=TEXTS if query.cursor else "",
        told=told_of(told) if told else "",
    )
