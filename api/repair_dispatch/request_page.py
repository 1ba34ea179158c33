"""The form of a referral's page that asks for a repair: one step, while the victim is on the line."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.command import Given, give
from api.referral_page import ADDRESS, Body, Posted
from api.repair_dispatch.given import asked_by_now
from api.repair_dispatch.request import KIND, asked_for, read_request
from api.repair_dispatch.request_page_shown import FORM
from api.repair_dispatch.typed_pence import pence_typed
from domain.dispatch_events import RepairAsked
from store.idempotency import Claim

router = APIRouter(include_in_schema=False)


@router.post(ADDRESS + "/repairs")
async def ask_for_repair(posted: Posted) -> Response:
    """Ask for a repair."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        request = read_request(as_document(body))
        event, words = await asked_for(posted.services, posted.referral_id, request)
        given = await give(
            posted.services,
            posted.session.token,
            claim,
            referral_id=posted.referral_id,
            kind=KIND,
            event=event,
            words=words,
        )
        if given.answer is not None and given.answer.applied and isinstance(given.stored.event, RepairAsked):
            await asked_by_now(posted.services, given.stored.event.repair_id)
        return given

    return await posted.taken_in(FORM, giving)


def as_document(typed: Body) -> dict[str, Any]:
    """What was typed as the JSON API takes it: an amount in pence, a tick as true."""
    document = dict(typed)
    if "estimate_pence" in document:
        document["estimate_pence"] = pence_typed(document["estimate_pence"])
    if "tells_victim" in document:
        document["tells_victim"] = document["tells_victim"] == "yes"
    return document
