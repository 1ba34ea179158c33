"""An entry of the register as lines of text: the cells of a sheet, and the fields of the page's form.

Both are turned into the JSON document and judged there; nothing is decided twice.
"""

import re
from collections.abc import Callable, Mapping

from api.problems import Problem
from api.referral_out import Json
from api.services import Services
from api.tradesperson.fields_in import document_of, read_tradesperson, until_of, windows_of
from domain.repair_dispatch.kinds import Skill
from domain.tradesperson import Paper, Tradesperson
from domain.tradesperson_hours import HoursNotRead, hours_from_text, hours_to_text

Cells = Mapping[str, str]
"""What each column holds."""

COLUMNS = (
    *(
        "name",
        "firm",
        "phone",
        "email",
        "channel",
        "firm_id",
        "skills",
        "base",
        "areas",
        "most_km",
        "hours",
        "on_call",
    ),
    *(until_of(paper) for paper in Paper),
    *("capacity", "languages", "active"),
)
"""What an entry consists of, in the order of a sheet."""

_LISTS = re.compile(r"[;,]")
_GAPS = re.compile(r"[\s;,]+")
_OF_THE_ISLES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_LOST_ZERO = re.compile(r"\d{3}")
_ANY_HOURS = [{"from": "00:00", "to": "24:00"}]
"""In place of hours that cannot be read: else one mistake would be called two."""
_ALWAYS_SAID = "active"
"""A cell left blank by mistake brings nobody back whom somebody took out."""
_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})


class CellsNotRead(Exception):
    """What is wrong with the cells of one entry, by column; an empty column is the entry as a whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("an entry cannot be read")
        self.faults = faults


class _CellNotRead(ValueError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def cells_of(who: Tradesperson) -> dict[str, str]:
    """Write an entry as text; `read_cells` gives the same entry again."""
    document = document_of(who)
    written: dict[str, str] = {
        name: "" if (said := document[name]) is None else str(said) for name in COLUMNS
    }
    lists = {"skills": "; ", "areas": " ", "languages": " "}
    return written | {
        **{name: between.join(document[name]) for name, between in lists.items()},
        "hours": hours_to_text(who.hours),
        "on_call": hours_to_text(who.on_call),
        "active": "yes" if who.active else "no",
    }


def read_cells(services: Services, cells: Cells, *, entry_id: str = "") -> Tradesperson:
    """Read an entry.

    Raises:
        CellsNotRead: Something is wrong; every column is looked at.
    """
    document, faults = _document(cells)
    try:
        who = read_tradesperson(services, document, entry_id=entry_id)
    except Problem as problem:
        raise CellsNotRead(_of_problem(problem) | faults) from None
    if faults:
        raise CellsNotRead(faults)
    return who


def _document(cells: Cells) -> tuple[Json, dict[str, str]]:
    document: Json = {}
    faults: dict[str, str] = {}
    for name in COLUMNS:
        cell = cells.get(name, "").strip()
        if not cell and name != _ALWAYS_SAID:
            continue
        try:
            document[name] = _READERS.get(name, _as_it_is)(cell)
        except (_CellNotRead, HoursNotRead) as error:
            faults[name] = error.reason
            document |= {"hours": _ANY_HOURS} if name == "hours" else {}
    return document, faults


def _of_problem(problem: Problem) -> dict[str, str]:
    """The first thing that is wrong in each column."""
    faults: dict[str, str] = {}
    for error in problem.errors:
        column = re.split(r"[.\[]", error.path, maxsplit=1)[0]
        listed = f": {', '.join(error.allowed)}" if error.allowed else ""
        faults.setdefault(column, error.reason + listed)
    return faults


def _as_it_is(cell: str) -> object:
    return cell


def _word(cell: str) -> object:
    return cell.lower()


def _skills(cell: str) -> list[str]:
    """Board-up, key safes: however people write the words of the list."""
    named = [re.sub(r"[\s_-]+", "_", part.strip().lower()) for part in _LISTS.split(cell) if part.strip()]
    if set(named) - set(Skill):
        raise _CellNotRead(f"is not one of the values allowed: {', '.join(Skill)}")
    return named


def _place(cell: str) -> str:
    # A spreadsheet takes New Zealand's 0110 for the number 110.
    return cell.zfill(4) if _LOST_ZERO.fullmatch(cell) else cell


def _places(cell: str) -> list[str]:
    return [_place(part) for part in _GAPS.split(cell) if part]


def _languages(cell: str) -> list[str]:
    return [part for part in _GAPS.split(cell) if part]


def _whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()) or len(cell) > len("1000"):
        raise _CellNotRead("has to be a whole number")
    return int(cell)


def _hours(cell: str) -> list[Json]:
    return windows_of(hours_from_text(cell))


def _day(cell: str) -> str:
    """A day as ISO 8601, or as a British or New Zealand spreadsheet shows it: 31/12/2027."""
    found = _OF_THE_ISLES.fullmatch(cell)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else cell


def _answer(cell: str) -> bool:
    said = cell.lower()
    if said not in _YES | _NO:
        raise _CellNotRead("has to be yes or no")
    return said in _YES


_READERS: Mapping[str, Callable[[str], object]] = {
    "channel": _word,
    "skills": _skills,
    "base": _place,
    "areas": _places,
    "most_km": _whole,
    "hours": _hours,
    "on_call": _hours,
    **{until_of(paper): _day for paper in Paper},
    "capacity": _whole,
    "languages": _languages,
    "active": _answer,
}
