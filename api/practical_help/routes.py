"""The JSON API of practical help."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import Asked, AskedByStaff
from api.command import PendingOut, carry_out
from api.identity import OfStaff
from api.practical_help.help_out import HelpOut, HelpsOut, help_out
from api.practical_help.request import KIND, HelpIn, help_asked, read_help, words_of_request
from api.practical_help.step import StepIn, read_step
from api.practical_help.step_event import step_taken, words_of
from api.problems import not_found
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.dispatch_events import HelpAsked
from domain.identifiers import help_workflow_id
from store.command import StoredCommand
from store.practical_help.view import HelpView
from store.tokens import Token

router = APIRouter(prefix=PREFIX, tags=["practical help"])

_NEVER_KEPT = {"Cache-Control": "no-store"}
_ASKED: dict[str, Any] = {
    "items": [{"kind": "bed"}, {"kind": "bedding", "quantity": 2}, {"kind": "kettle"}],
    "note": "The flat was stripped.",
}


@router.post(
    "/referrals/{referral_id}/practical-help",
    status_code=201,
    openapi_extra=takes(HelpIn, example=_ASKED),
    responses=answers({201: HelpOut, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def ask_for_help(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Ask for practical help: goods, a visit, or both.  It lives on by itself, whatever becomes of the referral."""
    wanted = read_help(asked.body)

    async def showing(stored: StoredCommand) -> Response:
        assert isinstance(stored.event, HelpAsked), "that is what was asked"
        return await _answer(services, asked.caller, stored.event.help_id, status=201)

    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind=KIND,
        event=help_asked(),
        words=words_of_request(wanted),
        showing=showing,
    )


@router.get("/referrals/{referral_id}/practical-help", responses=answers({200: HelpsOut}, 401, 403, 404))
async def list_help(referral_id: str, services: In, caller: OfStaff) -> Response:
    """List a referral's practical help, oldest first."""
    if await run_in_threadpool(services.referrals.view, referral_id) is None:
        raise not_found()
    views = await run_in_threadpool(services.helps.of_referral, referral_id)
    now = services.clock()
    return JSONResponse(
        {"items": [help_out(view, role=caller.role, now=now) for view in views]}, headers=_NEVER_KEPT
    )


@router.get("/practical-help/{help_id}", responses=answers({200: HelpOut}, 401, 403, 404))
async def show_help(help_id: str, services: In, caller: OfStaff) -> Response:
    """Show one practical help: its visits with their clocks, its orders with what is outstanding."""
    return await _answer(services, caller, help_id)


@router.post(
    "/practical-help/{help_id}/events",
    openapi_extra=takes(StepIn, example={"event": "checked_in", "visit": 1}),
    responses=answers({200: HelpOut, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def take_step(help_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record what happened or was decided.  409 when it is not possible from here, with the reason."""
    view = await found_help(services, help_id)
    step = read_step(asked.body, region=services.region)
    return await carry_out(
        services,
        asked,
        referral_id=view.referral_id,
        kind=step.event,
        event=await step_taken(services, view, step, role=asked.caller.role),
        words=words_of(step),
        target_id=help_workflow_id(view.id),
        showing=_showing(services, asked, view),
    )


async def found_help(services: Services, help_id: str) -> HelpView:
    """Read one.  Raises a problem if there is none."""
    view = await run_in_threadpool(services.helps.view, help_id)
    if view is None:
        raise not_found()
    return view


def _showing(services: Services, asked: Asked, view: HelpView) -> Any:
    async def showing(_: StoredCommand) -> Response:
        return await _answer(services, asked.caller, view.id)

    return showing


async def _answer(services: Services, caller: Token, help_id: str, *, status: int = 200) -> Response:
    view = await found_help(services, help_id)
    shown = help_out(view, role=caller.role, now=services.clock())
    headers = {**_NEVER_KEPT, "Location": f"{PREFIX}/practical-help/{view.id}"}
    return JSONResponse(shown, status, headers=headers)
