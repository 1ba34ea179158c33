from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api.mending import FieldWords, mended
from api.problems import Problem
from api.typed_times import moments_read, on_the_clock

LONDON = ZoneInfo("Europe/London")


def read(text: str) -> object:
    return moments_read({"due_at": text}, ("due_at",), LONDON)["due_at"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-24T09:30", "2026-11-24T09:30:00+00:00"),
        ("2026-07-01T09:30", "2026-07-01T09:30:00+01:00"),
        ("2027-03-28T00:59", "2027-03-28T00:59:00+00:00"),
        ("2027-03-28T02:00", "2027-03-28T02:00:00+01:00"),
    ],
)
def test_a_typed_time_is_meant_on_the_clock_of_the_service(typed: str, meant: str) -> None:
    assert read(typed) == meant


def test_of_the_hour_that_autumn_repeats_the_first_is_meant() -> None:
    # A promised call comes an hour early at worst, never an hour late.
    assert read("2026-10-25T01:30") == "2026-10-25T01:30:00+01:00"


def test_whoever_types_a_time_that_spring_skips_is_told_why_it_cannot_be() -> None:
    with pytest.raises(Problem) as refused:
        read("2027-03-28T01:30")
    (said,) = mended(refused.value, {"due_at": FieldWords(name="The new time", ask="Enter the new time")})
    assert (said.field, said.text) == (
        "due_at",
        "The new time is on no clock: the clocks go forward over it. Choose an earlier or a later one",
    )


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/London"])
def test_the_ends_of_the_calendar_break_nothing(year: int, zone: str) -> None:
    for edge in (datetime(year, 1, 1), datetime(year, 12, 31, 23, 59)):
        assert on_the_clock(edge, ZoneInfo(zone)) is not None
