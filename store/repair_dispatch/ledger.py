"""What repairs cost: a ledger that is only added to, in integer pence.  Source: docs/repairs.md#spend.

What a repair comes to (`repair.committed_pence`) is always the sum of its entries: both are written in one
transaction, and a trigger refuses to change or delete an entry.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Select, bindparam, func, select

from domain.repair_dispatch.spend import SpendKind
from store.columns import AnyRow, is_uuid
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.row import REPAIR, REPAIR_SPEND

_LINES: Select[Any] = (
    select(REPAIR_SPEND, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join_from(REPAIR_SPEND, REPAIR, REPAIR.c.id == REPAIR_SPEND.c.repair_id, isouter=True)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id, isouter=True)
    .order_by(REPAIR_SPEND.c.made_at, REPAIR_SPEND.c.id)
)
"""A line outlives its repair: what was spent was spent."""
_MONTHS = (
    select(
        REPAIR_SPEND.c.month,
        func.sum(REPAIR_SPEND.c.pence).label("pence"),
        func.count(REPAIR_SPEND.c.repair_id.distinct()).label("repairs"),
    )
    .where(REPAIR_SPEND.c.month >= bindparam("first"), REPAIR_SPEND.c.month <= bindparam("last"))
    .group_by(REPAIR_SPEND.c.month)
    .order_by(REPAIR_SPEND.c.month)
)
_REPAIRS = func.array_agg(REPAIR_SPEND.c.repair_reference.distinct())
_REPEATED = (
    select(
        REPAIR_SPEND.c.invoice_reference,
        REPAIR_SPEND.c.trade_id,
        _REPAIRS.label("repairs"),
        func.max(REPAIR_SPEND.c.made_at).label("last_at"),
    )
    .where(REPAIR_SPEND.c.invoice_reference != "")
    .group_by(REPAIR_SPEND.c.invoice_reference, REPAIR_SPEND.c.trade_id)
    .having(func.count(REPAIR_SPEND.c.repair_id.distinct()) > 1)
    .order_by(func.max(REPAIR_SPEND.c.made_at).desc(), REPAIR_SPEND.c.invoice_reference)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One entry."""

    id: str
    repair_id: str
    repair_reference: str
    area: str
    month: date
    """Its first day."""
    kind: SpendKind
    pence: int
    """Added to what the repair comes to; may be negative."""
    trade_id: str | None
    invoice_reference: str
    made_at: datetime
    by_name: str
    """Of the member of staff; empty: the service, or the tradesperson."""
    reason: str
    """Of a correction; empty once the referral's key is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTotal:
    """What the repairs of one calendar month come to."""

    month: date
    pence: int
    repairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedInvoice:
    """One tradesperson's invoice that was named for more than one repair: perhaps paid twice."""

    invoice_reference: str
    trade_id: str | None
    repairs: tuple[str, ...]
    """Their references."""
    last_at: datetime


class LedgerStore:
    """Reads the ledger.  Only turns of repairs write it."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def of_repair(self, repair_id: str) -> list[LedgerLine]:
        """Read what was written of one repair, oldest first."""
        if not is_uuid(repair_id):
            return []
        return self._lines(_LINES.where(REPAIR_SPEND.c.repair_id == repair_id))

    def of_month(self, month: date) -> list[LedgerLine]:
        """Read what was written in one calendar month, oldest first.

        Args:
            month: Any day of it.
        """
        return self._lines(_LINES.where(REPAIR_SPEND.c.month == month.replace(day=1)))

    def months(self, first: date, last: date) -> list[MonthTotal]:
        """Add up each month in which something was written, from the month of one day to that of another."""
        bounds = {"first": first.replace(day=1), "last": last.replace(day=1)}
        with self._engine.connect() as connection:
            rows = connection.execute(_MONTHS, bounds).all()
        return [MonthTotal(month=row.month, pence=int(row.pence), repairs=row.repairs) for row in rows]

    def repeated_invoices(self) -> list[RepeatedInvoice]:
        """Find invoices that were named for more than one repair, the latest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_REPEATED).all()
        return [
            RepeatedInvoice(
                invoice_reference=row.invoice_reference,
                trade_id=row.trade_id,
                repairs=tuple(row.repairs),
                last_at=row.last_at,
            )
            for row in rows
        ]

    def _lines(self, statement: Select[Any]) -> list[LedgerLine]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [ledger_line_of(row, self._cipher(row)) for row in rows]

    def _cipher(self, row: AnyRow) -> PersonCipher | None:
        if row.reason_enc is None or row.wrapped_key is None:
            return None
        return cipher_of(self._keyring, row.referral_id, row.wrapped_key)


def ledger_line_of(row: AnyRow, cipher: PersonCipher | None) -> LedgerLine:
    """Read an entry.

    Args:
        row: Of the ledger.
        cipher: Of the referral; `None`: there is no reason, or its key is gone.
    """
    reason = cipher.open_text("repair_spend.reason_enc", row.id, row.reason_enc) if cipher else ""
    return LedgerLine(
        id=row.id,
        repair_id=row.repair_id,
        repair_reference=row.repair_reference,
        area=row.area,
        month=row.month,
        kind=SpendKind(row.kind),
        pence=row.pence,
        trade_id=row.trade_id,
        invoice_reference=row.invoice_reference,
        made_at=row.made_at,
        by_name=row.by_name,
        reason=reason,
    )
