"""Whether somebody who was asked may be sent now: an offer outlives its answer time, and papers expire meanwhile.

Source: docs/tradespeople.md#what-expiry-does.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select

from store.columns import is_uuid
from store.repair_dispatch.row import REPAIR_OFFER
from store.tradesperson.row import TRADESPERSON, unnamed

_ASKED = (
    select(TRADESPERSON)
    .join_from(REPAIR_OFFER, TRADESPERSON, TRADESPERSON.c.id == REPAIR_OFFER.c.trade_id)
    .where(REPAIR_OFFER.c.id == bindparam("this"))
)


def may_be_sent(connection: Connection, offer_id: str, *, at: datetime, zone: ZoneInfo) -> bool:
    """Whether whoever was made an offer works for us and has valid papers on the day of `at`; nothing is opened.

    Args:
        connection: Any; nothing is locked.
        offer_id: Of an offer; whoever nobody made one may not be sent.
        at: An aware time.
        zone: Of the service: papers expire at the end of its day.
    """
    row = connection.execute(_ASKED, {"this": offer_id}).first() if is_uuid(offer_id) else None
    return row is not None and unnamed(row).may_be_sent(at.astimezone(zone).date())
