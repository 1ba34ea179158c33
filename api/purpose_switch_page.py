"""The switches of the post room: one press, and nothing of a kind leaves any more."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Sent, Shown, again, document_of, read_form
from api.pages import show, to
from api.problems import Problem
from api.purpose_switch import read_switch, turn
from api.purpose_switch_page_shown import SWITCHES, reason_of, switches_of
from api.services import In, Services
from api.visit import ManagerVisit, StaffVisit
from domain.vocabulary import Purpose, Role
from store.session import Session

router = APIRouter(include_in_schema=False)


async def _by_manager(request: Request, services: In, session: ManagerVisit) -> Sent:
    return await read_form(request, services, session)


FromManager = Annotated[Sent, Depends(_by_manager)]
"""A form sent by a manager from our own page."""


@router.get(SWITCHES)
async def switches_page(
    request: Request, services: In, session: StaffVisit, turned: Purpose | None = None
) -> Response:
    """Show every switch; managers may turn them."""
    return await _page(request, services, session, Shown(), turned=turned)


@router.post(SWITCHES + "/{purpose}")
async def turn_on_page(
    request: Request, services: In, session: ManagerVisit, sent: FromManager, purpose: Purpose
) -> Response:
    """Turn a switch."""
    document = document_of(sent)
    document["on"] = sent.text("on") == "yes"
    try:
        asked = read_switch(document)
    except Problem as problem:
        words = "Enter why nothing of this kind may leave" if sent.text("reason") == "" else problem.detail
        form = again(sent, [FormError(field=reason_of(purpose), text=words)])
        return await _page(request, services, session, form, status=422, of=purpose)
    await run_in_threadpool(turn, services, purpose, asked, by_name=session.token.name)
    return to(f"{SWITCHES}?turned={purpose}")


async def _page(
    request: Request,
    services: Services,
    session: Session,
    form: Shown,
    *,
    status: int = 200,
    of: Purpose | None = None,
    turned: Purpose | None = None,
) -> Response:
    found = await run_in_threadpool(services.switches.all)
    switches = switches_of(found, zone=services.zone, now=services.clock())
    return show(
        request,
        "switches.html",
        status=status,
        session=session,
        form=form,
        of=of,
        switches=switches,
        turned=next((switch for switch in switches if switch.purpose is turned), None),
        may_turn=session.token.role is Role.MANAGER,
    )
