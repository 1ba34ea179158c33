"""What somebody wants done: stored before it is sent, applied in the order made, once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Engine,
    Exists,
    ForeignKey,
    Index,
    Select,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from domain.errors import ReferralNotFound
from domain.events import Answer, Command
from domain.identifiers import referral_workflow_id
from domain.ongoing_support import Reviewed, SupportCommand
from domain.vocabulary import CommandState
from store import idempotency
from store.columns import UUID, AnyRow, is_uuid, moment, sealed, table_of, text, truth, uuid_key, whole
from store.encryption import PersonCipher, cipher_of
from store.idempotency import Claim
from store.json_form import StoredEvent, event_from_json, event_to_json
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.tokens import Maker

RELAY_WAITS = timedelta(seconds=5)
"""How long the API's own try goes first: longer than it waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommand:
    """A command as it came in, checked."""

    id: str
    referral_id: str
    kind: str
    """`attempt`, `decision`, `correction`, `withdrawal`, `reply`, `review`: nothing is decided by it."""
    event: StoredEvent
    by: Maker
    made_at: datetime
    words: dict[str, Any] = field(default_factory=dict)
    """`note`, `reason` or `patch`: everything personal or in a person's own words."""
    target_id: str | None = None
    """The workflow it is for; by default the referral's own."""
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommand:
    """A command in the tables."""

    id: str
    target_id: str
    referral_id: str
    ordinal: int
    kind: str
    event: StoredEvent
    by: Maker
    made_at: datetime
    state: CommandState
    answer: Answer | None = None
    """`None` while pending."""
    settled_at: datetime | None = None
    replayed: bool = False
    """Whether it had been stored before."""

    @property
    def command(self) -> Command | SupportCommand:
        """As it travels to its workflow."""
        if isinstance(self.event, Reviewed):
            return SupportCommand(id=self.id, ordinal=self.ordinal, event=self.event)
        return Command(id=self.id, ordinal=self.ordinal, event=self.event)


class CommandRow(SQLModel, table=True):
    """One command and what became of it."""

    __tablename__ = "command"
    __table_args__ = (
        Index("command_ordinal_key", "target_id", "ordinal", unique=True),
        Index("command_referral", "referral_id"),
        Index("command_pending", "next_try_at", postgresql_where="state = 'pending'"),
    )

    id: str = uuid_key()
    target_id: str = text()
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), nullable=False)
    )
    ordinal: int = whole()
    kind: str = text()
    event_enc: bytes = sealed()
    words_enc: bytes | None = sealed(nullable=True)
    by_token: str = text()
    by_role: str = text()
    by_name: str = text()
    by_organisation: str | None = text(nullable=True)
    made_at: datetime = moment()
    next_try_at: datetime = moment()
    tries: int = whole()
    state: str = text()
    code: str | None = text(nullable=True)
    why_enc: bytes | None = sealed(nullable=True)
    revision: int | None = whole(nullable=True)
    counted: bool | None = truth(nullable=True)
    why_not_counted: str | None = text(nullable=True)
    settled_at: datetime | None = moment(nullable=True)


COMMAND = table_of(CommandRow)

_THIS: BindParameter[str] = bindparam("this")
_LOCKED = select(REFERRAL.c.wrapped_key).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
_MADE = COMMAND.alias("made")
_LAST = select(func.coalesce(func.max(_MADE.c.ordinal), 0)).where(_MADE.c.target_id == bindparam("target"))
_STORED = (
    insert(COMMAND)
    .values(ordinal=_LAST.scalar_subquery() + 1)
    .on_conflict_do_nothing(index_elements=[COMMAND.c.id])
    .returning(COMMAND.c.ordinal)
)
"""The referral's row is locked meanwhile, so the next number is nobody else's."""
_SETTLED = update(COMMAND).where(COMMAND.c.id == _THIS, COMMAND.c.state == CommandState.PENDING)


def _commands() -> Select[Any]:
    return select(COMMAND, REFERRAL.c.wrapped_key).join(REFERRAL, REFERRAL.c.id == COMMAND.c.referral_id)


_ONE = _commands().where(COMMAND.c.id == _THIS)


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
            wrapped = connection.scalar(_LOCKED, {"this": new.referral_id})
            if wrapped is None:
                connection.rollback()
                raise ReferralNotFound(f"no referral {new.referral_id}")
            target_id = new.target_id or referral_workflow_id(new.referral_id)
            cipher = cipher_of(self._keyring, new.referral_id, wrapped)
            ordinal = connection.scalar(_STORED, _row(cipher, new, target_id))
            if ordinal is None:
                return self._again(connection, new.id)
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

    def get(self, command_id: str) -> StoredCommand | None:
        """Read one command."""
        if not is_uuid(command_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_ONE, {"this": command_id}).first()
        return _stored(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row) if row else None

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
        waiting = (COMMAND.c.target_id == target_id) & (COMMAND.c.state == CommandState.PENDING)
        return self._read(_commands().where(waiting).order_by(COMMAND.c.ordinal))

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

    def _read(self, statement: Select[Any]) -> list[StoredCommand]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [_stored(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row) for row in rows]

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
        return _stored(cipher, row, replayed=True)


def settle(
    connection: Connection, cipher: PersonCipher, command_id: str, answer: Answer, *, now: datetime
) -> None:
    """Write down what became of a command, inside the caller's transaction."""
    values = {
        "state": CommandState.APPLIED if answer.applied else CommandState.REFUSED,
        "code": answer.code or None,
        "why_enc": cipher.seal_text("command.why_enc", command_id, answer.why) if answer.why else None,
        "revision": answer.revision,
        "counted": answer.counted,
        "why_not_counted": answer.why_not_counted,
        "settled_at": now,
    }
    connection.execute(_SETTLED, {"this": command_id, **values})


def words_of(cipher: PersonCipher, command_id: str, words_enc: bytes | None) -> dict[str, Any]:
    """Open what a person said with a command."""
    return cipher.open_json("command.words_enc", command_id, words_enc) if words_enc else {}


def is_awaited(target_id: BindParameter[str]) -> Exists:
    """A condition: some command of this workflow has not been answered."""
    waiting = (COMMAND.c.target_id == target_id) & (COMMAND.c.state == CommandState.PENDING)
    return select(COMMAND.c.id).where(waiting).exists()


def _row(cipher: PersonCipher, new: NewCommand, target_id: str) -> dict[str, Any]:
    return {
        "id": new.id,
        "target_id": target_id,
        "target": target_id,
        "referral_id": new.referral_id,
        "kind": new.kind,
        "event_enc": cipher.seal("command.event_enc", new.id, event_to_json(new.event)),
        "words_enc": cipher.seal_json("command.words_enc", new.id, new.words) if new.words else None,
        "by_token": new.by.token_id,
        "by_role": new.by.role,
        "by_name": new.by.name,
        "by_organisation": new.by.organisation,
        "made_at": new.made_at,
        "next_try_at": new.made_at + RELAY_WAITS,
        "tries": 0,
        "state": CommandState.PENDING,
    }


def _stored(cipher: PersonCipher, row: AnyRow, *, replayed: bool = False) -> StoredCommand:
    return StoredCommand(
        id=row.id,
        target_id=row.target_id,
        referral_id=row.referral_id,
        ordinal=row.ordinal,
        kind=row.kind,
        event=event_from_json(cipher.open("command.event_enc", row.id, row.event_enc)),
        by=Maker(token_id=row.by_token, role=row.by_role, name=row.by_name, organisation=row.by_organisation),
        made_at=row.made_at,
        state=CommandState(row.state),
        answer=_answer(cipher, row),
        settled_at=row.settled_at,
        replayed=replayed,
    )


def _answer(cipher: PersonCipher, row: AnyRow) -> Answer | None:
    if row.state == CommandState.PENDING:
        return None
    return Answer(
        applied=row.state == CommandState.APPLIED,
        revision=row.revision,
        code=row.code or "",
        why=cipher.open_text("command.why_enc", row.id, row.why_enc),
        counted=row.counted,
        why_not_counted=row.why_not_counted,
    )
