"""When people of the service may ring, as instants.

The clock on the wall decides: a moment is open when the service's local clock shows an open time on a date
that is not closed.  So an hour that spring skips cannot be used, and one that autumn repeats is open twice.
A closed date is closed from midnight to midnight, also for a period that began the evening before.
Source: docs/policy.md#contact.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.errors import InvalidProfile
from domain.policy import LetterPolicy, OpeningHours, Period
from domain.vocabulary import Weekday

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_ZERO = timedelta()
_WEEKDAYS = tuple(Weekday)
_SATURDAY = 5

NOON = timedelta(hours=12)
"""Where the morning ends.  Source: docs/policy.md#contact."""
EVENING_BEGINS = timedelta(hours=17)
"""Where the afternoon ends.  Source: docs/policy.md#contact."""
LONGEST_CLOSURE = timedelta(days=400)
"""How far ahead `next_open` looks: over a year, so that every holiday of every list is passed."""
LONGEST_CLOCK = timedelta(days=3660)
"""How far ahead `add_open_time` counts before it falls back to calendar time."""


class PartOfDay(StrEnum):
    """Parts of the local day in which people are home differently."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class OpenSpan(NamedTuple):
    """Open without a break from `opens_at` until just before `closes_at` (UTC), within one part of a day."""

    opens_at: datetime
    closes_at: datetime
    part_of_day: PartOfDay


class _Stretch(NamedTuple):
    """Part of a local day, as time since its midnight."""

    begins: timedelta
    ends: timedelta
    part_of_day: PartOfDay


class _Offsets(NamedTuple):
    """A local day's distance from UTC, and the instant at which it changes, if it does."""

    before: timedelta
    after: timedelta
    changes_at: datetime | None


def is_open(hours: OpeningHours, at: datetime) -> bool:
    """Whether the service's wall clock shows an open time at this aware instant."""
    local = at.astimezone(_zone(hours.time_zone))
    if local.date() in hours.closed_on:
        return False
    shown = _since_midnight(local.time())
    return any(begins <= shown < ends for begins, ends, _ in _week(hours.periods)[local.weekday()])


def next_open(hours: OpeningHours, at: datetime) -> datetime | None:
    """Give the first open instant at or after `at`, in UTC; None when there is none for `LONGEST_CLOSURE`."""
    for span in open_spans(hours, at, at + LONGEST_CLOSURE):
        return span.opens_at
    return None


def part_of_day(hours: OpeningHours, at: datetime) -> PartOfDay:
    """Name the part of the service's local day: morning before 12, afternoon before 17, then evening."""
    return _part(_since_midnight(at.astimezone(_zone(hours.time_zone)).time()))


def open_spans(hours: OpeningHours, since: datetime, until: datetime) -> Iterator[OpenSpan]:
    """Walk through the open time in `[since, until)`, earliest first; spans may touch but never overlap."""
    week = _week(hours.periods)
    if not any(week):
        return
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    day = since.astimezone(_zone(hours.time_zone)).date()
    while True:
        offsets = _offsets(hours.time_zone, day)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if midnight - max(offsets.before, offsets.after) >= until:
            return
        if day not in hours.closed_on:
            for span in _instants(week[day.weekday()], midnight, offsets):
                opens_at, closes_at = max(span.opens_at, since), min(span.closes_at, until)
                if opens_at < closes_at:
                    yield OpenSpan(opens_at, closes_at, span.part_of_day)
        day += _DAY


@lru_cache(maxsize=1024)
def intersect(hours: OpeningHours, windows: tuple[Period, ...]) -> OpeningHours:
    """Narrow opening hours to a victim's call windows, which are read in the service's time zone.

    Args:
        hours: Of the service.
        windows: When the victim may be rung; none means that nothing was said, so at any open time.
    """
    if not windows:
        return hours
    both = zip(_WEEKDAYS, _week(hours.periods), _week(windows), strict=True)
    periods = tuple(
        Period(days=(day,), opens=_clock(max(one.begins, two.begins)), closes=_clock(min(one.ends, two.ends)))
        for day, ours, theirs in both
        for one in ours
        for two in theirs
        if max(one.begins, two.begins) < min(one.ends, two.ends)
    )
    return OpeningHours(time_zone=hours.time_zone, periods=periods, closed_on=hours.closed_on)


def add_open_time(hours: OpeningHours, at: datetime, duration: timedelta) -> datetime:
    """Give the instant at which `duration` of opening time has passed since `at`, in UTC.

    A service that is never open, or not for long enough within `LONGEST_CLOCK`, has no such instant.  Then
    the clock runs in calendar time: one that rings too early asks a person, one that never rings forgets one.
    """
    left = duration
    if left <= _ZERO:
        return at.astimezone(UTC)
    for span in open_spans(hours, at, at + LONGEST_CLOCK):
        length = span.closes_at - span.opens_at
        if length >= left:
            return span.opens_at + left
        left -= length
    return at.astimezone(UTC) + duration


def next_cut_off(letter: LetterPolicy, hours: OpeningHours, at: datetime) -> datetime:
    """Give the instant until which a letter made at `at` can be recalled, in UTC.

    With a local time of day it is the next one on a working day (Monday to Friday, not closed) strictly after
    `at`, and at least `recall_for` after it: a letter made exactly at the cut-off, or shortly before, waits for the
    next.  Source: docs/policy.md#letters.

    Raises:
        InvalidProfile: The profile gives neither `cut_off` nor `cut_off_after`; `parse_profile` refuses it.
    """
    if letter.cut_off_after is not None:
        return at.astimezone(UTC) + letter.cut_off_after
    if letter.cut_off is None:
        raise InvalidProfile("letters: give cut_off or cut_off_after")
    zone = _zone(hours.time_zone)
    day = at.astimezone(zone).date()
    while True:
        cut_off = datetime.combine(day, letter.cut_off, tzinfo=zone).astimezone(UTC)
        if (
            cut_off > at
            and cut_off - at >= letter.recall_for
            and day.weekday() < _SATURDAY
            and day not in hours.closed_on
        ):
            return cut_off
        day += _DAY


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _since_midnight(shown: time) -> timedelta:
    return timedelta(
        hours=shown.hour, minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond
    )


def _clock(since_midnight: timedelta) -> time:
    """Turn time since midnight into a clock's time; the end of the day is shown as 00:00."""
    return (datetime.min.replace(tzinfo=UTC) + since_midnight % _DAY).time()


def _part(shown: timedelta) -> PartOfDay:
    if shown < NOON:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if shown < EVENING_BEGINS else PartOfDay.EVENING


@lru_cache(maxsize=1024)
def _week(periods: tuple[Period, ...]) -> tuple[tuple[_Stretch, ...], ...]:
    """Lay periods out over seven local days, Monday first, without overlap, cut at the parts of the day."""
    days: list[list[tuple[timedelta, timedelta]]] = [[] for _ in _WEEKDAYS]
    for period in periods:
        opens, closes = _since_midnight(period.opens), _since_midnight(period.closes)
        for weekday in period.days:
            index = _WEEKDAYS.index(weekday)
            if closes > opens:
                days[index].append((opens, closes))
            else:
                days[index].append((opens, _DAY))
                days[(index + 1) % len(_WEEKDAYS)].append((_ZERO, closes))
    return tuple(tuple(_stretches(day)) for day in days)


def _stretches(spans: list[tuple[timedelta, timedelta]]) -> Iterator[_Stretch]:
    reached = _ZERO
    for opens, closes in sorted(spans):
        begins = max(opens, reached)
        for edge in (NOON, EVENING_BEGINS, _DAY):
            ends = min(closes, edge)
            if begins < ends:
                yield _Stretch(begins, ends, _part(begins))
                begins = ends
        reached = max(reached, closes)


def _instants(stretches: tuple[_Stretch, ...], midnight: datetime, offsets: _Offsets) -> list[OpenSpan]:
    """Find when a local day's clock shows these stretches; `midnight` is its naive midnight, marked UTC."""
    before, after, changes_at = offsets
    if changes_at is None:
        zero = midnight - before
        return [OpenSpan(zero + begins, zero + ends, part) for begins, ends, part in stretches]
    spans = []
    for begins, ends, part in stretches:
        spans.append(OpenSpan(midnight + begins - before, min(midnight + ends - before, changes_at), part))
        spans.append(OpenSpan(max(midnight + begins - after, changes_at), midnight + ends - after, part))
    return sorted(span for span in spans if span.opens_at < span.closes_at)


@lru_cache(maxsize=4096)
def _offsets(time_zone: str, day: date) -> _Offsets:
    """Find a local day's offsets; no zone changes its clocks twice in a day."""
    zone = _zone(time_zone)
    before = datetime.combine(day, time.min, tzinfo=zone).utcoffset() or _ZERO
    after = datetime.combine(day + _DAY, time.min, tzinfo=zone).utcoffset() or _ZERO
    if before == after:
        return _Offsets(before, after, None)
    midnight = datetime.combine(day, time.min, tzinfo=UTC)
    low, high = midnight - before - _SECOND, midnight + _DAY - after
    while high - low > _SECOND:
        middle = (low + (high - low) // 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return _Offsets(before, after, high)
