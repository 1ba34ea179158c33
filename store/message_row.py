"""The table of messages, and how it is written by a referral's turn and read by the post room."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, ForeignKey, Index, bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from domain.referral_state import MessageChange
from domain.vocabulary import Channel, DeliveryReport, MessageState, Purpose, Recipient
from store import stop
from store.columns import UUID, AnyRow, moment, sealed, table_of, text, truth, whole
from store.encryption import PersonCipher
from store.referral_row import REFERRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message as the post room shows it, without its words."""

    id: str
    key: str
    referral_id: str
    reference: str
    """The referral's, as people say it."""
    channel: Channel
    purpose: Purpose
    state: MessageState
    why: str
    made_at: datetime
    leaves_at: datetime | None
    sending_at: datetime | None
    """When it was handed over; from then on it may have left."""
    settled_at: datetime | None
    provider_id: str
    simulated: bool
    report: DeliveryReport | None
    """What was learnt of it after it was handed over."""
    reported_at: datetime | None
    queued_at: datetime | None
    """Since when it waits to be printed."""
    batch_id: str | None
    waits_for_provider: bool
    """Whether it is due, but its provider is away or busy until `leaves_at`."""
    recipient: Recipient
    stopped: bool = False
    """Whether it still waits and a stop stands: it does not leave, whatever its state says yet."""


class MessageRow(SQLModel, table=True):
    """One message.  To whom it goes is read from the referral, never kept here."""

    __tablename__ = "message"
    __table_args__ = (
        Index("message_id_key", "id", unique=True),
        Index("message_referral", "referral_id", "made_at"),
        Index("message_made", "made_at"),
        Index("message_state", "state", "channel"),
        Index("message_waiting", "channel", "next_try_at", postgresql_where="next_try_at IS NOT NULL"),
        Index("message_queued", "queued_at", postgresql_where="queued_at IS NOT NULL"),
        Index("message_batch", "batch_id", postgresql_where="batch_id IS NOT NULL"),
        Index("message_provider", "provider_id", postgresql_where="provider_id <> ''"),
        Index("message_unsubscribe", "unsubscribe_hash", postgresql_where="unsubscribe_hash IS NOT NULL"),
    )

    key: str = text(primary_key=True)
    id: str = Field(sa_column=Column(UUID, nullable=False))
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), nullable=False)
    )
    channel: str = text()
    purpose: str = text()
    state: str = text()
    why_enc: bytes = sealed()
    made_at: datetime = moment()
    leaves_at: datetime | None = moment(nullable=True)
    sending_at: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)
    provider_id: str = text()
    simulated: bool = truth()
    words_enc: bytes | None = sealed(nullable=True)
    pdf_enc: bytes | None = sealed(nullable=True)
    urgency: int = whole()
    """Smaller leaves first when a provider is busy or back after an outage; see `store.departures`."""
    next_try_at: datetime | None = moment(nullable=True)
    """When it was last told to ask again, because its provider is away or busy; see `store.departures`."""
    queued_at: datetime | None = moment(nullable=True)
    """Since when it waits for the next printed batch."""
    batch_id: str | None = Field(default=None, sa_column=Column(UUID, nullable=True))
    address_id: str | None = text(nullable=True)
    """The number or address it was handed over for, by its opaque id."""
    report: str | None = text(nullable=True)
    """What was learnt of it after it was handed over; a report of a higher rank replaces a lower one."""
    reported_at: datetime | None = moment(nullable=True)
    unsubscribe_hash: str | None = text(nullable=True)
    """Of the token in its one-click address."""


MESSAGE = table_of(MessageRow)
WITHOUT_CONTENT = (
    *(c for c in MESSAGE.c if c.name not in {"words_enc", "pdf_enc"}),
    REFERRAL.c.reference,
    REFERRAL.c.wrapped_key,
    stop.stands(MESSAGE.c.referral_id).label("stopped"),
)
"""The columns a list needs, the name of the referral, and the key to read them."""
WAITING = (MessageState.HELD, MessageState.RESERVED)
"""What a turn may still change: it has not been handed over."""
NOT_HANDED_OVER = (*WAITING, MessageState.RECALLED)
"""Nothing left, even if a try was made that the provider proved not to have taken."""
TURN_WITHIN = timedelta(seconds=10)
"""How much later than it was told a referral may mean to ask again, if nothing else moved the time since."""
_WHY = "message.why_enc"
_MADE = insert(MESSAGE).on_conflict_do_nothing()
_SURE = (MessageState.SENT, MessageState.REJECTED)
_LEARNT = update(MESSAGE).where(MESSAGE.c.key == bindparam("this"), MESSAGE.c.state.not_in(_SURE))
"""What a provider reports of a message is true whatever we believed of it, unless it was known for sure."""
_CHANGED = update(MESSAGE).where(MESSAGE.c.key == bindparam("this"), MESSAGE.c.state.in_(WAITING))


def apply_changes(
    connection: Connection,
    cipher: PersonCipher,
    *,
    referral_id: str,
    changes: Iterable[MessageChange],
    at: datetime,
    urgency: int,
) -> None:
    """Make and change messages as a turn asks, inside its transaction.

    What has been handed over stays as it is: a recall or hold that comes too late changes nothing here.
    """
    for change in changes:
        values = {
            "state": change.state,
            "why_enc": cipher.seal_text(_WHY, change.key, change.why),
            "leaves_at": change.leaves_at,
            "queued_at": None,
        }
        if change.channel is not None:
            made = {
                "key": change.key,
                "id": message_id(referral_id, change.key),
                "referral_id": referral_id,
                "channel": change.channel,
                "purpose": change.purpose,
                "made_at": at,
                "provider_id": "",
                "simulated": False,
                "urgency": urgency,
            }
            connection.execute(_MADE, {**made, **values})
        elif change.learnt:
            connection.execute(_LEARNT, {"this": change.key, **values, "settled_at": at})
        else:
            connection.execute(_CHANGED, {"this": change.key, **values})


def message_id(referral_id: str, key: str) -> str:
    """The public id of a message: tells nothing of its key, and is the same however often it is made."""
    return str(uuid.uuid5(uuid.UUID(referral_id), key))


def sealed_why(cipher: PersonCipher, key: str, why: str) -> bytes:
    """Why a message is in its state, sealed."""
    return cipher.seal_text(_WHY, key, why)


def why_of(cipher: PersonCipher, key: str, why_enc: bytes) -> str:
    """Undo `sealed_why`."""
    return cipher.open_text(_WHY, key, why_enc)


def view_of(cipher: PersonCipher, row: AnyRow) -> MessageView:
    """Show one row of `WITHOUT_CONTENT`."""
    return MessageView(
        id=row.id,
        key=row.key,
        referral_id=row.referral_id,
        reference=row.reference,
        channel=Channel(row.channel),
        purpose=Purpose(row.purpose),
        state=MessageState(row.state),
        why=why_of(cipher, row.key, row.why_enc),
        made_at=row.made_at,
        leaves_at=row.leaves_at,
        sending_at=row.sending_at,
        settled_at=row.settled_at,
        provider_id=row.provider_id,
        simulated=row.simulated,
        report=DeliveryReport(row.report) if row.report else None,
        reported_at=row.reported_at,
        queued_at=row.queued_at,
        batch_id=row.batch_id,
        waits_for_provider=_waits_for_provider(row),
        recipient=Purpose(row.purpose).recipient,
        stopped=_is_stopped(row),
    )


def _is_stopped(row: AnyRow) -> bool:
    """A stop is about what goes to the victim; a question to the referrer leaves all the same."""
    return row.stopped and row.state in WAITING and Purpose(row.purpose).recipient is Recipient.VICTIM


def waits_for_provider() -> ColumnElement[bool]:
    """A condition: it waits until it was told to ask again; a hold or a new cut-off would have moved that time."""
    told = MESSAGE.c.next_try_at
    return MESSAGE.c.state.in_(WAITING) & MESSAGE.c.leaves_at.between(told, told + TURN_WITHIN)


def _waits_for_provider(row: AnyRow) -> bool:
    if row.next_try_at is None or row.leaves_at is None or row.state not in WAITING:
        return False
    return bool(row.next_try_at <= row.leaves_at <= row.next_try_at + TURN_WITHIN)
