"""Calls that were made, and replies that came without one.  A call that happened is never refused."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.fields import Body, Moment, Note, PastMoment, PhoneNumber, ShortLine
from api.json_body import validated, without_nulls
from api.problems import not_found
from api.referral_out import AttemptRecorded, ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.events import AttemptMade, Replied
from domain.vocabulary import AttemptOutcome, Direction, ReplyChannel
from store.contact_plan import says_duress_word
from store.referral_view import ReferralView

router = APIRouter(prefix=PREFIX, tags=["contact"])


class AttemptIn(Body):
    """One call."""

    outcome: AttemptOutcome
    direction: Direction = Direction.OUTBOUND
    made_at: PastMoment | None = Field(default=None, description="By default now.")
    note: Note = None
    callback_at: Moment | None = Field(default=None, description="When the person asked to be rung back.")
    number: PhoneNumber | None = Field(default=None, description="By default the one `next_action` names.")
    word: ShortLine = Field(
        default=None,
        description="A word they used that may be an agreed one.  It is compared, and kept nowhere.",
    )


class ReplyIn(Body):
    """An answer of the victim that came without a call."""

    channel: ReplyChannel
    received_at: PastMoment | None = Field(default=None, description="By default now.")
    note: Note = None
    word: ShortLine = Field(default=None, description="As of a call: compared, and kept nowhere.")


@router.post(
    "/referrals/{referral_id}/contact-attempts",
    status_code=201,
    openapi_extra=takes(AttemptIn, example={"outcome": "no_answer"}),
    responses=answers({201: AttemptRecorded, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_attempt(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record a call.  Whether it counts is a rule, and the answer says it with the reason."""
    attempt = read_attempt(services, asked.body)
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="attempt",
        event=await attempt_made(services, referral_id, attempt),
        words={"note": attempt.note},
        status=201,
    )


@router.post(
    "/referrals/{referral_id}/replies",
    openapi_extra=takes(ReplyIn, example={"channel": "text"}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def record_reply(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record a reply by text, e-mail, letter code or web: a letter is recalled, a call is promised."""
    reply = validated(ReplyIn, without_nulls(asked.body))
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="reply",
        event=await replied(services, referral_id, reply),
        words={"note": reply.note, "received_at": _text(reply.received_at)},
    )


def read_attempt(services: Services, body: dict[str, Any]) -> AttemptIn:
    """Check a call.  Raises a problem that names the fields."""
    return validated(AttemptIn, without_nulls(body), region=services.region)


async def attempt_made(services: Services, referral_id: str, attempt: AttemptIn) -> AttemptMade:
    """The call as it travels: without number and words; an agreed word becomes a yes or no that no screen shows."""
    view = await run_in_threadpool(services.referrals.view, referral_id)
    if view is None:
        raise not_found()
    return AttemptMade(
        outcome=attempt.outcome,
        direction=attempt.direction,
        made_at=attempt.made_at or services.clock(),
        callback_at=attempt.callback_at,
        phone_id=_phone_id(view, attempt.number),
        rang_next=attempt.number is None,
        duress=attempt.word is not None and says_duress_word(view.document, attempt.word),
    )


async def replied(services: Services, referral_id: str, reply: ReplyIn) -> Replied:
    """The reply as it travels; as of a call."""
    if reply.word is None:
        return Replied(channel=reply.channel)
    view = await run_in_threadpool(services.referrals.view, referral_id)
    if view is None:
        raise not_found()
    return Replied(channel=reply.channel, duress=says_duress_word(view.document, reply.word))


def _phone_id(view: ReferralView, number: str | None) -> str | None:
    """The referral's own id of a number; by default the one that is to be rung as the call is recorded."""
    if number is None:
        return view.next_action.phone_id if view.next_action else None
    phone_id = view.number_id(number)
    return phone_id if view.number_of(phone_id) is not None else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
