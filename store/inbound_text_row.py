"""The table of texts that came in, and how one is shown to staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index
from sqlmodel import Field, SQLModel

from domain.callback_ports import InboundText
from domain.vocabulary import TextMeaning
from store.columns import UUID, AnyRow, moment, sealed, table_of, text, truth, uuid_key
from store.keyring import Keyring

_PURPOSE = "inbound text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A referral that knows the number."""

    referral_id: str
    reference: str
    is_live: bool
    was_texted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundTextView:
    """One text as staff see it.  Personal."""

    id: str
    received_at: datetime
    sender: str
    """In E.164."""
    words: str
    meaning: TextMeaning
    referral_id: str | None
    reference: str | None
    """Of that referral."""
    needs_person: bool
    """Whether a person has to look at it and none has yet."""
    handled_at: datetime | None
    handled_by: str | None
    candidates: tuple[Candidate, ...] = ()
    """Referrals that know the number; given where a person is needed."""


class InboundTextRow(SQLModel, table=True):
    """One text."""

    __tablename__ = "inbound_text"
    __table_args__ = (
        Index("inbound_text_event", "event_hash", unique=True),
        Index("inbound_text_open", "received_at", postgresql_where="needs_person AND handled_at IS NULL"),
        Index("inbound_text_sender", "sender_hash"),
        Index("inbound_text_received", "received_at", "id"),
    )

    id: str = uuid_key()
    event_hash: str = text()
    """Of the provider's own id of it."""
    sender_hash: str = text()
    sender_enc: bytes = sealed()
    words_enc: bytes = sealed()
    meaning: str = text()
    referral_id: str | None = Field(
        default=None, sa_column=Column(UUID, ForeignKey("referral.id", ondelete="SET NULL"), nullable=True)
    )
    received_at: datetime = moment()
    needs_person: bool = truth()
    handled_at: datetime | None = moment(nullable=True)
    handled_by: str | None = text(nullable=True)


INBOUND_TEXT = table_of(InboundTextRow)


def row_of(keyring: Keyring, text_id: str, came: InboundText, meaning: TextMeaning) -> dict[str, object]:
    """The columns of a text that has just come in; nobody knows yet whose it is."""
    return {
        "id": text_id,
        "event_hash": keyring.lookup_hash("inbound_text", came.event_id),
        "sender_hash": keyring.lookup_hash("mark:phone", came.sender),
        "sender_enc": keyring.seal(_PURPOSE, came.sender.encode(), place=_place("sender_enc", text_id)),
        "words_enc": keyring.seal(_PURPOSE, came.words.encode(), place=_place("words_enc", text_id)),
        "meaning": meaning,
        "referral_id": None,
        "received_at": came.received_at,
        "needs_person": True,
    }


def text_of(keyring: Keyring, row: AnyRow) -> InboundText:
    """Open a row; its `event_id` is ours."""
    return InboundText(
        event_id=row.id,
        sender=keyring.open(_PURPOSE, row.sender_enc, place=_place("sender_enc", row.id)).decode(),
        words=keyring.open(_PURPOSE, row.words_enc, place=_place("words_enc", row.id)).decode(),
        received_at=row.received_at,
    )


def view_of(row: AnyRow, came: InboundText, candidates: tuple[Candidate, ...]) -> InboundTextView:
    """Show an opened row."""
    return InboundTextView(
        id=row.id,
        received_at=row.received_at,
        sender=came.sender,
        words=came.words,
        meaning=TextMeaning(row.meaning),
        referral_id=row.referral_id,
        reference=row.reference,
        needs_person=is_open(row),
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        candidates=candidates,
    )


def is_open(row: AnyRow) -> bool:
    """Whether a person has to look at it and none has yet."""
    return bool(row.needs_person) and row.handled_at is None


def _place(column: str, text_id: str) -> str:
    return f"inbound_text.{column}:{text_id}"
