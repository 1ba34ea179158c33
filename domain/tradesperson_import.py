"""What a sheet would change in the register: row by row, and all of it or nothing.

A row means the entry whose id it carries, else the entry with its telephone number, else somebody new.
Source: docs/tradespeople.md#import.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from domain.tradesperson import Tradesperson


class RowChange(StrEnum):
    """What a row does to the register."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of a sheet that reads well by itself."""

    line: int
    """As a spreadsheet counts: the header is line 1."""
    who: Tradesperson
    """Its id is empty where the sheet gives none."""
    revision: int | None = None
    """Of the entry when the sheet was exported; `None`: the sheet does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with one row."""

    line: int
    column: str
    """Empty: the row as a whole."""
    reason: str
    """Goes after the column's name; never what the cell holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStep:
    """What one row does."""

    line: int
    change: RowChange
    who: Tradesperson
    """As it will be, with its id."""
    revision: int
    """Before the change; 0 for somebody new."""
    columns: tuple[str, ...] = ()
    """What differs from the entry as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What a whole sheet does, or why it does nothing."""

    steps: tuple[RowStep, ...] = ()
    """In the order of the sheet; complete only without faults."""
    faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An entry as it stands."""

    who: Tradesperson
    revision: int


@dataclass(slots=True)
class _Seen:
    """What earlier rows of the sheet said, by value, and the line that said it."""

    ids: dict[str, int] = field(default_factory=dict)
    unique: dict[tuple[str, str], int] = field(default_factory=dict)


def plan_import(known: Sequence[Known], rows: Sequence[SheetRow], *, new_ids: Iterator[str]) -> ImportPlan:
    """Say what each row does to the register.

    Args:
        known: The whole register as it stands.
        rows: In the order of the sheet.
        new_ids: Ids for those who are new.
    """
    by_id = {entry.who.id: entry for entry in known}
    by_phone = {entry.who.phone: entry for entry in known}
    seen = _Seen()
    steps: list[RowStep] = []
    faults: list[RowFault] = []
    for row in rows:
        step = _step(row, _meant(row, by_id, by_phone), new_ids)
        steps.append(step)
        faults += [*_twice(step, seen), *_stale(row, step)]
    faults += _taken(steps, by_id)
    return ImportPlan(steps=tuple(steps), faults=tuple(sorted(faults, key=lambda fault: fault.line)))


def _meant(row: SheetRow, by_id: Mapping[str, Known], by_phone: Mapping[str, Known]) -> Known | None:
    """Whom a row means; an id nobody has is somebody new: a register moves from one house to another."""
    return by_id.get(row.who.id) if row.who.id else by_phone.get(row.who.phone)


def _step(row: SheetRow, entry: Known | None, new_ids: Iterator[str]) -> RowStep:
    if entry is None:
        who = row.who if row.who.id else replace(row.who, id=next(new_ids))
        return RowStep(line=row.line, change=RowChange.ADDED, who=who, revision=0)
    who = replace(row.who, id=entry.who.id)
    columns = differing(entry.who, who)
    change = RowChange.CHANGED if columns else RowChange.SAME
    return RowStep(line=row.line, change=change, who=who, revision=entry.revision, columns=columns)


def differing(before: Tradesperson, after: Tradesperson) -> tuple[str, ...]:
    """Name what differs between two states of an entry."""
    return tuple(
        each.name for each in fields(Tradesperson) if getattr(before, each.name) != getattr(after, each.name)
    )


def _twice(step: RowStep, seen: _Seen) -> Iterator[RowFault]:
    """Two rows about one person: nobody can know which of them holds."""
    if step.who.id in seen.ids:
        reason = f"is about the same person as line {seen.ids[step.who.id]}"
        yield RowFault(line=step.line, column="", reason=reason)
        return
    seen.ids[step.who.id] = step.line
    for column, value in _unique(step.who):
        if (column, value) in seen.unique:
            reason = f"is the same as in line {seen.unique[column, value]}"
            yield RowFault(line=step.line, column=column, reason=reason)
        seen.unique.setdefault((column, value), step.line)


def _stale(row: SheetRow, step: RowStep) -> Iterator[RowFault]:
    """An old sheet may not undo what was changed since: it could give somebody back a vetting they lost."""
    if step.change is RowChange.CHANGED and row.revision not in {None, step.revision}:
        reason = "is not that of the entry: it was changed since the sheet was exported. Export it again"
        yield RowFault(line=row.line, column="revision", reason=reason)


def _taken(steps: Sequence[RowStep], by_id: Mapping[str, Known]) -> Iterator[RowFault]:
    """What entries that the sheet leaves alone have already."""
    named = {step.who.id for step in steps}
    kept = {pair for entry in by_id.values() if entry.who.id not in named for pair in _unique(entry.who)}
    for step in steps:
        for column, value in _unique(step.who):
            if (column, value) in kept:
                yield RowFault(
                    line=step.line, column=column, reason="belongs to somebody else in the register"
                )


def _unique(who: Tradesperson) -> Iterator[tuple[str, str]]:
    yield "phone", who.phone
    if who.firm_id:
        yield "firm_id", who.firm_id
