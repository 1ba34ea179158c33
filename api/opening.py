"""Opening hours as a person asks about them: are you there now, until when, and when again?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.opening_words import clock_in_words
from domain.policy import OpeningHours
from domain.vocabulary import Weekday
from domain.working_hours import is_open, next_open, open_spans

CLOSED_DAYS_WITHIN = timedelta(days=28)
"""How far ahead closed days are named: long enough for whoever plans a call around Christmas."""
_LOOKS_AHEAD = timedelta(days=8)
"""Open for longer than this without a break is always open."""
_DAY = timedelta(days=1)
_WEEK = tuple(Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a page says of the hours at this moment."""

    is_open: bool
    now: str
    """One or two sentences."""
    closed_days: tuple[str, ...]
    """Days soon to come on which we would be open but for a holiday, such as "Friday 25 December"."""


def opening_at(hours: OpeningHours, at: datetime) -> Opening:
    """Say whether the service is open, and what comes next.

    Args:
        hours: With the closed days.
        at: An aware time.
    """
    found = is_open(hours, at)
    return Opening(
        is_open=found,
        now=_open_words(hours, at) if found else _closed_words(hours, at),
        closed_days=tuple(weekday_in_words(day) for day in _closed_days(hours, at)),
    )


def coming_time_in_words(moment: datetime, *, at: datetime, time_zone: str) -> str:
    """Say a time to come: "today at 4pm", "tomorrow at 8am", "on Monday 23 November at 8am"."""
    zone = ZoneInfo(time_zone)
    local, today = moment.astimezone(zone), at.astimezone(zone).date()
    clock = clock_in_words(local.time().replace(second=0, microsecond=0))
    return f"{_day_from(local.date(), today)} at {clock}"


def weekday_in_words(day: date) -> str:
    """Say a day soon to come: "Monday 23 November"."""
    return f"{day:%A} {day.day} {day:%B}"


def _open_words(hours: OpeningHours, at: datetime) -> str:
    closes_at = at
    for span in open_spans(hours, at, at + _LOOKS_AHEAD):
        if span.opens_at > closes_at:
            break
        closes_at = span.closes_at
    if closes_at >= at + _LOOKS_AHEAD:
        return "We are open now, day and night."
    zone = ZoneInfo(hours.time_zone)
    closes, today = closes_at.astimezone(zone), at.astimezone(zone).date()
    clock = clock_in_words(closes.time())
    # A service that closes at midnight closes today, whatever the calendar says.
    is_today = (closes - timedelta(seconds=1)).date() == today
    return f"We are open now, until {clock}{'' if is_today else ' ' + _day_from(closes.date(), today)}."


def _closed_words(hours: OpeningHours, at: datetime) -> str:
    opens_at = next_open(hours, at)
    if opens_at is None:
        return "We are closed now."
    return f"We are closed now. We open again {coming_time_in_words(opens_at, at=at, time_zone=hours.time_zone)}."


def _day_from(day: date, today: date) -> str:
    if day == today:
        return "today"
    return "tomorrow" if day == today + _DAY else f"on {weekday_in_words(day)}"


def _closed_days(hours: OpeningHours, at: datetime) -> list[date]:
    today = at.astimezone(ZoneInfo(hours.time_zone)).date()
    open_days = {_WEEK.index(day) for period in hours.periods for day in period.days}
    soon = range(CLOSED_DAYS_WITHIN.days)
    days = (today + _DAY * ahead for ahead in soon)
    return [day for day in days if day in hours.closed_on and day.weekday() in open_days]
