"""Asking for support oneself, or for somebody one helps: no police report, no sign-in, nothing kept but what is sent.

Nothing leaves for such a referral until a person has spoken to the victim: it is confirmed on the screen alone.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import form_words as words
from api.fields import looks_whole
from api.form import FormError, Sent, Shown, again, id_of
from api.next_steps import has_time_to_ring, next_steps
from api.pages import AGAIN, show
from api.problems import DATABASE_AWAY
from api.rate_limit import SELF_REFERRALS
from api.referral import take_in
from api.referral_form import SEND, Document, Unfit
from api.self_referral_form import (
    DAYS,
    NUMBER,
    PARTS_OF_DAY,
    PLAN,
    WHOM,
    document_typed,
    is_about_somebody_else,
)
from api.services import In, Services
from api.visit import FromAnybody, Visitor
from domain.emergency import emergency_in
from domain.errors import IdempotencyConflict
from domain.facts import Facts
from domain.vocabulary import Weekday
from store.idempotency import Claim
from store.referral_document import facts_of
from store.session import Session
from store.tokens import Maker

MAKER = Maker(token_id="get-support", role="public", name="Self-referral form")  # noqa: S106  # it has no secret
"""Who refers, for the timeline and the owner: everybody who uses this page."""
AWAY = (
    "We could not save this just now. Nothing you typed is lost: send it again in a minute, or call us on {}"
)
TOO_MANY = "Too many were sent from here in a few minutes. Wait ten minutes and send again, or call us on {}"
SENT_BEFORE = (
    "You sent this page before, with other answers, and we have those. Send again only if this is about "
    "somebody else; to change what you sent, call us"
)
NOTHING_SENT = (
    "Nothing has been sent. Fill in the form again; if you see this once more, your browser keeps no cookies: "
    "call us on {}"
)
NOT_WHOLE = (
    "Check the telephone number: it looks as if a digit is missing or wrong. If it is right, call us on {}"
)
NO_TIME = "We are closed at the times you chose. Choose other days or times, or leave them empty"

router = APIRouter(include_in_schema=False)


@router.get("/get-support")
async def ask_for_support(request: Request, services: In, session: Visitor) -> Response:
    """Show the form."""
    told = NOTHING_SENT.format(services.profile.telephone)
    errors = (FormError(field=SEND, text=told),) if AGAIN in request.query_params else ()
    return _form(request, services, session, Shown(errors=errors))


@router.post("/get-support")
async def refer_oneself(request: Request, services: In, session: Visitor, sent: FromAnybody) -> Response:
    """Take a self-referral in and confirm it on the screen; the same form sent again is confirmed again."""
    now = services.clock()
    try:
        document, facts = _read(services, sent, now)
    except Unfit as unfit:
        return _form(request, services, session, again(sent, unfit.errors), status=422)
    claim = _claim(services, request, sent)
    try:
        is_new = await run_in_threadpool(services.idempotency.find, claim) is None
        if is_new and not request.app.state.rate_limiter.count(request, SELF_REFERRALS, "self-referral"):
            return _not_taken(request, services, session, sent, TOO_MANY, 429, wait="600")
        reception, _ = await take_in(services, MAKER, claim, document)
        view = await run_in_threadpool(services.referrals.view, reception.referral_id)
    except IdempotencyConflict:
        fresh = again(sent, [FormError(field=SEND, text=SENT_BEFORE)])
        return _form(request, services, session, fresh, status=409)
    except DATABASE_AWAY:
        return _not_taken(request, services, session, sent, AWAY, 503, wait="60")
    received_at = view.received_at if view else now
    return show(
        request,
        "get_support_sent.html",
        status=201,
        session=session,
        leave_quickly=True,
        reference=reception.reference,
        is_about_somebody_else=is_about_somebody_else(sent),
        steps=next_steps(facts, services.policies.policy_at(received_at), received_at=received_at, now=now),
        emergency=emergency_in(services.region),
    )


def _read(services: Services, sent: Sent, now: datetime) -> tuple[Document, Facts]:
    """Make the referral and what the rules need to know of it.  Raises `Unfit`."""
    counted, typed, mistakes = document_typed(sent, telephone=services.profile.telephone)
    document = PLAN.check(typed, counted, region=services.region, found=mistakes)
    if not all(looks_whole(phone["number"]) for phone in document["victim"].get("phones", ())):
        raise Unfit([FormError(field=NUMBER, text=NOT_WHOLE.format(services.profile.telephone))])
    policy = services.policies.policy_at(now)
    facts = facts_of(
        document, number_id=str, received_at=now, child_under=services.profile.triage.child_under
    )
    if not has_time_to_ring(facts, policy, now):
        raise Unfit([FormError(field=DAYS, text=NO_TIME)])
    return document, facts


def _claim(services: Services, request: Request, sent: Sent) -> Claim:
    content = json.dumps(sent.fields, sort_keys=True).encode()
    return services.idempotency.claim(
        token_id=MAKER.token_id,
        key=sent.once,
        method=request.method,
        path=request.url.path,
        body=content,
    )


def _not_taken(
    request: Request,
    services: Services,
    session: Session | None,
    sent: Sent,
    why: str,
    status: int,
    *,
    wait: str,
) -> Response:
    """Show the form again under its own key: if it was stored after all, sending it again finds it."""
    form = replace(
        again(sent, [FormError(field=SEND, text=why.format(services.profile.telephone))]), once=sent.once
    )
    response = _form(request, services, session, form, status=status)
    response.headers["Retry-After"] = wait
    return response


def _form(
    request: Request, services: Services, session: Session | None, form: Shown, *, status: int = 200
) -> Response:
    return show(
        request,
        "get_support.html",
        status=status,
        session=session,
        leave_quickly=True,
        form=form,
        id_of=id_of,
        emergency=emergency_in(services.region),
        child_under=services.profile.triage.child_under,
        **_lists(services),
    )


def _lists(services: Services) -> dict[str, Any]:
    profile = services.profile
    open_days: set[Weekday] = {day for period in profile.hours.periods for day in period.days}
    voicemails = words.voicemails_told(neutral_name=profile.neutral_name, service_name=profile.service_name)
    return {
        "who": words.choices(WHOM),
        "agreements": words.choices(words.AGREEMENTS),
        "answers": words.choices(words.ANSWERS_TOLD),
        "voicemails": words.choices(voicemails),
        "days": words.choices(words.WEEKDAYS, open_days),
        "times": tuple(words.Choice(value=v, text=text) for v, (text, *_) in PARTS_OF_DAY.items()),
        "genders": words.choices(words.INTERPRETER_GENDERS_TOLD),
        "access": words.choices(words.ACCESS_TOLD),
        "incidents": words.choices(words.INCIDENTS_TOLD),
        "relationships": words.choices(words.RELATIONSHIPS_TOLD),
        "requests": words.choices(words.REQUESTS_TOLD),
    }
