"""Referring at a page: an officer signs in, types what is known, and sees what became of the force's referrals."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import form_words as words
from api.form import FormError, Sent, Shown, again, id_of
from api.idempotency import Once
from api.pages import show, to
from api.police_form import ORGANISATION, PHONES, referral_typed
from api.problems import DATABASE_AWAY
from api.referral import take_in, visible
from api.referral_form import SEND, Unfit
from api.services import In, Services
from api.times import Time, time_in_words
from api.visit import FromOfficer, OfficerVisit
from domain.errors import IdempotencyConflict, SourceConflict
from domain.vocabulary import Answer, ConsentStatus, Lane, RiskLevel, VictimRole, VoicemailRule
from store.reception import ReceptionResult
from store.referral_view import ReferralView
from store.session import Session

MOST_SHOWN = 20
"""Referrals of the force under the form; the JSON API lists them all."""
LOOKS, BETWEEN_LOOKS = 6, 0.25
"""How often, and how many seconds apart, we look whether triage has spoken: who leaves the page does not come back."""
AWAY = "We could not save this just now. Nothing you typed is lost: send it again in a minute"
TAKEN = (
    "This reference is here already, with other content or from somebody else. To change a referral that is here, "
    "call us, or send the change as a correction from your own system. For another person of the same incident, "
    "enter a person reference"
)
SENT_BEFORE = (
    "You sent this page before, with other answers, and we have those. Send again only if this is another person; "
    "to change what you sent, call us"
)
_DEFAULTS = {
    "lane": Lane.CONTACT,
    "consent.status": ConsentStatus.NOT_ASKED,
    "children_present": Answer.UNKNOWN,
    "risk.level": RiskLevel.UNKNOWN,
    "victim.role": VictimRole.VICTIM,
    "victim.emails[0].safe": Answer.UNKNOWN,
    "victim.address.safe": Answer.UNKNOWN,
    **{f"victim.phones[{row}].safe": Answer.UNKNOWN for row in range(PHONES)},
    **{f"victim.phones[{row}].voicemail": VoicemailRule.NEUTRAL for row in range(PHONES)},
}
"""What a fresh form has chosen: what the JSON API takes where nothing is said."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One of the force's referrals: which one and where it is, nothing about the person."""

    reference: str
    source_reference: str
    where: str
    is_over: bool
    """Whether it has ended already: returned, out of the area; whoever sent it has something to do."""
    received_at: Time


@router.get("/police")
async def police_page(
    request: Request, services: In, session: OfficerVisit, referred: str = "", already: str = ""
) -> Response:
    """Show the form, what was referred just now, and the last referrals of the force."""
    sent = None
    if referred:
        sent = status_of(services, await _triaged(services, session, referred))
    fresh = Shown(fields={name: [value] for name, value in _DEFAULTS.items()})
    return await _form(request, services, session, fresh, sent=sent, was_there=bool(already))


@router.post("/police")
async def refer(request: Request, services: In, session: OfficerVisit, sent: FromOfficer) -> Response:
    """Take a referral in and show its status; the same referral sent again is the one that is here."""
    try:
        document = referral_typed(
            sent, organisation=session.token.organisation, region=services.region, zone=services.zone
        )
    except Unfit as unfit:
        return await _form(request, services, session, again(sent, unfit.errors), status=422)
    claim = Once.of(services, session.token, request, sent.once, sent.fields).claim
    try:
        reception, _ = await take_in(services, session.token.maker, claim, document)
    except SourceConflict:
        return await _refused(
            request, services, session, sent, FormError(field="source.reference", text=TAKEN)
        )
    except IdempotencyConflict:
        return await _refused(request, services, session, sent, FormError(field=SEND, text=SENT_BEFORE))
    except DATABASE_AWAY:
        form = replace(again(sent, [FormError(field=SEND, text=AWAY)]), once=sent.once)
        return await _form(request, services, session, form, status=503)
    was_there = reception.result is ReceptionResult.SAME
    return to(f"/police?referred={reception.referral_id}{'&already=yes' if was_there else ''}")


async def _triaged(services: Services, session: Session, referral_id: str) -> ReferralView:
    """Read a referral just sent, once triage has spoken or it takes too long.  Raises a problem if it is not theirs."""
    view = await run_in_threadpool(visible, services, session.token, referral_id)
    for _ in range(LOOKS):
        if view.turn > 0:
            break
        await asyncio.sleep(BETWEEN_LOOKS)
        view = await run_in_threadpool(visible, services, session.token, referral_id)
    return view


def status_of(services: Services, view: ReferralView) -> Status:
    """Show one referral to the force it came from.

    The source reference is opened from the document because it is the force's own, and without it nobody could tell
    which referral this is; nothing else of the document is shown.
    """
    source = view.document.get("source", {})
    parts = (source.get("reference"), source.get("person_reference"))
    return Status(
        reference=view.reference,
        source_reference=" / ".join(part for part in parts if part),
        where=words.OUTCOMES_TO_REFERRERS[view.outcome]
        if view.outcome
        else words.STAGES_TO_REFERRERS[view.stage],
        is_over=view.outcome is not None,
        received_at=time_in_words(view.received_at, zone=services.zone, now=services.clock()),
    )


async def _refused(
    request: Request, services: Services, session: Session, sent: Sent, error: FormError
) -> Response:
    return await _form(request, services, session, again(sent, [error]), status=409)


async def _form(
    request: Request,
    services: Services,
    session: Session,
    form: Shown,
    *,
    status: int = 200,
    sent: Status | None = None,
    was_there: bool = False,
) -> Response:
    return show(
        request,
        "police.html",
        status=status,
        session=session,
        form=form,
        id_of=id_of,
        sent=sent,
        was_there=was_there,
        force=session.token.organisation or "",
        organisation_field=ORGANISATION,
        phones=range(PHONES),
        referrals=await _last(services, session),
        **_lists(),
    )


async def _last(services: Services, session: Session) -> Sequence[Status]:
    def found() -> list[Status]:
        views = services.referrals.list_views(owner=session.token.owner, limit=MOST_SHOWN)
        return [status_of(services, view) for view in views]

    try:
        return await run_in_threadpool(found)
    except DATABASE_AWAY:  # the form with what was typed matters more than the list under it
        return ()


def _lists() -> dict[str, Any]:
    return {
        "answers": words.choices(words.ANSWERS),
        "incidents": words.choices(words.INCIDENTS),
        "roles": words.choices(words.ROLES),
        "voicemails": words.choices(words.VOICEMAILS),
        "access": words.choices(words.ACCESS),
        "relationships": words.choices(words.RELATIONSHIPS),
        "whereabouts": words.choices(words.WHEREABOUTS),
        "risks": words.choices(words.RISKS),
        "lanes": words.choices(words.LANES),
        "consents": words.choices(words.CONSENTS),
        "flags": words.choices(words.FLAGS),
        "requests": words.choices(words.REQUESTS),
    }
