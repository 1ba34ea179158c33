"""When a service that prints its own letters is behind.  Source: docs/policy.md#letters; docs/post.md."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.policy import OpeningHours

PRINTED_WITHIN = timedelta(hours=1)
"""A letter whose cut-off has passed is in a batch by then, or somebody has forgotten to make one."""
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def is_printing_overdue(queued_at: datetime, now: datetime) -> bool:
    """Whether a letter has waited for its batch for too long; its cut-off was on a working day."""
    return now - queued_at >= PRINTED_WITHIN


def is_posting_overdue(made_at: datetime, hours: OpeningHours, now: datetime) -> bool:
    """Whether the next working day has come and nobody has said that the batch was posted."""
    zone = ZoneInfo(hours.time_zone)
    due_on = _next_working_day(made_at.astimezone(zone).date(), hours)
    return now.astimezone(zone).date() >= due_on


def _next_working_day(day: date, hours: OpeningHours) -> date:
    day += _ONE_DAY
    while day.weekday() >= _SATURDAY or day in hours.closed_on:
        day += _ONE_DAY
    return day
