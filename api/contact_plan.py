"""The contact plan of one referral: how the person is reached safely, as staff read and change it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import AskedByStaff
from api.call_window import CallWindow
from api.command import PendingOut, carry_out
from api.contact_plan_change import (
    CONFIRMED,
    CONFIRMED_MEANWHILE,
    KIND,
    CheckedChange,
    PlanChange,
    checked_change,
)
from api.contact_plan_channels import ChannelLine, channels, set_by
from api.contact_plan_in import InterpreterNeeded
from api.contact_plan_version import etag_of, refuse_stale, waiting_changes
from api.identity import STAFF_ONLY
from api.problems import Problem, not_found
from api.referral_out import Json, Out, ReferralInFull, written
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.events import PlanSent
from domain.vocabulary import Access, Answer, CallerDisplay, ContactChannel, VoicemailRule
from store.contact_plan import DURESS_WORD, has_run_out, plan_of
from store.referral_view import ReferralView
from store.tokens import Maker

_OF_PERSON = ("preferred_name", "language", "interpreter")
_OF_PLAN = (
    "if_someone_else_answers",
    "on_ring_back",
    "safe_word",
    "relay",
    "caller_display",
)

router = APIRouter(prefix=PREFIX, tags=["contact plan"])


class ChannelOut(Out):
    """One way to reach the person."""

    channel: ContactChannel
    of_guardian: bool
    to: str = Field(description="The number or address.")
    safe: Answer = Field(description="As it was said.")
    counts_as: Answer = Field(
        description="As the rules take it now: a plan that has run out vouches for nothing."
    )
    opted_out: bool = Field(description="Whether we were asked to stop it, on this referral.")
    not_used: bool = Field(
        description="Whether something bounced there or came back, or it was a wrong number: it counts as unsafe."
    )
    windows: list[CallWindow] = Field(description="When; empty: whenever the service's hours allow.")
    voicemail: VoicemailRule | None
    caller_display: CallerDisplay | None
    who_may_answer: str | None = Field(description="Of an address: who else lives there.")


class PlanOut(Out):
    """How the person is reached safely."""

    channels: list[ChannelOut]
    preferred_name: str | None
    language: str | None
    interpreter: str | None
    access: list[Access]
    if_someone_else_answers: str | None
    on_ring_back: str | None
    safe_word: str | None
    has_duress_word: bool = Field(description="The word itself is on the page of the plan alone.")
    interpreter_needed: InterpreterNeeded | None
    relay: str | None
    caller_display: CallerDisplay | None
    set_by: str = Field(examples=["Sam (coordinator)", "The person"])
    set_at: datetime
    until: datetime | None
    has_run_out: bool
    changes_waiting: int = Field(
        description="Changes of the plan and corrections that are stored and not applied yet: what is shown may not be "
        "what holds soon."
    )


IfMatch = Annotated[
    str | None, Header(description="The `ETag` under which the plan was read; another one now is a 412.")
]


@router.get(
    "/referrals/{referral_id}/contact-plan",
    responses=answers({200: PlanOut}, 401, 403, 404),
    dependencies=[STAFF_ONLY],
)
async def show_contact_plan(referral_id: str, services: In) -> Response:
    """Show how the person is reached safely, as it holds at this moment."""

    def shown() -> Response:
        view = _view(services, referral_id)
        waiting = len(waiting_changes(services, referral_id))
        plan = {**plan_out(view, services.clock()), "changes_waiting": waiting}
        return JSONResponse(plan, headers={"Cache-Control": "no-store", "ETag": etag_of(services, view)})

    return await run_in_threadpool(shown)


@router.patch(
    "/referrals/{referral_id}/contact-plan",
    openapi_extra=takes(
        PlanChange,
        example={
            "contact_plan": {"if_someone_else_answers": "Say it is the library.", "until": "2027-01-31"}
        },
    ),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 412, 413, 415, 422),
)
async def change_contact_plan(
    referral_id: str, services: In, asked: AskedByStaff, if_match: IfMatch = None
) -> Response:
    """Change the plan by a merge-patch (RFC 7396) of its fields; triage and safety gate run again at once.

    `null` removes; a list replaces the whole list.  What was said between the moment this is stored and the moment
    it is applied is not undone by it: numbers, addresses and times are put together one by one, and of two new
    answers to one question the more careful one holds.
    """
    if not asked.body:
        raise Problem.at("", "has nothing to change")

    def read() -> CheckedChange:
        is_new = asked.once.claim is None or services.idempotency.find(asked.once.claim) is None
        if is_new:
            refuse_stale(services, _view(services, referral_id), if_match)
        return read_change(services, referral_id, asked.body, by=asked.caller.maker)

    change = await run_in_threadpool(read)
    return await carry_out(
        services, asked, referral_id=referral_id, kind=KIND, event=PlanSent(), words=change.words
    )


def read_change(services: Services, referral_id: str, body: dict[str, Any], *, by: Maker) -> CheckedChange:
    """Check a change against the referral as it stands.  Raises a problem that names the fields."""
    view = _view(services, referral_id)
    change = checked_change(services, view.document, body, by=by, now=services.clock())
    if change.said == CONFIRMED and waiting_changes(services, referral_id):
        return replace(change, said=CONFIRMED_MEANWHILE)
    return change


def plan_out(view: ReferralView, now: datetime) -> Json:
    """One view of the plan; without the duress word."""
    document = view.document
    victim, plan = document["victim"], plan_of(document)
    by = set_by(document, view.received_at)
    return {
        "channels": [_channel(line) for line in channels(view, now=now)],
        **{name: victim.get(name) for name in _OF_PERSON},
        "access": victim.get("access", []),
        **{name: plan.get(name) for name in _OF_PLAN},
        "interpreter_needed": _interpreter(plan.get("interpreter_needed")),
        "has_duress_word": DURESS_WORD in plan,
        "set_by": by.who,
        "set_at": written(by.at),
        "until": plan.get("until"),
        "has_run_out": has_run_out(document, now),
    }


def _view(services: Services, referral_id: str) -> ReferralView:
    view = services.referrals.view(referral_id)
    if view is None:
        raise not_found()
    return view


def _interpreter(needed: Json | None) -> Json | None:
    """With what was not said, as it is meant."""
    return InterpreterNeeded.model_validate(needed).model_dump(mode="json") if needed else None


def _channel(line: ChannelLine) -> Json:
    return {
        "channel": line.channel,
        "of_guardian": line.of_guardian,
        "to": line.to,
        "safe": line.safe,
        "counts_as": line.counts_as,
        "opted_out": line.opted_out,
        "not_used": line.is_closed,
        "windows": list(line.windows),
        "voicemail": line.voicemail,
        "caller_display": line.caller_display,
        "who_may_answer": line.who_may_answer or None,
    }
