"""Reviews of ongoing support."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.fields import Body, Day, Note, ShortLine
from api.json_body import validated, without_nulls
from api.problems import not_found
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.errors import NotPossibleNow
from domain.identifiers import support_workflow_id
from domain.ongoing_support import Engagement, Reviewed
from domain.vocabulary import Stage

router = APIRouter(prefix=PREFIX, tags=["ongoing support"])


class ReviewIn(Body):
    """One review."""

    outcome: Engagement
    next_review_on: Day | None = None
    owner: ShortLine = None
    note: Note = None


@router.post(
    "/referrals/{referral_id}/reviews",
    openapi_extra=takes(ReviewIn, example={"outcome": "engaged"}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_review(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record a review of ongoing support; the next one is due by the profile unless a date is named."""
    review = validated(ReviewIn, without_nulls(asked.body))
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="review",
        event=Reviewed(engagement=review.outcome, next_review_on=review.next_review_on, owner=review.owner),
        words={"note": review.note},
        target_id=support_workflow_id(await _support_id(services, referral_id)),
    )


async def _support_id(services: Services, referral_id: str) -> str:
    view = await run_in_threadpool(services.referrals.view, referral_id)
    if view is None:
        raise not_found()
    if view.support_id is None or view.stage is Stage.CLOSED:
        raise NotPossibleNow("No ongoing support has begun, or it has ended.")
    return view.support_id
