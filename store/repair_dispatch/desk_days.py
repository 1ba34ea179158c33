"""The places in tradespeople's days: which are taken, which are kept, and which are given back.

A place kept for a repair that has not asked for it yet bears `BEFOREHAND`: it only keeps those behind it in the line
from taking it, and is chosen anew when the repair asks.  Source: docs/repairs.md#dispatch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)

from domain.repair_dispatch.kinds import OfferState
from domain.repair_dispatch.ports import OffersWanted
from store.columns import UUID, AnyRow
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER

BEFOREHAND = -1
"""The turn of a place that is kept for a repair which has not asked for it yet."""
PATIENCE = timedelta(seconds=60)
"""After this long a place that nobody wants any more is given back.  Beforehand a place is kept for a repair that asks
within this long; for one that should have asked so long ago nothing is kept: its workflow stands still, and others
wait."""

_R, _O = REPAIR.c, REPAIR_OFFER.c
_IDS = ARRAY(UUID)
_KEPT = (
    select(_O.id, _O.trade_id, _O.channel)
    .where(
        _O.repair_id == bindparam("this"),
        _O.round == bindparam("round"),
        _O.turn == bindparam("turn"),
        _O.state != OfferState.WITHDRAWN,
    )
    .order_by(_O.place)
)
_IS_BEFOREHAND = and_(_O.state == OfferState.RESERVED, _O.turn == BEFOREHAND)
_IS_BEHIND = and_(_IS_BEFOREHAND, _O.repair_id == func.any(bindparam("behind", type_=_IDS)))


def takes_room() -> ColumnElement[bool]:
    """A condition: an offer fills a place in somebody's day.

    What is kept beforehand for a repair that has ended, or has somebody by now, does not: nobody will ask for it.
    """
    # A value, not an `EXISTS`, which Postgres may answer by reading every repair there ever was.
    wants_nobody = select(or_(_R.ended_at.is_not(None), _R.wants == 0)).where(_R.id == _O.repair_id)
    is_left_over = and_(_IS_BEFOREHAND, wants_nobody.scalar_subquery())
    return and_(_O.state.in_([state for state in OfferState if state.takes_capacity]), not_(is_left_over))


_LOADS = (
    select(_O.trade_id, func.count().label("taken"))
    .where(takes_room(), not_(_IS_BEHIND))
    .group_by(_O.trade_id)
)
_BEHIND = select(_O.id, _O.trade_id, _O.repair_id).where(_IS_BEHIND)
_FORGOTTEN = delete(REPAIR_OFFER).where(
    _IS_BEFOREHAND, _O.repair_id != func.all(bindparam("others", type_=_IDS))
)
_UNWANTED = (
    select(_O.id)
    .join_from(REPAIR_OFFER, REPAIR, _R.id == _O.repair_id)
    .where(
        _O.state == OfferState.RESERVED,
        _O.turn != BEFOREHAND,
        or_(
            and_(_O.repair_id == bindparam("this"), _O.turn < bindparam("turn")),
            and_(_O.reserved_at < bindparam("before"), or_(_R.ended_at.is_not(None), _R.wants == 0)),
        ),
    )
    .with_for_update(of=REPAIR_OFFER, skip_locked=True)  # whom its workflow writes at this moment is wanted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """What is taken of everybody's day; whoever is free is not named."""

    taken: dict[str, int]
    behind: dict[str, list[str]]
    """Offers kept beforehand for those behind the one who asks, by tradesperson, in the order of the line."""


def given_before(connection: Connection, wanted: OffersWanted) -> Sequence[AnyRow]:
    """The places that this very request was given before."""
    this = {"this": wanted.repair_id, "round": wanted.round, "turn": wanted.turn}
    return connection.execute(_KEPT, this).all()


def loads_of(connection: Connection, behind: list[str]) -> Loads:
    """How many places are taken, without what is kept beforehand for those behind."""
    these = {"behind": behind}
    taken = {row.trade_id: row.taken for row in connection.execute(_LOADS, these)}
    place = {repair_id: place for place, repair_id in enumerate(behind)}
    kept = sorted(connection.execute(_BEHIND, these), key=lambda row: place[row.repair_id])
    return Loads(
        taken=taken, behind={one: [row.id for row in rows] for one, rows in rows_by(kept, "trade_id").items()}
    )


def give_back(connection: Connection, others: list[str], wanted: OffersWanted) -> None:
    """Places kept for those who do not wait any more are forgotten; what was given out and is not wanted, withdrawn."""
    connection.execute(_FORGOTTEN, {"others": others})
    unwanted = {"this": wanted.repair_id, "turn": wanted.turn, "before": wanted.at - PATIENCE}
    ids = list(connection.scalars(_UNWANTED, unwanted))
    if ids:
        gone = {"state": OfferState.WITHDRAWN, "settled_at": wanted.at}
        connection.execute(update(REPAIR_OFFER).where(_O.id.in_(ids)).values(gone))


def rows_by(rows: Iterable[AnyRow], name: str) -> dict[str, list[AnyRow]]:
    """Gather rows by one of their columns, each in the order in which it came."""
    found: dict[str, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found
