"""The kinds of fields bodies are made of: bounded text, aware times, plain dates, numbers that could be rung."""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictInt,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from api.problems import OURS

EARLIEST = date(1900, 1, 1)
"""Nobody who is referred was born, and nothing that is referred happened, before."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far in the future a moment may lie that has just passed: clocks of two systems differ."""
REFERRERS_CLOCKS_DIFFER = timedelta(days=1)
"""The same for what referrers wrote down: a referral is not refused for a clock set to the wrong zone."""
LONGEST_NUMBER = 40
"""Characters of a telephone number as people write it."""
LONGEST_EMAIL = 254
"""Source: RFC 5321, 4.5.3.1.3."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\+?[\d\s().\-/]+")
_EMAIL = re.compile(r"[^\s@<>\",;:()\[\]\\]+@[^\s@<>\"',;:()\[\]\\.]+(\.[^\s@<>\"',;:()\[\]\\.]+)+")
_LINE_BREAKS = "\n\r\t"
_REFUSED = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories: control characters, lone surrogates, separators of lines and paragraphs."""

H = TypeVar("H", bound=Hashable)


class Body(BaseModel):
    """A JSON object in which only known fields are taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


def wrong(reason: str) -> PydanticCustomError:
    """Say what is wrong with a field, in words fit to be passed on."""
    return PydanticCustomError(OURS, reason.replace("{", "").replace("}", ""))


def _text(value: object, *, allowed: str = "") -> object:
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(c) in _REFUSED and c not in allowed for c in value):
        raise wrong("has a character that cannot be kept (control character or half of a pair)")
    return value.strip() or None


def _line(value: object) -> object:
    return _text(value)


def _prose(value: object) -> object:
    return _text(value, allowed=_LINE_BREAKS)


def _required(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise wrong("is empty")
    return value


Line = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_line)]
"""One line of text, or nothing: blank and absent are alike."""
ShortLine = Annotated[Annotated[str, Field(max_length=60)] | None, BeforeValidator(_line)]
"""A word or two."""
NeededReference = Annotated[
    Annotated[str, Field(max_length=60, examples=["K7PM-4T2Q"])],
    BeforeValidator(_line),
    BeforeValidator(_required),
]
"""The reference of a referral."""
Prose = Annotated[Annotated[str, Field(max_length=10_000)] | None, BeforeValidator(_prose)]
"""Several lines of text, or nothing."""
Note = Annotated[Annotated[str, Field(max_length=4_000)] | None, BeforeValidator(_prose)]
"""What a coordinator writes down with a command."""


def _moment(value: object) -> datetime:
    """Read an RFC 3339 time with its offset."""
    if not isinstance(value, str):
        raise wrong("has to be a string: an RFC 3339 time such as 2026-11-20T22:10:00+00:00")
    found = _TIME.fullmatch(value)
    if not found:
        raise wrong("has to be an RFC 3339 time such as 2026-11-20T22:10:00+00:00")
    if not found.group(2):
        raise wrong("needs an offset from UTC, such as Z or +01:00")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        raise wrong("is not a time there is") from None
    if not EARLIEST.year <= moment.year <= EARLIEST.year + 300:
        raise wrong("is too far away")
    return moment.astimezone(UTC)


def _with_plus(value: object) -> object:
    return re.sub(r" (\d{2}:\d{2})$", r"+\1", value) if isinstance(value, str) else value


def _past(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + CLOCKS_DIFFER:
        raise wrong("lies in the future")
    return moment


def _happened(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + REFERRERS_CLOCKS_DIFFER:
        raise wrong("lies in the future")
    return moment


def _future(moment: datetime) -> datetime:
    if moment < datetime.now(UTC) - CLOCKS_DIFFER:
        raise wrong("lies in the past")
    return moment


def _near(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + timedelta(days=5 * 366):
        raise wrong("is too far away")
    return moment


_TIME_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time"})
Moment = Annotated[datetime, AfterValidator(_near), BeforeValidator(_moment), _TIME_SCHEMA]
"""Any time of the last centuries or the next five years, with its offset; kept in UTC."""
AskedMoment = Annotated[
    datetime, AfterValidator(_near), BeforeValidator(_moment), BeforeValidator(_with_plus), _TIME_SCHEMA
]
"""The same in an address, where an unescaped plus arrives as a space."""
PastMoment = Annotated[datetime, AfterValidator(_past), BeforeValidator(_moment), _TIME_SCHEMA]
"""A time that has passed, give or take a minute."""
HappenedAt = Annotated[datetime, AfterValidator(_happened), BeforeValidator(_moment), _TIME_SCHEMA]
"""When something happened, as a referrer wrote it down."""
FutureMoment = Annotated[
    datetime, AfterValidator(_future), AfterValidator(_near), BeforeValidator(_moment), _TIME_SCHEMA
]
"""A time to come, within five years."""


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise wrong("has to be a date such as 1980-02-29")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong("is not a date there is") from None
    if not EARLIEST <= day <= EARLIEST.replace(year=2200):
        raise wrong("is too far away")
    return day


def _born(day: date) -> date:
    # One day of grace: the earliest time zone is up to fourteen hours ahead of UTC.
    if day > datetime.now(UTC).date() + timedelta(days=1):
        raise wrong("lies in the future")
    return day


_DATE_SCHEMA = WithJsonSchema({"type": "string", "format": "date"})
Day = Annotated[date, BeforeValidator(_day), _DATE_SCHEMA]
"""A calendar date."""
BirthDay = Annotated[date, AfterValidator(_born), BeforeValidator(_day), _DATE_SCHEMA]
"""A date of birth: since 1900, and not in the future."""


def _last_moment(value: object, info: ValidationInfo) -> datetime:
    """A day is meant to its end, where the service is."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        zone = (info.context or {}).get("zone") or UTC
        after = _day(value) + timedelta(days=1)
        return datetime.combine(after, time.min, tzinfo=zone).astimezone(UTC)
    return _moment(value)


Until = Annotated[
    datetime,
    AfterValidator(_future),
    AfterValidator(_near),
    BeforeValidator(_last_moment),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]
"""A time to come, or a day to come (to its end, where the service is), within five years."""


def _day_or_moment(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _day(value)
    return _moment(_with_plus(value))


DayOrMoment = Annotated[
    date,
    PlainValidator(_day_or_moment),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]
"""A calendar date (midnight where the service is) or an RFC 3339 time, in an address."""


def _email(value: object) -> object:
    text = _line(value)
    if isinstance(text, str) and (len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text)):
        raise wrong("is not an e-mail address")
    return text


Email = Annotated[str | None, BeforeValidator(_email)]
"""An e-mail address, or nothing; checked for its form alone."""
NeededEmail = Annotated[str, BeforeValidator(_email), BeforeValidator(_required)]
"""An e-mail address."""


def phone_number(text: str, region: str) -> str | None:
    """Read a telephone number as E.164; `None` when nobody could ever be rung on it.

    Possible, not "valid": the regulator's numbers for drama and tests have to pass.  Words and extensions are
    refused: the library would drop them without a word, and somebody else might be rung.
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


FOR_DRAMA = ("+447700900", "+441632960", "+442079460", "+448081570", "+443069990")
"""Beginnings of numbers that nobody is ever given.  Source: Ofcom, telephone numbers for drama use."""
DRAMA_LENGTH = len("+447700900123")
"""Of every one of them."""


def looks_whole(e164: str) -> bool:
    """Whether a number is of a range that is given out, or kept for drama: one that lacks a digit is not."""
    is_for_drama = e164.startswith(FOR_DRAMA) and len(e164) == DRAMA_LENGTH
    return is_for_drama or phonenumbers.is_valid_number(phonenumbers.parse(e164))


def _phone(value: object, info: ValidationInfo) -> object:
    text = _line(value)
    if not isinstance(text, str):
        raise wrong("has to be a telephone number, as a string")
    number = (
        phone_number(text, (info.context or {}).get("region") or "GB")
        if len(text) <= LONGEST_NUMBER
        else None
    )
    if number is None:
        raise wrong("is not a telephone number that could be rung")
    return number


PhoneNumber = Annotated[str, BeforeValidator(_phone)]
"""A number as people write it; kept as E.164."""

WholeNumber = Annotated[StrictInt, Field(ge=0, le=1000)]
"""A score."""


def once_each(values: Sequence[H]) -> list[H]:
    """Leave out what was said before."""
    return list(dict.fromkeys(values))


def most_careful(answers: Sequence[Any], order: Sequence[Any]) -> Any:
    """Of several answers about the same thing, the most careful one."""
    return min(answers, key=order.index)
