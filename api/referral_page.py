"""One referral for people: what is safe, the number, and everything that can be recorded or decided."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import Given, give
from api.contact import ReplyIn, attempt_made, read_attempt, replied
from api.decision import event_of, read_decision
from api.form import FormError, Sent, again, document_of
from api.idempotency import Once
from api.identity import sees_alerts
from api.json_body import validated
from api.mending import mended
from api.ongoing_support import ReviewIn
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem, not_found, refusal
from api.referral_page_forms import ATTEMPT, FIELDS, MOMENTS, REPLY, REVIEW, Forms
from api.referral_page_found import Setting, find
from api.referral_page_shown import page_of
from api.services import In, Services
from api.typed_times import moments_read
from api.visit import FromStaff, StaffVisit
from domain.emergency import emergency_in
from domain.errors import IdempotencyConflict, Refusal
from domain.identifiers import support_workflow_id
from domain.ongoing_support import Reviewed
from domain.repair_dispatch.code_word import code_word_from
from domain.vocabulary import DecisionKind, Stage
from store.idempotency import Claim
from store.session import Session

ADDRESS = "/referrals/{referral_id}"
_SENT_BEFORE = (
    "This form was sent before with other words. Look what is recorded below; send it if it is still needed."
)
_ON_THE_FORM = frozenset({Kind.VALIDATION, Kind.INCOMPLETE, Kind.NOT_POSSIBLE_NOW, Kind.ROLE_NOT_ALLOWED})
"""Problems that are shown with what was typed."""

Body = dict[str, Any]
Giving = Callable[[Body, Claim | None], Awaitable[Given]]
"""Reads what a form said and gives the command it means."""

router = APIRouter(include_in_schema=False)


class ReferralPageQuery(AskedFor):
    """What has just been sent."""

    command: Annotated[str, Field(max_length=36)] = ""


@router.get(ADDRESS)
async def referral_page(
    request: Request,
    services: In,
    session: StaffVisit,
    referral_id: str,
    query: Annotated[ReferralPageQuery, Query()],
) -> Response:
    """Show one referral."""
    return await _shown(request, services, session, referral_id, command_id=query.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """A form that was sent about one referral."""

    request: Request
    services: Services
    session: Session
    sent: Sent
    referral_id: str

    async def taken_in(self, form: str, giving: Giving) -> Response:
        """Give the command and say what became of it, or show the form again with what was typed."""
        services = self.services
        try:
            body = moments_read(document_of(self.sent), MOMENTS, services.zone)
            once = Once.of(services, self.session.token, self.request, self.sent.once, body)
            given = await giving(body, once.claim)
        except IdempotencyConflict:
            return await self._again(form, Problem(Kind.NOT_POSSIBLE_NOW, _SENT_BEFORE))
        except Refusal as refused:
            return await self._again(form, refusal(refused.code, refused.reason))
        except Problem as problem:
            if problem.kind not in _ON_THE_FORM:
                raise
            return await self._again(form, problem)
        if given.answer is not None and not given.answer.applied:
            return await self._again(form, refusal(given.answer.code, given.answer.why))
        return to(f"/referrals/{self.referral_id}?command={given.stored.id}")

    async def _again(self, form: str, problem: Problem) -> Response:
        if form not in FIELDS:
            raise problem
        if problem.kind is Kind.INCOMPLETE and form == DecisionKind.CLOSE:
            problem = Problem.at("outcome", "is required")
        errors: list[FormError] = mended(problem, FIELDS[form], form=form)
        forms = Forms(name=form, shown=again(self.sent, errors))
        return await _shown(
            self.request,
            self.services,
            self.session,
            self.referral_id,
            forms=forms,
            status=problem.kind.status,
        )


async def _posted(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, referral_id: str
) -> _Posted:
    return _Posted(request=request, services=services, session=session, sent=sent, referral_id=referral_id)


Posted = Annotated[_Posted, Depends(_posted)]


@router.post(ADDRESS + "/contact-attempts")
async def record_call(posted: Posted) -> Response:
    """Record a call."""
    services, referral_id = posted.services, posted.referral_id

    async def giving(body: Body, claim: Claim | None) -> Given:
        attempt = read_attempt(services, body)
        return await give(
            services,
            posted.session.token,
            claim,
            referral_id=referral_id,
            kind="attempt",
            event=await attempt_made(services, referral_id, attempt),
            words={"note": attempt.note},
        )

    return await posted.taken_in(ATTEMPT, giving)


@router.post(ADDRESS + "/decisions")
async def decide(posted: Posted) -> Response:
    """Decide."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        decision = read_decision(body)
        return await give(
            posted.services,
            posted.session.token,
            claim,
            referral_id=posted.referral_id,
            kind="decision",
            event=event_of(decision, posted.session.token.role),
            words={"reason": decision.reason},
        )

    return await posted.taken_in(posted.sent.text("decision"), giving)


@router.post(ADDRESS + "/replies")
async def record_reply(posted: Posted) -> Response:
    """Record a reply that came without a call."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        reply = validated(ReplyIn, body)
        received_at = reply.received_at.isoformat() if reply.received_at else None
        return await give(
            posted.services,
            posted.session.token,
            claim,
            referral_id=posted.referral_id,
            kind="reply",
            event=await replied(posted.services, posted.referral_id, reply),
            words={"note": reply.note, "received_at": received_at},
        )

    return await posted.taken_in(REPLY, giving)


@router.post(ADDRESS + "/reviews")
async def record_review(posted: Posted) -> Response:
    """Record a review of ongoing support."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        review = validated(ReviewIn, body)
        return await give(
            posted.services,
            posted.session.token,
            claim,
            referral_id=posted.referral_id,
            kind="review",
            event=Reviewed(
                engagement=review.outcome, next_review_on=review.next_review_on, owner=review.owner
            ),
            words={"note": review.note},
            target_id=await _support_workflow(posted.services, posted.referral_id),
        )

    return await posted.taken_in(REVIEW, giving)


async def _support_workflow(services: Services, referral_id: str) -> str:
    view = await run_in_threadpool(services.referrals.view, referral_id)
    if view is None:
        raise not_found()
    if view.support_id is None or view.stage is Stage.CLOSED:
        raise Problem(Kind.NOT_POSSIBLE_NOW, "No ongoing support has begun, or it has ended.")
    return support_workflow_id(view.support_id)


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    referral_id: str,
    *,
    command_id: str = "",
    forms: Forms | None = None,
    status: int = 200,
) -> Response:
    forms = forms or Forms()
    found = await run_in_threadpool(
        find, services, referral_id, command_id, alerts=sees_alerts(session.token.role)
    )
    setting = Setting(
        role=session.token.role,
        now=services.clock(),
        zone=services.zone,
        neutral_name=services.profile.neutral_name,
        language=services.profile.languages[0],
        emergency=emergency_in(services.region),
        simulated=services.simulated,
        region=services.region,
        repair_policy=services.profile.repairs,
        code_word=code_word_from(secrets.token_bytes(2)),
    )
    page = await run_in_threadpool(page_of, found, setting, again=forms.name)
    return show(request, "referral.html", status=status, session=session, page=page, forms=forms)
