"""The heart of practical help: one event, and what follows.  Told, never asking.

What is asked of people (`domain.practical_help.asking`) is told once in the timeline, when its time comes.
Source: docs/practical-help.md; docs/policy.md#practical-help.
"""

from dataclasses import replace
from datetime import datetime

from domain.errors import Incomplete, NotPossibleNow, Refusal
from domain.practical_help import goods, visiting
from domain.practical_help.asking import asked_now, askings
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    CostNoted,
    Delivered,
    Goods,
    GoodsOrdered,
    HelpBegun,
    HelpCancelled,
    HelpCompleted,
    HelpEvent,
    HelpTimePassed,
    NotArrived,
    OrderCalledOff,
    Received,
    VisitAllowed,
    VisitBegun,
    VisitCalledOff,
    VisitEnded,
    VisitEvent,
    VisitPlanned,
    WhereaboutsChecked,
    WindowAgreed,
)
from domain.practical_help.kinds import HelpStage, VisitOutcome, VisitStage
from domain.practical_help.ordering import follow_order, order_goods
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.state import (
    MOST_OF_ALL,
    HelpEffects,
    HelpState,
    HelpTurn,
    Refused,
    must_be_live,
    visit_of,
)
from domain.practical_help.telling import asked_in_words, visit_in_words
from domain.practical_help.visit import Visit, alarm_of

MOST_VISITORS = 4


def initial_help(
    *, help_id: str, referral_id: str, policy: HelpPolicy, asked_at: datetime, wanted: tuple[Goods, ...]
) -> HelpState:
    """The state of practical help that was just asked for."""
    return HelpState(
        help_id=help_id, referral_id=referral_id, policy=policy, asked_at=asked_at, wanted=wanted
    )


def decide_help(state: HelpState, event: HelpEvent, now: datetime) -> tuple[HelpState, HelpEffects]:
    """Answer one event: the state that follows and what the timeline says.

    A word for duress is kept even where what it came with is refused; the refusal is then in the effects.

    Raises:
        Refusal: It is not possible from here, or somebody else may do it.
    """
    turn = HelpTurn(state=state, now=now)
    happened = _not_in_the_future(event, now)
    try:
        _take_in(turn, happened)
    except Refusal as refusal:
        kept = _with_duress(state, happened)
        if kept is state:
            raise
        return kept, HelpEffects(refused=Refused(code=refusal.code, why=refusal.reason))
    if not isinstance(event, HelpTimePassed | HelpBegun):
        turn.state = replace(turn.state, revision=state.revision + 1, last_step_at=now)
    _tell_what_is_asked(turn)
    return turn.state, turn.effects()


def is_over(state: HelpState) -> bool:
    """Whether nothing is to be waited for any more: it has ended, and no alarm stands."""
    return state.ended_at is not None and not askings(state)


def next_help_deadline(state: HelpState) -> datetime | None:
    """When somebody is to be asked next; `None`: nothing is due."""
    return min((asking.at for asking in askings(state) if asking.key not in state.told), default=None)


def _take_in(turn: HelpTurn, event: HelpEvent) -> None:
    match event:
        case HelpBegun():
            turn.state = replace(turn.state, begun=True)
        case HelpTimePassed():
            pass
        case VisitPlanned():
            _plan_visit(turn, event)
        case GoodsOrdered():
            order_goods(turn, event)
        case HelpCompleted():
            _complete(turn)
        case HelpCancelled():
            _cancel(turn, event)
        case WindowAgreed() | Delivered() | Received() | NotArrived() | OrderCalledOff() | CostNoted():
            follow_order(turn, event)
        case _:
            _of_visit(turn, event)


def _plan_visit(turn: HelpTurn, event: VisitPlanned) -> None:
    must_be_live(turn.state)
    if not 1 <= event.visitors <= MOST_VISITORS:
        raise Incomplete(f"From one to {MOST_VISITORS} visitors go.")
    number = len(turn.state.visits) + 1
    if number > MOST_OF_ALL:
        raise NotPossibleNow("There are too many visits.")
    planned = Visit(
        number=number, purpose=event.purpose, planned_at=event.planned_at, visitors=event.visitors
    )
    turn.state = replace(turn.state, visits=(*turn.state.visits, planned))
    turn.say(visit_in_words(planned, event), by_person=True)


def _of_visit(turn: HelpTurn, event: VisitEvent) -> None:
    before = visit_of(turn.state, event.visit)
    after = _visit_after(before, event, turn)
    visits = tuple(after if one.number == after.number else one for one in turn.state.visits)
    turn.state = replace(turn.state, visits=visits)
    if isinstance(event, VisitEnded) and event.outcome is VisitOutcome.ALL_THERE:
        orders = tuple(goods.receive_all(order) for order in turn.state.orders)
        turn.state = replace(turn.state, orders=orders)
    words = visit_in_words(after, event)
    if words:
        turn.say(words, by_person=True)


def _visit_after(before: Visit, event: VisitEvent, turn: HelpTurn) -> Visit:
    policy = turn.state.policy
    match event:
        case WhereaboutsChecked():
            return visiting.checked(before, event)
        case VisitAllowed():
            return visiting.allowed(before, event)
        case VisitBegun():
            must_be_live(turn.state)
            return visiting.begun(before, event, policy)
        case CheckedIn():
            return visiting.heard(before, event, policy)
        case VisitEnded():
            return visiting.ended(before, event, policy)
        case VisitCalledOff():
            return visiting.called_off(before)
        case AlarmRaised():
            return visiting.alarmed(before, event)
        case AlarmSettled():
            return visiting.settled(before, event, policy, turn.now)


def _complete(turn: HelpTurn) -> None:
    must_be_live(turn.state)
    if any(order.outstanding for order in turn.state.orders):
        raise NotPossibleNow("Goods are outstanding: they come, or are called off.")
    if any(order.unconfirmed for order in turn.state.orders):
        raise NotPossibleNow("Nobody who was there has confirmed everything that was delivered.")
    _end(turn, HelpStage.COMPLETED)
    turn.say("Practical help is complete.", _cost(turn.state), by_person=True)


def _cancel(turn: HelpTurn, event: HelpCancelled) -> None:
    must_be_live(turn.state)
    turn.state = replace(turn.state, orders=tuple(goods.call_off(order) for order in turn.state.orders))
    _end(turn, HelpStage.CANCELLED)
    turn.say("Practical help was cancelled.", "By the victim." if event.by_victim else "", by_person=True)


def _end(turn: HelpTurn, stage: HelpStage) -> None:
    if turn.state.under_way:
        raise NotPossibleNow("A visit is under way: it ends first.")
    if any(alarm_of(one, turn.state.policy, turn.now) for one in turn.state.visits):
        raise NotPossibleNow("An alarm is not settled.")
    visits = tuple(
        visiting.called_off(one) if one.stage is VisitStage.PLANNED else one for one in turn.state.visits
    )
    turn.state = replace(turn.state, visits=visits, stage=stage, ended_at=turn.now)


def _tell_what_is_asked(turn: HelpTurn) -> None:
    """Write each question into the timeline when its time has come, once; forget those that no longer hold."""
    due = asked_now(turn.state, turn.now)
    for asking in due:
        if asking.key not in turn.state.told:
            turn.say(*asked_in_words(asking))
    turn.state = replace(turn.state, told=tuple(sorted(asking.key for asking in due)))


def _not_in_the_future(event: HelpEvent, now: datetime) -> HelpEvent:
    """What happened has happened: clocks of two systems differ, and no clock of a visitor may begin later."""
    at = getattr(event, "at", None)
    return replace(event, at=min(at, now)) if at is not None else event


def _with_duress(state: HelpState, event: HelpEvent) -> HelpState:
    if not isinstance(event, CheckedIn | VisitEnded) or not event.duress:
        return state
    visits = tuple(
        visiting.with_duress(one, event) if one.number == event.visit else one for one in state.visits
    )
    return replace(state, visits=visits)


def _cost(state: HelpState) -> str:
    pounds, pence = divmod(state.goods_cost_pence, 100)
    return f"The goods cost {pounds}.{pence:02}." if state.orders else ""
