"""What somebody wants done: stored before it is sent, applied in the order made, once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BindParameter, Connection, Engine, Select, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import CannotBeOpened, KeyNotFound, ReferralNotFound
from domain.events import Answer, CorrectionSent, MessageReported, OptedIn, OptedOut, PlanSent
from domain.identifiers import referral_workflow_id
from domain.vocabulary import CommandState, DeliveryReport, StopCause
from store import idempotency, opt_out, stop
from store.columns import AnyRow, is_uuid
from store.command_row import COMMAND, NewCommand, StoredCommand, row_of, settle, stored_of, words_of
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL, document_of

__all__ = ["CommandStore", "NewCommand", "StoredCommand", "place"]

_log = structlog.get_logger(__name__)

_THIS: BindParameter[str] = bindparam("this")
_LOCKED = (
    select(REFERRAL.c.wrapped_key, REFERRAL.c.sensitive, REFERRAL.c.document_enc)
    .where(REFERRAL.c.id == _THIS)
    .with_for_update(key_share=True)
)
_MADE = COMMAND.alias("made")
_LAST = select(func.coalesce(func.max(_MADE.c.ordinal), 0)).where(_MADE.c.target_id == bindparam("target"))
_STORED = (
    insert(COMMAND)
    .values(ordinal=_LAST.scalar_subquery() + 1)
    .on_conflict_do_nothing(index_elements=[COMMAND.c.id])
    .returning(COMMAND.c.ordinal)
)
"""The referral's row is locked meanwhile, so the next number is nobody else's."""


def _commands() -> Select[Any]:
    return select(COMMAND, REFERRAL.c.wrapped_key).join(REFERRAL, REFERRAL.c.id == COMMAND.c.referral_id)


_ONE = _commands().where(COMMAND.c.id == _THIS)
_PENDING = (
    _commands()
    .where(COMMAND.c.target_id == bindparam("target"), COMMAND.c.state == CommandState.PENDING)
    .order_by(COMMAND.c.ordinal)
)


class CommandStore:
    """Stores commands, gives them to the relay, reads what became of them."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def store(self, new: NewCommand) -> StoredCommand:
        """Give a command its place in the order; the same id or claim again gives the one stored then.

        Raises:
            ReferralNotFound: There is no such referral.
            IdempotencyConflict: The claim's key was used with another body.
        """
        if not is_uuid(new.referral_id):
            raise ReferralNotFound("no such referral")
        with self._engine.begin() as connection:
            earlier = self._claimed_before(connection, new)
            if earlier is not None:
                return earlier
            return place(connection, self._keyring, new) or self._again(connection, new.id)

    def get(self, command_id: str) -> StoredCommand | None:
        """Read one command."""
        if not is_uuid(command_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_ONE, {"this": command_id}).first()
        return stored_of(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row) if row else None

    def result(self, command_id: str) -> Answer | None:
        """Read what became of it; `None` while pending."""
        found = self.get(command_id)
        return found.answer if found else None

    def words(self, command_id: str) -> dict[str, Any]:
        """Read what a person said with it; for staff only."""
        if not is_uuid(command_id):
            return {}
        with self._engine.connect() as connection:
            row = connection.execute(_ONE, {"this": command_id}).first()
        if row is None:
            return {}
        return words_of(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row.id, row.words_enc)

    def pending(self, target_id: str) -> list[StoredCommand]:
        """The commands a workflow has not answered, in order."""
        return self._read(_PENDING, {"target": target_id})

    def left_over(self, *, now: datetime, lease: timedelta, limit: int) -> list[StoredCommand]:
        """Take what nobody has brought to its workflow; until the lease is over no other relay takes them."""
        due = (COMMAND.c.state == CommandState.PENDING) & (COMMAND.c.next_try_at <= now)
        chosen = (
            select(COMMAND.c.id)
            .where(due)
            .order_by(COMMAND.c.next_try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._engine.begin() as connection:
            lease_it = update(COMMAND).where(COMMAND.c.id.in_(chosen)).returning(COMMAND.c.id)
            taken = connection.scalars(
                lease_it.values(next_try_at=now + lease, tries=COMMAND.c.tries + 1)
            ).all()
        if not taken:
            return []
        in_order = _commands().where(COMMAND.c.id.in_(taken)).order_by(COMMAND.c.target_id, COMMAND.c.ordinal)
        return self._read(in_order)

    def settle(self, command_id: str, answer: Answer, *, now: datetime) -> None:
        """Answer a command whose workflow is gone; one that is answered stays as it is."""
        with self._engine.begin() as connection:
            row = connection.execute(_ONE, {"this": command_id}).first()
            if row is not None:
                cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
                settle(connection, cipher, command_id, answer, now=now)

    def _read(
        self, statement: Select[Any], values: Mapping[str, object] | None = None
    ) -> list[StoredCommand]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement, values).all()
        return [command for row in rows if (command := self._opened(row)) is not None]

    def _opened(self, row: AnyRow) -> StoredCommand | None:
        """Open a row; one that cannot be opened stays, and does not stand in the way of the others."""
        try:
            return stored_of(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row)
        except (KeyNotFound, CannotBeOpened) as error:
            _log.warning("command_cannot_be_opened", command=str(row.id), error=type(error).__name__)
            return None

    def _claimed_before(self, connection: Connection, new: NewCommand) -> StoredCommand | None:
        if new.claim is None:
            return None
        earlier = idempotency.take(
            connection, new.claim, subject_kind="command", subject_id=new.id, now=new.made_at
        )
        return self._again(connection, earlier) if earlier else None

    def _again(self, connection: Connection, command_id: str) -> StoredCommand:
        row = connection.execute(_ONE, {"this": command_id}).one()
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return stored_of(cipher, row, replayed=True)


def place(connection: Connection, keyring: Keyring, new: NewCommand) -> StoredCommand | None:
    """Give a command its place in the order inside the caller's transaction, which locks the referral.

    What holds from this moment is written with it, so that it holds while Temporal is away: a stop, and the hash of
    an address that somebody asked us not to use.

    Returns:
        `None`: a command of that id is stored already.

    Raises:
        ReferralNotFound: There is no such referral.
    """
    referral = connection.execute(_LOCKED, {"this": new.referral_id}).first()
    if referral is None:
        raise ReferralNotFound(f"no referral {new.referral_id}")
    target_id = new.target_id or referral_workflow_id(new.referral_id)
    cipher = cipher_of(keyring, new.referral_id, referral.wrapped_key)
    ordinal = connection.scalar(_STORED, row_of(cipher, new, target_id))
    if ordinal is None:
        return None
    _hold_at_once(connection, keyring, cipher, new, referral, ordinal)
    return StoredCommand(
        id=new.id,
        target_id=target_id,
        referral_id=new.referral_id,
        ordinal=ordinal,
        kind=new.kind,
        event=new.event,
        by=new.by,
        made_at=new.made_at,
        state=CommandState.PENDING,
    )


def _hold_at_once(
    connection: Connection,
    keyring: Keyring,
    cipher: PersonCipher,
    new: NewCommand,
    referral: AnyRow,
    ordinal: int,
) -> None:
    match new.event:
        case OptedOut() | OptedIn():
            document = document_of(cipher, new.referral_id, referral.document_enc)
            hashes = [new.number_hash] if new.number_hash else None
            opt_out.follow(connection, keyring, new.event, document, at=new.made_at, hashes=hashes)
        case MessageReported(report=DeliveryReport.COMPLAINED, address_id=address_id):
            document = document_of(cipher, new.referral_id, referral.document_enc)
            opt_out.follow_complaint(connection, keyring, document, address_id, at=new.made_at)
        case CorrectionSent() | PlanSent() if stop.names_a_suspect(new.words.get("patch", {})):
            document = document_of(cipher, new.referral_id, referral.document_enc)
            if not stop.names_a_suspect(document):
                _stop(connection, new, StopCause.VICTIM_IS_SUSPECT, ordinal)
        case _:
            cause = stop.cause_of(new.event, sensitive=referral.sensitive)
            if cause is not None:
                _stop(connection, new, cause, ordinal)


def _stop(connection: Connection, new: NewCommand, cause: StopCause, ordinal: int) -> None:
    stop.put(
        connection,
        command_id=new.id,
        referral_id=new.referral_id,
        cause=cause,
        ordinal=ordinal,
        at=new.made_at,
    )
