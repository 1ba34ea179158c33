"""An envelope that came back, for whoever opens the post: by the reference printed on its letter."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import give
from api.form import FormError, Sent, Shown, again, errors_of
from api.idempotency import Once
from api.json_body import validated
from api.message_entry import POST_ROOM
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem
from api.referral_page_told import Told, told_of
from api.returned_mail import KIND, ReturnedMailIn, came_back
from api.services import In, Services
from api.visit import FromStaff, StaffVisit
from domain.errors import IdempotencyConflict
from store.session import Session

ADDRESS = f"{POST_ROOM}/returned-mail"
REFERENCE, NOTE = "reference", "note"
_LABELS = {REFERENCE: "Reference", NOTE: "What is marked on the envelope"}
"""What is wrong as a whole is about the reference."""
_NO_REFERENCE = "Enter the reference at the top of the letter, such as K7PM-4T2Q"
_UNKNOWN = "Enter the reference as it is printed: there is no referral with this one"
_SENT_BEFORE = "This form was sent before with other words: open the page again"

router = APIRouter(include_in_schema=False)


class ReturnedQuery(AskedFor):
    """What has just been sent."""

    command: Annotated[str, Field(max_length=36)] = ""


@router.get(ADDRESS)
async def returned_mail_page(
    request: Request, services: In, session: StaffVisit, query: Annotated[ReturnedQuery, Query()]
) -> Response:
    """Ask for the reference of a letter that came back."""
    return await _shown(request, services, session, Shown(), command_id=query.command)


@router.post(ADDRESS)
async def record_returned_mail_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff
) -> Response:
    """Record it; who it belongs to is found by the reference."""
    try:
        command_id = await _given(request, services, session, sent)
    except Problem as problem:
        form = again(sent, errors_of(problem, _LABELS))
        return await _shown(request, services, session, form, status=problem.kind.status)
    except IdempotencyConflict:
        form = again(sent, [FormError(field=REFERENCE, text=_SENT_BEFORE)])
        return await _shown(request, services, session, form, status=Kind.NOT_POSSIBLE_NOW.status)
    if command_id is None:
        words = _UNKNOWN if sent.text(REFERENCE) else _NO_REFERENCE
        form = again(sent, [FormError(field=REFERENCE, text=words)])
        return await _shown(request, services, session, form, status=422)
    return to(f"{ADDRESS}?command={command_id}")


async def _given(request: Request, services: Services, session: Session, sent: Sent) -> str | None:
    """Give the command; `None`: there is no such referral."""
    document = {NOTE: sent.text(NOTE)} if sent.text(NOTE) else {}
    returned = validated(ReturnedMailIn, document)
    reference = sent.text(REFERENCE)
    found = await run_in_threadpool(services.returned_mail.referral_of, reference) if reference else None
    if found is None:
        return None
    event = await run_in_threadpool(came_back, services, found, None)
    body = {**document, REFERENCE: reference}
    given = await give(
        services,
        session.token,
        Once.of(services, session.token, request, sent.once, body).claim,
        referral_id=found,
        kind=KIND,
        event=event,
        words={"note": returned.note},
    )
    return given.stored.id


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    form: Shown,
    *,
    command_id: str = "",
    status: int = 200,
) -> Response:
    told, referral = await run_in_threadpool(_told, services, command_id)
    return show(
        request,
        "returned_mail.html",
        status=status,
        session=session,
        form=form,
        told=told,
        referral=referral,
    )


def _told(services: Services, command_id: str) -> tuple[Told | None, str]:
    """What became of the one that was sent just now, and the way to its referral."""
    command = services.commands.get(command_id) if command_id else None
    if command is None or command.kind != KIND:
        return None, ""
    return told_of(command), f"/referrals/{command.referral_id}"
