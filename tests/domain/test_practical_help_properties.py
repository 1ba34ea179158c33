"""What holds for all practical help, whatever happens to it and in whatever order.

Random lives are played; the goods are counted a second time beside the heart, and the visitors' clocks are watched
by a plain rule of their own.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.errors import Refusal
from domain.practical_help.asking import asked_now
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    CostNoted,
    Delivered,
    Goods,
    GoodsOrdered,
    HelpCancelled,
    HelpCompleted,
    HelpEvent,
    HelpTimePassed,
    LineQuantity,
    NotArrived,
    OrderCalledOff,
    Received,
    VisitAllowed,
    VisitBegun,
    VisitCalledOff,
    VisitEnded,
    VisitPlanned,
    WhereaboutsChecked,
    WindowAgreed,
)
from domain.practical_help.help import next_help_deadline
from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    Confirmed,
    GoodsKind,
    HelpAsk,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
    VisitStage,
)
from domain.practical_help.state import HelpState
from domain.vocabulary import Role
from tests.builders import HOUR, MINUTE
from tests.domain.helps import HelpLife, help_policy

bounded = settings(max_examples=500, deadline=None)
seeds = st.integers(min_value=0, max_value=2**32)
ALONE_IS_SAFE = {SuspectsFound.CUSTODY, SuspectsFound.ELSEWHERE}
LADDER = help_policy().alarm_after
STATE = TypeAdapter(HelpState)


@dataclass
class Step:
    """One event of a life."""

    event: HelpEvent
    now: datetime
    before: HelpState
    after: HelpState
    refused: bool


@dataclass
class Played:
    steps: list[Step] = field(default_factory=list)
    life: HelpLife = field(default_factory=HelpLife)


def play(seed: int, *, length: int = 60) -> Played:
    dice, played = Random(seed), Played()
    life = played.life
    for _ in range(length):
        life.now += dice.choice([timedelta(0), MINUTE, 7 * MINUTE, 20 * MINUTE, HOUR])
        event = an_event(dice, life)
        before, refused = life.state, False
        try:
            refused = life.happens(event).refused is not None
        except Refusal:
            refused = True
        played.steps.append(Step(event=event, now=life.now, before=before, after=life.state, refused=refused))
    return played


def an_event(dice: Random, life: HelpLife) -> HelpEvent:
    visit = dice.randint(1, max(len(life.state.visits), 1))
    order = dice.randint(1, max(len(life.state.orders), 1))
    at = life.now + dice.choice([timedelta(0), timedelta(0), -5 * MINUTE, -3 * HOUR, HOUR])
    role = dice.choice([Role.COORDINATOR, Role.MANAGER])
    items = tuple(
        LineQuantity(line=dice.randint(1, 3), quantity=dice.randint(1, 2)) for _ in range(dice.randint(1, 2))
    )
    duress = dice.random() < 0.2
    makers = [
        lambda: VisitPlanned(
            purpose=dice.choice(list(VisitPurpose)), planned_at=at, visitors=dice.randint(1, 2)
        ),
        lambda: WhereaboutsChecked(
            visit=visit, found=dice.choice(list(SuspectsFound)), at=at, sensitive=dice.random() < 0.5
        ),
        lambda: WhereaboutsChecked(visit=visit, found=SuspectsFound.CUSTODY, at=life.now, sensitive=False),
        lambda: VisitAllowed(visit=visit, role=role, at=at),
        lambda: VisitBegun(visit=visit, at=at, stopped=dice.random() < 0.2),
        lambda: VisitBegun(visit=visit, at=life.now),
        lambda: CheckedIn(visit=visit, at=at, duress=duress),
        lambda: VisitEnded(visit=visit, at=at, outcome=dice.choice(list(VisitOutcome)), duress=duress),
        lambda: VisitCalledOff(visit=visit),
        lambda: AlarmRaised(visit=visit, cause=dice.choice(list(AlarmCause)), at=at),
        lambda: AlarmSettled(visit=visit, role=role, at=life.now, quiet=dice.random() < 0.2),
        lambda: GoodsOrdered(
            items=tuple(
                Goods(kind=dice.choice(list(GoodsKind)), quantity=dice.randint(1, 3)) for _ in range(3)
            ),
            at=at,
        ),
        lambda: WindowAgreed(order=order, from_at=at, until_at=at + HOUR),
        lambda: Delivered(order=order, items=items, at=at),
        lambda: Received(order=order, items=items, confirmed_by=dice.choice(list(Confirmed)), visit=visit),
        lambda: NotArrived(order=order, items=items, at=at),
        lambda: OrderCalledOff(order=order),
        lambda: CostNoted(order=order, pence=dice.randint(0, 9_999)),
        HelpTimePassed,
    ]
    ends = [HelpCompleted, HelpCancelled]
    return (dice.choice(ends) if dice.random() < 0.01 else dice.choice(makers))()


@bounded
@given(seeds)
def test_what_was_ordered_is_delivered_outstanding_or_called_off_and_nothing_else(seed: int) -> None:
    ordered: Counter[tuple[int, int]] = Counter()
    delivered: Counter[tuple[int, int]] = Counter()
    for step in play(seed).steps:
        if not step.refused:
            _count(step, ordered, delivered)
        for order in step.after.orders:
            for line in order.lines:
                place = (order.number, line.number)
                assert line.ordered == ordered[place], "an order changed by itself"
                assert line.delivered == delivered[place], "a delivery was counted twice, or lost"
                assert line.delivered + line.outstanding + line.called_off == line.ordered
                assert 0 <= line.received <= line.delivered <= line.ordered
                assert line.outstanding >= 0


def _count(step: Step, ordered: Counter[tuple[int, int]], delivered: Counter[tuple[int, int]]) -> None:
    match step.event:
        case GoodsOrdered(items=items):
            for line, item in enumerate(items, start=1):
                ordered[len(step.after.orders), line] += item.quantity
        case Delivered(order=order, items=items):
            for item in items:
                delivered[order, item.line] += item.quantity
        case NotArrived(order=order, items=items):
            for item in items:
                delivered[order, item.line] -= item.quantity


@bounded
@given(seeds)
def test_a_visit_never_begins_without_a_recent_check_and_never_alone_into_danger(seed: int) -> None:
    for step in play(seed).steps:
        begun = {one.number for one in step.after.under_way} - {one.number for one in step.before.under_way}
        if not begun:
            continue
        assert isinstance(step.event, VisitBegun), "a visit began by itself"
        (number,) = begun
        visit = next(one for one in step.before.visits if one.number == number)
        began_at = min(step.event.at, step.now)
        assert visit.check is not None
        assert began_at - visit.check.at <= 2 * HOUR
        safe = visit.check.found in ALONE_IS_SAFE or (
            visit.check.found is SuspectsFound.NONE_KNOWN and not visit.check.sensitive
        )
        together = visit.visitors > 1 and visit.check.found is not SuspectsFound.AT_ADDRESS
        assert visit.allowed_at is not None or ((safe or together) and not step.event.stopped)


@bounded
@given(seeds)
def test_the_alarm_is_never_silent(seed: int) -> None:
    """At every moment, not only when the workflow wakes: the heart's own reminders need not have run."""
    for step in play(seed).steps:
        for visit in step.after.under_way:
            assert visit.check_in_by is not None, "a clock stands still"
            assert visit.heard_at is not None
            assert visit.check_in_by <= step.now + 45 * MINUTE, "somebody was given more time"
            for wait in (timedelta(0), 5 * MINUTE, HOUR, 24 * HOUR):
                at = step.now + wait
                asked = {asking.kind for asking in asked_now(step.after, at) if asking.number == visit.number}
                for alarm, after in LADDER.items():
                    if visit.check_in_by + after <= at:
                        assert HelpAsk(alarm) in asked, f"{alarm} is silent"


@bounded
@given(seeds)
def test_time_alone_brings_every_step_of_the_alarm_into_the_timeline_when_it_is_due(seed: int) -> None:
    life = play(seed).life
    inside = life.state.under_way
    told_before = {key.split(":")[0] for key in life.state.told}
    life.waits(2 * HOUR)
    assert next_help_deadline(life.state) is None or next_help_deadline(life.state) > life.now  # type: ignore[operator]
    if inside:
        kinds = {key.split(":")[0] for key in life.state.told}
        assert {str(step) for step in AlarmStep} <= kinds | told_before


@bounded
@given(seeds)
def test_an_alarm_raised_by_a_person_stands_until_a_person_settles_it(seed: int) -> None:
    for step in play(seed).steps:
        was = {one.number for one in step.before.visits if one.raised is not None}
        is_now = {one.number for one in step.after.visits if one.raised is not None}
        if was - is_now:
            assert isinstance(step.event, AlarmSettled)
            assert not step.event.quiet


@bounded
@given(seeds)
def test_a_quiet_alert_stands_until_a_supervisor_settles_it(seed: int) -> None:
    for step in play(seed).steps:
        was = {one.number for one in step.before.visits if one.duress_at is not None}
        is_now = {one.number for one in step.after.visits if one.duress_at is not None}
        if was - is_now:
            assert isinstance(step.event, AlarmSettled)
            assert step.event.quiet
            assert step.event.role is Role.MANAGER
        if isinstance(step.event, CheckedIn | VisitEnded) and step.event.duress and step.before.visits:
            assert step.event.visit in is_now, "a word for duress was lost"


@bounded
@given(seeds)
def test_nobody_is_inside_once_help_has_ended(seed: int) -> None:
    for step in play(seed).steps:
        if step.after.ended_at is not None:
            assert not step.after.under_way
            assert all(one.stage is not VisitStage.PLANNED for one in step.after.visits)


@bounded
@given(seeds)
def test_a_refused_step_changes_nothing_anybody_but_a_supervisor_could_see(seed: int) -> None:
    for step in play(seed).steps:
        if step.refused:
            assert step.after.revision == step.before.revision
            assert step.after.orders == step.before.orders
            assert [one.stage for one in step.after.visits] == [one.stage for one in step.before.visits]


@bounded
@given(seeds)
def test_a_state_is_the_same_after_it_was_written_down(seed: int) -> None:
    state = play(seed).life.state
    assert STATE.validate_json(STATE.dump_json(state)) == state
