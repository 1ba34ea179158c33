"""The letters a service prints itself: one batch a day, safe to make, fetch and confirm again.

A letter is in a batch from the moment its row says so (`sending`, with the batch's id); the batch's own row comes
after.  Whatever is cut off in between is found by `unfinished` and finished, so that no letter is lost or printed
twice.  Source: rules 1 and 5 of docs/policy.md; docs/post.md.
"""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import CannotBeOpened, NotPossibleNow
from domain.events import MessageReported
from domain.vocabulary import DeliveryReport, MessageState
from store.columns import AnyRow, is_uuid
from store.command import place
from store.encryption import PersonCipher, cipher_of
from store.message_row import MESSAGE, sealed_why
from store.print_batch_letter import IN_BATCH, MAY_STILL_LEAVE, PRINTED, not_to_print, to_pull, told
from store.print_batch_queue import PrintQueue, Queued
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

_log = structlog.get_logger(__name__)

_PULLED = "It was taken out of the printed batch before posting."
_POSTED = "It was posted with the printed batch."

_THIS: BindParameter[str] = bindparam("this")
_LOCKED_BATCH = select(PRINT_BATCH).where(PRINT_BATCH.c.id == _THIS).with_for_update()
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


class PrintBatchStore(PrintQueue):
    """Batches, and the letters in them."""

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
                news = told(letter.message_id, letter.id, PRINTED, report, by=by, now=batch.made_at)
                _ = place(connection, self._keyring, news)

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

    def unposted_since(self) -> datetime | None:
        """When the oldest batch was made of which nobody has said that it was posted."""
        with self._engine.connect() as connection:
            oldest = select(func.min(PRINT_BATCH.c.made_at)).where(PRINT_BATCH.c.posted_at.is_(None))
            since: datetime | None = connection.scalar(oldest)
            return since

    def to_pull(self, batch_id: str, now: datetime) -> dict[str, str]:
        """The letters of a batch that may not leave any more, or not yet, by public id, and why."""
        with self._engine.connect() as connection:
            return to_pull(connection, self._keyring, batch_id, now)

    def not_to_print(self, batch_id: str, now: datetime) -> dict[str, str]:
        """The letters of a batch that are not printed any more, by public id, and why."""
        with self._engine.connect() as connection:
            return not_to_print(connection, self._keyring, batch_id, now)

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

    def _settle(
        self, connection: Connection, letter: AnyRow, *, pulled: bool, by: Maker, now: datetime
    ) -> None:
        """Let one letter have left or not, and tell its referral, unless that was damaged and can hear nothing."""
        cipher = self._cipher(letter)
        values: dict[str, Any] = {
            "state": MessageState.RECALLED if pulled else MessageState.SENT,
            "settled_at": now,
        }
        if cipher is not None:
            values["why_enc"] = sealed_why(cipher, letter.key, _PULLED if pulled else _POSTED)
        still = (MESSAGE.c.key == letter.key) & MESSAGE.c.state.in_(MAY_STILL_LEAVE)
        connection.execute(update(MESSAGE).where(still).values(values))
        if cipher is None:
            return
        report = MessageReported(
            report=DeliveryReport.PULLED if pulled else DeliveryReport.SENT,
            key=letter.key,
            address_id=letter.address_id or "",
        )
        news = told(letter.message_id, letter.id, "posted", report, by=by, now=now)
        _ = place(connection, self._keyring, news)

    def _cipher(self, letter: AnyRow) -> PersonCipher | None:
        """`None` for a referral whose key was damaged: it does not stand in the way of the others."""
        try:
            return cipher_of(self._keyring, letter.id, letter.wrapped_key)
        except CannotBeOpened as error:
            _log.warning(
                "referral_of_letter_cannot_be_told",
                message=str(letter.message_id),
                error=type(error).__name__,
            )
            return None


def _require_the_same(before: Confirmation, said: Confirmation) -> None:
    if (set(before.pulled), set(before.in_the_box)) != (set(said.pulled), set(said.in_the_box)):
        raise NotPossibleNow("Something else was said of this batch before.")


def _require_letters_of(batch: PrintBatch, said: Confirmation) -> None:
    ours = {item.message for item in batch.items}
    if not ours.issuperset({*said.pulled, *said.in_the_box}):
        raise NotPossibleNow("A letter that was named is not in this batch.")
    if set(said.pulled) & set(said.in_the_box):
        raise NotPossibleNow("A letter cannot be both taken out and in the box.")
