"""The one statement behind `/metrics`.

It reads the open referrals once, and of everything that is over only indexes, so it takes milliseconds however long
the service has run; nothing is decrypted.  Each line of its answer says what it is about, of which, of which again,
how many, and since when.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from domain.vocabulary import CommandState, MessageState, NextActionKind, Stage
from store.command_row import COMMAND
from store.departures import CHANNEL_PACE
from store.message_row import MESSAGE, waits_for_provider
from store.ongoing_support import SUPPORT
from store.outbox import OUTBOX
from store.purpose_switch import PURPOSE_SWITCH
from store.referral_row import REFERRAL
from store.worker_pulse import ALIVE_FOR, WORKER_PULSE, WORKER_TALLY


class Due(StrEnum):
    """When a call is wanted, as somebody who has to staff the telephones asks."""

    OVER_A_DAY_LATE = "over_a_day_late"
    OVER_AN_HOUR_LATE = "over_an_hour_late"
    NOW = "now"
    """Since an hour ago at most."""
    WITHIN_AN_HOUR = "within_an_hour"
    TODAY = "today"
    """Later, and before midnight where the service is."""
    LATER = "later"


class HoldGroup(StrEnum):
    """What keeps a referral held, as far as it lies in clear: a person's own kind of hold may say anything."""

    IMMEDIATE_DANGER = "immediate_danger"
    CONFIRM_SAFETY = "confirm_safety"
    OTHER = "other"


class OurStep(StrEnum):
    """What the service itself has to do on time."""

    START = "start"
    """A referral that came in is taken up by its workflow."""
    COMMAND = "command"
    """A command is applied."""
    CUT_OFF = "cut_off"
    """A message leaves, or is kept back, when its cut-off passes."""
    HAND_OVER = "hand_over"
    """What became of a message that was handed to its provider is written down."""
    CLOSE = "close"
    """A referral is closed when the wait for an answer is over."""


def moments(now: datetime, zone: tzinfo) -> dict[str, datetime]:
    """The moments that the statement compares with; a day begins and ends at midnight in `zone`."""
    today = now.astimezone(zone).date()
    return {
        "now": now,
        "a_day_ago": now - timedelta(days=1),
        "an_hour_ago": now - timedelta(hours=1),
        "in_an_hour": now + timedelta(hours=1),
        "today_from": datetime.combine(today, time(), zone),
        "today_to": datetime.combine(today + timedelta(days=1), time(), zone),
        "alive_since": now - ALIVE_FOR,
    }


def _at(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=TIMESTAMP(timezone=True))


_CLOSED: ColumnElement[str] = literal_column(f"'{Stage.CLOSED}'")
"""In the statement itself: by a parameter Postgres cannot know that an index of some rows holds those asked for."""
_PENDING: ColumnElement[str] = literal_column(f"'{CommandState.PENDING}'")
_NOW = _at("now")
_NOTHING = literal("")
_NO_TIME = cast(null(), TIMESTAMP(timezone=True))


def _line(
    of: str,
    name: ColumnElement[Any] = _NOTHING,
    label: ColumnElement[Any] = _NOTHING,
    *,
    number: ColumnElement[Any] | None = None,
    since: ColumnElement[Any] = _NO_TIME,
) -> Select[Any]:
    """One kind of line of the answer."""
    amount = func.count() if number is None else number
    return select(
        literal(of).label("of"),
        cast(name, Text).label("name"),
        cast(label, Text).label("label"),
        cast(func.coalesce(amount, 0), Double).label("number"),
        since.label("since"),
    )


def _open_referrals() -> CTE:
    """The one pass over what is open, folded as far as everything below can still be told apart."""
    due_at = REFERRAL.c.next_action_due_at
    due = case(
        (due_at <= _at("a_day_ago"), literal(Due.OVER_A_DAY_LATE, Text)),
        (due_at <= _at("an_hour_ago"), literal(Due.OVER_AN_HOUR_LATE, Text)),
        (due_at <= _NOW, literal(Due.NOW, Text)),
        (due_at <= _at("in_an_hour"), literal(Due.WITHIN_AN_HOUR, Text)),
        (due_at < _at("today_to"), literal(Due.TODAY, Text)),
        else_=literal(Due.LATER, Text),
    )
    hold = case(
        (REFERRAL.c.stage != Stage.HELD, literal("", Text)),
        (REFERRAL.c.in_danger, literal(HoldGroup.IMMEDIATE_DANGER, Text)),
        (
            REFERRAL.c.next_action_kind == NextActionKind.CONFIRM_SAFETY,
            literal(HoldGroup.CONFIRM_SAFETY, Text),
        ),
        else_=literal(HoldGroup.OTHER, Text),
    )
    counted = select(
        REFERRAL.c.stage,
        REFERRAL.c.next_action_kind.label("action"),
        due.label("due"),
        hold.label("hold"),
        func.count().label("n"),
        func.count().filter(REFERRAL.c.lapses > 0).label("lapsed"),
        func.count().filter(REFERRAL.c.escalated_at.is_not(None)).label("escalated"),
        func.min(due_at).label("since"),
    )
    return counted.where(REFERRAL.c.stage != _CLOSED).group_by("stage", "action", "due", "hold").cte("open")


def _of_referrals(seen: CTE) -> Iterable[Select[Any]]:
    n, is_held = func.sum(seen.c.n), seen.c.stage == Stage.HELD
    calls, decides = seen.c.action == NextActionKind.CALL, seen.c.action == NextActionKind.DECIDE
    past = seen.c.due.in_((Due.OVER_A_DAY_LATE, Due.OVER_AN_HOUR_LATE, Due.NOW))
    answerable = (seen.c.stage == Stage.WRITING) & (seen.c.action == NextActionKind.WAIT) & past
    yield _line("stage", seen.c.stage, number=n).group_by(seen.c.stage)
    yield _line("call", seen.c.due, number=n, since=func.min(seen.c.since)).where(calls).group_by(seen.c.due)
    yield _line("to_decide", number=n).where(decides)
    yield _line("lapsed", number=func.sum(seen.c.lapsed))
    yield _line("escalated", number=func.sum(seen.c.escalated))
    yield _line("held", seen.c.hold, number=n).where(is_held).group_by(seen.c.hold)
    yield _line("holds_to_review", number=n).where(is_held, past)
    yield _line("step", literal(OurStep.CLOSE), number=n, since=func.min(seen.c.since)).where(answerable)
    closed = REFERRAL.c.stage == _CLOSED
    today = REFERRAL.c.closed_at.between(_at("today_from"), _NOW)
    yield _line("all").select_from(REFERRAL)
    yield _line("received_today").where(REFERRAL.c.received_at.between(_at("today_from"), _NOW))
    yield _line("closed_today", REFERRAL.c.outcome).where(closed, today).group_by(REFERRAL.c.outcome)
    open_support = SUPPORT.c.ended_at.is_(None)
    yield _line("reviews_due").where(open_support, SUPPORT.c.review_at <= _NOW)
    yield _line("supports_escalated").where(open_support, SUPPORT.c.escalated_at.is_not(None))


def _of_messages() -> Iterable[Select[Any]]:
    state, channel, leaves_at = MESSAGE.c.state, MESSAGE.c.channel, MESSAGE.c.leaves_at
    for_provider = waits_for_provider()
    waits = (state == MessageState.HELD) & leaves_at.is_not(None) & for_provider.is_not(true())
    yield _line("message", channel, state).group_by(channel, state)
    yield _line("for_provider", channel).where(for_provider).group_by(channel)
    yield _line("awaiting_cut_off", channel).where(waits).group_by(channel)
    yield _line("step", literal(OurStep.CUT_OFF), since=func.min(leaves_at)).where(waits, leaves_at <= _NOW)
    under_way = state == MessageState.SENDING
    yield _line("step", literal(OurStep.HAND_OVER), since=func.min(MESSAGE.c.sending_at)).where(under_way)


def _of_departures() -> Iterable[Select[Any]]:
    away_since, off_since = CHANNEL_PACE.c.away_since, PURPOSE_SWITCH.c.off_since
    yield _line("away", CHANNEL_PACE.c.channel, number=literal(1), since=away_since).where(
        CHANNEL_PACE.c.failures > 0
    )
    yield _line("off", PURPOSE_SWITCH.c.purpose, number=literal(1), since=off_since).where(
        off_since.is_not(None)
    )


def _of_hand_over() -> Iterable[Select[Any]]:
    yield _line("step", literal(OurStep.START), since=func.min(OUTBOX.c.made_at)).select_from(OUTBOX)
    pending = COMMAND.c.state == _PENDING
    yield _line("step", literal(OurStep.COMMAND), since=func.min(COMMAND.c.made_at)).where(pending)


def _of_workers() -> Iterable[Select[Any]]:
    alive = WORKER_PULSE.c.seen_at > _at("alive_since")
    yield _line("worker", literal("alive")).where(alive)
    for column in (
        WORKER_PULSE.c.workflow_slots_free,
        WORKER_PULSE.c.activity_slots_free,
        WORKER_PULSE.c.workflows_cached,
    ):
        yield _line("worker", literal(column.name), number=func.sum(column)).where(alive)
    yield _line("tally", WORKER_TALLY.c.name, WORKER_TALLY.c.label, number=WORKER_TALLY.c.total)


EVERYTHING = union_all(
    *_of_referrals(_open_referrals()),
    *_of_messages(),
    *_of_departures(),
    *_of_hand_over(),
    *_of_workers(),
)
