"""Stop everything: one press, and nothing queued for a person leaves any more, Temporal or no Temporal."""

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.fields import Body, Note
from api.json_body import validated, without_nulls
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In
from domain.events import Stopped
from domain.vocabulary import StopCause

router = APIRouter(prefix=PREFIX, tags=["contact"])


class StopIn(Body):
    """Why everything stops."""

    cause: StopCause
    note: Note = None


@router.post(
    "/referrals/{referral_id}/stop",
    openapi_extra=takes(StopIn, example={"cause": "somebody_else_answered"}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def stop(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Stop everything queued at once, hold the referral for a supervisor, and recall an unposted letter.

    The stop holds from the moment it is stored: a 202 only says that the referral shows it later.
    """
    wanted = validated(StopIn, without_nulls(asked.body))
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="stop",
        event=Stopped(cause=wanted.cause),
        words={"note": wanted.note},
    )
