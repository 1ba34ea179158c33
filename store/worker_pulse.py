"""What the workers tell of themselves: a row for each that is alive, and the totals of all that ever were.

A worker has no address that could be asked.  Every few seconds it writes that it is there, and adds what it has
counted since it last did.  So the totals outlive the worker and never fall, whoever dies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Double, Engine, bindparam, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from store.columns import moment, table_of, text, uuid_key, whole

ALIVE_FOR = timedelta(seconds=30)
"""How long a worker counts as alive after a beat: two may be missed."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""When the row of a worker that is gone is removed."""
WAITS = ("0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "+Inf")
"""The upper bounds, in seconds, between which waits are counted.

A worker that finds its task waiting takes it within 50 ms; half a minute means that there are too few, or none.
"""
SUM = "sum"
"""The label under which all waits together are kept, in seconds."""


class Tally(StrEnum):
    """What workers count.  It grows by adding; a name never changes its meaning."""

    WORKFLOW_TASK_FAILED = "workflow_task_failed"
    """By reason."""
    ACTIVITY_FAILED = "activity_failed"
    """By activity."""
    WORKFLOW_TASK_WAIT = "workflow_task_wait"
    """How many waited how long, by the first of `WAITS` that is no shorter; and their `SUM`."""
    ACTIVITY_WAIT = "activity_wait"
    """As above."""


Counted = Mapping[tuple[Tally, str], float]
"""How much was counted, by what and under which label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One worker at one moment."""

    worker_id: str
    """Drawn by the process; says nothing of the machine."""
    started_at: datetime
    workflow_slots_free: int
    """The fewest since the last beat."""
    activity_slots_free: int
    workflows_cached: int


class WorkerPulseRow(SQLModel, table=True):
    """One worker that is alive, or was a short while ago."""

    __tablename__ = "worker_pulse"

    worker_id: str = uuid_key()
    started_at: datetime = moment()
    seen_at: datetime = moment()
    workflow_slots_free: int = whole()
    activity_slots_free: int = whole()
    workflows_cached: int = whole()


class WorkerTallyRow(SQLModel, table=True):
    """One total of all workers."""

    __tablename__ = "worker_tally"

    name: str = text(primary_key=True)
    label: str = text(primary_key=True)
    total: float = Field(sa_column=Column(Double, nullable=False))


WORKER_PULSE = table_of(WorkerPulseRow)
WORKER_TALLY = table_of(WorkerTallyRow)

_pulse = insert(WORKER_PULSE)
_SEEN = _pulse.on_conflict_do_update(
    index_elements=[WORKER_PULSE.c.worker_id],
    set_={
        name: _pulse.excluded[name]
        for name in ("seen_at", "workflow_slots_free", "activity_slots_free", "workflows_cached")
    },
)
_tally = insert(WORKER_TALLY)
_ADDED = _tally.on_conflict_do_update(
    index_elements=[WORKER_TALLY.c.name, WORKER_TALLY.c.label],
    set_={"total": WORKER_TALLY.c.total + _tally.excluded.total},
)
_GONE = delete(WORKER_PULSE).where(WORKER_PULSE.c.seen_at < bindparam("before"))


class WorkerPulseStore:
    """Where workers write; `store.metrics` reads it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def beat(self, beat: Beat, counted: Counted, *, now: datetime) -> None:
        """Say that a worker is there, add what it has counted since its last beat, and forget who is gone."""
        pulse = {
            "worker_id": beat.worker_id,
            "started_at": beat.started_at,
            "seen_at": now,
            "workflow_slots_free": beat.workflow_slots_free,
            "activity_slots_free": beat.activity_slots_free,
            "workflows_cached": beat.workflows_cached,
        }
        # In one order, so that two workers that add to the same totals wait for each other and never in a circle.
        tallies = [
            {"name": name, "label": label, "total": more} for (name, label), more in sorted(counted.items())
        ]
        with self._engine.begin() as connection:
            connection.execute(_GONE, {"before": now - FORGOTTEN_AFTER})
            connection.execute(_SEEN, pulse)
            if tallies:
                connection.execute(_ADDED, tallies)
