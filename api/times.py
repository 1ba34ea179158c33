"""Times as people read them, where the service is."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.moment_words import moment_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A time in words, and as machines read it."""

    text: str
    machine: str


def time_in_words(at: datetime, *, zone: ZoneInfo, now: datetime | None = None) -> Time:
    """Say a time, as `moment_in_words` does."""
    return Time(text=moment_in_words(at, zone=zone, now=now), machine=at.astimezone(zone).isoformat())


def day_in_words(day: date) -> str:
    """Say a day of any year: "24 November 2026"."""
    return f"{day.day} {day:%B} {day.year}"
