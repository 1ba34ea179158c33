"""The day's batch for whoever prints and posts it: make it, print it, take out what was stopped, say it is posted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Sent, Shown, again
from api.page import AskedFor
from api.pages import show, to
from api.print_batch import (
    batch_or_404,
    confirm,
    make,
    pdf_of,
    shown_batch,
    unsaid_of,
)
from api.print_batch_out import to_pull
from api.print_batch_overdue import is_overdue, posting_is_overdue, printing_is_overdue
from api.print_batch_page_shown import BATCHES, IN_THE_BOX, TAKEN_OUT, Batch, Pile, batch_of, pile_of
from api.problems import Problem
from api.services import In, Services
from api.visit import FromStaff, StaffVisit
from domain.errors import NotPossibleNow
from domain.vocabulary import PrintedBy
from store.print_batch import Confirmation, MustBePulledFirst, PrintBatch
from store.session import Session
from wiring.print_room import Making

MAKE, CONFIRM = "make", "posted"
"""Fields to which an error belongs that belongs to no letter."""
SHOWN = 30
"""Batches on the page: six weeks."""

router = APIRouter(include_in_schema=False)


class BatchesQuery(AskedFor):
    """What has just been done."""

    nothing: Annotated[str, Field(max_length=3)] = ""
    """That there was nothing to print."""
    left_out: Annotated[int, Field(ge=0, le=100_000)] = 0


@router.get(BATCHES)
async def batches_page(
    request: Request, services: In, session: StaffVisit, query: Annotated[BatchesQuery, Query()]
) -> Response:
    """List the batches, and offer to make today's."""
    return await _list(request, services, session, Shown(), query=query)


@router.post(BATCHES)
async def make_batch_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff
) -> Response:
    """Make a batch; sent twice it finds nothing left to print."""
    try:
        making: Making = await run_in_threadpool(make, services, session.token.maker)
    except (Problem, NotPossibleNow) as error:
        words = error.detail if isinstance(error, Problem) else error.reason
        form = again(sent, [FormError(field=MAKE, text=words)])
        return await _list(request, services, session, form, status=409)
    if making.batch is None:
        return to(f"{BATCHES}?nothing=yes&left_out={len(making.left_out)}")
    return to(f"{BATCHES}/{making.batch.id}")


@router.get(BATCHES + "/{batch_id}")
async def batch_page(request: Request, services: In, session: StaffVisit, batch_id: str) -> Response:
    """Show one batch: what to print, what to take out, and the word that it was posted."""
    return await _one(request, services, session, batch_id, Shown())


@router.get(BATCHES + "/{batch_id}/letters.pdf")
async def letters(services: In, _: StaffVisit, batch_id: str) -> Response:
    """Give the letters as one PDF in post order."""
    return shown_batch(await run_in_threadpool(pdf_of, services, batch_id))


@router.post(BATCHES + "/{batch_id}/posted")
async def confirm_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, batch_id: str
) -> Response:
    """Take the word that a batch was posted; the same sent twice changes nothing."""
    batch = await run_in_threadpool(batch_or_404, services, batch_id)
    try:
        await run_in_threadpool(confirm, services, batch_id, _said(sent, batch), session.token.maker)
    except MustBePulledFirst as error:
        errors = [
            FormError(field=f"letter.{number}", text=f"Say what became of letter {number}")
            for number in unsaid_of(error, batch)
        ]
        return await _one(request, services, session, batch_id, again(sent, errors), status=409)
    except NotPossibleNow as error:
        form = again(sent, [FormError(field=CONFIRM, text=error.reason)])
        return await _one(request, services, session, batch_id, form, status=409)
    return to(f"{BATCHES}/{batch_id}")


def _said(sent: Sent, batch: PrintBatch) -> Confirmation:
    by_letter = {item.message: sent.text(f"letter.{item.number}") for item in batch.items}
    return Confirmation(
        pulled=tuple(message for message, said in by_letter.items() if said == TAKEN_OUT),
        in_the_box=tuple(message for message, said in by_letter.items() if said == IN_THE_BOX),
    )


async def _list(
    request: Request,
    services: Services,
    session: Session,
    form: Shown,
    *,
    query: BatchesQuery | None = None,
    status: int = 200,
) -> Response:
    def found() -> dict[str, Any]:
        return {
            "piles": [_pile(services, batch) for batch in services.batches.recent(limit=SHOWN)],
            "waiting": len(services.batches.queued()),
            "unprinted": printing_is_overdue(services),
            "unposted": posting_is_overdue(services),
            "prints": services.profile.printed_by is PrintedBy.SERVICE,
        }

    facts = await run_in_threadpool(found)
    return show(
        request,
        "print_batches.html",
        status=status,
        session=session,
        form=form,
        nothing=bool(query and query.nothing),
        left_out=query.left_out if query else 0,
        **facts,
    )


async def _one(
    request: Request, services: Services, session: Session, batch_id: str, form: Shown, *, status: int = 200
) -> Response:
    batch = await run_in_threadpool(_batch, services, batch_id)
    return show(request, "print_batch.html", status=status, session=session, form=form, batch=batch)


def _batch(services: Services, batch_id: str) -> Batch:
    batch = batch_or_404(services, batch_id)
    return batch_of(
        batch,
        _pile(services, batch),
        references=services.batches.references(batch_id),
        stopped=to_pull(services, batch),
        is_overdue=is_overdue(services, batch),
    )


def _pile(services: Services, batch: PrintBatch) -> Pile:
    return pile_of(batch, is_overdue=is_overdue(services, batch), zone=services.zone, now=services.clock())
