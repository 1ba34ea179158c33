"""Texts that came in: which of them need a person, whose they are, and that somebody has dealt with them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import Asked, AskedByStaff, AskedByStaffOptionally
from api.command import hand_over
from api.correspondence import place_after
from api.fields import Body, NeededReference
from api.identity import STAFF_ONLY
from api.json_body import validated, without_nulls
from api.page import PageQuery, page
from api.problems import Kind, Problem, not_found
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.errors import ReferralNotFound
from domain.vocabulary import TextMeaning
from store.command import StoredCommand
from store.inbound_text import InboundTextView, TextNotFound
from store.tokens import Maker

router = APIRouter(prefix=PREFIX, tags=["messages"])

REFERENCE = "reference"
UNKNOWN_REFERENCE = "is not the reference of a referral"
DEALT_WITH = "Somebody has dealt with this text already."


class CandidateOut(Out):
    """A referral that knows the number."""

    id: str
    reference: str
    is_live: bool
    was_texted: bool = Field(description="Whether a text left to this number for it.")


class InboundTextOut(Out):
    """One text that came in."""

    id: str
    received_at: datetime
    sender: str
    words: str
    meaning: TextMeaning
    referral: str | None = Field(description="Whose it is; `null` while nobody knows.")
    reference: str | None
    needs_person: bool = Field(description="Whether a person has to look at it and none has yet.")
    handled_at: datetime | None
    handled_by: str | None
    candidates: list[CandidateOut] = Field(
        description="Referrals that know the number, while a person is needed."
    )


class InboundTextList(Out):
    """One page of texts, newest first."""

    items: list[InboundTextOut]


class InboundTextQuery(PageQuery):
    """Which texts."""

    needs_person: bool | None = None


class AssignmentIn(Body):
    """Whose a text is."""

    reference: NeededReference


@router.get(
    "/inbound-texts", responses=answers({200: InboundTextList}, 401, 403, 422), dependencies=[STAFF_ONLY]
)
async def list_texts(request: Request, services: In, query: Annotated[InboundTextQuery, Query()]) -> Response:
    """List the texts that came in."""

    def found() -> Response:
        texts = services.inbound_texts.list(
            needs_person=query.needs_person, after=place_after(query), limit=query.limit + 1
        )
        return page(request, query, texts, shown=_shown, place=place_of)

    return await run_in_threadpool(found)


@router.post(
    "/inbound-texts/{text_id}/assignment",
    openapi_extra=takes(AssignmentIn, example={"reference": "K7PM-4T2Q"}),
    responses=answers({200: InboundTextOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def assign_text(text_id: str, services: In, asked: AskedByStaff) -> Response:
    """Say whose a text is: there it is a reply, or what else it asks for."""
    wanted = validated(AssignmentIn, without_nulls(asked.body))
    await assign(services, text_id, wanted.reference, by=asked.caller.maker)
    return await _answered(services, asked, text_id)


@router.post(
    "/inbound-texts/{text_id}/dealt-with",
    responses=answers({200: InboundTextOut}, 401, 403, 404, 413, 415, 422),
)
async def deal_with_text(text_id: str, services: In, asked: AskedByStaffOptionally) -> Response:
    """Note that somebody has dealt with a text; whoever did so first stays named."""
    validated(Body, asked.body)
    await deal_with(services, text_id, by=asked.caller.maker)
    return await _answered(services, asked, text_id)


async def assign(services: Services, text_id: str, reference: str, *, by: Maker) -> None:
    """Give a text to a referral; the tables have what came of it, if the workflow engine answers in time.

    Raises:
        Problem: There is no such text or referral, or the text is somebody else's already.
    """

    def stored() -> StoredCommand | None:
        try:
            return services.inbound_texts.assign(text_id, reference, by=by, now=services.clock())
        except TextNotFound:
            raise not_found() from None
        except ReferralNotFound:
            raise Problem.at(REFERENCE, UNKNOWN_REFERENCE) from None

    command = await run_in_threadpool(stored)
    if command is None:
        text = await run_in_threadpool(services.inbound_texts.get, text_id)
        if text is None or text.reference != reference:
            raise Problem(Kind.NOT_POSSIBLE_NOW, DEALT_WITH)
    else:
        await hand_over(services, command)


async def deal_with(services: Services, text_id: str, *, by: Maker) -> None:
    """Note that somebody has dealt with a text.  Raises `Problem`."""
    try:
        await run_in_threadpool(services.inbound_texts.deal_with, text_id, by=by, now=services.clock())
    except TextNotFound:
        raise not_found() from None


def place_of(text: InboundTextView) -> tuple[str, str]:
    """Where a text stands among all: the cursor's content."""
    return text.received_at.isoformat(), text.id


async def _answered(services: Services, asked: Asked, text_id: str) -> Response:
    text = await run_in_threadpool(services.inbound_texts.get, text_id)
    if text is None:
        raise not_found()
    return await asked.once.keep(JSONResponse(_shown(text)), subject_kind="inbound_text", subject_id=text_id)


def _shown(text: InboundTextView) -> Json:
    return {
        "id": text.id,
        "received_at": written(text.received_at),
        "sender": text.sender,
        "words": text.words,
        "meaning": text.meaning,
        "referral": text.referral_id,
        "reference": text.reference,
        "needs_person": text.needs_person,
        "handled_at": written(text.handled_at),
        "handled_by": text.handled_by,
        "candidates": [
            {
                "id": one.referral_id,
                "reference": one.reference,
                "is_live": one.is_live,
                "was_texted": one.was_texted,
            }
            for one in text.candidates
        ],
    }
