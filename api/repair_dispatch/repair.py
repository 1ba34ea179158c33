"""Repairs over the API: asked for while the victim is on the line, and followed until the place is secure."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.identity import STAFF_ONLY
from api.page import PageQuery, bad_cursor, page
from api.problems import not_found
from api.repair_dispatch.given import answer_with, asked_by_now, found, in_full
from api.repair_dispatch.repair_out import RepairList, RepairOut, RepairsOfReferral
from api.repair_dispatch.repair_shown import summary_of
from api.repair_dispatch.request import EXAMPLE, KIND, RepairIn, asked_for, read_request
from api.schema import PREFIX, answers, takes
from api.services import In
from domain.dispatch_events import RepairAsked
from domain.repair_dispatch.kinds import RepairAsk, RepairStage
from store.columns import is_uuid
from store.command import StoredCommand
from store.repair_dispatch.listed import Place, RepairLine

router = APIRouter(prefix=PREFIX, tags=["repairs"])


@router.post(
    "/referrals/{referral_id}/repairs",
    status_code=201,
    openapi_extra=takes(RepairIn, example=EXAMPLE),
    responses=answers({201: RepairOut, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def ask_for_repair(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Ask for a repair.  The answer, within seconds, says who has been asked, or what holds it."""
    event, words = await asked_for(services, referral_id, read_request(asked.body))

    async def showing(stored: StoredCommand) -> Response:
        # Under a key that was used before it is the repair of then.
        assert isinstance(stored.event, RepairAsked)
        repair = await asked_by_now(services, stored.event.repair_id)
        return await answer_with(services, repair, status=201)

    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind=KIND,
        event=event,
        words=words,
        showing=showing,
    )


@router.get(
    "/referrals/{referral_id}/repairs",
    responses=answers({200: RepairsOfReferral}, 401, 403, 404),
    dependencies=[STAFF_ONLY],
)
async def repairs_of_referral(referral_id: str, services: In) -> Response:
    """Show the repairs of one referral, newest first."""

    def shown() -> Response:
        repairs = services.repairs.of_referral(referral_id)
        if not repairs and services.referrals.view(referral_id) is None:
            raise not_found()
        return JSONResponse({"items": [in_full(services, repair) for repair in repairs]})

    return await run_in_threadpool(shown)


class RepairQuery(PageQuery):
    """Which repairs."""

    stage: RepairStage | None = None
    asks: RepairAsk | None = Field(default=None, description="Of which a coordinator is asked this.")
    live: bool | None = Field(default=None, description="Those that have not ended, or those that have.")


@router.get("/repairs", responses=answers({200: RepairList}, 401, 403, 422), dependencies=[STAFF_ONLY])
async def list_repairs(request: Request, services: In, query: Annotated[RepairQuery, Query()]) -> Response:
    """List repairs, newest first, without anything personal."""
    after = _after(query)

    def listed() -> Response:
        lines = services.repair_listing.listed(
            stage=query.stage, asks=query.asks, live=query.live, after=after, limit=query.limit + 1
        )
        now = services.clock()
        return page(request, query, lines, shown=lambda line: summary_of(line, now=now), place=_place)

    return await run_in_threadpool(listed)


@router.get(
    "/repairs/{repair_id}", responses=answers({200: RepairOut}, 401, 403, 404), dependencies=[STAFF_ONLY]
)
async def show_repair(repair_id: str, services: In) -> Response:
    """Show one repair.  `ETag` is its version."""
    return await answer_with(services, await found(services, repair_id))


def _after(query: PageQuery) -> Place | None:
    match query.after():
        case ():
            return None
        case (at, repair_id) if is_uuid(repair_id):
            return _moment(at), repair_id
        case _:
            raise bad_cursor()


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_cursor() from None
    if at.tzinfo is None:
        raise bad_cursor()
    return at


def _place(line: RepairLine) -> tuple[str, str]:
    return line.asked_at.isoformat(), line.id
