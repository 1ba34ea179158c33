"""What repairs cost: a ledger in integer pence that always adds up.  Source: docs/repairs.md#spend.

Nothing in it is ever changed: an estimate is committed, and when the cost is known the difference is written beside
it.  What a repair comes to is the sum of its entries, what a month comes to the sum of its entries too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum


class SpendKind(StrEnum):
    """Why an entry was written."""

    COMMITTED = "committed"
    """The estimate, when the repair was asked for."""
    COST = "cost"
    """The difference to what was committed, when a cost is known; may be negative."""
    RELEASED = "released"
    """What was committed and will not be spent; negative."""
    CORRECTED = "corrected"
    """By a manager, with a reason; may be negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendEntry:
    """One line of the ledger; the store adds when, for which repair and by whom."""

    kind: SpendKind
    pence: int
    """Added to what the repair comes to."""
    invoice_reference: str = ""
    trade_id: str | None = None


def total(entries: Iterable[SpendEntry]) -> int:
    """What entries come to, in pence."""
    return sum(entry.pence for entry in entries)


def month_of(at: datetime, zone: tzinfo) -> date:
    """The first day of the calendar month an entry counts in: the month on the service's own wall.

    Args:
        at: An aware time.
        zone: The service's.
    """
    return at.astimezone(zone).date().replace(day=1)
