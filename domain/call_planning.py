"""When a victim is rung next.

What a victim said about safe times is never bent: opening hours and call windows hold always.  When they
leave no room, the wish for another part of the day gives way first, then the minimum gap.
Source: docs/policy.md#contact.
"""

from collections.abc import Container, Iterable
from datetime import UTC, datetime, timedelta

from domain.policy import OpeningHours, Period, Policy
from domain.working_hours import OpenSpan, PartOfDay, intersect, is_open, open_spans, part_of_day

ROOM_WITHIN = timedelta(days=28)
"""When hours and windows share no moment for this long, a person is asked instead.

Four weeks pass every holiday closure and still meet a window of two hours a week.
"""
GAP_PATIENCE = timedelta(days=14)
"""How much later the minimum gap may make a call; past it the gap gives way.

Two weeks, because a single weekly window that a holiday closes once comes again within them.
"""
PART_OF_DAY_PATIENCE = timedelta(days=2)
"""How much later the wish for another part of the day may make a call.

Two days: two calls so delayed still leave room for three within a week.  Source: docs/policy.md#contact.
"""

_ALL_PARTS = frozenset(PartOfDay)


def next_call_at(
    *,
    now: datetime,
    policy: Policy,
    windows: tuple[Period, ...],
    counted_at: tuple[datetime, ...],
    not_before: datetime | None,
) -> datetime | None:
    """Decide when the next call is due, a promised one aside.

    Args:
        now: An aware time.
        policy: Carried by the referral.
        windows: The victim's call windows in the service's time zone; none means any open time.
        counted_at: When the counted attempts since (re)opening were made, oldest first.
        not_before: A person's or a rule's wish to wait, such as a retry of an engaged number.

    Returns:
        In UTC, at or after `now` and `not_before`, always inside the opening hours and the windows; None when
        these share no moment within `ROOM_WITHIN`, and a person must be asked.
    """
    hours = intersect(policy.hours, windows)
    earliest = (now if not_before is None else max(now, not_before)).astimezone(UTC)
    first = _first(open_spans(hours, earliest, earliest + ROOM_WITHIN))
    if first is None or not counted_at:
        return first
    rested = max(earliest, counted_at[-1].astimezone(UTC) + policy.contact.minimum_gap)
    due = first if rested <= first else _first(open_spans(hours, rested, first + GAP_PATIENCE))
    if due is None:
        return first
    if not policy.contact.different_part_of_day:
        return due
    return _in_another_part_of_day(hours, due, counted_at)


def inside_hours_and_windows(policy: Policy, windows: tuple[Period, ...], at: datetime) -> bool:
    """Whether a person could be expected to answer at `at`; only then can silence count."""
    return is_open(intersect(policy.hours, windows), at)


def gap_respected(policy: Policy, last_counted_at: datetime | None, at: datetime) -> bool:
    """Whether `at` is far enough after the last counted attempt, within the profile's tolerance.

    The first attempt has no gap to keep.  One made before the last counted attempt keeps none.
    """
    if last_counted_at is None:
        return True
    passed = at - last_counted_at
    return passed >= timedelta() and passed + policy.contact.gap_tolerance >= policy.contact.minimum_gap


def _in_another_part_of_day(hours: OpeningHours, due: datetime, counted_at: tuple[datetime, ...]) -> datetime:
    """Move a call to a part of the day not yet tried, else to one unlike the last, if that is near."""
    tried = [part_of_day(hours, at) for at in counted_at]
    spans = list(open_spans(hours, due, due + PART_OF_DAY_PATIENCE))
    for wanted in (_ALL_PARTS.difference(tried), _ALL_PARTS - {tried[-1]}):
        found = _first(spans, wanted)
        if found is not None:
            return found
    return due


def _first(spans: Iterable[OpenSpan], wanted: Container[PartOfDay] = _ALL_PARTS) -> datetime | None:
    return next((span.opens_at for span in spans if span.part_of_day in wanted), None)
