"""What a key of a profile is, and how each kind of value is read.

Every reader takes what TOML made of the text and gives the value the code works with, or refuses it with a reason.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from domain.duration import parse_duration
from domain.errors import InvalidDuration
from domain.policy import Period
from domain.vocabulary import Weekday

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LONGEST_LINE = 100
_LONGEST_ECHO = 60

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The least and the most a profile may say."""

    least: timedelta | int
    """Not asked of a rehearsal, for durations."""
    most: timedelta | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What holds when a profile does not name the key."""

    value: object
    in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Generic[T]):
    """One key of a profile."""

    path: str
    """Such as `contact.minimum_gap`."""
    kind: str
    """What the reference page calls its kind."""
    read: Callable[[object], T]
    meaning: str
    limits: Limits | None = None
    absent: Absent | None = None
    """None: the key is required."""


class Values:
    """What a profile says, by key; each value has the type of its key."""

    def __init__(self, by_path: dict[str, object], written: dict[str, object]) -> None:
        self._by_path = by_path
        self._written = written

    def __getitem__(self, key: Key[T]) -> T:
        """What the profile says, or what holds when it says nothing."""
        return cast("T", self._by_path[key.path])

    def written(self, key: Key[T]) -> str:
        """How the profile writes it, such as `PT4H`."""
        return str(self._written[key.path])


class Unreadable(ValueError):
    """A value is not of its kind; becomes `InvalidProfile` once its line is known.

    Attributes:
        reason: In plain words, to be read after the key's name.
        below: Where within the value, such as `(1, "from")` of the second opening period.
    """

    def __init__(self, reason: str, *, below: tuple[str | int, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.below = below


def text(found: object) -> str:
    """Read a line of words."""
    if not isinstance(found, str):
        raise Unreadable(f"must be text in quotes, not {shown(found)}")
    if not found.strip() or found != found.strip() or not found.isprintable():
        raise Unreadable(f"must be one line of words without spaces around it, not {shown(found)}")
    if len(found) > _LONGEST_LINE:
        raise Unreadable(f"is longer than {_LONGEST_LINE} characters")
    return found


def matching(pattern: str, wanted: str) -> Callable[[object], str]:
    """Make a reader of text of one shape; `wanted` says in words which."""
    shape = re.compile(pattern)

    def read(found: object) -> str:
        word = text(found)
        if not shape.fullmatch(word):
            raise Unreadable(f"must be {wanted}, not {shown(word)}")
        return word

    return read


def number(found: object) -> int:
    """Read a whole number."""
    if type(found) is not int:
        raise Unreadable(f"must be a whole number, not {shown(found)}")
    return found


def answer(found: object) -> bool:
    """Read true or false."""
    if type(found) is not bool:
        raise Unreadable(f"must be true or false, not {shown(found)}")
    return found


def duration(found: object) -> timedelta:
    """Read an ISO 8601 duration."""
    try:
        return parse_duration(text(found))
    except InvalidDuration as error:
        raise Unreadable(f"must be a duration: {error}") from None


def clock(found: object) -> time:
    """Read a time of day."""
    if not (isinstance(found, str) and _CLOCK.fullmatch(found)):
        raise Unreadable(f'must be a time of day like "17:30", not {shown(found)}')
    return time.fromisoformat(found)


def day(found: object) -> date:
    """Read a date."""
    if not isinstance(found, date) or isinstance(found, datetime):
        raise Unreadable(f"must be dates like 2026-12-24 without quotes, not {shown(found)}")
    return found


def time_zone(found: object) -> str:
    """Read the name of a time zone that this machine's tables know."""
    name = text(found)
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise Unreadable(f'must be a time zone like "Europe/London", not {shown(found)}') from None
    return name


def one_of(words: type[E]) -> Callable[[object], E]:
    """Make a reader of one word of a closed list."""

    def read(found: object) -> E:
        if isinstance(found, str) and found in set(words):
            return words(found)
        raise Unreadable(f"has {shown(found)}, which is none of {', '.join(words)}")

    return read


def several(read_one: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Make a reader of a list without repetitions."""

    def read(found: object) -> tuple[T, ...]:
        if not isinstance(found, list):
            raise Unreadable(f"must be a list in brackets, not {shown(found)}")
        values = tuple(read_one(each) for each in found)
        twice = [each for place, each in enumerate(values) if each in values[:place]]
        if twice:
            raise Unreadable(f"names {twice[0]} twice")
        return values

    return read


def periods(found: object) -> tuple[Period, ...]:
    """Read the opening periods, each a table with `days`, `from` and `to`."""
    if not isinstance(found, list) or not found:
        raise Unreadable("must be one or more [[opening]] tables")
    return tuple(_period(each, place) for place, each in enumerate(found))


def shown(found: object) -> str:
    """Show a value in an error, on one line and not at length."""
    if isinstance(found, dict | list):
        return "a list" if isinstance(found, list) else "a table"
    words = str(found) if isinstance(found, date | time) else repr(found)
    return words if len(words) <= _LONGEST_ECHO else f"{words[:_LONGEST_ECHO]}…"


def _period(found: object, place: int) -> Period:
    if not isinstance(found, dict):
        raise Unreadable(f"must be a table, not {shown(found)}", below=(place,))
    for key in found:
        if key not in {"days", "from", "to"}:
            raise Unreadable(f"knows days, from and to, but not {shown(key)}", below=(place, key))
    days = _part(found, place, "days", several(one_of(Weekday)))
    if not days:
        raise Unreadable("needs at least one day", below=(place, "days"))
    return Period(
        days=days, opens=_part(found, place, "from", clock), closes=_part(found, place, "to", clock)
    )


def _part(table: dict[str, object], place: int, key: str, read: Callable[[object], T]) -> T:
    if key not in table:
        raise Unreadable(f"needs {key!r}", below=(place,))
    try:
        return read(table[key])
    except Unreadable as error:
        raise Unreadable(f"{key!r} {error.reason}", below=(place, key)) from None
