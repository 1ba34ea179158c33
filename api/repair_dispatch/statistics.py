"""How quickly repairs go, and how often the promises are kept: of all, by kind, urgency, area and tradesperson."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.identity import MANAGERS_ONLY
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers
from api.services import In, Services
from api.statistics import StatisticsQuery
from store.repair_dispatch.statistics import Kept, RepairFigures, RepairStatistics, Took

router = APIRouter(prefix=PREFIX, tags=["repairs"])


class TookOut(Out):
    """How long something took, in whole seconds; `null` where nothing is counted."""

    count: int
    median_seconds: int | None
    p90_seconds: int | None = Field(description="Nine in ten were as quick or quicker.")


class KeptOut(Out):
    """How often a promise was kept.  It counts from when it was kept or broken."""

    kept: int
    broken: int
    share: float | None = Field(description="From 0 to 1; `null`: nothing to judge yet.")


class FiguresOut(Out):
    """What is counted of some repairs: the first help of each; a reopening is counted beside it."""

    asked: int
    live: int
    cancelled: int
    reopened: int
    pence: int
    to_accept: TookOut
    to_site: TookOut
    to_done: TookOut
    on_site: KeptOut
    done: KeptOut


class TradeFiguresOut(FiguresOut):
    """The same of one tradesperson."""

    trade_id: str
    name: str
    firm: str


class RepairStatisticsOut(Out):
    """One snapshot of the repairs asked for in a span."""

    as_of: datetime
    from_: datetime | None = Field(alias="from")
    to: datetime | None
    all: FiguresOut
    by_kind: dict[str, FiguresOut] = Field(description="One repair may be of several kinds.")
    by_urgency: dict[str, FiguresOut]
    by_area: dict[str, FiguresOut]
    by_trade: list[TradeFiguresOut] = Field(description="By who did it or has it, the busiest first.")


@router.get(
    "/repairs/statistics",
    responses=answers({200: RepairStatisticsOut}, 401, 403, 422),
    dependencies=[MANAGERS_ONLY],
)
async def repair_statistics(services: In, query: Annotated[StatisticsQuery, Query()]) -> Response:
    """Count the repairs asked for in a span by how they went."""
    asked_from, asked_to = query.bounds(services.zone)

    def counted() -> Json:
        found = services.repair_statistics.read(asked_from=asked_from, asked_to=asked_to)
        span = {"from": written(asked_from), "to": written(asked_to)}
        return {"as_of": written(found.as_of)} | span | _shown(services, found)

    return JSONResponse(await run_in_threadpool(counted))


def _shown(services: Services, found: RepairStatistics) -> Json:
    busiest = sorted(found.by_trade.items(), key=lambda entry: (-entry[1].asked, entry[0]))
    return {
        "all": _figures(found.all),
        "by_kind": {name: _figures(each) for name, each in sorted(found.by_kind.items())},
        "by_urgency": {name: _figures(each) for name, each in sorted(found.by_urgency.items())},
        "by_area": {name: _figures(each) for name, each in sorted(found.by_area.items())},
        "by_trade": [_of_trade(services, trade_id, each) for trade_id, each in busiest],
    }


def _of_trade(services: Services, trade_id: str, figures: RepairFigures) -> Json:
    entry = services.tradespeople.get(trade_id)
    name, firm = (entry.who.name, entry.who.firm) if entry else ("", "")
    return {"trade_id": trade_id, "name": name, "firm": firm, **_figures(figures)}


def _figures(figures: RepairFigures) -> Json:
    return {
        "asked": figures.asked,
        "live": figures.live,
        "cancelled": figures.cancelled,
        "reopened": figures.reopened,
        "pence": figures.pence,
        "to_accept": _took(figures.to_accept),
        "to_site": _took(figures.to_site),
        "to_done": _took(figures.to_done),
        "on_site": _kept(figures.on_site),
        "done": _kept(figures.done),
    }


def _took(took: Took) -> Json:
    return {
        "count": took.count,
        "median_seconds": _seconds(took.median),
        "p90_seconds": _seconds(took.p90),
    }


def _kept(kept: Kept) -> Json:
    return {"kept": kept.kept, "broken": kept.broken, "share": kept.share}


def _seconds(took: timedelta | None) -> int | None:
    return None if took is None else round(took.total_seconds())
