"""The letters a service prints itself: one batch a day, safe to make, fetch and confirm again.

A letter is in a batch from the moment its row says so (`sending`, with the batch's id); the batch's own row comes
after.  Whatever is cut off in between is found by `unfinished` and finished, so that no letter is lost or printed
twice.  Source: rules 1 and 5 of docs/policy.md; docs/post.md.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, bindparam, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import NotPossibleNow
from domain.events import MessageReported
from domain.vocabulary import DeliveryReport, MessageState
from store.columns import AnyRow, is_uuid
from store.command import NewCommand, place
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, WAITING, sealed_why
from store.print_batch_letter import IN_BATCH, to_pull
from store.print_batch_row import (
    PRINT_BATCH,
    Confirmation,
    LeftOut,
    PrintBatch,
    PrintBatchRow,
    PrintedItem,
    batch_of,
    confirmation_to_json,
    row_of,
)
from store.referral_row import REFERRAL
from store.tokens import Maker

__all__ = [
    "Confirmation",
    "LeftOut",
    "MustBePulledFirst",
    "PrintBatch",
    "PrintBatchRow",
    "PrintBatchStore",
    "PrintedItem",
    "Queued",
]

_MAKING = 0x7072696E74  # "print" in ASCII
"""The number of the lock under which one process at a time makes a batch."""
_PULLED = "It was taken out of the printed batch before posting."
_POSTED = "It was posted with the printed batch."

_THIS: BindParameter[str] = bindparam("this")
_QUEUED = (
    select(MESSAGE.c.key, MESSAGE.c.id, MESSAGE.c.referral_id, MESSAGE.c.queued_at)
    .where(MESSAGE.c.queued_at.is_not(None), MESSAGE.c.state == MessageState.RESERVED)
    .order_by(MESSAGE.c.queued_at, MESSAGE.c.key)
)
_UNFINISHED = (
    select(MESSAGE.c.batch_id)
    .distinct()
    .where(
        MESSAGE.c.batch_id.is_not(None),
        ~select(PRINT_BATCH.c.id).where(PRINT_BATCH.c.id == MESSAGE.c.batch_id).exists(),
    )
)
_LOCKED_BATCH = select(PRINT_BATCH).where(PRINT_BATCH.c.id == _THIS).with_for_update()
_LOCKED_REFERRAL = (
    select(REFERRAL.c.wrapped_key).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
)
_LOCKED_REFERRALS = (
    select(REFERRAL.c.id)
    .where(REFERRAL.c.id.in_(select(MESSAGE.c.referral_id).where(MESSAGE.c.batch_id == _THIS)))
    .order_by(REFERRAL.c.id)
    .with_for_update(key_share=True)
)


class MustBePulledFirst(NotPossibleNow):
    """A letter of the batch was stopped since it was printed; nobody has said that it was taken out."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__(
            "A letter has been stopped since it was printed: take it out of the pile and say so, "
            "or say that it is in the box already."
        )
        self.messages = messages
        """By their public ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A letter that waits to be printed."""

    key: str
    message: str
    """Its public id."""
    referral_id: str
    queued_at: datetime


class PrintBatchStore:
    """Batches, and the letters in them."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time make a batch.  Raises `NotPossibleNow` while another does."""
        with self._engine.connect() as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _MAKING}):
                raise NotPossibleNow("Somebody is making the batch at this moment: look again in a minute.")
            connection.commit()  # the lock is the session's: no transaction stays open meanwhile
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _MAKING})

    def queued(self) -> list[Queued]:
        """Every letter that waits to be printed, the longest waiting first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_QUEUED).all()
        return [
            Queued(key=row.key, message=row.id, referral_id=row.referral_id, queued_at=row.queued_at)
            for row in rows
        ]

    def unfinished(self) -> list[str]:
        """The batches that letters are in and that have no row: their making was cut off."""
        with self._engine.connect() as connection:
            return list(connection.scalars(_UNFINISHED))

    def keys_in(self, batch_id: str) -> list[tuple[str, str]]:
        """The key and public id of every letter of a batch, in no particular order."""
        with self._engine.connect() as connection:
            return [(row.key, row.message_id) for row in connection.execute(IN_BATCH, {"this": batch_id})]

    def references(self, batch_id: str) -> dict[str, str]:
        """What is printed on each letter of a batch, by the message's public id."""
        with self._engine.connect() as connection:
            rows = connection.execute(IN_BATCH, {"this": batch_id}).all()
        return {row.message_id: row.reference for row in rows}

    def keep(self, batch: PrintBatch, *, by: Maker) -> None:
        """Write a batch down, and tell each referral that its letter is printed; what is there stays as it is."""
        printed = DeliveryReport.PRINTED
        with self._engine.begin() as connection:
            connection.execute(insert(PRINT_BATCH).on_conflict_do_nothing(), row_of(batch))
            for letter in connection.execute(IN_BATCH, {"this": batch.id}).all():
                report = MessageReported(report=printed, key=letter.key)
                told = _told(letter.message_id, letter.id, "printed", report, by=by, now=batch.made_at)
                _ = place(connection, self._keyring, told)

    def get(self, batch_id: str) -> PrintBatch | None:
        """Read one batch."""
        if not is_uuid(batch_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(select(PRINT_BATCH).where(PRINT_BATCH.c.id == batch_id)).first()
        return batch_of(row) if row else None

    def recent(self, *, after: tuple[datetime, str] | None = None, limit: int = 50) -> list[PrintBatch]:
        """Batches, newest first; `after` is when the last one of the page before was made, and its id."""
        statement = select(PRINT_BATCH).order_by(PRINT_BATCH.c.made_at.desc(), PRINT_BATCH.c.id.desc())
        if after is not None:
            statement = statement.where(tuple_(PRINT_BATCH.c.made_at, PRINT_BATCH.c.id) < after)
        with self._engine.connect() as connection:
            return [batch_of(row) for row in connection.execute(statement.limit(limit))]

    def waiting_since(self) -> datetime | None:
        """Since when the longest waiting letter waits to be printed."""
        waits = (MESSAGE.c.queued_at.is_not(None)) & (MESSAGE.c.state == MessageState.RESERVED)
        with self._engine.connect() as connection:
            since: datetime | None = connection.scalar(select(func.min(MESSAGE.c.queued_at)).where(waits))
            return since

    def unposted_since(self) -> datetime | None:
        """When the oldest batch was made of which nobody has said that it was posted."""
        with self._engine.connect() as connection:
            oldest = select(func.min(PRINT_BATCH.c.made_at)).where(PRINT_BATCH.c.posted_at.is_(None))
            since: datetime | None = connection.scalar(oldest)
            return since

    def to_pull(self, batch_id: str, now: datetime) -> dict[str, str]:
        """The letters of a batch that may not leave any more, by public id, and why."""
        with self._engine.connect() as connection:
            return to_pull(connection, self._keyring, batch_id, now)

    def confirm(self, batch_id: str, said: Confirmation, *, by: Maker, now: datetime) -> PrintBatch | None:
        """Write down that a batch was posted; what became of each letter is told its referral, all or nothing.

        The same said again changes nothing.

        Returns:
            The batch; `None` if there is none.

        Raises:
            NotPossibleNow: Something else was said of it before, or a letter named is not in it.
            MustBePulledFirst: A letter was stopped meanwhile, and nobody has said what became of it.
        """
        if not is_uuid(batch_id):
            return None
        with self._engine.begin() as connection:
            row = connection.execute(_LOCKED_BATCH, {"this": batch_id}).first()
            if row is None:
                return None
            batch = batch_of(row)
            if batch.posted_at is not None:
                _require_the_same(batch.confirmation, said)
                return batch
            _require_letters_of(batch, said)
            connection.execute(_LOCKED_REFERRALS, {"this": batch_id})
            unsaid = set(to_pull(connection, self._keyring, batch_id, now)) - {*said.pulled, *said.in_the_box}
            if unsaid:
                raise MustBePulledFirst(tuple(sorted(unsaid)))
            for letter in connection.execute(IN_BATCH, {"this": batch_id}).all():
                self._settle(connection, letter, pulled=letter.message_id in said.pulled, by=by, now=now)
            values = {"posted_at": now, "posted_by": by.name, "confirmation": confirmation_to_json(said)}
            connection.execute(update(PRINT_BATCH).where(PRINT_BATCH.c.id == batch_id).values(values))
        return self.get(batch_id)

    def give_back(self, letter: Queued, why: str, *, by: Maker, now: datetime) -> None:
        """Take a letter that did not come into the batch out of the queue, and tell its referral: a person is asked."""
        with self._engine.begin() as connection:
            wrapped_key = connection.scalar(_LOCKED_REFERRAL, {"this": letter.referral_id})
            if wrapped_key is None:
                return
            cipher = cipher_of(self._keyring, letter.referral_id, wrapped_key)
            values = {
                "state": MessageState.RECALLED,
                "why_enc": sealed_why(cipher, letter.key, why),
                "queued_at": None,
                "settled_at": now,
            }
            still = (MESSAGE.c.key == letter.key) & MESSAGE.c.state.in_(WAITING)
            connection.execute(update(MESSAGE).where(still).values(values))
            report = MessageReported(report=DeliveryReport.PULLED, key=letter.key)
            occasion = f"not printed {letter.queued_at.isoformat()}"
            told = _told(letter.message, letter.referral_id, occasion, report, by=by, now=now)
            _ = place(connection, self._keyring, replace(told, words={"note": why}))

    def _settle(
        self, connection: Connection, letter: AnyRow, *, pulled: bool, by: Maker, now: datetime
    ) -> None:
        """Let one letter have left or not, and tell its referral."""
        cipher = cipher_of(self._keyring, letter.id, letter.wrapped_key)
        values: dict[str, Any] = {
            "state": MessageState.RECALLED if pulled else MessageState.SENT,
            "why_enc": sealed_why(cipher, letter.key, _PULLED if pulled else _POSTED),
            "settled_at": now,
        }
        still = (MESSAGE.c.key == letter.key) & (MESSAGE.c.state == MessageState.SENDING)
        connection.execute(update(MESSAGE).where(still).values(values))
        report = MessageReported(
            report=DeliveryReport.PULLED if pulled else DeliveryReport.SENT,
            key=letter.key,
            address_id=letter.address_id or "",
        )
        told = _told(letter.message_id, letter.id, "posted", report, by=by, now=now)
        _ = place(connection, self._keyring, told)


def _told(
    message: str, referral_id: str, occasion: str, report: MessageReported, *, by: Maker, now: datetime
) -> NewCommand:
    """What a referral is told of its letter: the same command however often it is said of one occasion."""
    return NewCommand(
        id=str(uuid.uuid5(uuid.UUID(message), occasion)),
        referral_id=referral_id,
        kind="report",
        event=report,
        by=by,
        made_at=now,
        at_once=True,
    )


def _require_the_same(before: Confirmation, said: Confirmation) -> None:
    if (set(before.pulled), set(before.in_the_box)) != (set(said.pulled), set(said.in_the_box)):
        raise NotPossibleNow("Something else was said of this batch before.")


def _require_letters_of(batch: PrintBatch, said: Confirmation) -> None:
    ours = {item.message for item in batch.items}
    if not ours.issuperset({*said.pulled, *said.in_the_box}):
        raise NotPossibleNow("A letter that was named is not in this batch.")
    if set(said.pulled) & set(said.in_the_box):
        raise NotPossibleNow("A letter cannot be both taken out and in the box.")
