"""What the repairs of a month come to, line by line, for whoever answers for the money."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.fields import EARLIEST, wrong
from api.identity import MANAGERS_ONLY
from api.page import AskedFor
from api.referral_out import Out, written
from api.repair_dispatch.repair_out import SpendOut
from api.repair_dispatch.repair_shown import spend_out
from api.schema import PREFIX, answers
from api.services import In
from domain.repair_dispatch.spend import month_of
from store.repair_dispatch.ledger import RepeatedInvoice

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_LAST = EARLIEST.replace(year=2200)

router = APIRouter(prefix=PREFIX, tags=["repairs"])


def _month(value: object) -> date:
    found = _MONTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("has to be a month such as 2026-11")
    month = int(found[1]), int(found[2])
    if not EARLIEST.year <= month[0] <= _LAST.year:
        raise wrong("is too far away")
    return date(*month, 1)


Month = Annotated[date, BeforeValidator(_month), WithJsonSchema({"type": "string", "examples": ["2026-11"]})]
"""A calendar month: its first day."""


class SpendQuery(AskedFor):
    """Of which month."""

    month: Month | None = Field(default=None, description="By default this one, where the service is.")

    def or_now(self, now: datetime, zone: ZoneInfo) -> date:
        """The month that was asked for."""
        return self.month or month_of(now, zone)


class RepeatedInvoiceOut(Out):
    """An invoice that was named for more than one repair: perhaps it is paid twice."""

    invoice_reference: str
    trade_id: str | None
    repairs: list[str] = Field(description="Their references.")
    last_at: datetime


class MonthOut(Out):
    """The ledger of one month; `pence` is the sum of its `items`."""

    as_of: datetime
    month: str
    pence: int
    cap_pence: int = Field(description="Above it a manager approves each repair.")
    repairs: int
    items: list[SpendOut]
    repeated_invoices: list[RepeatedInvoiceOut] = Field(description="Of any month, the latest first.")


@router.get("/repairs/spend", responses=answers({200: MonthOut}, 401, 403, 422), dependencies=[MANAGERS_ONLY])
async def month_of_spend(services: In, query: Annotated[SpendQuery, Query()]) -> Response:
    """Show what was written in the ledger in one calendar month."""
    now = services.clock()
    month = query.or_now(now, services.zone)

    def shown() -> Response:
        lines = services.ledger.of_month(month)
        body: dict[str, Any] = {
            "as_of": written(now.astimezone(UTC)),
            "month": f"{month:%Y-%m}",
            "pence": sum(line.pence for line in lines),
            "cap_pence": services.profile.repairs.month_cap_pence,
            "repairs": len({line.repair_id for line in lines}),
            "items": [spend_out(line) for line in lines],
            "repeated_invoices": [_repeated(found) for found in services.ledger.repeated_invoices()],
        }
        return JSONResponse(body)

    return await run_in_threadpool(shown)


def _repeated(found: RepeatedInvoice) -> dict[str, Any]:
    return {
        "invoice_reference": found.invoice_reference,
        "trade_id": found.trade_id,
        "repairs": list(found.repairs),
        "last_at": written(found.last_at),
    }
