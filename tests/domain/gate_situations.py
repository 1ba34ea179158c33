"""Situations for the gate: any person, plan, suspect, flag, switch and hour, thrown with dice.

Each part is ordinary more often than not, so that much is allowed, and what bars an act often bars it alone.
With Hypothesis's own dice what fails is made small; with a seed many more can be thrown in the same time.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from domain.facts import Facts, Phone, Suspect, WrittenAddress
from domain.gate import Act, Circumstances, Ring, Write
from domain.policy import MessagePolicy, OpeningHours, Period, Policy
from domain.referral_state import is_protected
from domain.vocabulary import (
    Access,
    Answer,
    Channel,
    ContactChannel,
    Flag,
    IncidentKind,
    Lane,
    Purpose,
    Relationship,
    RiskLevel,
    SourceKind,
    VictimRole,
    Weekday,
)
from tests.builders import ALWAYS, NOW, a_policy, some_facts

T = TypeVar("T")
Situation = tuple[Act, Circumstances]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CHANGES = {
    "Europe/London": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "Pacific/Auckland": (datetime(2026, 4, 4, 14, tzinfo=UTC), datetime(2026, 9, 26, 14, tzinfo=UTC)),
    "America/St_Johns": (datetime(2026, 3, 8, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    "Asia/Kathmandu": (datetime(2026, 3, 1, tzinfo=UTC),),
}
"""By zone, when its clocks change; Lord Howe moves by half an hour, Kathmandu is a quarter off the hour."""


class Dice:
    """Throws one situation after another."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.one_of = random.choice

    def one_in(self, times: int) -> bool:
        return self.random.randrange(times) == times - 1

    def mostly(self, ordinary: T, other: Callable[[], T], *, one_in: int = 5) -> T:
        return other() if self.one_in(one_in) else ordinary

    def up_to(self, number: int, throw: Callable[[int], T]) -> tuple[T, ...]:
        return tuple(throw(n) for n in range(self.random.randrange(number + 1)))

    def some_of(self, words: list[T], number: int = 2) -> frozenset[T]:
        return frozenset(self.up_to(number, lambda _: self.one_of(words)))

    # --- when

    def clock(self) -> time:
        return time(self.random.randrange(24), self.one_of([0, 15, 30, 45]))

    def period(self, _: int = 0) -> Period:
        week = tuple(Weekday)
        days = self.one_of([week, week[:5], week[4:6], (self.one_of(week),)])
        return Period(days=days, opens=self.clock(), closes=self.clock())

    def windows(self) -> tuple[Period, ...]:
        return self.mostly((), lambda: (self.period(), *self.up_to(1, self.period)))

    def moment(self, zone: str) -> datetime:
        """Any minute of a year, as often as not within a day of a change of clocks."""
        if self.one_in(2):
            return self.one_of(CHANGES[zone]) + self.random.randrange(-1440, 1440) * MINUTE
        return datetime(2026, 1, 1, tzinfo=UTC) + self.random.randrange(365 * 1440) * MINUTE

    def policy(self, zone: str, now: datetime) -> Policy:
        since, until = self.one_of([(time(8), time(20)), (time(0), time(0)), (self.clock(), self.clock())])
        messages = MessagePolicy(texts_from=since, texts_until=until, unknown_after=MINUTE, unknown_rules={})
        hours = OpeningHours(
            time_zone=zone,
            periods=self.mostly((ALWAYS,), lambda: self.up_to(2, self.period), one_in=2),
            closed_on=self.mostly((), lambda: self.up_to(3, lambda n: (now + n * DAY).date())),
        )
        return a_policy(hours=hours, messages=self.mostly(messages, lambda: None, one_in=10))

    # --- who

    def answer(self) -> Answer:
        return self.one_of([Answer.YES, Answer.YES, Answer.YES, Answer.UNKNOWN, Answer.NO])

    def phone(self, n: int) -> Phone:
        guardian, texts = self.one_in(4), not self.one_in(5)
        return Phone(id=f"phone-{n}", safe=self.answer(), of_guardian=guardian, takes_texts=texts)

    def addresses(self, kind: str) -> tuple[WrittenAddress, ...]:
        return self.up_to(
            2, lambda n: WrittenAddress(id=f"{kind}-{n}", safe=self.answer(), of_guardian=self.one_in(4))
        )

    def suspect(self, _: int = 0) -> Suspect:
        return Suspect(
            relationship=self.mostly(Relationship.STRANGER, lambda: self.one_of([*Relationship]), one_in=3),
            shares_address=self.mostly(Answer.NO, lambda: self.one_of([*Answer]), one_in=3),
        )

    def person(self, now: datetime) -> Facts:
        emails, posts = self.addresses("email"), self.addresses("post")
        before_ids = [None, self.answer()]
        return Facts(
            source=self.one_of([SourceKind.POLICE, SourceKind.SELF]),
            incident=self.mostly(IncidentKind.BURGLARY, lambda: self.one_of([*IncidentKind])),
            role=self.mostly(VictimRole.VICTIM, lambda: self.one_of([*VictimRole]), one_in=8),
            is_child=self.one_in(6),
            access=self.mostly((), lambda: (self.one_of([*Access]),)),
            phones=self.up_to(3, self.phone),
            emails=emails,
            posts=posts,
            email_safe=emails[0].safe if emails else self.one_of(before_ids),
            address_safe=posts[0].safe if posts else self.one_of(before_ids),
            referrer_can_be_asked=self.one_in(2),
            windows=self.windows(),
            text_windows=self.windows(),
            email_windows=self.windows(),
            plan_until=self.mostly(None, lambda: now + self.one_of([-1, 0, 1]) * MINUTE),
            guardian_is_suspect=self.one_in(6),
            suspects=self.up_to(2, self.suspect),
            risk=self.mostly(RiskLevel.STANDARD, lambda: self.one_of([*RiskLevel])),
            marac=self.one_in(16),
            flags=self.mostly((), lambda: (self.one_of([*Flag]),)),
            next_of_kin_informed=not self.one_in(3),
        )

    # --- what the gate is asked

    def circumstances(self) -> Circumstances:
        zone = self.one_of([*CHANGES])
        now = self.moment(zone)
        facts = self.person(now)
        sensitive = facts.is_sensitive or self.one_in(8)
        ids = [f"{kind}-{n}" for kind in ("phone", "email", "post") for n in range(2)]
        return Circumstances(
            facts=facts,
            policy=self.policy(zone, now),
            now=now,
            sensitive=sensitive,
            protected=sensitive or facts.is_bereaved or facts.is_child,
            closed=self.mostly(frozenset(), lambda: self.some_of(ids, 3)),
            closed_numbers=self.mostly(frozenset(), lambda: self.some_of(ids, 3)),
            opted_out=self.mostly(frozenset(), lambda: self.some_of([*ContactChannel])),
            known_opt_outs=self.mostly(frozenset(), lambda: self.some_of([*ContactChannel])),
            stopped=self.one_in(10),
            held=self.one_in(10),
            in_touch=self.one_in(8),
            unasked=self.one_in(8),
            lane=self.mostly(Lane.CONTACT, lambda: Lane.INFORMATION),
        )

    def act(self, now: datetime) -> Act:
        if self.one_in(4):
            due_at = now + self.random.randrange(-60, 4 * 1440) * MINUTE
            return Ring(at=due_at, agreed=self.one_in(4))
        purpose = self.mostly(Purpose.CONTACT_UNANSWERED, lambda: self.one_of([*Purpose]), one_in=2)
        channel = self.one_of([*Channel])
        number = (
            self.mostly("", lambda: f"phone-{self.random.randrange(3)}") if channel is Channel.TEXT else ""
        )
        return Write(channel=channel, purpose=purpose, approved=self.one_in(2), address_id=number)

    def situation(self) -> Situation:
        c = self.circumstances()
        return self.act(c.now), c


def a_situation(seed: int) -> Situation:
    """The situation of a number: always the same one."""
    return Dice(Random(seed)).situation()


situations = st.randoms(use_true_random=False).map(lambda random: Dice(random).situation())


def some_circumstances(facts: Facts | None = None, **changes) -> Circumstances:
    """Nothing stands in the way."""
    facts = facts or some_facts()
    known = Circumstances(
        facts=facts,
        policy=a_policy(),
        now=NOW,
        sensitive=facts.is_sensitive,
        protected=is_protected(facts, sensitive=facts.is_sensitive),
    )
    return replace(known, **changes)
