"""Everything that happened to a referral and why, in plain words, oldest first.

The words are sealed like everything else: a person may name a hold in words of their own.  Who did it and
the reason they gave are read from the command, so that each is kept once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, ForeignKey, Identity, Index, func, select
from sqlmodel import Field, SQLModel

from domain.events import AttemptMade, OptedOut, Replied, TextCame
from domain.practical_help.events import CheckedIn, VisitEnded
from domain.referral_state import Entry
from store.columns import UUID, AnyRow, is_uuid, moment, sealed, table_of, text, whole
from store.command_row import COMMAND, words_of
from store.encryption import PersonCipher, cipher_of
from store.json_form import event_from_json
from store.keyring import Keyring
from store.referral_row import REFERRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One line."""

    id: int
    """Rises; the place to read on from."""
    at: datetime
    what: str
    why: str
    by_role: str | None
    """`None`: the service itself."""
    by_name: str | None
    command_id: str | None
    words: str
    """The note or reason a person gave, on the first line of what it led to; for staff only."""
    alerts: bool = False
    """Whether a word agreed for duress was used in it; read for supervisors alone."""


class TimelineRow(SQLModel, table=True):
    """One line; its key makes a repeated projection harmless."""

    __tablename__ = "timeline"
    __table_args__ = (Index("timeline_order", "referral_id", "id", unique=True),)

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), primary_key=True)
    )
    stream: str = text(primary_key=True)
    """`referral`, or the id of an ongoing support or a repair."""
    turn: int = whole(primary_key=True)
    n: int = whole(primary_key=True)
    at: datetime = moment()
    what_enc: bytes = sealed()
    why_enc: bytes | None = sealed(nullable=True)
    by_role: str | None = text(nullable=True)
    by_name: str | None = text(nullable=True)
    command_id: str | None = Field(default=None, sa_column=Column(UUID, nullable=True))


TIMELINE = table_of(TimelineRow)


def lines(
    cipher: PersonCipher,
    *,
    referral_id: str,
    stream: str,
    turn: int,
    entries: Iterable[Entry],
    at: datetime,
    command_id: str | None = None,
    by_role: str | None = None,
    by_name: str | None = None,
) -> list[dict[str, Any]]:
    """Make the rows of one turn."""
    return [
        {
            "referral_id": referral_id,
            "stream": stream,
            "turn": turn,
            "n": n,
            "at": at,
            "what_enc": cipher.seal_text(
                "timeline.what_enc", _place(referral_id, stream, turn, n), entry.what
            ),
            "why_enc": cipher.seal_text("timeline.why_enc", _place(referral_id, stream, turn, n), entry.why)
            if entry.why
            else None,
            "by_role": by_role,
            "by_name": by_name,
            "command_id": command_id if entry.by_person else None,
        }
        for n, entry in enumerate(entries)
    ]


class TimelineStore:
    """Reads it."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def of(
        self,
        referral_id: str,
        *,
        after: int = 0,
        limit: int = 100,
        alerts: bool = False,
        stream: str | None = None,
    ) -> list[TimelineLine]:
        """Read the lines after one of them, oldest first; nothing for a referral that is not there.

        Args:
            referral_id: Whose.
            after: The line after which to begin.
            limit: How many.
            alerts: Whether each line says if it alerts; no line of its own tells of an alert.
            stream: Only what one ongoing support or repair wrote, by its id.
        """
        if not is_uuid(referral_id):
            return []
        statement = (
            select(
                TIMELINE,
                REFERRAL.c.wrapped_key,
                func.coalesce(COMMAND.c.by_role, TIMELINE.c.by_role).label("role"),
                func.coalesce(COMMAND.c.by_name, TIMELINE.c.by_name).label("name"),
                COMMAND.c.words_enc,
                COMMAND.c.event_enc,
            )
            .join(REFERRAL, REFERRAL.c.id == TIMELINE.c.referral_id)
            .join(COMMAND, COMMAND.c.id == TIMELINE.c.command_id, isouter=True)
            .where(TIMELINE.c.referral_id == referral_id, TIMELINE.c.id > after)
            .order_by(TIMELINE.c.id)
            .limit(limit)
        )
        if stream is not None:
            statement = statement.where(TIMELINE.c.stream == stream)
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        if not rows:
            return []
        cipher = cipher_of(self._keyring, referral_id, rows[0].wrapped_key)
        alerting = _alerting(cipher, rows) if alerts else set()
        return [_line(cipher, row, alerts=row.id in alerting) for row in rows]


def _alerting(cipher: PersonCipher, rows: Sequence[AnyRow]) -> set[int]:
    """The first line of each command in which a word agreed for duress was used."""
    first: dict[str, AnyRow] = {}
    for row in rows:
        if row.command_id is not None:
            first.setdefault(row.command_id, row)
    return {row.id for command_id, row in first.items() if _is_under_duress(cipher, command_id, row)}


def _is_under_duress(cipher: PersonCipher, command_id: str, row: AnyRow) -> bool:
    event = event_from_json(cipher.open("command.event_enc", command_id, row.event_enc))
    said = AttemptMade | Replied | OptedOut | TextCame | CheckedIn | VisitEnded
    return isinstance(event, said) and event.duress


def _line(cipher: PersonCipher, row: AnyRow, *, alerts: bool) -> TimelineLine:
    place = _place(row.referral_id, row.stream, row.turn, row.n)
    words = words_of(cipher, row.command_id, row.words_enc) if row.command_id else {}
    return TimelineLine(
        id=row.id,
        at=row.at,
        what=cipher.open_text("timeline.what_enc", place, row.what_enc),
        why=cipher.open_text("timeline.why_enc", place, row.why_enc),
        by_role=row.role,
        by_name=row.name,
        command_id=row.command_id,
        words=words.get("reason") or words.get("note") or "",
        alerts=alerts,
    )


def _place(referral_id: str, stream: str, turn: int, n: int) -> str:
    return f"{referral_id}:{stream}:{turn}:{n}"
