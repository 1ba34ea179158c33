"""The letters a service prints itself: the day's batch, its PDF, and the word that it was posted."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import AskedByStaff, AskedByStaffOptionally
from api.correspondence import PDF
from api.fields import Body
from api.identity import STAFF_ONLY
from api.json_body import validated, without_nulls
from api.page import PageQuery, bad_cursor, page
from api.print_batch_out import MakingOut, PrintBatchList, PrintBatchOut, batch_shown, left_out_shown
from api.problems import Kind, Problem, not_found
from api.referral_out import Json
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.vocabulary import PrintedBy
from store.columns import is_uuid
from store.print_batch import Confirmation, MustBePulledFirst, PrintBatch
from store.tokens import Maker
from wiring.print_room import BatchDamaged, BatchPdf, Making

router = APIRouter(prefix=PREFIX, tags=["print batches"])
MOST_LETTERS = 2_000
"""That one confirmation may name."""


class NothingIn(Body):
    """Nothing has to be said to make a batch."""


class PostedIn(Body):
    """Somebody has posted a batch."""

    pulled: list[str] = Field(
        default_factory=list,
        max_length=MOST_LETTERS,
        description="Letters that were taken out before posting.",
    )
    in_the_box: list[str] = Field(
        default_factory=list,
        max_length=MOST_LETTERS,
        description="Letters that should have been taken out and were posted already.",
    )


@router.post(
    "/print-batches",
    openapi_extra=takes(NothingIn, required=False),
    responses=answers({200: MakingOut, 201: MakingOut}, 401, 403, 409, 413, 415, 422),
)
async def make_batch(services: In, asked: AskedByStaffOptionally) -> Response:
    """Print what waits: 201 with the batch, 200 when there was nothing to print."""
    validated(NothingIn, without_nulls(asked.body))
    making = await run_in_threadpool(make, services, asked.caller.maker)
    shown = {
        "batch": await run_in_threadpool(batch_shown, services, making.batch) if making.batch else None,
        "left_out": left_out_shown(making.left_out),
    }
    response = JSONResponse(shown, 201 if making.batch else 200)
    if making.batch:
        response.headers["Location"] = f"{PREFIX}/print-batches/{making.batch.id}"
    return await asked.once.keep(
        response, subject_kind="print batch", subject_id=making.batch.id if making.batch else ""
    )


@router.get(
    "/print-batches", responses=answers({200: PrintBatchList}, 401, 403, 422), dependencies=[STAFF_ONLY]
)
async def list_batches(request: Request, services: In, query: Annotated[PageQuery, Query()]) -> Response:
    """List batches, newest first."""

    def found() -> Response:
        batches = services.batches.recent(after=place_after(query), limit=query.limit + 1)
        return page(request, query, batches, shown=lambda batch: batch_shown(services, batch), place=place_of)

    return await run_in_threadpool(found)


@router.get(
    "/print-batches/{batch_id}",
    responses=answers({200: PrintBatchOut}, 401, 403, 404),
    dependencies=[STAFF_ONLY],
)
async def show_batch(batch_id: str, services: In) -> Response:
    """Give one batch: its letters in post order, and which of them may not leave any more."""
    return JSONResponse(
        await run_in_threadpool(lambda: batch_shown(services, batch_or_404(services, batch_id)))
    )


@router.get(
    "/print-batches/{batch_id}/letters.pdf",
    response_class=Response,
    responses=answers({}, 401, 403, 404, 409) | {200: {"content": {PDF: {}}, "description": "The letters."}},
    dependencies=[STAFF_ONLY],
)
async def letters(batch_id: str, services: In) -> Response:
    """Give the letters of a batch as one PDF in post order, without those that were stopped since."""
    return shown_batch(await run_in_threadpool(pdf_of, services, batch_id))


@router.post(
    "/print-batches/{batch_id}/posted",
    openapi_extra=takes(PostedIn, example={"pulled": []}),
    responses=answers({200: PrintBatchOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def confirm_posted(batch_id: str, services: In, asked: AskedByStaff) -> Response:
    """Say that a batch was posted, and which letters were taken out before; the same again changes nothing."""
    said = read_posted(asked.body)
    batch = await run_in_threadpool(confirm, services, batch_id, said, asked.caller.maker)
    response = JSONResponse(await run_in_threadpool(batch_shown, services, batch))
    return await asked.once.keep(response, subject_kind="print batch", subject_id=batch.id)


def read_posted(body: Json) -> Confirmation:
    """Read what somebody says of a batch.  Raises `Problem`."""
    posted = validated(PostedIn, without_nulls(body))
    return Confirmation(
        pulled=tuple(dict.fromkeys(posted.pulled)), in_the_box=tuple(dict.fromkeys(posted.in_the_box))
    )


def make(services: Services, by: Maker) -> Making:
    """Make a batch, for machines and for people alike.

    Raises:
        Problem: The letters of this service are printed by a provider.
        NotPossibleNow: Somebody else is making it at this moment.
    """
    if services.profile.printed_by is not PrintedBy.SERVICE and not services.batches.queued():
        raise Problem(Kind.NOT_POSSIBLE_NOW, "The letters of this service are printed by its provider.")
    return services.print_room.make_batch(by, services.clock())


def confirm(services: Services, batch_id: str, said: Confirmation, by: Maker) -> PrintBatch:
    """Take somebody's word that a batch was posted.

    Raises:
        Problem: There is no such batch.
        NotPossibleNow: Something else was said before, or a stopped letter is not accounted for.
    """
    batch = services.print_room.confirm_posted(batch_id, by, said, services.clock())
    if batch is None:
        raise not_found()
    return batch


def batch_or_404(services: Services, batch_id: str) -> PrintBatch:
    """Read one batch.  Raises `Problem`."""
    batch = services.batches.get(batch_id)
    if batch is None:
        raise not_found()
    return batch


def pdf_of(services: Services, batch_id: str) -> BatchPdf:
    """Put the letters of a batch together again.  Raises `Problem`."""
    try:
        return services.print_room.pdf_of(batch_or_404(services, batch_id), services.clock())
    except BatchDamaged as error:
        raise Problem(Kind.NOT_POSSIBLE_NOW, f"The letters cannot be given out: {error}.") from None


def shown_batch(given: BatchPdf) -> Response:
    """Give a batch to the browser's own viewer, from which it is printed."""
    headers = {
        "Content-Disposition": 'inline; filename="letters.pdf"',
        "Content-Security-Policy": "frame-ancestors 'none'",
    }
    return Response(given.pdf, media_type=PDF, headers=headers)


def place_of(batch: PrintBatch) -> tuple[str, str]:
    """Where a batch stands among all: the cursor's content."""
    return batch.made_at.isoformat(), batch.id


def place_after(query: PageQuery) -> tuple[datetime, str] | None:
    """Where the page before ended; nowhere at the start.  Raises `Problem`."""
    match query.after():
        case ():
            return None
        case (at, batch_id) if is_uuid(batch_id):
            try:
                return datetime.fromisoformat(at), batch_id
            except ValueError:
                raise bad_cursor() from None
        case _:
            raise bad_cursor()


def unsaid_of(error: MustBePulledFirst, batch: PrintBatch) -> list[int]:
    """The numbers in the pile of letters that nobody has accounted for."""
    return [item.number for item in batch.items if item.message in error.messages]
