"""When a victim is rung next: always inside hours and windows, rested, and at another time of day if it can be."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.call_planning import (
    GAP_PATIENCE,
    PART_OF_DAY_PATIENCE,
    ROOM_WITHIN,
    gap_respected,
    inside_hours_and_windows,
    next_call_at,
)
from domain.policy import (
    ContactPolicy,
    HoldPolicy,
    LetterPolicy,
    OpeningHours,
    Period,
    Policy,
    SupportPolicy,
    TriagePolicy,
)
from domain.vocabulary import RiskLevel, Weekday

EVERY_DAY = tuple(Weekday)
MON, TUE, WED, THU, FRI, SAT, SUN = EVERY_DAY
STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def period(days, opens: str, closes: str) -> Period:
    return Period(days=tuple(days), opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


HUB = (period(EVERY_DAY[:5], "08:00", "20:00"), period([SAT], "09:00", "17:00"))


def policy(
    *periods: Period,
    zone: str = "Europe/London",
    closed_on: tuple[date, ...] = (),
    gap: timedelta = 4 * HOUR,
    different: bool = True,
) -> Policy:
    return Policy(
        profile="test",
        hours=OpeningHours(time_zone=zone, periods=periods or HUB, closed_on=closed_on),
        contact=ContactPolicy(
            attempts=3,
            minimum_gap=gap,
            different_part_of_day=different,
            first_call_within=dict.fromkeys(RiskLevel, DAY),
            lapse_after=4 * HOUR,
            retry_engaged_after=HOUR,
            callback_after=HOUR,
        ),
        letter=LetterPolicy(cut_off=time(17, 30), cut_off_after=None, wait_after=28 * DAY),
        triage=TriagePolicy(
            explicit_consent_for=(), child_under=18, violence_kinds=(), excluded_kinds=(), areas=()
        ),
        hold=HoldPolicy(review_after=DAY),
        support=SupportPolicy(
            first_contact_within=7 * DAY, review_every=28 * DAY, review_missed_after=DAY, missed_engagements=3
        ),
    )


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"))


def due(
    now: str, *counted: str, of: Policy | None = None, windows=(), not_before: str | None = None
) -> datetime | None:
    return next_call_at(
        now=london(now),
        policy=of or policy(),
        windows=tuple(windows),
        counted_at=tuple(london(each) for each in counted),
        not_before=london(not_before) if not_before else None,
    )


# --- Named cases -----------------------------------------------------------------------------------------------


def test_a_referral_that_comes_in_the_night_is_rung_when_the_service_opens() -> None:
    assert due("2026-11-20T02:00") == london("2026-11-20T08:00")


def test_a_referral_that_comes_while_open_is_rung_now() -> None:
    assert due("2026-11-20T10:00") == london("2026-11-20T10:00")


def test_an_unanswered_morning_call_is_followed_by_one_in_the_afternoon() -> None:
    assert due("2026-11-20T08:00", "2026-11-20T08:00") == london("2026-11-20T12:00")


def test_the_third_call_comes_in_the_evening_when_morning_and_afternoon_were_tried() -> None:
    assert due("2026-11-23T12:30", "2026-11-23T08:00", "2026-11-23T12:30") == london("2026-11-23T17:00")


def test_when_all_parts_were_tried_the_next_differs_from_the_last() -> None:
    tried = ("2026-11-23T08:00", "2026-11-23T12:30", "2026-11-23T17:00")
    assert due("2026-11-23T17:00", *tried) == london("2026-11-24T08:00")


def test_a_profile_without_the_part_of_day_rule_only_keeps_the_gap() -> None:
    assert due("2026-11-20T13:00", "2026-11-20T12:00", of=policy(different=False)) == london(
        "2026-11-20T16:00"
    )


def test_the_wish_for_another_part_of_day_never_delays_a_call_by_more_than_two_days() -> None:
    mornings = [period(EVERY_DAY[:5], "09:00", "11:00"), period([SAT], "14:00", "16:00")]
    assert due("2026-11-16T09:00", "2026-11-16T09:00", windows=mornings) == london("2026-11-17T09:00")
    assert due("2026-11-19T09:00", "2026-11-19T09:00", windows=mornings) == london("2026-11-21T14:00")


def test_without_evenings_the_third_call_at_least_differs_from_the_second() -> None:
    office = policy(period(EVERY_DAY[:5], "09:00", "17:00"))
    assert due("2026-11-18T13:00", "2026-11-18T09:00", "2026-11-18T13:00", of=office) == london(
        "2026-11-19T09:00"
    )


def test_a_victim_of_one_window_a_week_is_rung_in_it_and_nowhere_else() -> None:
    mondays = [period([MON], "18:00", "20:00")]
    assert due("2026-11-23T18:00", "2026-11-23T18:00", windows=mondays) == london("2026-11-30T18:00")


def test_windows_in_which_nobody_works_ask_a_person() -> None:
    assert due("2026-11-20T10:00", windows=[period([SUN], "10:00", "12:00")]) is None


def test_a_window_that_is_closed_for_a_month_of_holidays_asks_a_person() -> None:
    mondays = policy(closed_on=tuple(date(2026, 11, 23) + n * 7 * DAY for n in range(4)))
    assert due("2026-11-20T10:00", of=mondays, windows=[period([MON], "10:00", "12:00")]) is None


def test_a_gap_too_long_for_the_calendar_gives_way_rather_than_the_victim_being_forgotten() -> None:
    assert due("2026-11-20T10:00", "2026-11-20T10:00", of=policy(gap=30 * DAY)) == london("2026-11-20T10:00")


def test_a_call_that_must_wait_waits() -> None:
    assert due("2026-11-20T10:00", not_before="2026-11-20T10:30") == london("2026-11-20T10:30")
    assert due("2026-11-20T10:00", not_before="2026-11-20T21:00") == london("2026-11-21T09:00")


def test_a_referral_under_a_service_that_never_opens_asks_a_person() -> None:
    assert due("2026-11-20T10:00", of=policy(period([], "08:00", "20:00"))) is None


@pytest.mark.parametrize(
    ("last", "at", "kept"),
    [
        (None, "2026-11-20T10:00:00", True),
        ("2026-11-20T06:00:00", "2026-11-20T10:00:00", True),
        ("2026-11-20T06:00:02", "2026-11-20T10:00:00", True),
        ("2026-11-20T06:00:03", "2026-11-20T10:00:00", False),
        ("2026-11-20T10:00:01", "2026-11-20T10:00:00", False),
    ],
)
def test_the_gap_is_kept_to_two_seconds(last: str | None, at: str, kept) -> None:
    assert gap_respected(policy(), london(last) if last else None, london(at)) is kept


def test_an_attempt_made_before_the_last_counted_one_keeps_no_gap_however_short() -> None:
    assert not gap_respected(
        policy(gap=timedelta(seconds=1)), london("2026-11-20T10:00:01"), london("2026-11-20T10:00:00")
    )


def test_silence_outside_the_hours_or_the_windows_cannot_count() -> None:
    evenings = (period([MON, TUE], "18:00", "21:00"),)
    assert inside_hours_and_windows(policy(), evenings, london("2026-11-23T19:59"))
    assert not inside_hours_and_windows(policy(), evenings, london("2026-11-23T20:00")), (
        "the service is closed"
    )
    assert not inside_hours_and_windows(policy(), evenings, london("2026-11-25T19:00")), "not her window"
    assert inside_hours_and_windows(policy(), (), london("2026-11-25T19:00"))


# --- Against a clock read every five minutes ------------------------------------------------------------------

clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 5, 30, 55]))
some_periods = st.builds(
    Period,
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=clock_times,
    closes=clock_times,
)
CHANGES = [
    ("Europe/London", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Pacific/Auckland", datetime(2026, 9, 26, 14, tzinfo=UTC)),
    ("Pacific/Auckland", datetime(2027, 4, 3, 14, tzinfo=UTC)),
]


@st.composite
def situations(draw) -> dict:
    zone, change = draw(st.sampled_from(CHANGES))
    now = change + STEP * draw(st.integers(-600, 100))
    back = st.integers(1, 400).map(lambda steps: now - steps * STEP)
    return {
        "now": now,
        "policy": policy(
            *draw(st.lists(some_periods, min_size=1, max_size=3)),
            zone=zone,
            closed_on=tuple(change.date() + n * DAY for n in draw(st.sets(st.integers(-2, 6), max_size=3))),
            gap=draw(st.sampled_from([timedelta(), HOUR, 4 * HOUR, 30 * HOUR, 8 * DAY, 20 * DAY])),
            different=draw(st.booleans()),
        ),
        "windows": tuple(draw(st.lists(some_periods, max_size=2))),
        "counted_at": tuple(sorted(draw(st.lists(back, max_size=3)))),
        "not_before": draw(st.none() | st.integers(-50, 400).map(lambda steps: now + steps * STEP)),
    }


def shows(shown: datetime, periods) -> bool:
    """Whether a wall clock shows a time of these periods; knows nothing of spans, weeks or offsets."""
    today, yesterday = EVERY_DAY[shown.weekday()], EVERY_DAY[shown.weekday() - 1]
    return any(
        (today in each.days and each.opens <= shown.time() < each.closes)
        if each.opens < each.closes
        else (today in each.days and shown.time() >= each.opens)
        or (yesterday in each.days and shown.time() < each.closes)
        for each in periods
    )


def part(shown: datetime) -> int:
    return (shown.hour >= 12) + (shown.hour >= 17)


class Oracle:
    """Looks at the wall clock every five minutes."""

    def __init__(self, given: dict) -> None:
        self.hours, self.windows = given["policy"].hours, given["windows"]
        self.zone = ZoneInfo(self.hours.time_zone)

    def allows(self, at: datetime) -> bool:
        shown = at.astimezone(self.zone)
        return (
            shown.date() not in self.hours.closed_on
            and shows(shown, self.hours.periods)
            and (not self.windows or shows(shown, self.windows))
        )

    def first(self, since: datetime, until: datetime, parts=(0, 1, 2)) -> datetime | None:
        at = since
        while at < until:
            if part(at.astimezone(self.zone)) in parts and self.allows(at):
                return at
            at += STEP
        return None


@settings(max_examples=120, deadline=None)
@given(situations())
def test_the_next_call_is_inside_hours_and_windows_rested_and_as_early_as_the_rules_allow(
    given: dict,
) -> None:
    found, oracle, contact = next_call_at(**given), Oracle(given), given["policy"].contact
    earliest = max(given["now"], given["not_before"] or given["now"])
    first = oracle.first(earliest, earliest + ROOM_WITHIN)
    if found is None:
        event("a person is asked")
        assert first is None, "there was room"
        return
    assert first is not None
    assert found >= earliest
    assert oracle.allows(found)
    if not given["counted_at"]:
        event("first call")
        assert found == first
        return
    last = given["counted_at"][-1]
    rested = oracle.first(max(earliest, last + contact.minimum_gap), first + GAP_PATIENCE)
    if rested is None:
        event("the gap gave way")
        assert found == first
        return
    assert gap_respected(given["policy"], last, found)
    assert rested <= found < rested + PART_OF_DAY_PATIENCE
    if not contact.different_part_of_day:
        assert found == rested
        return
    tried = [part(at.astimezone(oracle.zone)) for at in given["counted_at"]]
    untried = oracle.first(rested, rested + PART_OF_DAY_PATIENCE, {0, 1, 2} - set(tried))
    unlike_the_last = oracle.first(rested, rested + PART_OF_DAY_PATIENCE, {0, 1, 2} - {tried[-1]})
    event(
        "untried part of day"
        if untried
        else "unlike the last"
        if unlike_the_last
        else "the part of day gave way"
    )
    assert found == (untried or unlike_the_last or rested)


@settings(max_examples=100, deadline=None)
@given(situations())
def test_silence_at_a_due_call_always_can_count(given: dict) -> None:
    found = next_call_at(**given)
    assert found is None or inside_hours_and_windows(given["policy"], given["windows"], found)


@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(0, 300))
def test_waiting_never_makes_the_first_call_earlier(given: dict, steps) -> None:
    sooner = next_call_at(**given | {"counted_at": ()})
    later = next_call_at(**given | {"counted_at": (), "now": given["now"] + steps * STEP})
    assert later is None or sooner is None or sooner <= later
