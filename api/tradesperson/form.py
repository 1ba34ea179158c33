"""The form of one entry of the register: its fields are the cells of a sheet, by the same names."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.form import Fields, FormError, Sent
from api.form_words import ANSWERS, Choice, choices
from api.mending import mended
from api.problems import FieldError, Kind, Problem
from api.services import Services
from api.tradesperson.cells import COLUMNS, CellsNotRead, cells_of, read_cells
from api.tradesperson.plain_words import CHANNELS, FIELDS, SKILLS
from domain.tradesperson import Tradesperson
from domain.vocabulary import Answer

REVISION = "own.revision"
"""Which state of the entry the page showed, so that nobody overwrites what they have not seen."""
SKILLS_TICKED = "skills[]"


def fresh_fields() -> Fields:
    """What the form for somebody new holds."""
    return {"active": ["yes"], "capacity": ["1"], "languages": ["en"], "channel": ["text"]}


def fields_of(who: Tradesperson) -> Fields:
    """The fields as the entry stands."""
    fields: Fields = {name: [cell] for name, cell in cells_of(who).items() if name != "skills"}
    return fields | {SKILLS_TICKED: [skill.value for skill in who.skills]}


def read_entry(services: Services, sent: Sent, *, entry_id: str = "") -> Tradesperson:
    """Read what was typed.  Raises `CellsNotRead`."""
    cells = {name: sent.text(name) for name in COLUMNS} | {"skills": "; ".join(sent.all(SKILLS_TICKED))}
    return read_cells(services, cells, entry_id=entry_id)


def errors_of_cells(error: CellsNotRead) -> list[FormError]:
    """What is wrong with the form, and how to mend it, in the order of its fields."""
    found = [
        FieldError(path=_field(column), reason=error.faults[column])
        for column in COLUMNS
        if column in error.faults
    ]
    return mended(Problem(Kind.VALIDATION, errors=found), FIELDS)


def errors_of_problem(problem: Problem) -> list[FormError]:
    """The same of what the register refuses: somebody has the number already, or the entry was changed."""
    return mended(problem, FIELDS)


def choices_of_form() -> Mapping[str, Any]:
    """What the form offers to choose from."""
    return {"skills": choices(SKILLS), "channels": choices(CHANNELS), "answers": _yes_or_no()}


def with_revision(sent: Sent, revision: int) -> Sent:
    """What was typed, over the entry as it stands now: sending it again says that it holds."""
    return replace(sent, fields=sent.fields | {REVISION: [str(revision)]})


def _yes_or_no() -> tuple[Choice, ...]:
    return choices(ANSWERS, (Answer.YES, Answer.NO))


def _field(column: str) -> str:
    return SKILLS_TICKED if column == "skills" else column
