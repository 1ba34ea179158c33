"""Repairs in long lists: from their clear columns alone, so that nothing is opened that nobody asked for."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, Select, any_, bindparam, select, tuple_

from domain.repair_dispatch.kinds import RepairAsk, RepairHold, RepairKind, RepairStage, Urgency
from store.repair_dispatch.row import REPAIR

Place = tuple[datetime, str]
"""When the last repair of a page was asked for, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairLine:
    """One repair, without anything personal."""

    id: str
    reference: str
    referral_id: str
    kinds: tuple[RepairKind, ...]
    urgency: Urgency
    area: str
    stage: RepairStage
    holds: tuple[RepairHold, ...]
    asks: tuple[RepairAsk, ...]
    asked_at: datetime
    on_site_by: datetime
    done_by: datetime
    accepted_at: datetime | None
    eta_at: datetime | None
    arrived_at: datetime | None
    made_safe_at: datetime | None
    finished_at: datetime | None
    follow_up_at: datetime | None
    ended_at: datetime | None
    committed_pence: int
    turn: int
    revision: int


_ABOUT_TO_ASK = select(REPAIR.c.id).where(
    REPAIR.c.id == bindparam("this"), REPAIR.c.stage == RepairStage.LOOKING, REPAIR.c.offered_at.is_(None)
)
_COLUMNS = tuple(REPAIR.c[field.name] for field in fields(RepairLine))


class RepairListing:
    """Reads repairs page by page."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def listed(
        self,
        *,
        stage: RepairStage | None = None,
        asks: RepairAsk | None = None,
        live: bool | None = None,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[RepairLine]:
        """List repairs, newest first.

        Args:
            stage: Only those that stand there.
            asks: Only those of which a coordinator is asked this.
            live: Only those that have not ended, or only those that have.
            after: Where the page before ended.
            limit: How many.
        """
        statement = _filtered(stage, asks, live)
        if after is not None:
            statement = statement.where(tuple_(REPAIR.c.asked_at, REPAIR.c.id) < after)
        newest = statement.order_by(REPAIR.c.asked_at.desc(), REPAIR.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_line(row) for row in connection.execute(newest).mappings()]

    def is_about_to_ask(self, repair_id: str) -> bool:
        """Whether somebody is looked for and nobody has been asked yet: what a waiting coordinator waits for."""
        with self._engine.connect() as connection:
            return connection.execute(_ABOUT_TO_ASK, {"this": repair_id}).first() is not None


def _filtered(stage: RepairStage | None, asks: RepairAsk | None, live: bool | None) -> Select[Any]:  # noqa: FBT001  # three answers
    statement = select(*_COLUMNS)
    if stage is not None:
        statement = statement.where(REPAIR.c.stage == stage)
    if asks is not None:
        statement = statement.where(any_(REPAIR.c.asks) == asks)
    if live is not None:
        has_ended = REPAIR.c.ended_at.is_not(None)
        statement = statement.where(~has_ended if live else has_ended)
    return statement


def _line(row: RowMapping) -> RepairLine:
    words = {
        "kinds": tuple(map(RepairKind, row["kinds"])),
        "urgency": Urgency(row["urgency"]),
        "stage": RepairStage(row["stage"]),
        "holds": tuple(map(RepairHold, row["holds"])),
        "asks": tuple(map(RepairAsk, row["asks"])),
    }
    return RepairLine(**{**row, **words})
