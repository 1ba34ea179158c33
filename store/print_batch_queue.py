"""The letters that wait for the next printed batch: let in, given back, or put back when their making was cut off.

Source: rules 1 and 5 of docs/policy.md; docs/post.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BindParameter, Engine, bindparam, func, select, text, update

from domain.errors import NotPossibleNow
from domain.events import MessageReported
from domain.vocabulary import DeliveryReport, MessageState
from store.command import place
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, sealed_why
from store.print_batch_letter import MAY_STILL_LEAVE, told
from store.print_batch_row import PRINT_BATCH
from store.referral_row import REFERRAL
from store.tokens import Maker

_MAKING = 0x7072696E74  # "print" in ASCII
"""The number of the lock under which one process at a time makes a batch."""

_THIS: BindParameter[str] = bindparam("this")
_WAITS = MESSAGE.c.queued_at.is_not(None) & (MESSAGE.c.state == MessageState.RESERVED)
_QUEUED = (
    select(MESSAGE.c.key, MESSAGE.c.id, MESSAGE.c.referral_id, MESSAGE.c.queued_at)
    .where(_WAITS)
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
_LOCKED_REFERRAL = (
    select(REFERRAL.c.wrapped_key).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A letter that waits to be printed."""

    key: str
    message: str
    """Its public id."""
    referral_id: str
    queued_at: datetime


class PrintQueue:
    """What waits to be printed."""

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

    def waiting_since(self) -> datetime | None:
        """Since when the longest waiting letter waits to be printed."""
        with self._engine.connect() as connection:
            since: datetime | None = connection.scalar(select(func.min(MESSAGE.c.queued_at)).where(_WAITS))
            return since

    def requeue(self, key: str, now: datetime) -> None:
        """Let a letter of an unfinished batch that cannot be read wait for the next: nobody can have printed it.

        Nothing of it is opened or sealed, so that this also works where that is what fails.
        """
        unsaid = MESSAGE.c.state.in_(MAY_STILL_LEAVE)
        waits = {"state": MessageState.RESERVED, "queued_at": now, "sending_at": None, "batch_id": None}
        of_no_batch = MESSAGE.c.batch_id.not_in(select(PRINT_BATCH.c.id))
        with self._engine.begin() as connection:
            mine = (MESSAGE.c.key == key) & of_no_batch
            connection.execute(update(MESSAGE).where(mine, unsaid).values(waits))
            connection.execute(update(MESSAGE).where(mine, ~unsaid).values(batch_id=None))

    def give_back(self, letter: Queued, why: str, *, by: Maker, now: datetime) -> None:
        """Take a letter that did not come into the batch out of the queue, and tell its referral: a person is asked.

        All or nothing.  What does not wait in the queue any more has been seen to by its referral.
        """
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
            still = (MESSAGE.c.key == letter.key) & _WAITS
            if not connection.execute(update(MESSAGE).where(still).values(values)).rowcount:
                return
            report = MessageReported(report=DeliveryReport.PULLED, key=letter.key)
            occasion = f"not printed {letter.queued_at.isoformat()}"
            news = told(letter.message, letter.referral_id, occasion, report, by=by, now=now)
            _ = place(connection, self._keyring, replace(news, words={"note": why}))
