"""One entry of the register for people: to be read by staff, added and changed by managers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Sent, again, id_of
from api.form import Shown as FormShown
from api.idempotency import Once
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem
from api.purpose_switch_page import FromManager
from api.services import In, Services
from api.tradesperson.cells import CellsNotRead
from api.tradesperson.form import (
    REVISION,
    choices_of_form,
    errors_of_cells,
    errors_of_problem,
    fields_of,
    fresh_fields,
    read_entry,
    with_revision,
)
from api.tradesperson.page import day_of
from api.tradesperson.page_shown import TRADESPEOPLE, address_of, shown_of
from api.tradesperson.register import added, changed, entry_or_404, records_of
from api.visit import ManagerVisit, StaffVisit
from domain.errors import IdempotencyConflict
from domain.tradesperson import Tradesperson
from domain.vocabulary import Role
from store.session import Session
from store.tradesperson.row import RegisterEntry

NEW = f"{TRADESPEOPLE}/new"
_CHANGED_MEANWHILE = (
    "The entry was changed while you had it open. Look at it once more on its page; what you typed is below, and "
    "sending it again says that it holds"
)
_SENT_BEFORE = (
    "This form was sent before with other words. Look at the register; send it if it is still needed"
)
_ON_THE_FORM = frozenset({Kind.VALIDATION, Kind.NOT_POSSIBLE_NOW, Kind.CHANGED_MEANWHILE})

router = APIRouter(include_in_schema=False)


class EntryPageQuery(AskedFor):
    """What has just been done."""

    saved: bool = False


@router.get(NEW)
async def new_tradesperson_page(request: Request, session: ManagerVisit) -> Response:
    """Show the form for somebody new."""
    return _new(request, session, FormShown(fields=fresh_fields()))


@router.post(NEW)
async def add_tradesperson_on_page(
    request: Request, services: In, session: ManagerVisit, sent: FromManager
) -> Response:
    """Add somebody; the same form sent twice adds them once."""

    def take_in() -> RegisterEntry:
        once = Once.of(services, session.token, request, sent.once, dict(sent.fields))
        return added(services, read_entry(services, sent), by=session.token.name, claim=once.claim)

    try:
        entry = await run_in_threadpool(take_in)
    except CellsNotRead as error:
        return _new(request, session, again(sent, errors_of_cells(error)), status=422)
    except IdempotencyConflict:
        errors = [FormError(field="name", text=_SENT_BEFORE)]
        return _new(request, session, again(sent, errors), status=409)
    except Problem as problem:
        if problem.kind not in _ON_THE_FORM:
            raise
        form = again(sent, errors_of_problem(problem))
        return _new(request, session, form, status=problem.kind.status)
    return to(f"{address_of(entry.who)}?saved=true")


@router.get(TRADESPEOPLE + "/{entry_id}")
async def tradesperson_page(
    request: Request,
    services: In,
    session: StaffVisit,
    entry_id: str,
    query: Annotated[EntryPageQuery, Query()],
) -> Response:
    """Show one entry; managers may change it."""
    entry = await run_in_threadpool(entry_or_404, services, entry_id)
    fields = fields_of(entry.who) | {REVISION: [str(entry.revision)]}
    return await _entry(request, services, session, entry, form=FormShown(fields=fields), saved=query.saved)


@router.post(TRADESPEOPLE + "/{entry_id}")
async def change_tradesperson_on_page(
    request: Request, services: In, session: ManagerVisit, sent: FromManager, entry_id: str
) -> Response:
    """Change one entry; the same form sent twice changes it once."""
    entry = await run_in_threadpool(entry_or_404, services, entry_id)
    try:
        who = read_entry(services, sent, entry_id=entry.who.id)
        await run_in_threadpool(_change, services, session, sent, entry, who)
    except CellsNotRead as error:
        form = again(sent, errors_of_cells(error))
        return await _entry(request, services, session, entry, form=form, status=422)
    except Problem as problem:
        if problem.kind not in _ON_THE_FORM:
            raise
        entry = await run_in_threadpool(entry_or_404, services, entry_id)
        form = _refused(sent, problem, entry)
        return await _entry(request, services, session, entry, form=form, status=problem.kind.status)
    return to(f"{address_of(entry.who)}?saved=true")


def _change(
    services: Services, session: Session, sent: Sent, entry: RegisterEntry, who: Tradesperson
) -> None:
    """Change an entry that looks as its page showed it; one that says all this already was changed by this form."""
    if entry.who == who:
        return
    seen = sent.text(REVISION)
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < len("1000000000") else 0
    changed(services, who, revision=revision, by=session.token.name)


def _refused(sent: Sent, problem: Problem, entry: RegisterEntry) -> FormShown:
    if problem.kind is Kind.CHANGED_MEANWHILE:
        errors = [FormError(field="name", text=_CHANGED_MEANWHILE)]
        return again(with_revision(sent, entry.revision), errors)
    return again(sent, errors_of_problem(problem))


def _new(request: Request, session: Session, form: FormShown, *, status: int = 200) -> Response:
    return _page(request, session, form, status=status, entry=None, saved=False, may_change=True)


async def _entry(
    request: Request,
    services: Services,
    session: Session,
    entry: RegisterEntry,
    *,
    form: FormShown,
    saved: bool = False,
    status: int = 200,
) -> Response:
    record = (await run_in_threadpool(records_of, services, [entry]))[entry.who.id]
    shown = shown_of(entry, record, day_of(services), zone=services.zone, now=services.clock())
    may_change = session.token.role is Role.MANAGER
    return _page(request, session, form, status=status, entry=shown, saved=saved, may_change=may_change)


def _page(request: Request, session: Session, form: FormShown, *, status: int, **facts: Any) -> Response:
    response = show(
        request,
        "tradesperson.html",
        status=status,
        session=session,
        form=form,
        id_of=id_of,
        **choices_of_form(),
        **facts,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
