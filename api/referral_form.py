"""A referral typed into a form: made into the document of the JSON API, and its problems led back to the fields.

A page names the fields it has; whatever else a browser sends is no form of ours.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from api.form import FormError, Sent, errors_of
from api.problems import FieldError, Kind, Problem
from api.referral_in import read_referral
from api.typed_times import SKIPPED, on_the_clock

SEND = "send"
"""The button: where an error leads that no field can mend."""

_ROW = re.compile(r"(.+?)\[(\d+)\](.*)")
_DAY, _YEAR = re.compile(r"[0-9]{1,2}"), re.compile(r"[0-9]{4}")
_TIME = re.compile(r"([0-9]{1,2})[:.]?([0-9]{2})")

Document = dict[str, Any]


class Unfit(Exception):
    """A form that cannot be sent as it is."""

    def __init__(self, errors: Sequence[FormError]) -> None:
        super().__init__("a form cannot be sent as it is")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlan:
    """The fields of one form and the words for what is wrong with them."""

    labels: Mapping[str, str]
    """What every field is called, in the order of the page."""
    mends: Mapping[str, str] = field(default_factory=dict)
    """How to mend what the API finds wrong at a path, where its own words read badly."""
    shown_at: Mapping[str, str] = field(default_factory=dict)
    """The fields of paths that have no field of their own."""

    def refuse_strangers(self, sent: Sent) -> None:
        """Refuse a form with fields that are not ours.  Raises `Problem`."""
        if not self.labels.keys() >= sent.fields.keys():
            raise Problem(Kind.REQUEST, "This is no form of ours.")

    def check(self, document: Document, sent: Sent, *, region: str, found: Sequence[FormError]) -> Document:
        """Check a document as the API does, and give it back as it is kept.

        Args:
            document: Made from the form.
            sent: The form; its rows may have gaps, the document's have none.
            region: Where a number without a country code is from.
            found: What the page itself found wrong.

        Raises:
            Unfit: With every field that is wrong.
        """
        try:
            referral = read_referral(document, region=region)
        except Problem as problem:
            raise Unfit(self._ordered([*found, *self._in_words(problem, sent)])) from None
        if found:
            raise Unfit(self._ordered(found))
        return referral

    def _in_words(self, problem: Problem, sent: Sent) -> list[FormError]:
        rows = _rows(sent)
        paths = [_as_typed(error.path, rows) for error in problem.errors]
        moved = [
            FieldError(path=self._field_of(path), reason=error.reason)
            for path, error in zip(paths, problem.errors, strict=True)
        ]
        said = errors_of(Problem(problem.kind, problem.detail, errors=moved), self.labels)
        return [
            replace(error, text=self.mends.get(path, error.text))
            for path, error in zip(paths, said, strict=True)
        ]

    def _field_of(self, path: str) -> str:
        name = re.sub(r"\[\d+\]$", "", path)
        return self.shown_at.get(path) or (f"{name}[]" if f"{name}[]" in self.labels else path)

    def _ordered(self, errors: Sequence[FormError]) -> list[FormError]:
        """The first error of every field, as they follow on the page."""
        places = {name: place for place, name in enumerate(self.labels)}
        first = {error.field: error for error in reversed(errors)}
        return sorted(first.values(), key=lambda error: places.get(error.field, len(places)))


def without_empty_rows(sent: Sent, prefix: str, *, said_by: Collection[str]) -> Sent:
    """Leave out rows nobody has filled in, whatever is chosen in them.

    Args:
        sent: The form.
        prefix: Of the rows, such as `victim.phones`.
        said_by: The parts of a row that make it one.
    """
    row_of = re.compile(rf"{re.escape(prefix)}\[\d+\]")
    filled = {
        found.group()
        for name in sent.fields
        if (found := row_of.match(name)) and name.rpartition(".")[2] in said_by and sent.text(name)
    }
    kept = {
        name: values
        for name, values in sent.fields.items()
        if (found := row_of.match(name)) is None or found.group() in filled
    }
    return replace(sent, fields=kept)


def without(sent: Sent, prefix: str) -> Sent:
    """Leave out every field whose name begins so."""
    return replace(sent, fields={n: values for n, values in sent.fields.items() if not n.startswith(prefix)})


def fold_day(document: Document, path: str) -> list[FormError]:
    """Make a date of the three fields `path.day`, `.month` and `.year`, and say what is wrong with them."""
    place, name = _place(document, path)
    parts = place.pop(name, None)
    if not parts:
        return []
    day = _day(parts)
    if day is None:
        return [FormError(field=f"{path}.day", text="Enter a date there is, such as 29 2 1980")]
    place[name] = day.isoformat()
    return []


def fold_moment(document: Document, path: str, zone: ZoneInfo) -> list[FormError]:
    """Make a time of a date and `path.time`, as the clocks of the service show it; without a time, midnight."""
    place, name = _place(document, path)
    parts = place.pop(name, None)
    if not parts:
        return []
    day, clock = _day(parts), _clock(parts.get("time", "00:00"))
    if day is None:
        return [FormError(field=f"{path}.day", text="Enter a date there is, such as 20 11 2026")]
    if clock is None:
        return [FormError(field=f"{path}.time", text="Enter a time such as 22:10, or leave it empty")]
    moment = on_the_clock(datetime.combine(day, clock), zone)
    if moment is None:
        return [FormError(field=f"{path}.time", text=f"This time {SKIPPED}")]
    place[name] = moment.isoformat()
    return []


def _place(document: Document, path: str) -> tuple[Document, str]:
    *above, name = path.split(".")
    for step in above:
        document = document.get(step, {})
    return document, name


def _day(parts: Mapping[str, str]) -> date | None:
    day, month, year = (parts.get(name, "") for name in ("day", "month", "year"))
    if not (_DAY.fullmatch(day) and _DAY.fullmatch(month) and _YEAR.fullmatch(year)):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    try:
        return time(int(found.group(1)), int(found.group(2))) if found else None
    except ValueError:
        return None


def _rows(sent: Sent) -> dict[str, list[int]]:
    """Which rows of every list were filled in: the document counts only these."""
    filled: dict[str, set[int]] = {}
    for name, values in sent.fields.items():
        found = _ROW.fullmatch(name)
        if found and any(value.strip() for value in values):
            filled.setdefault(found.group(1), set()).add(int(found.group(2)))
    return {prefix: sorted(numbers) for prefix, numbers in filled.items()}


def _as_typed(path: str, rows: Mapping[str, Sequence[int]]) -> str:
    """Lead a path of the document back to the row in which it was typed."""
    found = _ROW.fullmatch(path)
    if found is None:
        return path
    prefix, number, rest = found.group(1), int(found.group(2)), found.group(3)
    typed = rows.get(prefix, ())
    return f"{prefix}[{typed[number] if number < len(typed) else number}]{rest}"
