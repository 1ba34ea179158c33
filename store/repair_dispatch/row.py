"""The tables of repairs: what lists, clocks and counts need in clear, and what is personal, sealed.

Clear columns hold categories, times, pence, outward codes, opaque ids and keyed hashes only.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from store.columns import UUID, day, moment, sealed, table_of, text, truth, uuid_key, whole

_LIVE = "ended_at IS NULL"
_TAKES_ROOM = "state IN ('reserved', 'offered', 'confirmed')"
"""As `OfferState.takes_capacity`."""


def _words() -> Any:
    """Several words of a closed list."""
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


def _pence() -> Any:
    """Money, in pence (cents)."""
    return Field(sa_column=Column(BigInteger, nullable=False))


def _opaque(*, nullable: bool = False) -> Any:
    """An id of ours without a constraint: the row may go, the mention stays."""
    return Field(sa_column=Column(UUID, nullable=nullable))


def _of(place: str, *, cascades: bool = True) -> Any:
    """The row this one belongs to, and goes with if `cascades`."""
    return Field(
        sa_column=Column(UUID, ForeignKey(place, ondelete="CASCADE" if cascades else None), nullable=False)
    )


class RepairRow(SQLModel, table=True):
    """One repair.  Its workflow writes it; the turn of the referral that begins it makes it."""

    __tablename__ = "repair"
    __table_args__ = (
        Index("repair_reference", "reference", unique=True),
        Index("repair_referral", "referral_id"),
        Index("repair_live", "urgency", "clock_from", postgresql_where=_LIVE),
        Index("repair_waiting", "waiting_since", postgresql_where=f"wants > 0 AND {_LIVE}"),
        Index("repair_asks", "asks_since", postgresql_where="asks_since IS NOT NULL"),
        Index("repair_address", "address_hash", "asked_at"),
        Index("repair_asked", "asked_at"),
    )

    id: str = uuid_key()
    referral_id: str = _of("referral.id")
    command_id: str = _opaque()
    """The command by which it was asked for."""
    reference: str = text()
    """Short, speakable, meaningless: what a coordinator and a tradesperson say on the telephone."""
    kinds: list[str] = _words()
    urgency: str = text()
    area: str = text()
    """Outward code or New Zealand postcode; empty where none was given."""
    address_hash: str = text()
    """Keyed hash of the address, to point out a second repair; empty where none was given."""
    job_enc: bytes = sealed()
    """Address, access, the word at the door, who may be home, pets and notes."""
    request_enc: bytes = sealed()
    """What was asked for, as it was asked."""
    state_enc: bytes | None = sealed(nullable=True)
    """The workflow's state, policy included; null until its first turn."""
    turn: int = whole()
    revision: int = whole()
    stage: str = text()
    holds: list[str] = _words()
    asks: list[str] = _words()
    """What a coordinator is asked."""
    asks_since: datetime | None = moment(nullable=True)
    wants: int = whole()
    """How many more are to be asked now."""
    waiting_since: datetime | None = moment(nullable=True)
    """Since when it has its place in the queue of the offer desk; null while nobody is wanted."""
    asked_at: datetime = moment()
    clock_from: datetime = moment()
    on_site_by: datetime = moment()
    done_by: datetime = moment()
    offered_at: datetime | None = moment(nullable=True)
    """When somebody was asked for the first time."""
    accepted_at: datetime | None = moment(nullable=True)
    eta_at: datetime | None = moment(nullable=True)
    arrived_at: datetime | None = moment(nullable=True)
    made_safe_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)
    follow_up_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    confirmed_offer: str | None = _opaque(nullable=True)
    confirmed_trade: str | None = _opaque(nullable=True)
    told: bool = truth()
    committed_pence: int = _pence()
    """What the ledger holds for it: always the sum of its entries."""
    reopened: int = whole()
    """How often the victim said that the place was not secure."""
    measured_from: datetime = moment()
    """From when statistics count: `clock_from` until the work was done for the first time; a reopening is counted
    beside it, so that it never hides how long the first help took.  Likewise the two promises."""
    measured_on_site_by: datetime | None = moment(nullable=True)
    """Null while it is held: no promise counts then."""
    measured_done_by: datetime | None = moment(nullable=True)
    first_accepted_at: datetime | None = moment(nullable=True)
    first_arrived_at: datetime | None = moment(nullable=True)
    first_done_at: datetime | None = moment(nullable=True)


class RepairOfferRow(SQLModel, table=True):
    """One offer to one tradesperson.  The index `repair_offer_confirmed` refuses a second confirmed one."""

    __tablename__ = "repair_offer"
    __table_args__ = (
        Index("repair_offer_confirmed", "repair_id", unique=True, postgresql_where="state = 'confirmed'"),
        Index("repair_offer_token", "token_hash", unique=True),
        Index("repair_offer_repair", "repair_id"),
        Index("repair_offer_load", "trade_id", postgresql_where=_TAKES_ROOM),
        Index("repair_offer_record", "trade_id", "made_at"),
    )

    id: str = uuid_key()
    repair_id: str = _of("repair.id")
    trade_id: str = _of("tradesperson.id", cascades=False)
    channel: str = text()
    round: int = whole()
    turn: int = whole()
    """Of the repair when its place was kept."""
    place: int = whole()
    """In the ranking of that turn; the first is 0."""
    state: str = text()
    reserved_at: datetime = moment()
    made_at: datetime | None = moment(nullable=True)
    """When they were asked; null while only their place is kept."""
    answer_by: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)
    reason: str | None = text(nullable=True)
    """Why they said no."""
    why: str = text()
    """Why they are in this place of the ranking: skill, kilometres, hours; never a person's words."""
    token_hash: str = text()
    """Keyed hash of the link's token."""
    link_until: datetime = moment()


class TradeNoticeRow(SQLModel, table=True):
    """One thing a tradesperson is, or was, told."""

    __tablename__ = "trade_notice"
    __table_args__ = (
        Index("trade_notice_repair", "repair_id"),
        Index("trade_notice_public", "public_id", unique=True),
        Index("trade_notice_provider", "provider_id", postgresql_where="provider_id IS NOT NULL"),
    )

    key: str = text(primary_key=True)
    public_id: str | None = _opaque(nullable=True)
    """What a provider of texts calls it by; null for what is older than that."""
    repair_id: str = _of("repair.id")
    offer_id: str = _of("repair_offer.id")
    kind: str = text()
    verdict: str | None = text(nullable=True)
    """Of the last try, or what its provider told of it later; null before the first."""
    why: str = text()
    tries: int = whole()
    wanted_at: datetime = moment()
    told_at: datetime | None = moment(nullable=True)
    simulated: bool = truth()
    provider_id: str | None = text(nullable=True)
    report: str | None = text(nullable=True)
    """What the provider told of it later."""
    reported_at: datetime | None = moment(nullable=True)
    shown_enc: bytes | None = sealed(nullable=True)
    """What was, or would have been, sent."""


class RepairSpendRow(SQLModel, table=True):
    """One line of the ledger; a trigger refuses to change or delete it.  It outlives the repair."""

    __tablename__ = "repair_spend"
    __table_args__ = (
        Index("repair_spend_month", "month"),
        Index("repair_spend_repair", "repair_id"),
        Index("repair_spend_invoice", "invoice_reference", postgresql_where="invoice_reference <> ''"),
    )

    id: str = text(primary_key=True)
    """Made from the repair, its turn and the place in it: the same however often a step is repeated."""
    repair_id: str = _opaque()
    month: date = day()
    """The first day of the calendar month in the service's time zone."""
    kind: str = text()
    pence: int = _pence()
    trade_id: str | None = _opaque(nullable=True)
    invoice_reference: str = text()
    made_at: datetime = moment()
    by_name: str = text()
    """Of the member of staff; empty: the service itself."""
    area: str = text()
    repair_reference: str = text()
    reason_enc: bytes | None = sealed(nullable=True)
    """Of a correction: why, in the manager's words."""


class TradeEventRow(SQLModel, table=True):
    """One event of the tradesperson API that came in: a second time it changes nothing."""

    __tablename__ = "trade_event"

    event_hash: str = text(primary_key=True)
    offer_id: str | None = _opaque(nullable=True)
    command_id: str | None = _opaque(nullable=True)
    received_at: datetime = moment()


REPAIR = table_of(RepairRow)
REPAIR_OFFER = table_of(RepairOfferRow)
TRADE_NOTICE = table_of(TradeNoticeRow)
REPAIR_SPEND = table_of(RepairSpendRow)
TRADE_EVENT = table_of(TradeEventRow)

_NOTICES = uuid.UUID("b6f2f1a4-6c0c-4a2a-9b52-0f3f5d0f7c11")
"""The namespace of the public ids of what tradespeople are told."""


def notice_id(key: str) -> str:
    """The public id of one thing a tradesperson is told: tells nothing, and is the same however often it is made."""
    return str(uuid.uuid5(_NOTICES, key))
