"""Opening hours in the words of a letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from domain.policy import Period
from domain.vocabulary import Weekday

_MIDNIGHT, _NOON = time(0), time(12)
_TWO = 2
_WEEK = tuple(Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningWords:
    """The words of one language for hours."""

    days: tuple[str, ...]
    """Monday first."""
    days_after_to: tuple[str, ...]
    """The same as the second of a pair: some languages change a word there."""
    days_apart: str
    """From one day to another: `{} to {}`."""
    hours_apart: str
    """From one time of day to another."""
    both: str
    """Between the last two of a list: ` and `."""
    last: str
    """Before the last group of days: `, and `."""
    every_day: str
    all_day: str
    next_day: str
    midnight: str
    midday: str


ENGLISH: Final = OpeningWords(
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    days_after_to=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    days_apart="{} to {}",
    hours_apart="{} to {}",
    both=" and ",
    last=", and ",
    every_day="every day",
    all_day="24 hours a day",
    next_day=" the next day",
    midnight="midnight",
    midday="midday",
)


def hours_in_words(periods: Sequence[Period], words: OpeningWords = ENGLISH) -> str:
    """Say when a service is open, to follow "We are open": "Monday to Friday, 8am to 8pm, and Saturday, 9am to 5pm".

    Days with the same hours are named together; a period across midnight belongs to the day on which it begins.
    """
    by_day = {day: tuple(sorted((p.opens, p.closes) for p in periods if day in p.days)) for day in _WEEK}
    by_hours: dict[tuple[tuple[time, time], ...], list[int]] = {}
    for place, day in enumerate(_WEEK):
        if by_day[day]:
            by_hours.setdefault(by_day[day], []).append(place)
    groups = [
        f"{_days(places, words)}, {_join([_span(*span, words) for span in spans], words)}"
        for spans, places in by_hours.items()
    ]
    return groups[0] if len(groups) == 1 else f"{', '.join(groups[:-1])}{words.last}{groups[-1]}"


def _days(places: list[int], words: OpeningWords) -> str:
    if len(places) == len(words.days):
        return words.every_day
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    named: list[str] = []
    for run in runs:
        if len(run) > _TWO:
            named.append(words.days_apart.format(words.days[run[0]], words.days_after_to[run[-1]]))
        else:
            named.extend(words.days[place] for place in run)
    return _join(named, words)


def _span(opens: time, closes: time, words: OpeningWords) -> str:
    if opens == closes == _MIDNIGHT:
        return words.all_day
    next_day = words.next_day if opens == closes or _MIDNIGHT < closes < opens else ""
    return words.hours_apart.format(clock_in_words(opens, words), clock_in_words(closes, words)) + next_day


def clock_in_words(at: time, words: OpeningWords = ENGLISH) -> str:
    """Say a time of day: "8am", "5:30pm", "midday"."""
    if at == _MIDNIGHT:
        return words.midnight
    if at == _NOON:
        return words.midday
    hour = (at.hour - 1) % 12 + 1
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at < _NOON else 'pm'}"


def _join(named: list[str], words: OpeningWords) -> str:
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])}{words.both}{named[-1]}"
