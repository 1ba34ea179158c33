"""When a message may leave, as far as its provider goes: at its pace, most urgent first, and not while it is away.

Judged in `domain.departure`; here is what it is judged by.  Who waits has `next_try_at` in its row: together they
are the queue of their channel.  Locks are taken in one order: referral, message, and the channel's pace last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from domain.departure import BURST, LIVE_FOR, PATIENCE, Leave, Pace, Wait, answered, ask
from domain.vocabulary import Channel, Purpose
from store import purpose_switch
from store.columns import AnyRow, moment, table_of, text, whole
from store.message_row import MESSAGE, WAITING


class ChannelPaceRow(SQLModel, table=True):
    """How one channel's provider is doing."""

    __tablename__ = "channel_pace"

    channel: str = text(primary_key=True)
    next_slot_at: datetime = moment()
    failures: int = whole()
    away_since: datetime | None = moment(nullable=True)
    away_until: datetime | None = moment(nullable=True)
    probed_until: datetime | None = moment(nullable=True)


CHANNEL_PACE = table_of(ChannelPaceRow)
_THIS = CHANNEL_PACE.c.channel == bindparam("this")
_FOUND = select(CHANNEL_PACE).where(_THIS)
_LOCKED = _FOUND.with_for_update()
_FIRST = insert(CHANNEL_PACE).on_conflict_do_nothing()
_KEPT = update(CHANNEL_PACE).where(_THIS)
_POSTPONED = update(MESSAGE).where(MESSAGE.c.key == bindparam("this"))


def _place(made_at: Any, urgency: Any, key: Any) -> Any:
    """What messages are put in order by; smaller leaves first."""
    return tuple_(made_at > bindparam("lately", type_=MESSAGE.c.made_at.type), urgency, made_at, key)


_AHEAD = select(func.count()).where(
    MESSAGE.c.channel == bindparam("channel"),
    MESSAGE.c.next_try_at > bindparam("live_since"),
    MESSAGE.c.state.in_(WAITING),
    MESSAGE.c.purpose.not_in(purpose_switch.ALL_OFF),
    _place(MESSAGE.c.made_at, MESSAGE.c.urgency, MESSAGE.c.key)
    < _place(
        bindparam("made_at", type_=MESSAGE.c.made_at.type),
        bindparam("urgency", type_=MESSAGE.c.urgency.type),
        bindparam("key", type_=MESSAGE.c.key.type),
    ),
)
"""How many wait that go first; read after the channel's pace is locked, so that it sees everybody who asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A message that asks to leave; its row is locked."""

    key: str
    channel: Channel
    purpose: Purpose
    urgency: int
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A provider that does not take messages."""

    since: datetime
    next_try_at: datetime


def may_leave(
    connection: Connection, asking: Asking, *, per_minute: int | None, now: datetime
) -> Wait | None:
    """Say whether a message may leave, inside the caller's transaction; `None`: it may.

    Args:
        connection: Of the transaction in which it leaves.
        asking: Which message.
        per_minute: How many of its channel may leave; `None`: as many as there are, because no provider is asked.
        now: An aware time.
    """
    wait = purpose_switch.kept_back(connection, asking.purpose, now)
    if wait is not None:
        connection.execute(_POSTPONED, {"this": asking.key, "next_try_at": None})
        return wait
    if per_minute is None:
        return None
    pace = _locked(connection, asking.channel, now)
    answer = ask(pace, ahead=_ahead(connection, asking, now), per_minute=per_minute, now=now)
    if isinstance(answer, Leave):
        _keep(connection, asking.channel, answer.pace)
        return None
    connection.execute(_POSTPONED, {"this": asking.key, "next_try_at": answer.retry_at})
    return answer


def provider_answered(
    connection: Connection, channel: Channel, *, taken: bool, retry_after: timedelta | None, now: datetime
) -> None:
    """Note whether a provider takes messages, inside the caller's transaction."""
    if taken and not _is_away(connection, channel):  # the usual case costs no lock
        return
    before = _locked(connection, channel, now)
    after = answered(before, taken=taken, retry_after=retry_after, now=now)
    if after != before:
        _keep(connection, channel, after)


class DepartureStore:
    """What the post room says of providers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def away(self) -> Mapping[Channel, Away]:
        """The channels whose providers do not take messages at present."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(CHANNEL_PACE).where(CHANNEL_PACE.c.failures > 0)).all()
        return {
            Channel(row.channel): Away(since=row.away_since, next_try_at=row.away_until)
            for row in rows
            if row.away_since is not None and row.away_until is not None
        }


def _ahead(connection: Connection, asking: Asking, now: datetime) -> int:
    asked = {
        "channel": asking.channel,
        "live_since": now - LIVE_FOR,
        "lately": now - PATIENCE,
        "urgency": asking.urgency,
        "made_at": asking.made_at,
        "key": asking.key,
    }
    return int(connection.execute(_AHEAD, asked).scalar_one())


def _is_away(connection: Connection, channel: Channel) -> bool:
    row = connection.execute(_FOUND, {"this": channel}).first()
    return row is not None and row.failures > 0


def _locked(connection: Connection, channel: Channel, now: datetime) -> Pace:
    """Lock the channel's pace, the last of all locks; whoever comes first makes it."""
    row = connection.execute(_LOCKED, {"this": channel}).first()
    if row is None:
        connection.execute(_FIRST, {"channel": channel, "next_slot_at": now - BURST, "failures": 0})
        row = connection.execute(_LOCKED, {"this": channel}).one()
    return _pace_of(row)


def _keep(connection: Connection, channel: Channel, pace: Pace) -> None:
    values = {
        "next_slot_at": pace.next_slot_at,
        "failures": pace.failures,
        "away_since": pace.away_since,
        "away_until": pace.away_until,
        "probed_until": pace.probed_until,
    }
    connection.execute(_KEPT, {"this": channel, **values})


def _pace_of(row: AnyRow) -> Pace:
    return Pace(
        next_slot_at=row.next_slot_at,
        failures=row.failures,
        away_since=row.away_since,
        away_until=row.away_until,
        probed_until=row.probed_until,
    )
