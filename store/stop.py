"""Stops: one press, and nothing queued for a person leaves any more.

A stop is stored with the command that carries it, so that it holds while Temporal is away; every step
`reserved → sending` reads it.  It is lifted with the hold it led to, by a supervisor; a closing does not lift it.
Rule 4 of docs/policy.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Exists, ForeignKey, Index, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from domain.events import AttemptMade, Stopped
from domain.vocabulary import AttemptOutcome, Flag, StopCause
from store.columns import UUID, moment, table_of, text, uuid_key, whole


class StopRow(SQLModel, table=True):
    """One stop of one referral."""

    __tablename__ = "stop"
    __table_args__ = (Index("stop_standing", "referral_id", postgresql_where="lifted_at IS NULL"),)

    id: str = uuid_key()
    """The id of the command that carries it."""
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), nullable=False)
    )
    cause: str = text()
    ordinal: int = whole()
    """Of that command: the stop is lifted only once the workflow has taken it in."""
    made_at: datetime = moment()
    lifted_at: datetime | None = moment(nullable=True)


STOP = table_of(StopRow)


def stands(referral_id: object) -> Exists:
    """A condition: a stop of this referral (a column, a bind parameter or an id) has not been lifted."""
    return select(STOP.c.id).where(STOP.c.referral_id == referral_id, STOP.c.lifted_at.is_(None)).exists()


_STANDING = (
    select(STOP.c.cause, STOP.c.made_at)
    .where(STOP.c.referral_id == bindparam("this"), STOP.c.lifted_at.is_(None))
    .order_by(STOP.c.made_at)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingStop:
    """A stop that has not been lifted."""

    cause: StopCause
    made_at: datetime


class StopStore:
    """Says which stops stand."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def standing(self, referral_id: str) -> tuple[StandingStop, ...]:
        """The stops of one referral that have not been lifted, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_STANDING, {"this": referral_id}).all()
        return tuple(StandingStop(cause=StopCause(row.cause), made_at=row.made_at) for row in rows)


_ALWAYS = {
    AttemptOutcome.IMMEDIATE_DANGER: StopCause.IMMEDIATE_DANGER,
    AttemptOutcome.VICTIM_HAS_DIED: StopCause.VICTIM_HAS_DIED,
}
_ON_SENSITIVE = {
    AttemptOutcome.THIRD_PARTY_ANSWERED: StopCause.SOMEBODY_ELSE_ANSWERED,
    AttemptOutcome.CHILD_ANSWERED: StopCause.CHILD_ANSWERED,
}


def cause_of(event: object, *, sensitive: bool) -> StopCause | None:
    """Say why an event stops everything queued; `None`: it does not.  Source: rule 4 of docs/policy.md.

    Args:
        event: Of a command that is about to be stored.
        sensitive: Whether the referral is, as the tables have it.
    """
    match event:
        case Stopped(cause=cause):
            return cause
        case AttemptMade(outcome=outcome):
            return _ALWAYS.get(outcome) or (_ON_SENSITIVE.get(outcome) if sensitive else None)
        case _:
            return None


def names_a_suspect(document: Mapping[str, Any]) -> bool:
    """Whether a referral, or a change of one, says that the victim is also a suspect."""
    return Flag.COUNTER_ALLEGATION in (document.get("flags") or ())


def put(
    connection: Connection, *, command_id: str, referral_id: str, cause: StopCause, ordinal: int, at: datetime
) -> None:
    """Write a stop down with its command, inside the caller's transaction."""
    values = {
        "id": command_id,
        "referral_id": referral_id,
        "cause": cause,
        "ordinal": ordinal,
        "made_at": at,
        "lifted_at": None,
    }
    connection.execute(insert(STOP).on_conflict_do_nothing(), values)


def follow(
    connection: Connection, referral_id: str, *, applied_through: int, stopped: bool, at: datetime
) -> None:
    """Lift the stops the workflow has taken in, once it is stopped for nothing any more."""
    if stopped:
        return
    standing = (STOP.c.referral_id == referral_id) & STOP.c.lifted_at.is_(None)
    connection.execute(update(STOP).where(standing, STOP.c.ordinal <= applied_through).values(lifted_at=at))
