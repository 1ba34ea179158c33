"""The forms of a referral's page that stop things: everything at one press, or one way at somebody's word.

A stop and an opt-out hold from the moment they are stored, also while the workflow engine is away.
"""

from fastapi import APIRouter
from starlette.responses import Response

from api.command import Given, give
from api.fields import Body as Fields
from api.json_body import validated
from api.referral_page import ADDRESS, Body, Posted
from api.referral_page_stops import OPT_IN, OPT_OUT, STOP
from domain.events import OptedIn, OptedOut, Stopped
from domain.vocabulary import ContactChannel, OptOutWay, StopCause
from store.idempotency import Claim

router = APIRouter(include_in_schema=False)


class StopPressed(Fields):
    """Why everything stops."""

    cause: StopCause


class ChannelChosen(Fields):
    """What is stopped, or allowed again."""

    channel: ContactChannel


@router.post(ADDRESS + "/stop")
async def stop_everything(posted: Posted) -> Response:
    """Stop everything queued for the person."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        event = Stopped(cause=validated(StopPressed, body).cause)
        return await _given(posted, claim, STOP, event)

    return await posted.taken_in(STOP, giving)


@router.post(ADDRESS + "/opt-outs")
async def record_opt_out(posted: Posted) -> Response:
    """Record that somebody asked us, on the telephone, to stop one way of reaching them."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        event = OptedOut(channel=validated(ChannelChosen, body).channel, way=OptOutWay.PHONE)
        return await _given(posted, claim, OPT_OUT, event)

    return await posted.taken_in(OPT_OUT, giving)


@router.post(ADDRESS + "/opt-ins")
async def record_opt_in(posted: Posted) -> Response:
    """Record that the person said we may use a way again."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        event = OptedIn(channel=validated(ChannelChosen, body).channel)
        return await _given(posted, claim, OPT_IN, event)

    return await posted.taken_in(OPT_IN, giving)


async def _given(
    posted: Posted, claim: Claim | None, kind: str, event: Stopped | OptedOut | OptedIn
) -> Given:
    return await give(
        posted.services,
        posted.session.token,
        claim,
        referral_id=posted.referral_id,
        kind=kind,
        event=event,
        words={},
    )
