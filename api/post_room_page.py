"""The post room: everything sent or about to be sent, where it is, why, and its words."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.correspondence import pdf_of, place_after, place_of, shown_pdf, written_now
from api.message_entry import POST_ROOM, Entry, entry_of
from api.page import PageQuery, next_address
from api.pages import show
from api.post_room_page_shown import PostRoom, Words, choices_of, words_of
from api.print_batch_overdue import printing_of
from api.problems import not_found
from api.purpose_switch_page_shown import Switch, off_of
from api.services import In, Services
from api.visit import StaffVisit
from domain.errors import CannotBeWritten
from domain.vocabulary import Channel, MessageState
from store.departures import Away
from store.message import MessageView

router = APIRouter(include_in_schema=False)


class PostRoomQuery(PageQuery):
    """Which messages."""

    state: MessageState | None = None


@router.get(POST_ROOM)
async def post_room(
    request: Request, services: In, session: StaffVisit, query: Annotated[PostRoomQuery, Query()]
) -> Response:
    """List what was sent or is about to be."""
    room = await run_in_threadpool(_post_room, request, services, query)
    off = await run_in_threadpool(_switched_off, services)
    printing = await run_in_threadpool(printing_of, services)
    return show(request, "post_room.html", session=session, room=room, off=off, printing=printing)


@router.get(POST_ROOM + "/{message_id}")
async def message_page(request: Request, services: In, session: StaffVisit, message_id: str) -> Response:
    """Show one message with its words."""

    def found() -> tuple[Entry, Words, tuple[Switch, ...]]:
        message = services.messages.get(message_id)
        if message is None:
            raise not_found()
        entry = _entry(services, message, services.departures.away())
        return entry, _words(services, message), _switched_off(services)

    entry, words, off = await run_in_threadpool(found)
    return show(request, "post_room_message.html", session=session, entry=entry, words=words, off=off)


@router.get(POST_ROOM + "/{message_id}/letter.pdf")
async def letter(services: In, _: StaffVisit, message_id: str) -> Response:
    """Give the letter as it left, or as it would leave if it left now."""
    return shown_pdf(await run_in_threadpool(pdf_of, services, message_id))


def _post_room(request: Request, services: Services, query: PostRoomQuery) -> PostRoom:
    messages = services.messages.recent(state=query.state, after=place_after(query), limit=query.limit + 1)
    listed = messages[: query.limit]
    choices = choices_of(services.messages.counts(), query.state)
    chosen = next(choice for choice in choices if choice.is_chosen)
    away = services.departures.away()
    return PostRoom(
        heading=f"Post room: {chosen.text.lower()}" if query.state else "Post room",
        choices=choices,
        entries=tuple(_entry(services, message, away) for message in listed),
        older=next_address(request, place_of(listed[-1])) if len(messages) > len(listed) else "",
        newest=chosen.address if query.cursor else "",
    )


def _entry(services: Services, message: MessageView, away: Mapping[Channel, Away]) -> Entry:
    return entry_of(
        message, zone=services.zone, now=services.clock(), simulated=services.simulated, away=away
    )


def _switched_off(services: Services) -> tuple[Switch, ...]:
    return off_of(services.switches.all(), zone=services.zone, now=services.clock())


def _words(services: Services, message: MessageView) -> Words:
    left = services.messages.content(message.id)
    if left is not None:
        return words_of(message, left, None)
    draft = services.messages.draft(message.key, now=services.clock())
    try:
        return words_of(message, written_now(services, draft), draft)
    except CannotBeWritten as error:
        return Words(heading="It cannot be written as things are", cannot=str(error))
