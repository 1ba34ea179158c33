"""Practical help to play: a state, its clock, and what its timeline said."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.practical_help.asking import Asking, asked_now
from domain.practical_help.events import (
    CheckedIn,
    Delivered,
    Goods,
    GoodsOrdered,
    HelpBegun,
    HelpEvent,
    HelpTimePassed,
    LineQuantity,
    Received,
    VisitBegun,
    VisitEnded,
    VisitPlanned,
    WhereaboutsChecked,
)
from domain.practical_help.goods import Order
from domain.practical_help.help import decide_help, initial_help, next_help_deadline
from domain.practical_help.kinds import (
    AlarmStep,
    Confirmed,
    GoodsKind,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
)
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.state import HelpEffects
from domain.practical_help.visit import Alarm, Visit, alarm_of
from tests.builders import DAY, HOUR, MINUTE, NOW

STRIPPED = (
    Goods(kind=GoodsKind.BED, quantity=1),
    Goods(kind=GoodsKind.BEDDING, quantity=2),
    Goods(kind=GoodsKind.TABLE, quantity=1),
    Goods(kind=GoodsKind.KETTLE, quantity=1),
)
"""What a stripped flat lacks."""


def help_policy(**changes) -> HelpPolicy:
    """As a profile that says nothing of it."""
    policy = HelpPolicy(
        check_in_every=45 * MINUTE,
        alarm_after={
            AlarmStep.RING_VISITOR: timedelta(0),
            AlarmStep.RING_BUDDY: 5 * MINUTE,
            AlarmStep.TELL_POLICE: 15 * MINUTE,
        },
        whereabouts_for=2 * HOUR,
        visit_late_after=30 * MINUTE,
        delivery_missed_after=HOUR,
        next_step_within=DAY,
    )
    return replace(policy, **changes)


class HelpLife:
    """One practical help, moved on by hand."""

    def __init__(self, *, now: datetime = NOW, **policy) -> None:
        self.now = now
        self.said: list[str] = []
        self.state = initial_help(
            help_id="h1", referral_id="r1", policy=help_policy(**policy), asked_at=now, wanted=STRIPPED
        )
        self.happens(HelpBegun())

    def happens(self, event: HelpEvent) -> HelpEffects:
        """Decide one event now."""
        self.state, effects = decide_help(self.state, event, self.now)
        self.said += [entry.what for entry in effects.entries]
        return effects

    def waits(self, duration: timedelta) -> "HelpLife":
        """Move the clock on, and stop wherever the heart wants to be asked, as the workflow does."""
        until = self.now + duration
        while (deadline := next_help_deadline(self.state)) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.happens(HelpTimePassed())
        self.now = until
        return self

    def plans(self, *, purpose: VisitPurpose = VisitPurpose.QUICK, visitors: int = 1) -> "HelpLife":
        self.happens(VisitPlanned(purpose=purpose, planned_at=self.now + HOUR, visitors=visitors))
        return self

    def checks(self, found: SuspectsFound = SuspectsFound.CUSTODY, *, sensitive: bool = False) -> "HelpLife":
        self.happens(
            WhereaboutsChecked(visit=self.visit.number, found=found, at=self.now, sensitive=sensitive)
        )
        return self

    def begins(self, *, stopped: bool = False) -> "HelpLife":
        self.happens(VisitBegun(visit=self.visit.number, at=self.now, stopped=stopped))
        return self

    def goes_in(self) -> "HelpLife":
        """A visit that nothing speaks against."""
        return self.plans().checks().begins()

    def checks_in(self, *, duress: bool = False) -> HelpEffects:
        return self.happens(CheckedIn(visit=self.visit.number, at=self.now, duress=duress))

    def ends(self, outcome: VisitOutcome = VisitOutcome.DONE, *, duress: bool = False) -> HelpEffects:
        return self.happens(VisitEnded(visit=self.visit.number, at=self.now, outcome=outcome, duress=duress))

    def orders(self, items: Iterable[Goods] = STRIPPED, *, estimate: int = 0) -> "HelpLife":
        self.happens(GoodsOrdered(items=tuple(items), at=self.now, estimate_pence=estimate))
        return self

    def delivers(self, *items: tuple[int, int], cost: int | None = None) -> "HelpLife":
        """Lines of the first order, each with how many."""
        self.happens(Delivered(order=1, items=_lines(items), at=self.now, cost_pence=cost))
        return self

    def confirms(self, *items: tuple[int, int], by: Confirmed = Confirmed.VICTIM) -> "HelpLife":
        number = self.visit.number if by is Confirmed.VISIT else None
        self.happens(Received(order=1, items=_lines(items), confirmed_by=by, visit=number))
        return self

    @property
    def visit(self) -> Visit:
        """The latest."""
        return self.state.visits[-1]

    @property
    def order(self) -> Order:
        return self.state.orders[0]

    @property
    def alarm(self) -> Alarm | None:
        return alarm_of(self.visit, self.state.policy, self.now)

    @property
    def asked(self) -> tuple[Asking, ...]:
        return asked_now(self.state, self.now)


def _lines(items: Iterable[tuple[int, int]]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in items)
