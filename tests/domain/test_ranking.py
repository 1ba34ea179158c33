import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy import Period
from domain.repair_dispatch.kinds import Skill, TradeChannel, Urgency
from domain.repair_dispatch.ranking import Candidate, JobToRank, Ranked, rank, somebody_works_before
from domain.tradesperson import Paper, Tradesperson
from domain.vocabulary import Weekday

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 9, 0, tzinfo=UTC)
WORKING_DAYS = (Period(days=tuple(Weekday)[:5], opens=time(8), closes=time(18)),)
EVERY_NIGHT = (Period(days=tuple(Weekday), opens=time(18), closes=time(8)),)
VALID = tuple((paper, date(2027, 12, 31)) for paper in Paper)


def a_job(**changes: Any) -> JobToRank:
    job = JobToRank(
        skills=frozenset({Skill.LOCKS}),
        urgency=Urgency.OPEN_PROPERTY,
        area="CT1",
        language="en",
        at=MONDAY_MORNING,
        time_zone="Europe/London",
        most_km=40,
    )
    return replace(job, **changes)


def somebody(name: str = "a", **changes: Any) -> Candidate:
    """A candidate; what is not one of its own fields is changed of the tradesperson."""
    one = {
        name: changes.pop(name) for name in ("km", "load", "offered", "accepted", "linked") if name in changes
    }
    who = Tradesperson(
        id=name,
        name="Pat Joiner",
        channel=TradeChannel.TEXT,
        phone="+447700900001",
        skills=(Skill.LOCKS, Skill.BOARD_UP),
        base="CT2",
        most_km=30,
        hours=WORKING_DAYS,
        papers=VALID,
        capacity=2,
    )
    known: dict[str, Any] = {"km": 5.0, "load": 0, "offered": 0, "accepted": 0, "linked": False}
    return Candidate(who=replace(who, **changes), **(known | one))


def order(job: JobToRank, *candidates: Candidate) -> list[str]:
    return [ranked.trade_id for ranked in rank(job, candidates)]


YESTERDAY = tuple((paper, date(2026, 11, 22)) for paper in Paper)
TODAY = tuple((paper, date(2026, 11, 23)) for paper in Paper)
NEVER_SENT: dict[str, tuple[JobToRank, Candidate]] = {
    "has left the register": (a_job(), somebody(active=False)),
    "papers expired yesterday": (a_job(), somebody(papers=YESTERDAY)),
    "one paper expired": (a_job(), somebody(papers=(*VALID[:2], (Paper.SAFEGUARDING, date(2026, 11, 22))))),
    "a paper nobody has seen": (a_job(), somebody(papers=VALID[:2])),
    "cannot do the work": (a_job(skills=frozenset({Skill.ALARMS})), somebody()),
    "can do half of it": (a_job(skills=frozenset({Skill.LOCKS, Skill.ALARMS})), somebody()),
    "works elsewhere": (a_job(), somebody(areas=("CT5", "CT6"))),
    "farther than they go": (a_job(), somebody(km=31.0)),
    "farther than the service asks": (a_job(most_km=10), somebody(km=11.0)),
    "far although they named it": (a_job(), somebody(km=31.0, areas=("CT1",))),
    "nobody knows how far": (a_job(), somebody(km=None)),
    "nobody knows where": (a_job(area=""), somebody(km=None, base="")),
    "asleep": (a_job(at=MONDAY_NIGHT), somebody()),
    "on call, but it can wait": (
        a_job(at=MONDAY_NIGHT, urgency=Urgency.TODAY),
        somebody(on_call=EVERY_NIGHT),
    ),
    "a public holiday": (a_job(at=CHRISTMAS, closed_on=(CHRISTMAS.date(),)), somebody()),
    "may know somebody": (a_job(), somebody(linked=True)),
}


@pytest.mark.parametrize(("job", "one"), NEVER_SENT.values(), ids=NEVER_SENT.keys())
def test_whoever_may_not_be_sent_is_not_asked(job: JobToRank, one: Candidate) -> None:
    assert order(job, one) == []


SENT: dict[str, tuple[JobToRank, Candidate]] = {
    "on the last day of their papers": (a_job(), somebody(papers=TODAY)),
    "on call at night for an open property": (a_job(at=MONDAY_NIGHT), somebody(on_call=EVERY_NIGHT)),
    "on call on a public holiday": (
        a_job(at=CHRISTMAS + timedelta(hours=10), closed_on=(CHRISTMAS.date(),)),
        somebody(on_call=EVERY_NIGHT),
    ),
    "in an area they named": (a_job(), somebody(areas=("CT1", "CT5"))),
    "in their own area, which they did not name": (a_job(), somebody(km=0.0, base="CT1", areas=("CT5",))),
    "in an area on no map, named": (a_job(area="BT1"), somebody(km=None, areas=("BT1",))),
    "in an area on no map, their own": (a_job(area="BT1"), somebody(km=None, base="BT1")),
    "in the evening, in summer time": (
        a_job(at=datetime(2026, 7, 6, 16, 59, tzinfo=UTC)),
        somebody(),
    ),
}


@pytest.mark.parametrize(("job", "one"), SENT.values(), ids=SENT.keys())
def test_whoever_may_be_sent_is_asked(job: JobToRank, one: Candidate) -> None:
    assert order(job, one) == ["a"]


BEFORE: dict[str, tuple[Candidate, Candidate]] = {
    "room before nearness": (somebody("z", km=25.0), somebody("a", km=1.0, load=2)),
    "nearness before load": (somebody("z", km=2.0, load=1), somebody("a", km=12.0)),
    "load before record": (somebody("z"), somebody("a", load=1, offered=9, accepted=9)),
    "load as a share of the day": (somebody("z", load=2, capacity=5), somebody("a", load=1, capacity=2)),
    "record before language": (
        somebody("z", offered=9, accepted=9, languages=("fr",)),
        somebody("a", offered=9, accepted=1),
    ),
    "language before a kilometre": (somebody("z", km=7.0), somebody("a", km=5.0, languages=("fr",))),
    "a kilometre before the name": (somebody("z", km=5.0), somebody("a", km=7.0)),
    "a newcomer before one who says no": (somebody("z"), somebody("a", offered=20, accepted=8)),
    "one who says yes before a newcomer": (somebody("z", offered=20, accepted=19), somebody("a")),
    "one no is not the end": (somebody("z", offered=1, accepted=0), somebody("a", offered=20, accepted=8)),
    "their own area before a named one": (
        somebody("z", km=None, base="CT1"),
        somebody("a", km=None, areas=("CT1",)),
    ),
}


@pytest.mark.parametrize(("first", "second"), BEFORE.values(), ids=BEFORE.keys())
def test_who_is_asked_first(first: Candidate, second: Candidate) -> None:
    assert order(a_job(), second, first) == [first.who.id, second.who.id]


def test_why_somebody_is_in_their_place_is_said_in_plain_words() -> None:
    job = a_job()
    near = somebody("a", km=4.2, offered=10, accepted=8)
    full = somebody("b", km=0.4, load=2)
    assert rank(job, [near, full]) == (
        Ranked(trade_id="a", busy=False, why="4 km away, free, says yes to 8 of 10"),
        Ranked(trade_id="b", busy=True, why="less than 1 km away, no room, not asked lately"),
    )
    (half,) = rank(a_job(area="BT1"), [somebody(km=None, areas=("BT1",), load=1)])
    assert half.why == "works in this area, 1 of 2 places taken, not asked lately"


def test_waiting_helps_when_somebody_begins_work_in_time() -> None:
    # Otherwise a coordinator is rung at night about a shelf that is to be mended next week.
    job = a_job(at=MONDAY_NIGHT, urgency=Urgency.PLANNED)
    assert somebody_works_before(job, [somebody()], MONDAY_NIGHT + timedelta(days=7))
    assert not somebody_works_before(job, [somebody()], MONDAY_NIGHT + timedelta(hours=4))
    assert not somebody_works_before(job, [somebody(linked=True)], MONDAY_NIGHT + timedelta(days=7))
    assert not somebody_works_before(job, [somebody()], MONDAY_NIGHT - timedelta(days=1))


PERIODS = st.sampled_from([WORKING_DAYS, EVERY_NIGHT, ()])
CANDIDATES = st.builds(
    somebody,
    st.sampled_from([f"t{number}" for number in range(40)]),
    km=st.none() | st.floats(0, 60, allow_nan=False),
    load=st.integers(0, 4),
    offered=st.integers(10, 30),
    accepted=st.integers(0, 10),
    linked=st.sampled_from([False, False, False, True]),
    capacity=st.integers(0, 3),
    base=st.sampled_from(["CT1", "CT2", "BT1"]),
    areas=st.sampled_from([(), (), ("CT1",), ("BT1", "CT2")]),
    languages=st.sampled_from([("en",), ("fr", "pl")]),
    hours=PERIODS,
    on_call=PERIODS,
    active=st.sampled_from([True, True, True, False]),
    papers=st.sampled_from([VALID, VALID, VALID, YESTERDAY]),
)
EVERYBODY = st.lists(CANDIDATES, max_size=12, unique_by=lambda one: one.who.id)
JOBS = st.builds(
    a_job,
    urgency=st.sampled_from(Urgency),
    area=st.sampled_from(["CT1", "BT1", ""]),
    at=st.sampled_from([MONDAY_MORNING, MONDAY_NIGHT]),
)


@given(JOBS, EVERYBODY)
def test_nobody_appears_who_may_not_be_sent(job: JobToRank, everybody: list[Candidate]) -> None:
    known = {one.who.id: one for one in everybody}
    for ranked in rank(job, everybody):
        one = known[ranked.trade_id]
        assert not one.linked
        assert one.who.may_be_sent(job.at.date())
        assert one.km is None or one.km <= min(job.most_km, one.who.most_km)
        assert one.km is not None or job.area in {one.who.base, *one.who.areas} - {""}
        assert ranked.busy is (one.load >= one.who.capacity)


@given(JOBS, EVERYBODY, st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_the_register_is_read(
    job: JobToRank, everybody: list[Candidate], dice: random.Random
) -> None:
    shuffled = list(everybody)
    dice.shuffle(shuffled)
    assert rank(job, everybody) == rank(job, shuffled)


@given(JOBS, EVERYBODY)
def test_who_goes_first_of_two_does_not_hang_on_who_else_is_there(
    job: JobToRank, everybody: list[Candidate]
) -> None:
    # A total order: any two are in the same order alone as among all.
    whole = order(job, *everybody)
    assert len(set(whole)) == len(whole)
    known = {one.who.id: one for one in everybody}
    for one, next_one in zip(whole, whole[1:], strict=False):
        assert order(job, known[next_one], known[one]) == [one, next_one]


@given(JOBS, CANDIDATES, EVERYBODY, st.floats(0, 60, allow_nan=False))
def test_coming_nearer_never_puts_anybody_back(
    job: JobToRank, one: Candidate, others: list[Candidate], km: float
) -> None:
    rest = [other for other in others if other.who.id != one.who.id]
    if one.km is None or km > one.km:
        return
    far, near = order(job, one, *rest), order(job, replace(one, km=km), *rest)
    if one.who.id in far:
        assert near.index(one.who.id) <= far.index(one.who.id)


@given(JOBS, CANDIDATES, EVERYBODY)
def test_a_freer_day_never_puts_anybody_back(job: JobToRank, one: Candidate, others: list[Candidate]) -> None:
    rest = [other for other in others if other.who.id != one.who.id]
    full, free = order(job, one, *rest), order(job, replace(one, load=0), *rest)
    if one.who.id in full:
        assert free.index(one.who.id) <= full.index(one.who.id)
