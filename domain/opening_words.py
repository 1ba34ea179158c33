"""Opening hours in the words of a letter."""

from collections.abc import Sequence
from datetime import time

from domain.policy import Period
from domain.vocabulary import Weekday

_MIDNIGHT, _NOON = time(0), time(12)
_TWO = 2
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = tuple(Weekday)


def hours_in_words(periods: Sequence[Period]) -> str:
    """Say when a service is open, to follow "We are open": "Monday to Friday, 8am to 8pm, and Saturday, 9am to 5pm".

    Days with the same hours are named together; a period across midnight belongs to the day on which it begins.
    """
    by_day = {day: tuple(sorted((p.opens, p.closes) for p in periods if day in p.days)) for day in _WEEK}
    by_hours: dict[tuple[tuple[time, time], ...], list[int]] = {}
    for place, day in enumerate(_WEEK):
        if by_day[day]:
            by_hours.setdefault(by_day[day], []).append(place)
    groups = [
        f"{_days(places)}, {_join([_span(*span) for span in spans])}" for spans, places in by_hours.items()
    ]
    return groups[0] if len(groups) == 1 else f"{', '.join(groups[:-1])}, and {groups[-1]}"


def _days(places: list[int]) -> str:
    if len(places) == len(_NAMES):
        return "every day"
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    named: list[str] = []
    for run in runs:
        if len(run) > _TWO:
            named.append(f"{_NAMES[run[0]]} to {_NAMES[run[-1]]}")
        else:
            named.extend(_NAMES[place] for place in run)
    return _join(named)


def _span(opens: time, closes: time) -> str:
    if opens == closes:
        return (
            "24 hours a day"
            if opens == _MIDNIGHT
            else f"{clock_in_words(opens)} to {clock_in_words(closes)} the next day"
        )
    next_day = " the next day" if _MIDNIGHT < closes < opens else ""
    return f"{clock_in_words(opens)} to {clock_in_words(closes)}{next_day}"


def clock_in_words(at: time) -> str:
    """Say a time of day: "8am", "5:30pm", "midday"."""
    if at == _MIDNIGHT:
        return "midnight"
    if at == _NOON:
        return "midday"
    hour = (at.hour - 1) % 12 + 1
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at < _NOON else 'pm'}"


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
