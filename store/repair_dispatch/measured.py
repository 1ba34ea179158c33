"""What statistics count of a repair, kept beside where it stands.

A second visit, another urgency or a hold that is lifted begins the clocks of the board anew.  What the first help took
and which promise it broke is history by then: it is fixed once somebody is on site, or a promise breaks.
Source: docs/repairs.md#statistics.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_

from domain.repair_dispatch.state import RepairState
from store.repair_dispatch.row import REPAIR

_R = REPAIR.c


def measured(state: RepairState, *, at: datetime) -> dict[str, Any]:
    """The columns of a repair's row that statistics read.

    Args:
        state: After the turn.
        at: When the turn was; what the row says of the promises held until then.
    """
    is_fixed = _is_fixed(state, at)

    def until_fixed(name: str, value: datetime | None) -> ColumnElement[Any]:
        return case((is_fixed, _R[name]), else_=value)

    counts = not state.holds
    arrived_at = state.arrived_at or (
        at if state.visits else None
    )  # who comes twice arrives and leaves in one turn
    return {
        "measured_from": until_fixed("measured_from", state.clock_from),
        "measured_on_site_by": until_fixed("measured_on_site_by", state.on_site_by if counts else None),
        "measured_done_by": until_fixed("measured_done_by", state.done_by if counts else None),
        "first_accepted_at": _first_accepted(state, is_fixed),
        "first_arrived_at": func.coalesce(_R.first_arrived_at, arrived_at),
        "first_done_at": func.coalesce(_R.first_done_at, state.finished_at),
    }


def _is_fixed(state: RepairState, at: datetime) -> ColumnElement[bool]:
    """Whether somebody was on site, it is done or over, or a promise that stood until this turn has broken."""
    return or_(
        literal(state.visits > 0 or state.ended_at is not None),
        _R.first_arrived_at.is_not(None),
        _R.first_done_at.is_not(None),
        func.coalesce(_R.measured_on_site_by < at, False),
        func.coalesce(_R.measured_done_by < at, False),
    )


def _first_accepted(state: RepairState, is_fixed: ColumnElement[bool]) -> ColumnElement[Any]:
    """The first yes since the promises count; whoever had the job already when they began said it at once."""
    since = max(state.accepted_at, state.clock_from) if state.accepted_at else None
    stands = is_fixed | func.coalesce(_R.first_accepted_at >= state.clock_from, False)
    return case((stands, func.coalesce(_R.first_accepted_at, state.accepted_at)), else_=since)
