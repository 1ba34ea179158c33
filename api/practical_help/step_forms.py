"""The forms of a practical help's page: one for each step that is possible, with the fields it has.  Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from api.form_words import Choice, choices
from api.mending import FieldWords
from api.practical_help.plain_words import CAUSES, OUTCOMES, STEPS, SUSPECTS
from api.repair_dispatch.typed_pence import pence_typed
from domain.practical_help.steps import HelpStep
from domain.practical_help.visit import Visit

MOMENTS = ("at", "planned_at", "window_from", "window_until")
"""Fields that hold a date and a time."""
_NUMBERS = ("visit", "order", "visitors")
_MONEY = ("estimate_pence", "cost_pence")
_TICKS = ("quiet", "by_victim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    kind: Literal["text", "words", "moment", "number", "money", "choice", "list", "tick"]
    name: str
    label: str
    hint: str = ""
    value: str = ""
    choices: tuple[Choice, ...] = ()
    ask: str = ""
    """What to do about it when it is empty or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForm:
    """The form of one step."""

    name: str
    """Unlike any other of the page."""
    step: HelpStep
    title: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    danger: bool = False

    @property
    def labels(self) -> dict[str, FieldWords]:
        """Its fields as people know them; whatever else is wrong is said at the first."""
        known = {one.name: FieldWords(name=one.label, ask=one.ask or one.label) for one in self.fields}
        first = next(iter(known.values()))
        return {**known, "lines": first, "items": first, "visitor": first}


def note(label: str = "Note") -> Field:
    """A few words."""
    return Field(kind="words", name="note", label=label, ask="Say why, in a few words")


def form_of_visit(visit: Visit, step: HelpStep) -> StepForm:
    """The form of one step of one visit."""
    return StepForm(
        name=f"{step}.{visit.number}",
        step=step,
        title=STEPS[step],
        hidden={"event": step, "visit": str(visit.number)},
        fields=tuple(_visit_fields(step)),
        danger=step is HelpStep.ALARM_RAISED,
    )


def quiet_form(visit: Visit) -> StepForm:
    """The form with which a supervisor settles a quiet alert."""
    return StepForm(
        name=f"quiet.{visit.number}",
        step=HelpStep.ALARM_SETTLED,
        title="Seen to",
        hidden={"event": HelpStep.ALARM_SETTLED, "visit": str(visit.number), "quiet": "yes"},
        fields=(note("What was done"),),
    )


def as_step(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as the JSON API takes it: numbers, pence, ticks; rows left empty are left out."""
    document = dict(typed)
    for name in _NUMBERS:
        if name in document:
            document[name] = _whole(document[name])
    for name in _MONEY:
        if name in document:
            document[name] = pence_typed(document[name])
    for name in _TICKS:
        if name in document:
            document[name] = document[name] == "yes"
    for name, needed in (("lines", "quantity"), ("items", "kind")):
        rows = document.get(name)
        if isinstance(rows, list):
            kept = [row for row in rows if isinstance(row, dict) and row.get(needed) not in {None, "0"}]
            document[name] = [{key: _row_value(key, said) for key, said in row.items()} for row in kept]
    return document


def _visit_fields(step: HelpStep) -> Iterator[Field]:
    match step:
        case HelpStep.WHEREABOUTS_CHECKED:
            yield Field(
                kind="choice",
                name="found",
                label="Of several suspects the most dangerous",
                choices=choices(SUSPECTS),
                ask="Choose where the suspects are",
            )
            yield note("Who said so, and what else they said")
        case HelpStep.VISIT_ALLOWED | HelpStep.ALARM_SETTLED:
            yield note("Why" if step is HelpStep.VISIT_ALLOWED else "Who reached them, and how they are")
        case HelpStep.CHECKED_IN:
            yield _word()
            yield note()
        case HelpStep.VISIT_ENDED:
            yield Field(
                kind="choice",
                name="outcome",
                label="What did they find?",
                choices=choices(OUTCOMES),
                ask="Choose what they found",
            )
            yield _word()
            yield note()
        case HelpStep.ALARM_RAISED:
            yield Field(kind="choice", name="cause", label="Why?", choices=choices(CAUSES), ask="Choose why")
            yield note()
        case _:
            yield note()


def _word() -> Field:
    return Field(
        kind="text", name="word", label="A word they used", hint="If they said one. It is kept nowhere."
    )


def _whole(typed: object) -> object:
    return int(typed) if isinstance(typed, str) and typed.isascii() and typed.isdigit() else typed


def _row_value(name: str, typed: object) -> object:
    return _whole(typed) if name in {"line", "quantity"} else typed
