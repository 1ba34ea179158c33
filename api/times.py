"""Times as people read them, where the service is."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A time in words, and as machines read it."""

    text: str
    machine: str


def time_in_words(at: datetime, *, zone: ZoneInfo, now: datetime | None = None) -> Time:
    """Say a time: "Tue 24 Nov, 09:30"; with the year unless it is now's."""
    local = at.astimezone(zone)
    year = f" {local.year}" if now is None or local.year != now.astimezone(zone).year else ""
    return Time(text=f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}", machine=local.isoformat())


def day_in_words(day: date) -> str:
    """Say a day: "24 November 2026"."""
    return f"{day.day} {day:%B} {day.year}"
