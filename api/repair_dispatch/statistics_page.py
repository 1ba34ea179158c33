"""How quick repairs are, for managers."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.pages import show
from api.repair_dispatch.statistics_page_shown import ADDRESS, RepairNumbers, numbers_of
from api.services import In, Services
from api.statistics import StatisticsQuery
from api.statistics_page import span_asked
from api.statistics_page_shown import periods_of
from api.visit import ManagerVisit

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
async def repair_statistics_page(request: Request, services: In, session: ManagerVisit) -> Response:
    """Count the repairs asked for in a time: how quick, and how often within the promise."""
    asked = span_asked(request, services)
    numbers = await run_in_threadpool(_read, services, asked.query) if asked.query else None
    return show(
        request,
        "repair_statistics.html",
        status=asked.status,
        session=session,
        form=asked.form,
        numbers=numbers,
        periods=periods_of(services.clock().astimezone(services.zone).date(), ADDRESS),
    )


def _read(services: Services, query: StatisticsQuery) -> RepairNumbers:
    asked_from, asked_to = query.bounds(services.zone)
    counted = services.repair_statistics.read(asked_from=asked_from, asked_to=asked_to)
    entries = services.tradespeople.everybody() if counted.by_trade else []
    names = {
        entry.who.id: f"{entry.who.name} ({entry.who.firm})" if entry.who.firm else entry.who.name
        for entry in entries
    }
    return numbers_of(counted, names=names, region=services.region, zone=services.zone)
