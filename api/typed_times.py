"""Dates and times as people type them into forms: on the service's clock, as the JSON API takes them.

A time in the hour that the clocks repeat in autumn is taken as the first of the two: that is an hour early at
worst.  A time in the hour that they skip in spring is on no clock and comes back to be typed again.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.problems import Problem

SKIPPED = "is on no clock: the clocks go forward over it. Choose an earlier or a later one"
"""What somebody is told who typed a time of the skipped hour; the name of the field goes before."""


def moments_read(document: dict[str, Any], names: tuple[str, ...], zone: ZoneInfo) -> dict[str, Any]:
    """Put typed times into the form of the JSON API; what is no time stays as it is, to be refused there.

    Args:
        document: What a form said.
        names: Its fields that hold a date and a time.
        zone: On whose clock they were read.

    Raises:
        Problem: One of them is in the hour that the clocks skip.
    """
    return document | {name: _moment(name, document[name], zone) for name in names if name in document}


def on_the_clock(read: datetime, zone: ZoneInfo) -> datetime | None:
    """Put a time without a zone on the service's clock; `None` if the clocks skip it."""
    local = read.replace(tzinfo=zone)
    try:
        # An hour that the clocks skip comes back as another.
        is_on_it = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == read
    except OverflowError:  # at an end of the calendar, which the API refuses
        return local
    return local if is_on_it else None


def typed(at: datetime, zone: ZoneInfo) -> str:
    """Write a time as a field for date and time holds it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _moment(name: str, text: object, zone: ZoneInfo) -> object:
    if not isinstance(text, str):
        return text
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if read.tzinfo is not None or len(text.strip()) < len("2026-11-24T09:30"):
        return text
    local = on_the_clock(read, zone)
    if local is None:
        raise Problem.at(name, SKIPPED)
    return local.isoformat()
