"""The post room as its page shows it: the states to choose from, the messages, and the words of one.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.message_entry import POST_ROOM, STATES, Entry
from domain.message_ports import Draft, Written
from domain.vocabulary import Channel, MessageState
from store.message import MessageView


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
    note: str = ""
    """What a person should know of the words, such as that an unchecked translation was not used."""
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


def choices_of(counts: Mapping[MessageState, int], chosen: MessageState | None) -> tuple[Choice, ...]:
    """The states to choose from, in the order of a message's life."""
    every = Choice(text="All", count=f"{sum(counts.values()):,}", address=POST_ROOM, is_chosen=chosen is None)
    states = (
        Choice(
            text=STATES[state].name,
            count=f"{counts[state]:,}",
            address=f"{POST_ROOM}?state={state}",
            is_chosen=state is chosen,
        )
        for state in MessageState
    )
    return (every, *states)


def words_of(message: MessageView, written: Written, draft: Draft | None) -> Words:
    """Say what a message says; `draft` is where its words come from while it has not left."""
    to = {Channel.EMAIL: draft.email, Channel.TEXT: draft.phone}.get(message.channel) if draft else None
    return Words(
        heading=STATES[message.state].words,
        to=to or "",
        subject=written.subject,
        text=written.text,
        note=written.note,
    )
