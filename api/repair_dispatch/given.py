"""Commands about repairs: given like every other, and answered with the repair as the tables have it then."""

import asyncio
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import Asked
from api.command import carry_out
from api.problems import not_found
from api.referral_out import Json
from api.repair_dispatch.repair_shown import etag_of, repair_out
from api.repair_dispatch.telling import telling_fields
from api.schema import PREFIX
from api.services import Services
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import RepairCommandEvent
from store.command import StoredCommand
from store.repair_dispatch.views import RepairView

OFFERED_WITHIN = timedelta(seconds=3)
"""How long a request waits to say who has been asked."""
FIRST_LOOK = timedelta(milliseconds=25)
LAST_LOOK = timedelta(milliseconds=400)
"""It looks less and less often: in a storm two hundred wait at once."""


async def found(services: Services, repair_id: str) -> RepairView:
    """Read one repair.  Raises a problem if there is none."""
    view = await run_in_threadpool(services.repairs.one, repair_id)
    if view is None:
        raise not_found()
    return view


async def tell_repair(
    services: Services,
    asked: Asked,
    repair: RepairView,
    *,
    kind: str,
    event: RepairCommandEvent,
    words: dict[str, Any],
    status: int = 200,
) -> Response:
    """Give a command to a repair's workflow; the answer is the repair, 202 while it is not applied yet."""

    async def showing(_: StoredCommand) -> Response:
        return await answer_with(services, await found(services, repair.id), status=status)

    return await carry_out(
        services,
        asked,
        referral_id=repair.referral_id,
        kind=kind,
        event=event,
        words=words,
        target_id=repair_workflow_id(repair.id),
        showing=showing,
    )


async def answer_with(services: Services, repair: RepairView, *, status: int = 200) -> Response:
    """Answer with a repair."""
    headers = {
        "Cache-Control": "no-store",
        "ETag": etag_of(repair),
        "Location": f"{PREFIX}/repairs/{repair.id}",
    }
    return JSONResponse(await run_in_threadpool(in_full, services, repair), status, headers=headers)


def in_full(services: Services, repair: RepairView) -> Json:
    """Show a repair with its photos, and with what a person should look at again."""
    within = services.profile.repairs.duplicate_within
    referral = services.referrals.view(repair.referral_id)
    return repair_out(
        repair,
        photos=services.repair_photos.of_repair(repair.id) if repair.photos else (),
        duplicates=services.repairs.duplicates(repair.id, within=within),
        telling=telling_fields(repair.job, referral.document) if referral else (),
        now=services.clock(),
    )


async def asked_by_now(services: Services, repair_id: str) -> RepairView:
    """Wait a moment until somebody has been asked, or nobody will be for now.

    Raises a problem if there is no such repair.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + OFFERED_WITHIN.total_seconds()
    pause = FIRST_LOOK.total_seconds()
    while clock() < until and await run_in_threadpool(services.repair_listing.is_about_to_ask, repair_id):
        await asyncio.sleep(pause)
        pause = min(pause * 2, LAST_LOOK.total_seconds())
    return await found(services, repair_id)
