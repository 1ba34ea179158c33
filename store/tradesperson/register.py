"""The register of tradespeople: entries are added and changed, never taken out, because offers name them.

Source: docs/tradespeople.md.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from domain.errors import NotPossibleNow
from domain.tradesperson import Tradesperson
from domain.tradesperson_import import ImportPlan, Known, RowChange, RowStep, SheetRow, plan_import
from store import idempotency
from store.columns import is_uuid
from store.idempotency import Claim
from store.keyring import Keyring
from store.tradesperson.record import TradeRecord, records
from store.tradesperson.row import TRADESPERSON, RegisterEntry, columns_of, phone_hash
from store.tradesperson.unreadable import UNREADABLE, readable
from store.tradesperson.wanted import EntriesWanted

_T = TRADESPERSON.c
_ORDER = (_T.base, _T.id)
"""Neighbours beside each other; names cannot be sorted while they are sealed."""
_ONE_AT_A_TIME = text("LOCK TABLE tradesperson IN SHARE ROW EXCLUSIVE MODE")
"""Who imports sees the whole register as it stays until they are done; readers and offers go on."""
_CHANGED = update(TRADESPERSON).where(_T.id == bindparam("this"))
_PARKED = update(TRADESPERSON).values(phone_hash=literal("parked ") + cast(_T.id, Text), firm_id=None)
"""So that two entries may exchange numbers within one import: the indexes look at every row at once."""

Place = tuple[str, str]
"""Base and id of the last entry of a page."""


class TradespersonTaken(NotPossibleNow):
    """Somebody else in the register has this telephone number, or this code of the API."""

    def __init__(self, column: str) -> None:
        super().__init__("Somebody else in the register has it already.")
        self.column = column
        """`phone` or `firm_id`."""


class TradespersonChanged(NotPossibleNow):
    """The entry was changed since it was read."""

    def __init__(self) -> None:
        super().__init__("The entry was changed since you read it. Read it again.")


class TradespersonStore:
    """Reads and writes the register."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def add(self, who: Tradesperson, *, by: str, now: datetime, claim: Claim | None = None) -> RegisterEntry:
        """Add somebody; `who.id` may be empty.  The same claim again gives the entry made then.

        Raises:
            TradespersonTaken: They are in the register already.
            IdempotencyConflict: The claim's key was used with another body.
        """
        who = who if who.id else replace(who, id=str(uuid.uuid4()))
        with self._engine.begin() as connection:
            earlier = _claimed(connection, claim, who, now)
            if earlier is None:
                connection.execute(_ONE_AT_A_TIME)
                self._refuse_taken(connection, who)
                connection.execute(insert(TRADESPERSON), self._new(who, by=by, now=now))
            return self._one(connection, earlier or who.id)

    def change(self, who: Tradesperson, *, revision: int, by: str, now: datetime) -> RegisterEntry:
        """Change an entry; one that says so already stays as it is.

        Args:
            who: As it is to be.
            revision: Of the entry when it was read.
            by: Who changes it.
            now: An aware time.

        Raises:
            TradespersonChanged: Somebody else was first.
            TradespersonTaken: The number or code belongs to somebody else.
        """
        with self._engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME)
            entry = self._one(connection, who.id)
            if entry.revision != revision:
                raise TradespersonChanged
            if entry.who != who:
                self._refuse_taken(connection, who)
                connection.execute(_CHANGED, self._values(who, revision=revision + 1, by=by, now=now))
            return self._one(connection, who.id)

    def get(self, entry_id: str) -> RegisterEntry | None:
        """Read one entry."""
        if not is_uuid(entry_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(select(TRADESPERSON).where(_T.id == entry_id)).first()
        return readable(self._keyring, row) if row else None

    def some(self, ids: Collection[str]) -> dict[str, RegisterEntry]:
        """Read these entries, by their ids."""
        return {entry.who.id: entry for entry in self._entries(select(TRADESPERSON).where(_T.id.in_(ids)))}

    def find(
        self, wanted: EntriesWanted, *, after: Place | None = None, limit: int = 50
    ) -> list[RegisterEntry]:
        """Read a page of those wanted, by base; `after` is where the page before ended."""
        statement = select(TRADESPERSON).where(*wanted.conditions()).order_by(*_ORDER)
        if after is not None:
            statement = statement.where(tuple_(*_ORDER) > after)
        if not wanted.text:
            return self._entries(statement.limit(limit))
        # Names are sealed: every row is opened.  A register has hundreds, seldom thousands.
        found = (entry for entry in self._entries(statement) if _says(entry.who, wanted.text))
        return [entry for entry, _ in zip(found, range(limit), strict=False)]

    def count(self, wanted: EntriesWanted) -> int:
        """How many are wanted, whatever their names are."""
        statement = select(func.count()).select_from(TRADESPERSON).where(*wanted.conditions())
        with self._engine.connect() as connection:
            return connection.scalar(statement) or 0

    def everybody(self) -> list[RegisterEntry]:
        """Read the whole register, to be exported, without what cannot be opened: it would lose its name."""
        whole = self._entries(select(TRADESPERSON).order_by(*_ORDER))
        return [entry for entry in whole if entry.who.name != UNREADABLE]

    def records(self, ids: Collection[str], *, now: datetime) -> dict[str, TradeRecord]:
        """Say of each how busy they are and how often they said yes."""
        with self._engine.connect() as connection:
            return records(connection, ids, now=now)

    def import_rows(self, rows: Sequence[SheetRow], *, by: str, now: datetime, preview: bool) -> ImportPlan:
        """Bring the register to what a sheet says: all of it, or nothing if a row has a fault.

        Args:
            rows: As they were read.
            by: Who imports them.
            now: An aware time.
            preview: Only say what would be done.
        """
        with self._engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME)
            entries = [readable(self._keyring, row) for row in connection.execute(select(TRADESPERSON))]
            known = [Known(who=entry.who, revision=entry.revision) for entry in entries]
            plan = plan_import(known, rows, new_ids=iter(lambda: str(uuid.uuid4()), ""))
            if not plan.faults and not preview:
                self._carry_out(connection, plan.steps, by=by, now=now)
        return plan

    def _carry_out(self, connection: Connection, steps: Sequence[RowStep], *, by: str, now: datetime) -> None:
        changed = [step for step in steps if step.change is RowChange.CHANGED]
        moving = [step.who.id for step in changed if {"phone", "firm_id"}.intersection(step.columns)]
        connection.execute(_PARKED.where(_T.id.in_(moving)))
        if changed:
            values = [self._values(step.who, revision=step.revision + 1, by=by, now=now) for step in changed]
            connection.execute(_CHANGED, values)
        added = [self._new(step.who, by=by, now=now) for step in steps if step.change is RowChange.ADDED]
        if added:
            connection.execute(insert(TRADESPERSON), added)

    def _values(self, who: Tradesperson, *, revision: int, by: str, now: datetime) -> dict[str, Any]:
        written = {"revision": revision, "changed_at": now, "changed_by": by}
        values = columns_of(self._keyring, who) | written
        return {"this": values.pop("id"), **values}

    def _new(self, who: Tradesperson, *, by: str, now: datetime) -> dict[str, Any]:
        made = {"revision": 1, "made_at": now, "changed_at": now, "changed_by": by}
        return columns_of(self._keyring, who) | made

    def _refuse_taken(self, connection: Connection, who: Tradesperson) -> None:
        """Look before writing, under the lock of the table, so that the answer can say what is taken."""
        others = select(_T.id).where(_T.id != who.id)
        if connection.execute(others.where(_T.phone_hash == phone_hash(self._keyring, who.phone))).first():
            raise TradespersonTaken("phone")
        if who.firm_id and connection.execute(others.where(_T.firm_id == who.firm_id)).first():
            raise TradespersonTaken("firm_id")

    def _one(self, connection: Connection, entry_id: str) -> RegisterEntry:
        row = connection.execute(select(TRADESPERSON).where(_T.id == entry_id)).one()
        return readable(self._keyring, row)

    def _entries(self, statement: Select[Any]) -> list[RegisterEntry]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [readable(self._keyring, row) for row in rows]


def _claimed(connection: Connection, claim: Claim | None, who: Tradesperson, now: datetime) -> str | None:
    """The id of the entry that this claim made before; `None`: it is the first time."""
    if claim is None:
        return None
    return idempotency.take(connection, claim, subject_kind="tradesperson", subject_id=who.id, now=now)


def _says(who: Tradesperson, sought: str) -> bool:
    wanted = " ".join(sought.casefold().split())
    digits = "".join(character for character in sought if character.isdigit()).lstrip("0")
    in_number = bool(digits) and not any(map(str.isalpha, sought)) and digits in who.phone
    return in_number or any(
        wanted in said.casefold() for said in (who.name, who.firm, who.email, who.firm_id)
    )
