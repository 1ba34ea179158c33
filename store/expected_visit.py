"""When somebody comes, for the text that says so: read as it is written, and once more as it leaves.

So that no text ever names an old time, or somebody who does not come any more.
Source: docs/policy.md#expected-visits.
"""

from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, select

from domain.message_ports import Beginning, Begun
from domain.referral_state import ReferralState
from domain.repair_dispatch.kinds import RepairStage
from domain.vocabulary import MessageState, Purpose
from store.repair_dispatch.row import REPAIR

NOBODY_COMES = "Nobody is expected at that time any more."
"""Why a text that had been made does not leave."""
_COMING = (RepairStage.ACCEPTED, RepairStage.ON_THE_WAY)
_THIS: BindParameter[str] = bindparam("this")
_EXPECTED = select(REPAIR.c.eta_at).where(
    REPAIR.c.id == _THIS, REPAIR.c.confirmed_offer.is_not(None), REPAIR.c.stage.in_(_COMING)
)


def expected_at(connection: Connection, key: str, state: ReferralState | None) -> datetime | None:
    """When the one comes whom a message announces; `None`: it announces nobody, or nobody comes any more."""
    about = _announced(key, state)
    return connection.execute(_EXPECTED, {"this": about}).scalar() if about else None


def or_nobody_comes(
    connection: Connection, key: str, state: ReferralState | None, begun: Begun, now: datetime
) -> Begun:
    """Keep back a text about somebody who does not come any more, or should be there already."""
    if not _announced(key, state):
        return begun
    at = expected_at(connection, key, state)
    if at is not None and at > now:
        return begun
    return Begun(beginning=Beginning.REFUSED, state=MessageState.HELD, why=NOBODY_COMES)


def _announced(key: str, state: ReferralState | None) -> str:
    errands = state.errands if state else ()
    return next(
        (e.about for e in errands if e.key == key and e.purpose is Purpose.VISIT_EXPECTED),
        "",
    )
