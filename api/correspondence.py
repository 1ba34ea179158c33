"""What was sent or is about to be: messages, and the letter as it leaves."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.fields import ShortLine
from api.identity import STAFF_ONLY
from api.page import PageQuery, bad_cursor, page
from api.problems import Kind, Problem, not_found
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers
from api.services import In, Services
from domain.errors import CannotBeWritten
from domain.message_ports import Draft, Written
from domain.vocabulary import Channel, MessageState, Purpose
from store.columns import is_uuid
from store.message import MessageView

PDF = "application/pdf"
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
"""The id below every other: of the messages made at one moment none comes after it."""

router = APIRouter(prefix=PREFIX, tags=["messages"])


class MessageOut(Out):
    """One message, without its words."""

    id: str
    key: str
    referral: str
    channel: Channel
    purpose: Purpose
    state: MessageState
    why: str
    made_at: datetime
    leaves_at: datetime | None = Field(description="The cut-off; until then it can be recalled.")
    handed_over_at: datetime | None = Field(description="From then on it may have left.")
    sent_at: datetime | None
    simulated: bool = Field(description="Whether nothing really left.")
    stopped: bool = Field(
        description="Whether it waits and a stop stands: then it does not leave, whatever `state` says."
    )


class MessageList(Out):
    """One page of messages."""

    items: list[MessageOut]


class MessageQuery(PageQuery):
    """Which messages."""

    referral: ShortLine = Field(
        default=None, description="Of one referral, oldest first; else the latest of all."
    )


@router.get("/messages", responses=answers({200: MessageList}, 401, 403, 404, 422), dependencies=[STAFF_ONLY])
async def list_messages(request: Request, services: In, query: Annotated[MessageQuery, Query()]) -> Response:
    """List what was sent or is about to be."""

    def found() -> Response:
        if query.referral is None:
            messages = services.messages.recent(after=place_after(query), limit=query.limit + 1)
            return page(request, query, messages, shown=_shown, place=place_of)
        start = _position(query)
        messages = _of_referral(services, query.referral)[start : start + query.limit + 1]
        return page(request, query, messages, shown=_shown, place=lambda _: (start + query.limit,))

    return await run_in_threadpool(found)


@router.get(
    "/messages/{message_id}/letter.pdf",
    response_class=Response,
    responses=answers({}, 401, 403, 404, 409) | {200: {"content": {PDF: {}}, "description": "The letter."}},
    dependencies=[STAFF_ONLY],
)
async def letter(message_id: str, services: In) -> Response:
    """Give the letter as it left, or as it would leave if it left now."""
    pdf = await run_in_threadpool(pdf_of, services, message_id)
    return shown_pdf(pdf)


def shown_pdf(pdf: bytes) -> Response:
    """Give a letter to whoever may see it; a browser's own viewer needs a policy of its own."""
    headers = {
        "Content-Disposition": 'inline; filename="letter.pdf"',
        "Content-Security-Policy": "frame-ancestors 'none'",
    }
    return Response(pdf, media_type=PDF, headers=headers)


def pdf_of(services: Services, message_id: str) -> bytes:
    """Read a letter as it left, or write it as it would leave now.  Raises `Problem`."""
    message = services.messages.get(message_id)
    if message is None or message.channel is not Channel.LETTER:
        raise not_found()
    left = services.messages.content(message_id)
    if left is not None:
        return left.pdf
    try:
        return written_now(services, services.messages.draft(message.key, now=services.clock())).pdf
    except CannotBeWritten as error:
        raise Problem(Kind.NOT_POSSIBLE_NOW, f"The letter cannot be printed: {error}") from None


def written_now(services: Services, draft: Draft) -> Written:
    """Write a message as it would leave if it left now.  Raises `CannotBeWritten`."""
    return services.writer.write(draft, services.clock().astimezone(services.zone).date())


def place_of(message: MessageView) -> tuple[str, str]:
    """Where a message stands among all: the cursor's content."""
    return message.made_at.isoformat(), message.id


def place_after(query: PageQuery) -> tuple[datetime, str] | None:
    """Where the page before ended; nowhere at the start.  Raises `Problem`."""
    match query.after():
        case ():
            return None
        case (at, message_id) if is_uuid(message_id):
            return _made_at(at), message_id
        case (at,):  # from the version before; may go with the next release
            return _made_at(at), _BEFORE_ALL
        case _:
            raise bad_cursor()


def _made_at(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise bad_cursor() from None


def _of_referral(services: Services, referral_id: str) -> list[MessageView]:
    if services.referrals.view(referral_id) is None:
        raise not_found()
    return services.messages.of_referral(referral_id)


def _position(query: PageQuery) -> int:
    match query.after():
        case ():
            return 0
        case (place,) if place.isascii() and place.isdigit() and len(place) < len("10000"):
            return int(place)
        case _:
            raise bad_cursor()


def _shown(message: MessageView) -> Json:
    return {
        "id": message.id,
        "key": message.key,
        "referral": message.referral_id,
        "channel": message.channel,
        "purpose": message.purpose,
        "state": message.state,
        "why": message.why,
        "made_at": written(message.made_at),
        "leaves_at": written(message.leaves_at),
        "handed_over_at": written(message.sending_at),
        "sent_at": written(message.settled_at) if message.state is MessageState.SENT else None,
        "simulated": message.simulated,
        "stopped": message.stopped,
    }
