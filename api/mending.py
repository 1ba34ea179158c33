"""What is wrong with a form of staff's, and how to mend it: the reasons of the JSON API in a page's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.form import FormError, errors_of
from api.problems import Problem

_ASKS_FOR = (
    "is required",
    "is empty",
    "is not one of the values allowed",
    "has to be",
    "needs an offset",
    "is not a time there is",
    "is not a date there is",
    "does not have the form",
)
"""How reasons begin that only say that the field has to be filled in, or filled in otherwise."""
_OTHERWISE = {
    "lies in the past": "has to lie in the future",
    "lies in the future": "has to lie in the past, or be left empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWords:
    """A field as people know it."""

    name: str
    ask: str
    """What to do about it when it is empty or cannot be read."""


def mended(problem: Problem, fields: Mapping[str, FieldWords], *, form: str = "") -> list[FormError]:
    """Say what is wrong, and how to mend it.

    Args:
        problem: From the JSON API's own models, or a refusal.
        fields: By their paths; the first one stands for the form as a whole.
        form: Its name, where a page has several: put before the names of its fields.
    """
    said = errors_of(problem, {path: asked.name for path, asked in fields.items()})
    return [
        FormError(
            field=f"{form}.{error.field}" if form else error.field, text=_said(error, fields[error.field])
        )
        for error in said
    ]


def _said(error: FormError, asked: FieldWords) -> str:
    reason = error.text.removeprefix(asked.name).strip()
    if reason.startswith(_ASKS_FOR):
        return asked.ask
    return f"{asked.name} {_OTHERWISE[reason]}" if reason in _OTHERWISE else error.text
