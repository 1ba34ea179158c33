"""The contact plan of one referral for people: every way to reach the person, and how to do it safely."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import form_words as words
from api.command import give
from api.contact_plan import read_change
from api.contact_plan_change import KIND
from api.contact_plan_form import (
    SEEN,
    WINDOWS,
    address_rows,
    change_typed,
    filled_in,
    rows,
    seen,
    without_gaps,
)
from api.contact_plan_mending import errors_on_form
from api.contact_plan_page_shown import PlanPage, page_of
from api.contact_plan_version import waiting_changes
from api.form import FormError, Sent, Shown, again, id_of
from api.idempotency import Once
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem, not_found
from api.referral_page_told import told_of
from api.services import In, Services
from api.visit import FromStaff, StaffVisit
from domain.errors import IdempotencyConflict
from domain.events import PlanSent
from store.referral_view import ReferralView
from store.session import Session

ADDRESS = "/referrals/{referral_id}/contact-plan"
_CHANGED_MEANWHILE = (
    "The plan was changed while you had it open. Look at it once more on the page of the referral; what you typed "
    "is below, and sending it again says that it holds"
)
_SENT_BEFORE = "This form was sent before with other words. Look at the plan; send it if it is still needed"
_ON_THE_FORM = frozenset({Kind.VALIDATION, Kind.NOT_POSSIBLE_NOW})

router = APIRouter(include_in_schema=False)


class PlanPageQuery(AskedFor):
    """What has just been sent."""

    command: Annotated[str, Field(max_length=36)] = ""


@router.get(ADDRESS)
async def contact_plan_page(
    request: Request,
    services: In,
    session: StaffVisit,
    referral_id: str,
    query: Annotated[PlanPageQuery, Query()],
) -> Response:
    """Show the plan, ready to be changed."""
    view = await run_in_threadpool(_view, services, referral_id)
    form = Shown(fields=await run_in_threadpool(lambda: filled_in(view.document, services.zone)))
    return await _shown(request, services, session, view, form=form, command_id=query.command)


@router.post(ADDRESS)
async def change_contact_plan_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, referral_id: str
) -> Response:
    """Change the plan, or confirm that it still holds."""
    view = await run_in_threadpool(_view, services, referral_id)
    sent = without_gaps(sent)
    try:
        command_id = await _given(request, services, session, sent, view)
    except IdempotencyConflict:
        return await _again(
            request, services, session, sent, view, Problem(Kind.NOT_POSSIBLE_NOW, _SENT_BEFORE)
        )
    except Problem as problem:
        if problem.kind not in _ON_THE_FORM:
            raise
        return await _again(request, services, session, sent, view, problem)
    return to(f"/referrals/{referral_id}/contact-plan?command={command_id}")


async def _given(
    request: Request, services: Services, session: Session, sent: Sent, view: ReferralView
) -> str:
    once = Once.of(services, session.token, request, sent.once, dict(sent.fields))
    kept = await run_in_threadpool(services.idempotency.find, once.claim) if once.claim else None
    shown = filled_in(view.document, services.zone)
    if kept is None and sent.text(SEEN) != seen(shown):
        raise Problem(Kind.NOT_POSSIBLE_NOW, _CHANGED_MEANWHILE)
    change = await run_in_threadpool(
        lambda: read_change(services, view.id, change_typed(sent, shown), by=session.token.maker)
    )
    given = await give(
        services,
        session.token,
        once.claim,
        referral_id=view.id,
        kind=KIND,
        event=PlanSent(),
        words=change.words,
    )
    return given.stored.id


async def _again(
    request: Request, services: Services, session: Session, sent: Sent, view: ReferralView, problem: Problem
) -> Response:
    errors = (
        errors_on_form(problem, sent)
        if problem.errors
        else [FormError(field="preferred_name", text=problem.detail)]
    )
    form = again(sent, errors)
    return await _shown(request, services, session, view, form=form, status=problem.kind.status)


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    view: ReferralView,
    *,
    form: Shown,
    command_id: str = "",
    status: int = 200,
) -> Response:
    command = await run_in_threadpool(services.commands.get, command_id) if command_id else None
    told = told_of(command) if command is not None and command.referral_id == view.id else None
    waiting = await run_in_threadpool(waiting_changes, services, view.id)
    page = page_of(view, told=told, waiting=len(waiting), zone=services.zone, now=services.clock())
    response = show(
        request,
        "contact_plan.html",
        status=status,
        session=session,
        page=page,
        form=form,
        id_of=id_of,
        rows={name: rows(form.fields, name) for name in (*_lists(page), *WINDOWS)},
        address_rows={owner: address_rows(form.fields, f"{owner}address") for owner in page.owners},
        **_choices(services),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _lists(page: PlanPage) -> list[str]:
    return [f"{owner}{name}" for owner in page.owners for name in ("phones", "emails")]


def _choices(services: Services) -> dict[str, Any]:
    return {
        "answers": words.choices(words.ANSWERS),
        "voicemails": words.choices(words.VOICEMAILS),
        "displays": words.choices(words.CALLER_DISPLAYS),
        "genders": words.choices(words.INTERPRETER_GENDERS),
        "access": words.choices(words.ACCESS),
        "days": words.choices(words.WEEKDAYS),
        "relatives": (
            words.Choice(value="true", text="Never a relative"),
            words.Choice(value="false", text="A relative may do it: they asked for that"),
        ),
        "zone_name": services.profile.hours.time_zone,
    }


def _view(services: Services, referral_id: str) -> ReferralView:
    view = services.referrals.view(referral_id)
    if view is None:
        raise not_found()
    return view
