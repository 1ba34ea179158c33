"""What a tradesperson types: when they will be there, and what it costs.  Nothing is guessed."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.repair_dispatch.request import MOST_PENCE
from api.typed_money import pence_in
from api.typed_times import on_the_clock
from domain.repair_dispatch.invoice import is_invoice_reference

MINUTES = (10, 15, 20, 30, 45)
"""Times of arrival that need no typing."""
AT = "at"
"""The choice of a clock time instead."""
DAYS_AHEAD = 14
"""Work that can be planned is planned within two weeks."""
_CLOCK = re.compile(r"([0-9]{1,2})[:. ]?([0-9]{2})")
_NO_HOUR = 24


class Mistyped(Exception):
    """Something cannot be taken as it was typed."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(field)
        self.field = field
        self.text = text


def arrival(choice: str, clock: str, day: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Read when somebody will be there: one of `MINUTES`, or a time that they typed.

    Raises:
        Mistyped: They said nothing, two things, or no such time.
    """
    if clock and choice not in {"", AT}:
        raise Mistyped("at", "Clear this time, or choose “At another time”")
    if choice == AT or clock:
        return clock_time(clock, day, now=now, zone=zone)
    if choice not in map(str, MINUTES):
        raise Mistyped("eta", "Choose when you will be there")
    return now + timedelta(minutes=int(choice))


def clock_time(clock: str, day: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a time of arrival by the clock, on a day or, without one, when that time comes next.

    Args:
        clock: Such as `14:30`.
        day: Such as `2026-11-24`; may be empty.
        now: An aware time.
        zone: On whose clock it was read.

    Raises:
        Mistyped: It is no time, on no clock, has passed, or is too far away.
    """
    at = _time(clock)
    on = _day(day) if day else now.astimezone(zone).date()
    read = _on_the_clock(on, at, zone)
    if not day and read <= now:
        read = _on_the_clock(on + timedelta(days=1), at, zone)
    if read <= now:
        raise Mistyped("on", "This time has passed. Choose a later day or time")
    if read > now + timedelta(days=DAYS_AHEAD):
        raise Mistyped("on", "Choose a day within the next two weeks")
    return read.astimezone(UTC)


def pence(typed: str) -> int:
    """Read an amount exactly: `120`, `120.50`, `£1,200.00`.

    Raises:
        Mistyped: It is no amount, or more than anything costs.
    """
    amount = pence_in(typed)
    if amount is None:
        raise Mistyped("cost", "Enter the cost such as 120 or 120.50; enter 0 if it costs nothing")
    if amount > MOST_PENCE:
        raise Mistyped("cost", "Check the cost: it is more than we can take here. If it is right, ring us")
    return amount


def invoice_reference(typed: str) -> str:
    """Read the reference of an invoice: letters and numbers, never a sentence.

    Raises:
        Mistyped: It is something else.
    """
    if typed and not is_invoice_reference(typed):
        raise Mistyped("invoice", "Enter only the number or reference of the invoice, such as INV-1042")
    return typed


def _time(clock: str) -> time:
    found = _CLOCK.fullmatch(clock)
    hours, minutes = map(int, found.groups()) if found else (_NO_HOUR, 0)
    try:
        return time(hours, minutes)
    except ValueError:
        raise Mistyped("at", "Enter a time such as 14:30") from None


def _day(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise Mistyped("on", "Choose a day of the list") from None


def _on_the_clock(on: date, at: time, zone: ZoneInfo) -> datetime:
    read = on_the_clock(datetime.combine(on, at), zone)
    if read is None:
        raise Mistyped("at", "The clocks go forward over this time. Choose an earlier or a later one")
    return read
