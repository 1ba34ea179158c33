"""Durations: read from profiles, said to coordinators."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.duration import in_words, parse_duration
from domain.errors import InvalidDuration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT4H", timedelta(hours=4)),
        ("P28D", timedelta(days=28)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT12H", timedelta(days=1, hours=12)),
        ("PT1H30M5S", timedelta(hours=1, minutes=30, seconds=5)),
        ("PT90M", timedelta(minutes=90)),
        ("PT0.5S", timedelta(seconds=0.5)),
        ("PT0S", timedelta()),
    ],
)
def test_a_duration_is_read_as_written(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "4H", "pt4h", "PT4", "PT-4H", "-PT4H", "PT4H ", "PT4H\n", "P1H", "PT1D", "PT1.5H", "PT٤H", "PT4H1D", "four hours"],
)  # fmt: skip
def test_what_is_not_a_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidDuration, match="like PT4H"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["P1Y", "P1M", "P1Y2M3D", "P1MT1M"])
def test_months_and_years_are_refused_because_they_differ_in_length(text: str) -> None:
    with pytest.raises(InvalidDuration, match="differ in length"):
        parse_duration(text)


def test_minutes_are_not_mistaken_for_months() -> None:
    assert parse_duration("P1DT1M") == timedelta(days=1, minutes=1)


def test_a_duration_longer_than_a_calendar_is_refused() -> None:
    with pytest.raises(InvalidDuration, match="longer than a calendar"):
        parse_duration("P999999999W")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=4), "4 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=28), "28 days"),
        (timedelta(days=1, hours=6), "1 day and 6 hours"),
        (timedelta(days=1, hours=6, minutes=1), "1 day, 6 hours and 1 minute"),
        (timedelta(minutes=90), "1 hour and 30 minutes"),
        (timedelta(seconds=2.9), "2 seconds"),
        (timedelta(), "0 seconds"),
        (timedelta(minutes=-5), "minus 5 minutes"),
    ],
)
def test_a_coordinator_reads_a_duration_in_plain_words(length: timedelta, words: str) -> None:
    assert in_words(length) == words


@settings(max_examples=100)
@given(weeks=st.integers(0, 60), days=st.integers(0, 400), hours=st.integers(0, 99), minutes=st.integers(0, 999), seconds=st.integers(0, 9999))  # fmt: skip
def test_every_written_duration_is_the_sum_of_its_parts(weeks, days, hours, minutes, seconds) -> None:
    written = f"P{weeks}W{days}DT{hours}H{minutes}M{seconds}S"
    assert parse_duration(written) == timedelta(
        weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
    )
