"""What a coordinator is asked: read off the state and the clock, so that nothing has to remember to ask.

A question holds for as long as what it rests on does, and goes away by itself.  Source: docs/practical-help.md#asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.practical_help.goods import Order
from domain.practical_help.kinds import AlarmCause, AlarmStep, HelpAsk, HelpStage, VisitStage
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.state import HelpState
from domain.practical_help.visit import Visit, alarm_steps

_OF_STEP = {
    AlarmStep.RING_VISITOR: HelpAsk.RING_VISITOR,
    AlarmStep.RING_BUDDY: HelpAsk.RING_BUDDY,
    AlarmStep.TELL_POLICE: HelpAsk.TELL_POLICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question, and from when on it is asked."""

    kind: HelpAsk
    at: datetime
    number: int = 0
    """Of the visit or order it is about."""
    cause: AlarmCause | None = None
    """For an alarm."""

    @property
    def key(self) -> str:
        """The same for as long as it is the same question."""
        return f"{self.kind}:{self.number}:{self.at.isoformat()}"


def askings(state: HelpState) -> tuple[Asking, ...]:
    """Everything that is asked or will be, if nothing happens."""
    found = [asking for visit in state.visits for asking in _of_visit(visit, state.policy)]
    if state.stage is HelpStage.LIVE:
        found += [asking for order in state.orders for asking in _of_order(order, state.policy)]
        found += _next_step(state)
    return tuple(found)


def asked_now(state: HelpState, now: datetime) -> tuple[Asking, ...]:
    """What is asked now, the alarms first, then the longest waiting."""
    due = [asking for asking in askings(state) if asking.at <= now]
    return tuple(sorted(due, key=lambda asking: (not asking.kind.is_alarm, asking.at)))


def _of_visit(visit: Visit, policy: HelpPolicy) -> Iterator[Asking]:
    for step, at, cause in alarm_steps(visit, policy):
        yield Asking(kind=_OF_STEP[step], at=at, number=visit.number, cause=cause)
    if visit.stage is VisitStage.PLANNED:
        at = visit.planned_at + policy.visit_late_after
        yield Asking(kind=HelpAsk.VISIT_NOT_BEGUN, at=at, number=visit.number)


def _of_order(order: Order, policy: HelpPolicy) -> Iterator[Asking]:
    if order.outstanding:
        yield _of_outstanding(order, policy)
    if order.unconfirmed and order.delivered_at is not None:
        at = order.delivered_at + policy.next_step_within
        yield Asking(kind=HelpAsk.NOT_CONFIRMED, at=at, number=order.number)


def _of_outstanding(order: Order, policy: HelpPolicy) -> Asking:
    if order.short_at is not None:
        return Asking(kind=HelpAsk.PARTLY_DELIVERED, at=order.short_at, number=order.number)
    if order.window_until is not None:
        at = order.window_until + policy.delivery_missed_after
        return Asking(kind=HelpAsk.DELIVERY_MISSED, at=at, number=order.number)
    at = order.placed_at + policy.next_step_within
    return Asking(kind=HelpAsk.NO_WINDOW, at=at, number=order.number)


def _next_step(state: HelpState) -> list[Asking]:
    """Nothing is ever forgotten: where nothing waits for anybody, a coordinator is asked how to go on."""
    waits = any(visit.stage in {VisitStage.PLANNED, VisitStage.UNDER_WAY} for visit in state.visits)
    waits = waits or any(order.outstanding or order.unconfirmed for order in state.orders)
    if waits:
        return []
    since = state.last_step_at or state.asked_at
    return [Asking(kind=HelpAsk.NEXT_STEP, at=since + state.policy.next_step_within)]
