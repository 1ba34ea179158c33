"""Opting out, recorded by staff: the channel stops, what is automatic pauses, a person decides how to go on.

It is never taken for a no to our help, and it is known again, by a keyed hash, when somebody at the same number or
address is referred again.  Source: rule 11 of docs/policy.md; docs/policy.md#opting-out.
"""

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.fields import Body, Note
from api.json_body import validated, without_nulls
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In
from domain.events import OptedIn, OptedOut
from domain.vocabulary import ContactChannel, OptOutWay

router = APIRouter(prefix=PREFIX, tags=["contact"])


class OptOutIn(Body):
    """What somebody asked us to stop."""

    channel: ContactChannel
    way: OptOutWay = Field(default=OptOutWay.PHONE, description="How they asked.")
    note: Note = None


class OptInIn(Body):
    """What the person said we may use again."""

    channel: ContactChannel
    note: Note = None


@router.post(
    "/referrals/{referral_id}/opt-outs",
    openapi_extra=takes(OptOutIn, example={"channel": "text", "way": "phone"}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_opt_out(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record that somebody asked us to stop a channel: whoever it was, it stops; it is not `declined`."""
    said = validated(OptOutIn, without_nulls(asked.body))
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="opt_out",
        event=OptedOut(channel=said.channel, way=said.way),
        words={"note": said.note},
    )


@router.post(
    "/referrals/{referral_id}/opt-ins",
    openapi_extra=takes(OptInIn, example={"channel": "text"}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_opt_in(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record that the victim said we may use a channel again; earlier opt-outs of its addresses are lifted, too."""
    said = validated(OptInIn, without_nulls(asked.body))
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="opt_in",
        event=OptedIn(channel=said.channel),
        words={"note": said.note},
    )
