"""Bringing a sheet into the register: checked first, row by row, then imported whole or not at all."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import ONCE, FormError, Shown
from api.guard import FIELD, FormToken
from api.idempotency import Once
from api.pages import show, to
from api.problems import Kind, Problem
from api.services import In, Services
from api.tradesperson.page_shown import TRADESPEOPLE
from api.tradesperson.plain_words import CHANGES, column_in_words
from api.tradesperson.sheet import HEADER, MOST_BYTES, SheetNotRead
from api.tradesperson.sheets import Imported, imported
from api.tradesperson.upload import read_upload
from api.visit import ManagerVisit, SignInNeeded, visitor
from domain.tradesperson_import import RowChange, RowFault, RowStep
from store.session import Session

IMPORT = f"{TRADESPEOPLE}/import"
SHOWN = 200
"""Rows of a sheet that are listed; of the others their number."""
_IN_SUMMARY = 10
_SHEET, _AGAIN = "sheet", "checked"
"""A file that was chosen, and the sheet that was checked and is sent again."""
_OPEN_TOO_LONG = "The page was open for a long time. Choose the sheet again"
_CHOOSE = "Choose a sheet"
_TOO_LARGE = "The sheet is larger than 8 MB. Divide it"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """What one row does."""

    line: int
    who: str
    change: str
    columns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultShown:
    """What is wrong with one cell."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A sheet that was read: what it would do, or why it does nothing."""

    rows: tuple[RowShown, ...] = ()
    faults: tuple[FaultShown, ...] = ()
    added: int = 0
    changed: int = 0
    same: int = 0
    in_all: int = 0
    """Rows that do something, or faults."""
    sheet: str = ""
    """To be sent again once somebody has looked at it."""

    @property
    def left_out(self) -> int:
        """How many of them are not listed."""
        return self.in_all - len(self.rows) - len(self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """The form."""

    sheet: bytes
    checked: bool
    """Whether somebody has seen what it would do."""
    once: str


class _Unfit(Exception):
    """A form that cannot be taken, and how to mend it."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__("a form cannot be taken")
        self.form = Shown(errors=(FormError(field=_SHEET, text=text),))
        self.status = status


async def _signed_in(session: Annotated[Session | None, Depends(visitor)]) -> None:
    """Whose session has ended signs in and chooses the sheet again: no page can keep a file."""
    if session is None:
        raise SignInNeeded(IMPORT)


@router.get(IMPORT)
async def import_page(request: Request, session: ManagerVisit) -> Response:
    """Show where a sheet is chosen."""
    return _page(request, session, Shown())


@router.post(IMPORT, dependencies=[Depends(_signed_in)])
async def import_on_page(request: Request, services: In, session: ManagerVisit) -> Response:
    """Check a sheet, and once somebody has seen what it would do, import it."""
    try:
        sent = await _read(request, services, session)
    except _Unfit as unfit:
        return _page(request, session, unfit.form, status=unfit.status)
    try:
        return await _taken_in(request, services, session, sent)
    except SheetNotRead as error:
        checked = _with_faults(error)
        form = Shown(errors=tuple(_in_summary(checked.faults)))
        return _page(request, session, form, checked=checked, status=422)


async def _taken_in(request: Request, services: Services, session: Session, sent: _Sent) -> Response:
    once = Once.of(services, session.token, request, sent.once, {_SHEET: sent.sheet.hex()})
    kept = await once.kept() if sent.checked else None
    if kept is not None:
        return kept
    done = await run_in_threadpool(
        imported, services, sent.sheet, by=session.token.name, preview=not sent.checked
    )
    if done.preview:
        return _page(request, session, Shown(), checked=_checked(done, sent.sheet))
    counts = "&".join(f"{change}={done.count(change)}" for change in RowChange)
    return await once.keep(to(f"{TRADESPEOPLE}?{counts}"), subject_kind="register", subject_id="")


async def _read(request: Request, services: Services, session: Session) -> _Sent:
    try:
        found = await read_upload(request, services, most=MOST_BYTES)
    except Problem as problem:
        if problem.kind is Kind.TOO_LARGE:
            raise _Unfit(_TOO_LARGE, problem.kind.status) from None
        raise
    if not FormToken(request, services, session).is_right(found.get(FIELD, b"").decode(errors="replace")):
        raise _Unfit(_OPEN_TOO_LONG, Kind.OTHER_SITE.status)
    sheet = found.get(_SHEET) or found.get(_AGAIN, b"")
    if not sheet.strip():
        raise _Unfit(_CHOOSE, Kind.VALIDATION.status)
    once = found.get(ONCE, b"").decode(errors="replace")
    return _Sent(sheet=sheet, checked=not found.get(_SHEET), once=once)


def _checked(done: Imported, sheet: bytes) -> Checked:
    steps = [step for step in done.plan.steps if step.change is not RowChange.SAME]
    return Checked(
        rows=tuple(_row(step) for step in steps[:SHOWN]),
        added=done.count(RowChange.ADDED),
        changed=done.count(RowChange.CHANGED),
        same=done.count(RowChange.SAME),
        in_all=len(steps),
        sheet=sheet.decode("utf-8-sig"),
    )


def _row(step: RowStep) -> RowShown:
    return RowShown(
        line=step.line,
        who=f"{step.who.name}, {step.who.firm}" if step.who.firm else step.who.name,
        change=CHANGES[step.change],
        columns="; ".join(column_in_words(column) for column in step.columns),
    )


def _with_faults(error: SheetNotRead) -> Checked:
    return Checked(faults=tuple(_fault(fault) for fault in error.faults[:SHOWN]), in_all=len(error.faults))


def _fault(fault: RowFault) -> FaultShown:
    return FaultShown(line=fault.line, column=column_in_words(fault.column), reason=fault.reason)


def _in_summary(faults: tuple[FaultShown, ...]) -> list[FormError]:
    """The first of them; the table below has them all."""
    return [
        FormError(field=_SHEET, text=f"Line {fault.line}: {fault.column} {fault.reason}")
        for fault in faults[:_IN_SUMMARY]
    ]


def _page(
    request: Request,
    session: Session,
    form: Shown,
    *,
    checked: Checked | None = None,
    status: int = 200,
) -> Response:
    response = show(
        request,
        "tradesperson_import.html",
        status=status,
        session=session,
        form=form,
        checked=checked,
        columns=HEADER,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
