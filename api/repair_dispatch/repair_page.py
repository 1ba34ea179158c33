"""One repair for people: what is asked of them, the promises, and everything that can be recorded or decided."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import Given, give
from api.form import Sent, again, document_of
from api.idempotency import Once
from api.mending import mended
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem, not_found, refusal
from api.referral_page_forms import Forms
from api.repair_dispatch import answer as answers
from api.repair_dispatch import decision as decisions
from api.repair_dispatch.board_page_shown import ADDRESS as BOARD
from api.repair_dispatch.decision_route import refuse_stranger
from api.repair_dispatch.given import found as repair_of
from api.repair_dispatch.photo import shown_photo
from api.repair_dispatch.repair_page_forms import (
    ANSWER,
    FIELDS,
    MOMENTS,
    OFFER,
    SECURE,
    as_document,
    forms_of,
)
from api.repair_dispatch.repair_page_read import find, register_for, where_of
from api.repair_dispatch.repair_page_shown import RepairPage, page_of
from api.services import In, Services
from api.typed_times import moments_read
from api.visit import FromStaff, StaffVisit
from domain.errors import IdempotencyConflict, Refusal
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import RepairCommandEvent
from domain.repair_dispatch.open_decisions import open_repair_decisions
from domain.vocabulary import Role
from store.idempotency import Claim
from store.session import Session

ADDRESS = BOARD + "/{repair_id}"
_SENT_BEFORE = (
    "This form was sent before with other words. Look what is recorded below; send it if it is still needed."
)
_ON_THE_FORM = frozenset({Kind.VALIDATION, Kind.INCOMPLETE, Kind.NOT_POSSIBLE_NOW, Kind.ROLE_NOT_ALLOWED})
"""Problems that are shown with what was typed."""

Body = dict[str, Any]

router = APIRouter(include_in_schema=False)


class RepairPageQuery(AskedFor):
    """What has just been sent."""

    command: Annotated[str, Field(max_length=36)] = ""


@router.get(ADDRESS)
async def repair_page(
    request: Request,
    services: In,
    session: StaffVisit,
    repair_id: str,
    query: Annotated[RepairPageQuery, Query()],
) -> Response:
    """Show one repair."""
    return await _shown(request, services, session, repair_id, command_id=query.command)


@router.get(ADDRESS + "/photos/{photo_id}")
async def repair_photo(services: In, session: StaffVisit, repair_id: str, photo_id: str) -> Response:
    """Give one photo of the work to whoever has signed in as staff."""
    del session  # it was asked for
    picture = await run_in_threadpool(services.repair_photos.picture, repair_id, photo_id)
    if picture is None:
        raise not_found()
    return shown_photo(picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """A form that was sent about one repair."""

    request: Request
    services: Services
    session: Session
    sent: Sent
    repair_id: str

    async def taken_in(self, form: str, giving: Callable[[Body, Claim | None], Awaitable[Given]]) -> Response:
        """Give the command and say what became of it, or show the form again with what was typed."""
        services = self.services
        try:
            body = moments_read(document_of(self.sent), MOMENTS, services.zone)
            once = Once.of(services, self.session.token, self.request, self.sent.once, body)
            given = await giving(as_document(body), once.claim)
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
        return to(f"{BOARD}/{self.repair_id}?command={given.stored.id}")

    async def tell(self, kind: str, event: RepairCommandEvent, words: Body, claim: Claim | None) -> Given:
        """Give one command to the repair's workflow."""
        repair = await repair_of(self.services, self.repair_id)
        return await give(
            self.services,
            self.session.token,
            claim,
            referral_id=repair.referral_id,
            kind=kind,
            event=event,
            words=words,
            target_id=repair_workflow_id(repair.id),
        )

    async def _again(self, form: str, problem: Problem) -> Response:
        if form not in FIELDS:
            raise problem
        errors = mended(problem, FIELDS[form], form=form)
        sent = self.sent
        if (
            problem.kind is Kind.NOT_POSSIBLE_NOW
        ):  # somebody else may have it now, whom they see as they look again
            sent = replace(sent, fields={name: typed for name, typed in sent.fields.items() if name != OFFER})
        forms = Forms(name=form, shown=again(sent, errors))
        return await _shown(
            self.request,
            self.services,
            self.session,
            self.repair_id,
            forms=forms,
            status=problem.kind.status,
        )


async def _posted(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, repair_id: str
) -> _Posted:
    return _Posted(request=request, services=services, session=session, sent=sent, repair_id=repair_id)


Posted = Annotated[_Posted, Depends(_posted)]


@router.post(ADDRESS + "/answers")
async def record_answer(posted: Posted) -> Response:
    """Record what a tradesperson said on the telephone."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        repair = await repair_of(posted.services, posted.repair_id)
        asked = frozenset(offer.id for offer in repair.offers if offer.made_at is not None)
        said = answers.read_trade_answer(body, asked, now=posted.services.clock())
        return await posted.tell(answers.KIND, answers.answered(said), {"note": said.note}, claim)

    return await posted.taken_in(ANSWER, giving)


@router.post(ADDRESS + "/decisions")
async def decide(posted: Posted) -> Response:
    """Decide, or write down what the victim says of the place."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        decision = decisions.read_repair_decision(body)
        await run_in_threadpool(refuse_stranger, posted.services, decision)
        event = decisions.decided(decision, posted.session.token.role)
        return await posted.tell(decisions.KIND, event, decisions.words_of(decision), claim)

    return await posted.taken_in(posted.sent.text("decision"), giving)


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    repair_id: str,
    *,
    command_id: str = "",
    forms: Forms | None = None,
    status: int = 200,
) -> Response:
    repair = await repair_of(services, repair_id)

    def made() -> RepairPage:
        read = find(services, repair, command_id)
        role = Role(session.token.role)
        open_now = open_repair_decisions(read.state, role=role, now=services.clock()) if read.state else ()
        offered = forms_of(
            open_now, repair.offers, register_for(services, repair), confirmed=repair.confirmed_offer
        )
        return page_of(read.found, offered, where_of(services))

    page = await run_in_threadpool(made)
    return show(
        request,
        "repair.html",
        status=status,
        session=session,
        page=page,
        forms=forms or Forms(),
        secure=SECURE,
    )
