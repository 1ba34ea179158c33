"""Dates and times as people type them into forms: on the service's clock, as the JSON API takes them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def moments_read(document: dict[str, Any], names: tuple[str, ...], zone: ZoneInfo) -> dict[str, Any]:
    """Put typed times into the form of the JSON API; what is no time stays as it is, to be refused there.

    Args:
        document: What a form said.
        names: Its fields that hold a date and a time.
        zone: On whose clock they were read.
    """
    return document | {name: _moment(document[name], zone) for name in names if name in document}


def typed(at: datetime, zone: ZoneInfo) -> str:
    """Write a time as a field for date and time holds it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _moment(text: object, zone: ZoneInfo) -> object:
    if not isinstance(text, str):
        return text
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if read.tzinfo is not None or len(text.strip()) < len("2026-11-24T09:30"):
        return text
    try:
        local = read.replace(tzinfo=zone)
        # An hour that the clocks skip is on no clock: it comes back as another.
        exists = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == read
    except OverflowError:
        return text
    return local.isoformat() if exists else text
