"""The register as a sheet for machines: taken out whole, and brought in whole or not at all."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.idempotency import Key, Once
from api.identity import MANAGERS_ONLY, only
from api.json_body import read_body
from api.page import AskedFor
from api.problems import MOST_ERRORS, FieldError, Kind, Problem
from api.referral_out import Json, Out
from api.schema import PREFIX, answers
from api.services import In, Services
from api.tradesperson.sheet import CSV, MOST_BYTES, SheetNotRead, read_sheet, write_sheet
from domain.tradesperson_import import ImportPlan, RowChange, RowFault
from domain.vocabulary import Role
from store.tokens import Token

router = APIRouter(prefix=PREFIX, tags=["tradespeople"])
_MEDIA_TYPES = frozenset({"text/csv", "application/csv"})
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}, "example": "name,firm,phone,…"}},
    }
}
_Manager = Annotated[Token, Depends(only(frozenset({Role.MANAGER})))]


class ImportQuery(AskedFor):
    """How a sheet is taken."""

    preview: bool = Field(default=False, description="Only say what would be done.")


class ImportedRow(Out):
    """What one row does."""

    line: int = Field(description="As a spreadsheet counts: the header is line 1.")
    change: RowChange
    id: str = Field(description="Of the entry; of somebody new in a preview it is not kept.")
    columns: list[str] = Field(description="What differs from the entry as it stood.")


class ImportOut(Out):
    """What a sheet does to the register."""

    preview: bool = Field(description="Whether nothing was written.")
    added: int
    changed: int
    same: int
    rows: list[ImportedRow] = Field(description="Those that add or change something.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a sheet, for machines and for people alike."""

    plan: ImportPlan
    preview: bool

    def count(self, change: RowChange) -> int:
        """How many rows do this."""
        return sum(step.change is change for step in self.plan.steps)


@router.get(
    "/tradespeople/export.csv",
    response_class=Response,
    responses=answers({}, 401, 403) | {200: {"content": {"text/csv": {}}, "description": "The register."}},
    dependencies=[MANAGERS_ONLY],
)
async def export(services: In) -> Response:
    """Give the whole register as a sheet, which the import takes again as it is."""
    return await run_in_threadpool(exported, services)


@router.post(
    "/tradespeople/import",
    openapi_extra=_BODY,
    responses=answers({200: ImportOut}, 401, 403, 413, 415, 422),
)
async def import_sheet(
    request: Request, services: In, caller: _Manager, key: Key, query: Annotated[ImportQuery, Query()]
) -> Response:
    """Bring the register to what a sheet says: all of it, or nothing while a row has a fault.

    A fault's path is `lines[4].phone`: the line as a spreadsheet counts, and the column.
    """
    content = await _content(request)
    once = Once.of(
        services, caller, request, key, {"sheet": content.hex() if key else "", "preview": query.preview}
    )
    kept = await once.kept()
    if kept is not None:
        return kept
    try:
        done = await run_in_threadpool(imported, services, content, by=caller.name, preview=query.preview)
    except SheetNotRead as error:
        raise problem_of(error) from None
    return await once.keep(JSONResponse(_shown(done)), subject_kind="register", subject_id="")


def imported(services: Services, content: bytes, *, by: str, preview: bool) -> Imported:
    """Import a sheet.

    Raises:
        SheetNotRead: A row has a fault; nothing was written.
    """
    rows = read_sheet(services, content)
    plan = services.tradespeople.import_rows(rows, by=by, now=services.clock(), preview=preview)
    if plan.faults:
        raise SheetNotRead(plan.faults)
    return Imported(plan=plan, preview=preview)


def exported(services: Services) -> Response:
    """Give the whole register as a file."""
    day = services.clock().astimezone(services.zone).date()
    headers = {
        "Content-Disposition": f'attachment; filename="tradespeople-{day.isoformat()}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(write_sheet(services.tradespeople.everybody()), media_type=CSV, headers=headers)


def problem_of(error: SheetNotRead) -> Problem:
    """What is wrong with a sheet, as machines take it."""
    more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
    errors = [FieldError(path=_path(fault), reason=fault.reason) for fault in error.faults[:MOST_ERRORS]]
    return Problem(Kind.VALIDATION, f"{errors[0].path}: {errors[0].reason}{more}", errors=errors)


def _path(fault: RowFault) -> str:
    line = f"lines[{fault.line}]"
    return f"{line}.{fault.column}" if fault.column else line


async def _content(request: Request) -> bytes:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "Send text/csv in UTF-8.")
    return await read_body(request, most=MOST_BYTES)


def _shown(done: Imported) -> Json:
    return {
        "preview": done.preview,
        **{change.value: done.count(change) for change in RowChange},
        "rows": [
            {"line": step.line, "change": step.change, "id": step.who.id, "columns": list(step.columns)}
            for step in done.plan.steps
            if step.change is not RowChange.SAME
        ],
    }
