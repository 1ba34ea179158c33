"""The post room: everything sent or about to be sent, where it is, why, and its words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.correspondence import pdf_of, place_after, place_of, shown_pdf, written_now
from api.page import PageQuery, next_address
from api.pages import show
from api.problems import not_found
from api.services import In, Services
from api.times import Time, time_in_words
from api.visit import StaffVisit
from domain.errors import CannotBeWritten
from domain.ports import Draft, Written
from domain.vocabulary import Channel, MessageState, Purpose
from store.message import MessageView

ADDRESS = "/post-room"

router = APIRouter(include_in_schema=False)


class PostRoomQuery(PageQuery):
    """Which messages."""

    state: MessageState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened to a message, or will, and when."""

    what: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message as the post room shows it."""

    address: str
    title: str
    state: str
    colour: str
    """The component's class; the words say the same."""
    meaning: str
    why: str
    recall_until: Time | None
    """Its cut-off, while it has one."""
    simulated: str
    """What is simulated about it; empty when nothing is."""
    reference: str
    referral: str
    letter: str
    """Where its PDF is; empty when it is no letter."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One state, or all of them, with how many there are."""

    text: str
    count: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a message says."""

    heading: str
    to: str = ""
    """Where an e-mail or text would go, while that is not settled; the letter says it itself."""
    subject: str = ""
    text: str = ""
    cannot: str = ""
    """Why it cannot be written as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRoom:
    """One page of the post room."""

    heading: str
    choices: tuple[Choice, ...]
    entries: tuple[Entry, ...]
    older: str
    """The address of the next page; empty on the last."""
    newest: str
    """The address of the first page; empty on it."""


@router.get(ADDRESS)
async def post_room(
    request: Request, services: In, session: StaffVisit, query: Annotated[PostRoomQuery, Query()]
) -> Response:
    """List what was sent or is about to be."""
    room = await run_in_threadpool(_post_room, request, services, query)
    return show(request, "post_room.html", session=session, room=room)


@router.get(ADDRESS + "/{message_id}")
async def message_page(request: Request, services: In, session: StaffVisit, message_id: str) -> Response:
    """Show one message with its words."""

    def found() -> tuple[Entry, Words]:
        message = services.messages.get(message_id)
        if message is None:
            raise not_found()
        return _entry(services, message), _words(services, message)

    entry, words = await run_in_threadpool(found)
    return show(request, "post_room_message.html", session=session, entry=entry, words=words)


@router.get(ADDRESS + "/{message_id}/letter.pdf")
async def letter(services: In, _: StaffVisit, message_id: str) -> Response:
    """Give the letter as it left, or as it would leave if it left now."""
    return shown_pdf(await run_in_threadpool(pdf_of, services, message_id))


def entry_of(message: MessageView, *, zone: ZoneInfo, now: datetime, simulated: Collection[Channel]) -> Entry:
    """Say of one message what it is, where it is and why.

    Args:
        message: What the tables say.
        zone: In which its times are read.
        now: An aware time.
        simulated: The ways through which nothing really leaves at present.
    """
    address = f"{ADDRESS}/{message.id}"

    def said(at: datetime) -> Time:
        return time_in_words(at, zone=zone, now=now)

    named = _STATES[message.state]
    return Entry(
        address=address,
        title=title_of(message),
        state=named.name,
        colour=named.colour,
        meaning=_meaning(message),
        why=message.why,
        recall_until=said(message.leaves_at) if message.leaves_at else None,
        simulated=_simulated(message, simulated),
        reference=message.reference,
        referral=f"/referrals/{message.referral_id}",
        letter=f"{address}/letter.pdf" if message.channel is Channel.LETTER else "",
        steps=tuple(Step(what=what, at=said(at)) for what, at in _steps(message) if at),
    )


def title_of(message: MessageView) -> str:
    """What a message is, in a few words."""
    return f"{_CHANNELS[message.channel]}: {_PURPOSES[message.purpose]}"


def choices_of(counts: Mapping[MessageState, int], chosen: MessageState | None) -> tuple[Choice, ...]:
    """The states to choose from, in the order of a message's life."""
    every = Choice(text="All", count=f"{sum(counts.values()):,}", address=ADDRESS, is_chosen=chosen is None)
    states = (
        Choice(
            text=_STATES[state].name,
            count=f"{counts[state]:,}",
            address=f"{ADDRESS}?state={state}",
            is_chosen=state is chosen,
        )
        for state in MessageState
    )
    return (every, *states)


def words_of(message: MessageView, written: Written, draft: Draft | None) -> Words:
    """Say what a message says; `draft` is where its words come from while it has not left."""
    to = {Channel.EMAIL: draft.email, Channel.TEXT: draft.phone}.get(message.channel) if draft else None
    return Words(
        heading=_STATES[message.state].words, to=to or "", subject=written.subject, text=written.text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A state in words."""

    name: str
    colour: str
    meaning: str
    words: str
    """What is said above the words of such a message."""


_STATES = {
    MessageState.HELD: _Named(
        name="Held",
        colour="govuk-tag--blue",
        meaning="It does not leave until a person lifts the hold of its referral.",
        words="The words as they would leave now",
    ),
    MessageState.RESERVED: _Named(
        name="Reserved",
        colour="govuk-tag--yellow",
        meaning="The cut-off has passed: it leaves at any moment, unless something stops it first.",
        words="The words as they would leave now",
    ),
    MessageState.SENDING: _Named(
        name="Sending",
        colour="govuk-tag--orange",
        meaning="It was handed over and may have left; the answer is still to come.",
        words="The words that were handed over",
    ),
    MessageState.SENT: _Named(
        name="Sent", colour="govuk-tag--green", meaning="It left.", words="The words as they left"
    ),
    MessageState.REJECTED: _Named(
        name="Rejected",
        colour="govuk-tag--red",
        meaning="The provider did not take it: it did not leave.",
        words="The words that were handed over and not taken",
    ),
    MessageState.UNKNOWN: _Named(
        name="Unknown",
        colour="govuk-tag--red",
        meaning="It may have left: nobody knows. It is never sent again unseen.",
        words="The words that were handed over and may have left",
    ),
    MessageState.RECALLED: _Named(
        name="Recalled",
        colour="govuk-tag--grey",
        meaning="It was taken back before it left, and does not leave.",
        words="The words as they would be written now; it does not leave",
    ),
}
_CHANNELS = {Channel.LETTER: "Letter", Channel.EMAIL: "E-mail", Channel.TEXT: "Text"}
_PURPOSES = {
    Purpose.CONTACT_UNANSWERED: "nobody answered our calls",
    Purpose.INFORMATION: "information about the service",
}
_NOT_SETTLED = frozenset({MessageState.HELD, MessageState.RESERVED, MessageState.SENDING})
"""Of these the row does not say yet whether they were simulated: it is written with the provider's answer."""


def _post_room(request: Request, services: Services, query: PostRoomQuery) -> PostRoom:
    messages = services.messages.recent(state=query.state, after=place_after(query), limit=query.limit + 1)
    listed = messages[: query.limit]
    choices = choices_of(services.messages.counts(), query.state)
    chosen = next(choice for choice in choices if choice.is_chosen)
    return PostRoom(
        heading=f"Post room: {chosen.text.lower()}" if query.state else "Post room",
        choices=choices,
        entries=tuple(_entry(services, message) for message in listed),
        older=next_address(request, place_of(listed[-1])) if len(messages) > len(listed) else "",
        newest=chosen.address if query.cursor else "",
    )


def _entry(services: Services, message: MessageView) -> Entry:
    return entry_of(message, zone=services.zone, now=services.clock(), simulated=services.simulated)


def _words(services: Services, message: MessageView) -> Words:
    left = services.messages.content(message.id)
    if left is not None:
        return words_of(message, left, None)
    draft = services.messages.draft(message.key)
    try:
        return words_of(message, written_now(services, draft), draft)
    except CannotBeWritten as error:
        return Words(heading="It cannot be written as things are", cannot=str(error))


def _meaning(message: MessageView) -> str:
    if message.state is MessageState.HELD and message.leaves_at is not None:
        return "It leaves at its cut-off."
    if message.state is MessageState.SENT and message.simulated:
        return "It would have left."
    return _STATES[message.state].meaning


def _simulated(message: MessageView, simulated: Collection[Channel]) -> str:
    if message.state in _NOT_SETTLED and message.channel in simulated:
        return "Would be simulated: nothing leaves."
    return "Simulated: nothing left." if message.simulated else ""


def _steps(message: MessageView) -> tuple[tuple[str, datetime | None], ...]:
    settled = "Simulated" if message.simulated else _STATES[message.state].name
    return (
        ("Made", message.made_at),
        ("Handed over", message.sending_at),
        (settled, message.settled_at),
    )
