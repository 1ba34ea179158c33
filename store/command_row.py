"""The table of commands: how a command is written down, read again and answered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Exists, ForeignKey, Index, bindparam, select, update
from sqlmodel import Field, SQLModel

from domain.events import Answer, Command
from domain.ongoing_support import Reviewed, SupportCommand
from domain.practical_help.events import HelpCommand, HelpCommandEvent
from domain.repair_dispatch.events import RepairCommand, RepairCommandEvent
from domain.vocabulary import CommandState
from store.columns import UUID, AnyRow, moment, sealed, table_of, text, truth, uuid_key, whole
from store.encryption import PersonCipher
from store.idempotency import Claim
from store.json_form import StoredEvent, event_from_json, event_to_json
from store.tokens import Maker

RELAY_WAITS = timedelta(seconds=5)
"""How long the API's own try goes first: longer than it waits for an answer."""


AnyCommand = Command | SupportCommand | RepairCommand | HelpCommand
"""A command as it travels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommand:
    """A command as it came in, checked."""

    id: str
    referral_id: str
    kind: str
    """`attempt`, `decision`, `correction`, `reply`, `opt_out`, `report`, …: nothing is decided by it."""
    event: StoredEvent
    by: Maker
    made_at: datetime
    words: dict[str, Any] = field(default_factory=dict)
    """`note`, `reason` or `patch`: everything personal or in a person's own words."""
    target_id: str | None = None
    """The workflow it is for; by default the referral's own."""
    claim: Claim | None = None
    at_once: bool = False
    """Whether the relay brings it at once, because nobody else tries."""
    number_hash: str = ""
    """Of an opt-out or opt-in by text: the number it came from, see `store.opt_out`; empty: every address."""


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
    def command(self) -> AnyCommand:
        """As it travels to its workflow."""
        if isinstance(self.event, RepairCommandEvent):
            return RepairCommand(id=self.id, ordinal=self.ordinal, event=self.event)
        if isinstance(self.event, HelpCommandEvent):
            return HelpCommand(id=self.id, ordinal=self.ordinal, event=self.event)
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
_SETTLED = update(COMMAND).where(COMMAND.c.id == _THIS, COMMAND.c.state == CommandState.PENDING)


def row_of(cipher: PersonCipher, new: NewCommand, target_id: str) -> dict[str, Any]:
    """The columns of a new command, and its `target` once more for the number it is given."""
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
        "next_try_at": new.made_at if new.at_once else new.made_at + RELAY_WAITS,
        "tries": 0,
        "state": CommandState.PENDING,
    }


def stored_of(cipher: PersonCipher, row: AnyRow, *, replayed: bool = False) -> StoredCommand:
    """Read a row."""
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
