"""Practical help as it is read: where it stands, and what people said with each step.

Who goes on a visit, whom to ring and the plan are in the words of the command that planned it: the first applied one
planned visit 1, the next visit 2; likewise orders.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, or_, select

from domain.identifiers import help_workflow_id
from domain.practical_help.events import GoodsOrdered, VisitPlanned
from domain.practical_help.kinds import HelpStage
from domain.practical_help.state import HelpState
from domain.vocabulary import CommandState
from store import stop
from store.columns import AnyRow, is_uuid
from store.command_row import COMMAND, StoredCommand, stored_of, words_of
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.practical_help.row import PRACTICAL_HELP, open_state
from store.referral_row import REFERRAL

DURESS_WORD = "duress_word"
"""In the words of a planned visit; never shown, only compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One command and its words, without a word for duress."""

    command: StoredCommand
    words: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpView:
    """One practical help."""

    id: str
    referral_id: str
    reference: str
    """Of the referral."""
    asked_at: datetime
    stage: HelpStage
    revision: int
    state: HelpState | None
    """`None` until its workflow's first turn."""
    stopped: bool
    """Whether everything is stopped on the referral."""
    alerted: bool
    """A quiet alert: whoever shows it asks first that the reader is a supervisor."""
    ended_at: datetime | None
    asked: dict[str, Any]
    """The words of whoever asked for it."""
    said: tuple[Said, ...] = ()
    """Every command since, oldest first."""
    duress_words: dict[int, str] = field(default_factory=dict)
    """By visit; compared, never shown."""

    def visit_words(self, number: int) -> dict[str, Any]:
        """Who goes on a visit, whom to ring, the plan."""
        return self._nth(VisitPlanned, number)

    def order_words(self, number: int) -> dict[str, Any]:
        """The supplier's name and what was said of an order."""
        return self._nth(GoodsOrdered, number)

    @property
    def pending(self) -> tuple[Said, ...]:
        """What is stored and not applied yet."""
        return tuple(said for said in self.said if said.command.state is CommandState.PENDING)

    def _nth(self, kind: type[VisitPlanned | GoodsOrdered], number: int) -> dict[str, Any]:
        made = [said.words for said in self.said if _has_made(said.command, kind)]
        return made[number - 1] if 0 < number <= len(made) else {}


class HelpStore:
    """Reads practical help for people."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def view(self, help_id: str) -> HelpView | None:
        """Read one; `None`: there is none."""
        if not is_uuid(help_id):
            return None
        return next(iter(self._read(PRACTICAL_HELP.c.id == help_id)), None)

    def of_referral(self, referral_id: str) -> list[HelpView]:
        """Read all of a referral, oldest first."""
        return self._read(PRACTICAL_HELP.c.referral_id == referral_id) if is_uuid(referral_id) else []

    def live(self) -> list[HelpView]:
        """Read what is not over: what goes on, and every alarm and quiet alert."""
        return self._read(
            or_(
                PRACTICAL_HELP.c.ended_at.is_(None),
                PRACTICAL_HELP.c.alarm_from.is_not(None),
                PRACTICAL_HELP.c.alerted,
            )
        )

    def alarms(self, now: datetime) -> int:
        """In how many an alarm stands: read off the clocks, so that nothing that has stopped can hide one."""
        statement = select(func.count()).select_from(PRACTICAL_HELP).where(PRACTICAL_HELP.c.alarm_from <= now)
        with self._engine.connect() as connection:
            return connection.scalar(statement) or 0

    def _read(self, condition: ColumnElement[bool]) -> list[HelpView]:
        statement = (
            select(
                PRACTICAL_HELP,
                REFERRAL.c.reference,
                REFERRAL.c.wrapped_key,
                COMMAND.c.words_enc,
                stop.stands(REFERRAL.c.id).label("stopped"),
            )
            .join_from(PRACTICAL_HELP, REFERRAL, REFERRAL.c.id == PRACTICAL_HELP.c.referral_id)
            .join(COMMAND, COMMAND.c.id == PRACTICAL_HELP.c.command_id, isouter=True)
            .where(condition)
            .order_by(PRACTICAL_HELP.c.asked_at, PRACTICAL_HELP.c.id)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
            targets = [help_workflow_id(row.id) for row in rows]
            commands = connection.execute(
                select(COMMAND).where(COMMAND.c.target_id.in_(targets)).order_by(COMMAND.c.ordinal)
            ).all()
        by_target = defaultdict(list)
        for command in commands:
            by_target[command.target_id].append(command)
        return [self._opened(row, by_target[help_workflow_id(row.id)]) for row in rows]

    def _opened(self, row: AnyRow, commands: Sequence[AnyRow]) -> HelpView:
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        said = [_said(cipher, command) for command in commands]
        return HelpView(
            id=row.id,
            referral_id=row.referral_id,
            reference=row.reference,
            asked_at=row.asked_at,
            stage=HelpStage(row.stage),
            revision=row.revision,
            state=open_state(cipher, row.id, row.state_enc),
            stopped=row.stopped,
            alerted=row.alerted,
            ended_at=row.ended_at,
            asked=words_of(cipher, row.command_id, row.words_enc),
            said=tuple(Said(command=one.command, words=_without_duress_word(one.words)) for one in said),
            duress_words=_duress_words(said),
        )


def _said(cipher: PersonCipher, row: AnyRow) -> Said:
    return Said(command=stored_of(cipher, row), words=words_of(cipher, row.id, row.words_enc))


def _has_made(command: StoredCommand, kind: type[VisitPlanned | GoodsOrdered]) -> bool:
    return command.state is CommandState.APPLIED and isinstance(command.event, kind)


def _duress_words(said: Iterable[Said]) -> dict[int, str]:
    planned = [one for one in said if _has_made(one.command, VisitPlanned)]
    agreed = {n: one.words.get("visitor", {}).get(DURESS_WORD, "") for n, one in enumerate(planned, start=1)}
    return {number: word for number, word in agreed.items() if word}


def _without_duress_word(words: dict[str, Any]) -> dict[str, Any]:
    visitor = words.get("visitor")
    if not visitor or DURESS_WORD not in visitor:
        return words
    return {**words, "visitor": {name: said for name, said in visitor.items() if name != DURESS_WORD}}
