"""Working hours in one line, as a sheet and a form have them: "mon-fri 08:00-18:00; sat 09:00-13:00".

What is read is kept in one form, so that hours that were written out are read again as the same hours.
Source: docs/tradespeople.md#hours.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import time

from domain.policy import Period
from domain.vocabulary import Weekday

_WEEK = tuple(Weekday)
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST = 3
_EVERY_DAY = frozenset({"daily", "always"})
_MIDNIGHT = time(0)
_ENTRY = re.compile(r"(?P<days>.*[a-z])\s+(?P<opens>\d{2}:\d{2})\s*-\s*(?P<closes>\d{2}:\d{2})")
_DASHES = str.maketrans({"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{NON-BREAKING HYPHEN}": "-"})
"""What a spreadsheet makes of a hyphen."""


class HoursNotRead(ValueError):
    """A line that is no hours; `reason` goes after the name of its column."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def hours_from_text(line: str) -> tuple[Period, ...]:
    """Read hours, in the service's local time; an empty line is no hours.

    Raises:
        HoursNotRead: An entry is not days and two times of day.
    """
    entries = [entry for part in line.split(";") if (entry := part.translate(_DASHES).strip().lower())]
    return tuple(_period(entry, number) for number, entry in enumerate(entries, start=1))


def hours_to_text(periods: Sequence[Period]) -> str:
    """Write hours in the form in which they are read."""
    return "; ".join(
        f"{_days_to_text(period.days)} {_clock(period.opens)}-{_clock(period.closes, ends=True)}"
        for period in periods
    )


def in_order(days: Iterable[Weekday]) -> tuple[Weekday, ...]:
    """Days once each, Monday first; none at all means every day."""
    named = set(days)
    return tuple(day for day in _WEEK if day in named or not named)


def is_no_time(opens: time, closes: time) -> bool:
    """Whether a period has no room: it ends as it begins and is not the whole day."""
    return opens == closes != _MIDNIGHT


def _period(entry: str, number: int) -> Period:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise HoursNotRead(f"has to be days and times such as mon-fri 08:00-18:00 (entry {number} is not)")
    opens, closes = _time(found["opens"], number), _time(found["closes"], number, ends=True)
    if is_no_time(opens, closes):
        raise HoursNotRead(f"has an entry that ends as it begins (entry {number})")
    return Period(days=in_order(_days(found["days"], number)), opens=opens, closes=closes)


def _days(text: str, number: int) -> Iterator[Weekday]:
    for part in (each.strip() for each in text.split(",")):
        first, _, last = (each.strip() for each in part.partition("-"))
        if part in _EVERY_DAY:
            yield from _WEEK
        elif last:
            yield from _run(_day(first, number), _day(last, number))
        else:
            yield _day(first, number)


def _run(first: Weekday, last: Weekday) -> tuple[Weekday, ...]:
    """From one day to another; past Sunday into the next week."""
    begins, ends = _WEEK.index(first), _WEEK.index(last)
    return _WEEK[begins : ends + 1] if begins <= ends else (*_WEEK[begins:], *_WEEK[: ends + 1])


def _day(word: str, number: int) -> Weekday:
    for day, name in zip(_WEEK, _NAMES, strict=True):
        if len(word) >= _SHORTEST and name.startswith(word):
            return day
    raise HoursNotRead(f"names a day that is none of {', '.join(_WEEK)} (entry {number})")


def _time(text: str, number: int, *, ends: bool = False) -> time:
    if ends and text == "24:00":
        return _MIDNIGHT
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise HoursNotRead(f"has a time of day that no clock shows (entry {number})") from None


def _clock(at: time, *, ends: bool = False) -> str:
    return "24:00" if ends and at == _MIDNIGHT else f"{at:%H:%M}"


def _days_to_text(days: Sequence[Weekday]) -> str:
    """Name days; three or more in a row by the first and the last."""
    runs: list[list[Weekday]] = []
    for day in in_order(days):
        if runs and _WEEK.index(day) == _WEEK.index(runs[-1][-1]) + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) >= _SHORTEST else ",".join(run) for run in runs)
