"""How quickly repairs go: counted in one statement, so from one snapshot.  Source: docs/repairs.md#statistics.

Counted is the first help of each repair: from when its promises began to count, to the first yes, the first arrival and
the first time the work was done.  A repair that is opened again is counted as that beside it, so that a second visit
neither hides a slow first one nor makes a quick one slow.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Engine,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from domain.repair_dispatch.kinds import OfferState, RepairStage
from store.columns import AnyRow
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER

_DID_IT = (OfferState.CONFIRMED, OfferState.DONE)
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long something took."""

    count: int
    median: timedelta | None
    """`None` where nothing is counted, as `p90`."""
    p90: timedelta | None
    """Nine in ten were as quick or quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How often a promise was kept.  It counts from when it was kept or broken; a repair cancelled before does not."""

    kept: int
    broken: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; `None`: nothing to judge yet."""
        return self.kept / (self.kept + self.broken) if self.kept + self.broken else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairFigures:
    """What is counted of some repairs."""

    asked: int
    live: int
    cancelled: int
    reopened: int
    """Repairs of which the victim said at least once that the place was not secure."""
    pence: int
    to_accept: Took
    to_site: Took
    to_done: Took
    on_site: Kept
    done: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairStatistics:
    """The figures of all repairs asked for in a span, and of parts of them."""

    as_of: datetime
    all: RepairFigures
    by_kind: dict[str, RepairFigures] = field(default_factory=dict)
    """One repair may be of several kinds."""
    by_urgency: dict[str, RepairFigures] = field(default_factory=dict)
    by_area: dict[str, RepairFigures] = field(default_factory=dict)
    """By outward code or town postcode; empty where nobody knew."""
    by_trade: dict[str, RepairFigures] = field(default_factory=dict)
    """By the id of who did it or has it; a repair nobody has is not among them."""


class RepairStatisticsStore:
    """Counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(
        self, *, asked_from: datetime | None = None, asked_to: datetime | None = None
    ) -> RepairStatistics:
        """Count the repairs asked for in `[asked_from, asked_to)`; without a bound, all on that side."""
        found = _found(asked_from, asked_to)
        kinds = select(found, func.unnest(found.c.kinds).label("kind")).cte("kinds")
        parts = union_all(
            _counted(found, "all"),
            _counted(kinds, "kind", kinds.c.kind),
            _counted(found, "urgency", found.c.urgency),
            _counted(found, "area", found.c.area),
            _counted(found, "trade", func.coalesce(cast(found.c.trade, Text), _NOBODY)),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(parts).all()
        return _statistics(rows)


def _found(asked_from: datetime | None, asked_to: datetime | None) -> CTE:
    """The repairs asked for in a span, each with who did it."""
    did_it = (
        select(REPAIR_OFFER.c.repair_id, REPAIR_OFFER.c.trade_id)
        .where(REPAIR_OFFER.c.state.in_(_DID_IT))
        .ext(distinct_on(REPAIR_OFFER.c.repair_id))
        .order_by(REPAIR_OFFER.c.repair_id, REPAIR_OFFER.c.settled_at.desc())
        .subquery("did_it")
    )
    return (
        select(REPAIR, did_it.c.trade_id.label("trade"))
        .join_from(REPAIR, did_it, did_it.c.repair_id == REPAIR.c.id, isouter=True)
        .where(
            REPAIR.c.asked_at >= asked_from if asked_from else true(),
            REPAIR.c.asked_at < asked_to if asked_to else true(),
        )
        .cte("found")
    )


def _counted(of: CTE, part: str, name: ColumnElement[Any] | None = None) -> Select[Any]:
    """One row for each value; without a name one row for all, also where there is nothing."""
    c = of.c
    counted = select(
        literal(part).label("part"),
        (literal("") if name is None else name).label("name"),
        func.count().label("asked"),
        func.count().filter(c.ended_at.is_(None)).label("live"),
        func.count().filter(c.stage == RepairStage.CANCELLED).label("cancelled"),
        func.count().filter(c.reopened > 0).label("reopened"),
        func.coalesce(func.sum(c.committed_pence), 0).label("pence"),
        *_took("accept", c.first_accepted_at - c.measured_from),
        *_took("site", c.first_arrived_at - c.measured_from),
        *_took("done", c.first_done_at - c.measured_from),
        *_kept("site", of, c.first_arrived_at, c.measured_on_site_by),
        *_kept("done", of, c.first_done_at, c.measured_done_by),
        func.statement_timestamp().label("as_of"),
    )
    return counted if name is None else counted.group_by(name)


def _took(what: str, took: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """Count, median and ninth decile; what never happened has no duration and is left out."""
    return (
        func.count(took).label(f"{what}_count"),
        func.percentile_cont(0.5).within_group(took).label(f"{what}_median"),
        func.percentile_cont(0.9).within_group(took).label(f"{what}_p90"),
    )


def _kept(what: str, of: CTE, at: Any, by: Any) -> tuple[ColumnElement[Any], ...]:
    """A promise is broken when its time has passed without it, be the repair live or cancelled only later."""
    until = func.coalesce(of.c.ended_at, func.statement_timestamp())
    broken = or_(at > by, and_(at.is_(None), until > by))
    return (
        func.count().filter(at <= by).label(f"{what}_kept"),
        func.count().filter(broken).label(f"{what}_broken"),
    )


def _statistics(rows: Iterable[AnyRow]) -> RepairStatistics:
    parts: dict[str, dict[str, RepairFigures]] = {}
    as_of = None
    for row in rows:
        as_of = row.as_of
        parts.setdefault(row.part, {})[row.name] = _figures(row)
    assert as_of is not None, "what is counted of all has a row"
    by_trade = {name: figures for name, figures in parts.get("trade", {}).items() if name != _NOBODY}
    return RepairStatistics(
        as_of=as_of,
        all=parts["all"][""],
        by_kind=parts.get("kind", {}),
        by_urgency=parts.get("urgency", {}),
        by_area=parts.get("area", {}),
        by_trade=by_trade,
    )


def _figures(row: AnyRow) -> RepairFigures:
    return RepairFigures(
        asked=row.asked,
        live=row.live,
        cancelled=row.cancelled,
        reopened=row.reopened,
        pence=int(row.pence),
        to_accept=Took(count=row.accept_count, median=row.accept_median, p90=row.accept_p90),
        to_site=Took(count=row.site_count, median=row.site_median, p90=row.site_p90),
        to_done=Took(count=row.done_count, median=row.done_median, p90=row.done_p90),
        on_site=Kept(kept=row.site_kept, broken=row.site_broken),
        done=Kept(kept=row.done_kept, broken=row.done_broken),
    )
