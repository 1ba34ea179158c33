"""Referrals whose workflow is not known to have begun.

The API tries to start a workflow at once; what is left over a relay starts.  A row leaves with the first
turn the workflow projects, so nobody needs to remember to remove it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Engine, ForeignKey, Index, delete, select, update
from sqlmodel import Field, SQLModel

from store.columns import UUID, moment, table_of, whole

RELAY_WAITS = timedelta(seconds=5)
"""How long the API's own try goes first: longer than the 3 s it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A referral to be started."""

    referral_id: str
    made_at: datetime
    tries: int
    """How often a relay has taken it, this time included."""


class OutboxRow(SQLModel, table=True):
    """One referral to be started."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_next_try", "next_try_at"),)

    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), primary_key=True)
    )
    made_at: datetime = moment()
    next_try_at: datetime = moment()
    tries: int = whole()


OUTBOX = table_of(OutboxRow)


class Outbox:
    """What a relay takes, a lease at a time; no lock is held while it talks to Temporal."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, *, now: datetime, lease: timedelta, limit: int) -> list[Waiting]:
        """Take the longest waiting; until the lease is over no other relay takes them."""
        due = select(OUTBOX.c.referral_id).where(OUTBOX.c.next_try_at <= now)
        chosen = due.order_by(OUTBOX.c.next_try_at).limit(limit).with_for_update(skip_locked=True)
        statement = (
            update(OUTBOX)
            .where(OUTBOX.c.referral_id.in_(chosen))
            .values(next_try_at=now + lease, tries=OUTBOX.c.tries + 1)
            .returning(OUTBOX)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(statement).all()
        waiting = [Waiting(referral_id=row.referral_id, made_at=row.made_at, tries=row.tries) for row in rows]
        return sorted(waiting, key=lambda one: one.made_at)

    def done(self, referral_id: str) -> None:
        """It has been started."""
        with self._engine.begin() as connection:
            connection.execute(delete(OUTBOX).where(OUTBOX.c.referral_id == referral_id))

    def failed(self, referral_id: str, *, retry_at: datetime) -> None:
        """It could not be started; a relay takes it again then."""
        with self._engine.begin() as connection:
            mine = OUTBOX.c.referral_id == referral_id
            connection.execute(update(OUTBOX).where(mine).values(next_try_at=retry_at))
