"""How busy tradespeople are, and how often they say yes: counted from their offers, never kept.

Source: docs/tradespeople.md#load-and-record.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.repair_dispatch.kinds import OfferState
from domain.tradesperson import RECORD_OF
from store.repair_dispatch.desk_days import takes_room
from store.repair_dispatch.row import REPAIR_OFFER

_NEVER_ANSWERED_FOR = (OfferState.UNREACHABLE, OfferState.TAKEN, OfferState.WITHDRAWN)
"""They never heard of it, somebody else was quicker, or we took it back: it says nothing about them."""
_SAID_YES = (OfferState.CONFIRMED, OfferState.RELEASED, OfferState.DONE)
"""Who had the job.  Somebody who was second was willing, too, or never looked: `taken` says both, and counts as
neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """What the offers say of one tradesperson."""

    load: int = 0
    """Places taken in their day: offers that are out, and jobs they have."""
    offered: int = 0
    """How often they were asked in the last ninety days, and it was for them to answer."""
    accepted: int = 0
    """How often of these they had the job."""


def records(connection: Connection, ids: Collection[str], *, now: datetime) -> dict[str, TradeRecord]:
    """Count for each of these; whoever was never asked has a record of zeros."""
    offer = REPAIR_OFFER.c
    is_recent = (offer.made_at > now - RECORD_OF) & offer.state.not_in(_NEVER_ANSWERED_FOR)
    has_room_taken = takes_room()
    counted = (
        select(
            offer.trade_id,
            func.count().filter(has_room_taken).label("load"),
            func.count().filter(is_recent).label("offered"),
            func.count().filter(is_recent, offer.state.in_(_SAID_YES)).label("accepted"),
        )
        .where(offer.trade_id.in_(ids), is_recent | has_room_taken)
        .group_by(offer.trade_id)
    )
    found = {
        row.trade_id: TradeRecord(load=row.load, offered=row.offered, accepted=row.accepted)
        for row in connection.execute(counted)
    }
    return {each: found.get(each, TradeRecord()) for each in ids}
