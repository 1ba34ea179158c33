"""Spans of time as a profile writes them (ISO 8601, `PT4H`) and as a coordinator reads them ("4 hours")."""

import re
from datetime import timedelta

from domain.errors import InvalidDuration

_SHAPE = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)
_YEARS_OR_MONTHS = re.compile(r"P[^T]*[YM]")

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds.

    Args:
        text: Such as `PT4H`, `P28D` or `P1DT12H`; seconds alone may have a fraction.

    Raises:
        InvalidDuration: It is something else.  Years and months are refused because they differ in length:
            a deadline must not depend on the month in which a person was hurt.
    """
    if _YEARS_OR_MONTHS.match(text):
        raise InvalidDuration(
            f"{text!r} counts in years or months, which differ in length; write days, like P28D"
        )
    found = _SHAPE.fullmatch(text)
    parts = {unit: float(count) for unit, count in found.groupdict().items() if count} if found else {}
    if not parts or text.endswith("T"):
        raise InvalidDuration(f"{text!r} is not an ISO 8601 duration like PT4H, P28D or PT30S")
    try:
        return timedelta(**parts)
    except OverflowError:
        raise InvalidDuration(f"{text!r} is longer than a calendar") from None


def in_words(duration: timedelta) -> str:
    """Say a duration in plain words: "4 hours", "1 day and 6 hours"; fractions of a second are dropped."""
    left = int(abs(duration).total_seconds())
    words = []
    for name, length in _UNITS:
        count, left = divmod(left, length)
        if count:
            words.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
    if not words:
        return "0 seconds"
    sign = "minus " if duration < timedelta() else ""
    return sign + (words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}")
