"""Opening hours: the clock on the wall decides, in winter, in summer and on the two nights between."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidProfile
from domain.policy import LetterPolicy, OpeningHours, Period
from domain.vocabulary import Weekday
from domain.working_hours import (
    PartOfDay,
    add_open_time,
    intersect,
    is_open,
    next_cut_off,
    next_open,
    open_spans,
    part_of_day,
)

LONDON, AUCKLAND, LORD_HOWE = "Europe/London", "Pacific/Auckland", "Australia/Lord_Howe"
EVERY_DAY = tuple(Weekday)
WEEKDAYS = EVERY_DAY[:5]
STEP = timedelta(minutes=5)


def period(days, opens: str, closes: str) -> Period:
    return Period(days=tuple(days), opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


def hours(*periods: Period, zone: str = LONDON, closed_on: tuple[date, ...] = ()) -> OpeningHours:
    return OpeningHours(time_zone=zone, periods=periods, closed_on=closed_on)


def local(text: str, zone: str = LONDON, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


HUB = hours(
    period(WEEKDAYS, "08:00", "20:00"),
    period([Weekday.SAT], "09:00", "17:00"),
    closed_on=(date(2026, 12, 25), date(2026, 12, 28)),
)
ALWAYS = hours(period(EVERY_DAY, "00:00", "00:00"))
NIGHTS = hours(
    period(WEEKDAYS, "17:00", "07:00"), period([Weekday.SAT, Weekday.SUN], "00:00", "00:00"), zone=AUCKLAND
)
DST_NIGHTS = [
    (LONDON, utc("2027-03-28T01:00")),
    (LONDON, utc("2026-10-25T01:00")),
    (AUCKLAND, utc("2026-09-26T14:00")),
    (AUCKLAND, utc("2027-04-03T14:00")),
    (LORD_HOWE, utc("2026-10-03T15:30")),
    (LORD_HOWE, utc("2027-04-03T15:00")),
    # No profile of ours, but clocks that change at midnight find every mistake at a day's edge.
    ("America/Santiago", utc("2026-09-06T04:00")),
    ("America/Santiago", utc("2027-04-04T03:00")),
    ("America/Havana", utc("2026-11-01T05:00")),
]


# --- Named cases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        ("2026-11-20T08:00", True),
        ("2026-11-20T07:59:59", False),
        ("2026-11-20T19:59:59", True),
        ("2026-11-20T20:00", False),
        ("2026-11-21T16:59", True),
        ("2026-11-21T17:00", False),
        ("2026-11-22T12:00", False),
        ("2026-12-25T12:00", False),
    ],
)
def test_the_hub_is_open_from_the_first_minute_until_just_before_the_last(at: str, opened) -> None:
    assert is_open(HUB, local(at)) is opened


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-20T12:34:56", "2026-11-20T12:34:56"),
        ("2026-11-20T20:00", "2026-11-21T09:00"),
        ("2026-11-21T17:00", "2026-11-23T08:00"),
        ("2026-12-24T20:00", "2026-12-26T09:00"),
        ("2026-12-26T17:00", "2026-12-29T08:00"),
        ("2027-03-27T17:00", "2027-03-29T08:00"),
    ],
)
def test_the_next_opening_passes_nights_sundays_and_holidays(at: str, opens: str) -> None:
    assert next_open(HUB, local(at)) == local(opens)


def test_an_after_hours_line_is_open_across_midnight_and_all_weekend() -> None:
    friday_night, saturday = local("2026-11-21T02:00", AUCKLAND), local("2026-11-21T13:00", AUCKLAND)
    monday_morning, monday_noon = local("2026-11-23T06:59", AUCKLAND), local("2026-11-23T12:00", AUCKLAND)
    assert is_open(NIGHTS, friday_night)
    assert is_open(NIGHTS, saturday)
    assert not is_open(NIGHTS, monday_morning), "Sunday's period ends at midnight; Monday's begins at 17:00"
    assert next_open(NIGHTS, monday_noon) == local("2026-11-23T17:00", AUCKLAND)


def test_a_closed_date_is_closed_from_midnight_to_midnight_also_for_the_night_shift_before() -> None:
    nights = hours(period(EVERY_DAY, "22:00", "06:00"), closed_on=(date(2026, 12, 25),))
    assert is_open(nights, local("2026-12-24T23:59"))
    assert not is_open(nights, local("2026-12-25T00:00"))
    assert not is_open(nights, local("2026-12-25T23:00"))
    assert is_open(nights, local("2026-12-26T00:00"))


def test_a_service_that_is_always_open_is_open_in_every_hour_of_a_day_of_25() -> None:
    spans = list(open_spans(ALWAYS, local("2026-10-25T00:00"), local("2026-10-26T00:00")))
    assert sum((span.closes_at - span.opens_at for span in spans), timedelta()) == timedelta(hours=25)


def test_an_hour_that_spring_skips_cannot_be_used() -> None:
    skipped = hours(period([Weekday.SUN], "01:00", "02:00"))
    assert next_open(skipped, local("2027-03-28T00:00")) == local("2027-04-04T01:00")


def test_a_midnight_that_spring_skips_cannot_be_used_for_one_second() -> None:
    midnights = hours(period([Weekday.SUN], "00:00", "01:00"), zone="America/Santiago")
    assert next_open(midnights, utc("2026-09-06T00:00")) == local("2026-09-13T00:00", "America/Santiago")


def test_a_period_that_begins_in_a_skipped_hour_begins_after_it() -> None:
    early = hours(period([Weekday.SUN], "01:30", "05:00"))
    assert next_open(early, local("2027-03-28T00:00")) == utc("2027-03-28T01:00")


def test_an_hour_that_autumn_repeats_is_open_twice() -> None:
    early = hours(period([Weekday.SUN], "01:00", "01:30"))
    spans = list(open_spans(early, local("2026-10-25T00:00"), local("2026-10-26T00:00")))
    assert [span.opens_at for span in spans] == [utc("2026-10-25T00:00"), utc("2026-10-25T01:00")]


def test_two_periods_within_a_repeated_hour_come_in_the_order_of_time() -> None:
    early = hours(period([Weekday.SUN], "01:00", "01:15"), period([Weekday.SUN], "01:20", "01:30"))
    spans = list(open_spans(early, local("2026-10-25T00:00"), local("2026-10-26T00:00")))
    assert [span.opens_at.strftime("%H:%M") for span in spans] == ["00:00", "00:20", "01:00", "01:20"]


def test_the_morning_after_the_clocks_change_opens_at_the_same_wall_clock_time() -> None:
    assert next_open(HUB, local("2026-10-24T17:00")) == utc("2026-10-26T08:00")
    assert next_open(HUB, local("2027-03-27T17:00")) == utc("2027-03-29T07:00")


def test_four_hours_of_opening_time_from_friday_evening_end_on_saturday() -> None:
    assert add_open_time(HUB, local("2026-11-20T18:00"), timedelta(hours=4)) == local("2026-11-21T11:00")


def test_opening_time_that_ends_at_closing_ends_then_and_not_the_next_morning() -> None:
    assert add_open_time(HUB, local("2026-11-20T16:00"), timedelta(hours=4)) == local("2026-11-20T20:00")


def test_no_opening_time_at_all_has_passed_at_once() -> None:
    assert add_open_time(HUB, local("2026-11-22T12:00"), timedelta()) == local("2026-11-22T12:00")


def test_a_clock_of_a_service_that_never_opens_runs_in_calendar_time_rather_than_never() -> None:
    at = local("2026-11-20T12:00")
    assert add_open_time(hours(), at, timedelta(hours=4)) == at + timedelta(hours=4)
    assert next_open(hours(), at) is None


@pytest.mark.parametrize(
    ("made", "leaves"),
    [
        ("2026-11-20T17:25", "2026-11-20T17:30"),
        ("2026-11-20T17:30", "2026-11-23T17:30"),
        ("2026-11-20T17:31", "2026-11-23T17:30"),
        ("2026-11-21T10:00", "2026-11-23T17:30"),
        ("2026-11-23T00:00", "2026-11-23T17:30"),
        ("2026-12-24T17:31", "2026-12-29T17:30"),
        ("2026-10-23T17:31", "2026-10-26T17:30"),
    ],
)
def test_a_letter_leaves_at_half_past_five_on_a_working_day(made: str, leaves: str) -> None:
    letter = LetterPolicy(cut_off=time(17, 30), cut_off_after=None, wait_after=timedelta(days=28))
    assert next_cut_off(letter, HUB, local(made)) == local(leaves)


def test_a_rehearsed_letter_leaves_a_few_seconds_after_it_was_made() -> None:
    letter = LetterPolicy(cut_off=None, cut_off_after=timedelta(seconds=3), wait_after=timedelta(seconds=5))
    assert next_cut_off(letter, ALWAYS, utc("2026-11-21T10:00:00")) == utc("2026-11-21T10:00:03")


def test_a_letter_policy_without_any_cut_off_is_refused() -> None:
    letter = LetterPolicy(cut_off=None, cut_off_after=None, wait_after=timedelta(days=1))
    with pytest.raises(InvalidProfile):
        next_cut_off(letter, ALWAYS, utc("2026-11-21T10:00:00"))


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ("2026-11-20T00:00", PartOfDay.MORNING),
        ("2026-11-20T11:59:59", PartOfDay.MORNING),
        ("2026-11-20T12:00", PartOfDay.AFTERNOON),
        ("2026-11-20T16:59", PartOfDay.AFTERNOON),
        ("2026-11-20T17:00", PartOfDay.EVENING),
        ("2026-07-20T16:30:00+00:00", PartOfDay.EVENING),
    ],
)
def test_the_part_of_the_day_is_read_from_the_local_clock(at: str, part: PartOfDay) -> None:
    moment = datetime.fromisoformat(at)
    assert part_of_day(HUB, moment if moment.tzinfo else local(at)) is part


def test_windows_on_days_on_which_nobody_works_leave_no_room() -> None:
    sundays = (period([Weekday.SUN], "10:00", "12:00"),)
    assert next_open(intersect(HUB, sundays), local("2026-11-20T12:00")) is None


def test_a_window_across_midnight_meets_the_next_morning() -> None:
    late = (period([Weekday.FRI], "19:00", "10:00"),)
    both = intersect(HUB, late)
    assert is_open(both, local("2026-11-20T19:30"))
    assert is_open(both, local("2026-11-21T09:30"))
    assert not is_open(both, local("2026-11-20T18:30"))
    assert not is_open(both, local("2026-11-21T10:00"))


def test_a_victim_who_named_no_windows_may_be_rung_at_any_open_time() -> None:
    assert intersect(HUB, ()) is HUB


# --- Against a clock read every five minutes ------------------------------------------------------------------

clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 5, 30, 55]))
periods = st.builds(
    Period,
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=clock_times,
    closes=clock_times,
)


@st.composite
def weeks_of_the_clock_change(draw) -> tuple[OpeningHours, datetime]:
    zone, change = draw(st.sampled_from(DST_NIGHTS))
    at = change + STEP * draw(st.integers(-500, 200))
    closed_on = tuple(
        change.date() + timedelta(days=n) for n in draw(st.sets(st.integers(-2, 3), max_size=2))
    )
    return hours(*draw(st.lists(periods, max_size=3)), zone=zone, closed_on=closed_on), at


def wall_clock_is_open(shown: datetime, all_periods) -> bool:
    """The oracle: reads the clock on the wall, knows nothing of spans or offsets."""
    today, yesterday = EVERY_DAY[shown.weekday()], EVERY_DAY[shown.weekday() - 1]
    for each in all_periods:
        if each.opens < each.closes:
            if today in each.days and each.opens <= shown.time() < each.closes:
                return True
        elif (today in each.days and shown.time() >= each.opens) or (
            yesterday in each.days and shown.time() < each.closes
        ):
            return True
    return False


def oracle_is_open(of: OpeningHours, at: datetime) -> bool:
    shown = at.astimezone(ZoneInfo(of.time_zone))
    return shown.date() not in of.closed_on and wall_clock_is_open(shown, of.periods)


@settings(max_examples=150, deadline=None)
@given(weeks_of_the_clock_change(), st.lists(periods, max_size=2))
def test_a_moment_is_open_exactly_when_the_wall_clock_says_so(week, windows) -> None:
    of, at = week
    narrowed = intersect(of, tuple(windows))
    for n in range(200):
        moment = at + n * STEP
        expected = oracle_is_open(of, moment)
        assert is_open(of, moment) is expected
        shown = moment.astimezone(ZoneInfo(of.time_zone))
        assert is_open(narrowed, moment) is (expected and (not windows or wall_clock_is_open(shown, windows)))


@settings(max_examples=100, deadline=None)
@given(weeks_of_the_clock_change(), st.integers(1, 600))
def test_the_open_spans_are_exactly_the_open_minutes_in_order_and_without_overlap(week, steps) -> None:
    of, since = week
    until = since + steps * STEP
    spans = list(open_spans(of, since, until))
    assert all(one.closes_at <= two.opens_at for one, two in pairwise(spans))
    walked = [
        span.opens_at + n * STEP for span in spans for n in range((span.closes_at - span.opens_at) // STEP)
    ]
    assert walked == [since + n * STEP for n in range(steps) if oracle_is_open(of, since + n * STEP)]
    assert all(
        span.part_of_day is part_of_day(of, at)
        for span in spans
        for at in (span.opens_at, span.closes_at - STEP)
    )


@settings(max_examples=100, deadline=None)
@given(weeks_of_the_clock_change(), st.integers(1, 60))
def test_opening_time_added_is_the_opening_time_counted(week, steps) -> None:
    of, at = week
    ends = add_open_time(of, at, steps * STEP)
    if any(of.periods):
        counted = sum(oracle_is_open(of, at + n * STEP) for n in range((ends - at) // STEP))
        assert counted == steps
        assert oracle_is_open(of, ends - STEP)


@settings(max_examples=100, deadline=None)
@given(weeks_of_the_clock_change())
def test_the_next_opening_is_the_first_open_moment(week) -> None:
    of, at = week
    expected = next((at + n * STEP for n in range(8 * 288) if oracle_is_open(of, at + n * STEP)), None)
    found = next_open(of, at)
    assert found == expected or (expected is None and (found is None or found > at + timedelta(days=8)))
