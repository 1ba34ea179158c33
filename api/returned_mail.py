"""Letters that came back, weeks later: the address is used no more, and the referral wakes."""

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asked import AskedByStaffOptionally
from api.command import PendingOut, carry_out
from api.fields import Body, Note, ShortLine
from api.json_body import validated, without_nulls
from api.problems import Kind, Problem, not_found
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.events import MessageReported
from domain.vocabulary import DeliveryReport
from store.returned_mail import NoLetterLeft, ReturnedLetter

router = APIRouter(prefix=PREFIX, tags=["returned mail"])
NONE_LEFT = "No letter left for this reference"
"""A mistyped reference must not close the address of somebody else."""
KIND = "report"
"""For the reader of the command."""


class ReturnedMailIn(Body):
    """A letter came back."""

    message: ShortLine = Field(
        default=None, description="The letter's id; by default the one that left, if it was just one."
    )
    note: Note = None


@router.post(
    "/referrals/{referral_id}/returned-mail",
    openapi_extra=takes(
        ReturnedMailIn, required=False, example={"message": None, "note": "Marked: gone away."}
    ),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_returned_mail(referral_id: str, services: In, asked: AskedByStaffOptionally) -> Response:
    """Record that a letter came back: nothing more goes to that address, and its referral wakes."""
    returned = validated(ReturnedMailIn, without_nulls(asked.body))
    event = await run_in_threadpool(came_back, services, referral_id, returned.message)
    return await carry_out(
        services, asked, referral_id=referral_id, kind=KIND, event=event, words={"note": returned.note}
    )


def came_back(services: Services, referral_id: str, message_id: str | None) -> MessageReported:
    """What a returned letter means, in opaque ids.

    Raises:
        Problem: There is no such referral, or the letter is none of its that can have come back.
    """
    try:
        letter = services.returned_mail.letter(referral_id, message_id)
    except NoLetterLeft:
        if message_id is not None:
            raise Problem.at("message", "is no letter of this referral that may have left") from None
        raise Problem(Kind.NOT_POSSIBLE_NOW, NONE_LEFT) from None
    if letter is None:
        raise not_found()
    return event_of(letter)


def event_of(letter: ReturnedLetter) -> MessageReported:
    """The event as it travels."""
    return MessageReported(report=DeliveryReport.RETURNED, key=letter.key, address_id=letter.address_id)
