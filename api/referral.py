"""Taking a referral in, and showing where it is."""

import contextlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import AskedByAnyone
from api.fields import AskedMoment
from api.identity import Anyone, is_staff, may_see
from api.page import PageQuery, bad_cursor, page
from api.problems import not_found
from api.referral_in import ReferralIn, read_referral, refuse_agreed_words
from api.referral_out import Json, ReferralInFull, ReferralList, listed_to, shown_to, shown_with_links
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.errors import ReferenceTaken, SourceConflict
from domain.identifiers import reference_from
from domain.vocabulary import Outcome, Stage
from store.idempotency import Claim
from store.reception import Received, Reception, ReceptionResult
from store.referral_view import ReferralView
from store.tokens import Maker, Token

START_WITHIN = timedelta(seconds=2)
"""How long we try to start the workflow before we say 202.  Source: docs/reference/api.md."""
DRAWS = 5
"""Tries to find a reference that nobody has."""
_AGREED_WITH_THEM = "is for the person to give in their own form, or for staff who agreed on it with them"

router = APIRouter(prefix=PREFIX, tags=["referrals"])

EXAMPLE = {
    "source": {
        "kind": "police",
        "organisation": "Example Constabulary",
        "reference": "35/48213/26",
        "person_reference": "1",
    },
    "incident": {"kind": "burglary", "occurred_at": "2026-11-20T22:10:00+00:00", "postcode": "CB1 2AB"},
    "victim": {
        "given_name": "Ada",
        "family_name": "Example",
        "phones": [{"number": "+447700900123", "safe": "yes", "voicemail": "neutral"}],
        "address": {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"},
    },
    "lane": "contact",
    "consent": {"status": "given"},
}
"""Invented, like every example."""


@router.post(
    "/referrals",
    status_code=201,
    openapi_extra=takes(ReferralIn, example=EXAMPLE),
    responses=answers(
        {200: ReferralInFull, 201: ReferralInFull, 202: ReferralInFull}, 401, 409, 413, 415, 422
    ),
)
async def receive_referral(services: In, asked: AskedByAnyone) -> Response:
    """Take a referral in.

    201: its workflow runs.  202: it is stored and starts by itself when the workflow engine is back.
    200: this is the same referral again.  Referrers are shown the status alone.
    """
    document = read_referral(asked.body, region=services.region, zone=services.zone)
    if not is_staff(asked.caller):
        refuse_agreed_words(document, why=_AGREED_WITH_THEM)
    reception, runs = await take_in(services, asked.caller.maker, asked.once.claim, document)
    is_same = reception.result is ReceptionResult.SAME
    shown = await run_in_threadpool(_shown, services, asked.caller, reception.referral_id)
    location = {"Location": f"{PREFIX}/referrals/{reception.referral_id}"}
    return await asked.once.keep(
        JSONResponse(shown, 200 if is_same else 201 if runs else 202, headers=location),
        subject_kind="referral",
        subject_id=reception.referral_id,
        replayed=reception.result is ReceptionResult.REPLAYED,
    )


class ReferralQuery(PageQuery):
    """Which referrals."""

    stage: Stage | None = None
    outcome: Outcome | None = None
    due_before: AskedMoment | None = Field(default=None, description="Whose next action is due before then.")


@router.get("/referrals", responses=answers({200: ReferralList}, 401, 422))
async def list_referrals(
    request: Request, caller: Anyone, services: In, query: Annotated[ReferralQuery, Query()]
) -> Response:
    """List referrals, newest first; to referrers their own, by status alone."""

    def found() -> Response:
        views = services.referrals.list_views(
            stage=query.stage,
            outcome=query.outcome,
            due_before=query.due_before,
            owner=None if is_staff(caller) else caller.owner,
            after=_after(query),
            limit=query.limit + 1,
        )
        return page(request, query, views, shown=lambda view: listed_to(caller, view), place=_place)

    return await run_in_threadpool(found)


@router.get("/referrals/{referral_id}", responses=answers({200: ReferralInFull}, 401, 404))
async def show_referral(referral_id: str, caller: Anyone, services: In) -> Response:
    """Show one referral; to referrers the status of their own."""

    def shown() -> Json:
        return shown_with_links(services, caller, visible(services, caller, referral_id))

    return JSONResponse(await run_in_threadpool(shown))


def visible(services: Services, caller: Token, referral_id: str) -> ReferralView:
    """Read a referral.  Raises a problem if there is none, or none for this caller."""
    view = services.referrals.view(referral_id)
    if view is None or not may_see(caller, view.owner):
        raise not_found()
    return view


def _shown(services: Services, caller: Token, referral_id: str) -> Json:
    return shown_to(services, caller, visible(services, caller, referral_id))


async def take_in(
    services: Services, by: Maker, claim: Claim | None, document: dict[str, Any]
) -> tuple[Reception, bool]:
    """Store a referral with its outbox row, and start its workflow.

    Args:
        services: The stores and the way to the workflows.
        by: Who refers.
        claim: Of the request's idempotency key, if it had one.
        document: As `read_referral` gives it.

    Returns:
        What became of it, and whether its workflow runs already; else it starts by itself later.

    Raises:
        SourceConflict: The source reference is taken.
        IdempotencyConflict: The key was used with another body.
    """
    reception = await run_in_threadpool(_received, services, by, claim, document)
    runs = reception.result is ReceptionResult.SAME or await services.orchestra.start_referral(
        reception.referral_id, within=START_WITHIN
    )
    return reception, runs


def _received(services: Services, by: Maker, claim: Claim | None, document: dict[str, Any]) -> Reception:
    for _ in range(DRAWS):
        received = Received(
            referral_id=str(uuid.uuid4()),
            reference=reference_from(secrets.token_bytes(8)),
            document=document,
            received_at=services.clock(),
            by=by,
            claim=claim,
        )
        with contextlib.suppress(ReferenceTaken):
            reception = services.referrals.receive(received)
            if reception.result is ReceptionResult.CONFLICT:
                raise SourceConflict("the source reference belongs to another referral")
            return reception
    raise ReferenceTaken("no free reference was drawn")


def _place(view: ReferralView) -> tuple[object, ...]:
    return (view.received_at.isoformat(), view.id)


def _after(query: ReferralQuery) -> tuple[datetime, str] | None:
    match query.after():
        case ():
            return None
        case (at, referral_id):
            try:
                return datetime.fromisoformat(at), str(uuid.UUID(referral_id))
            except ValueError:
                raise bad_cursor() from None
        case _:
            raise bad_cursor()
