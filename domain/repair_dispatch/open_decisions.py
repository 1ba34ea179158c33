"""What a person in some role may decide about a repair now: the buttons of a page.  Asked of the heart itself."""

from collections.abc import Iterator
from datetime import datetime

from domain.errors import Refusal
from domain.repair_dispatch.decisions import decided
from domain.repair_dispatch.events import RepairDecided
from domain.repair_dispatch.kinds import RepairDecisionKind, Urgency
from domain.repair_dispatch.state import RepairState, RepairTurn
from domain.vocabulary import Role

_ANYBODY = "somebody"
"""Stands for whom a coordinator would choose."""


def open_repair_decisions(state: RepairState, *, role: Role, now: datetime) -> tuple[RepairDecided, ...]:
    """List what could be decided, each with what belongs to it: this hold, that question, another urgency.

    Whom to ask next, and by how many pence, are whoever decides' own to say.
    """
    return tuple(wish for wish in _wishes(state, role) if _is_open(state, wish, now))


def _wishes(state: RepairState, role: Role) -> Iterator[RepairDecided]:
    kinds = RepairDecisionKind
    yield from (RepairDecided(kind=kinds.LIFT, role=role, hold=hold) for hold in state.holds)
    yield from (RepairDecided(kind=kinds.SETTLE_ASK, role=role, ask=asked.kind) for asked in state.asks)
    yield from (RepairDecided(kind=kinds.CONFIRM_SECURE, role=role, secure=is_so) for is_so in (True, False))
    yield RepairDecided(kind=kinds.OFFER_TO, role=role, trade_id=_ANYBODY)
    yield RepairDecided(kind=kinds.LOOK_AGAIN, role=role)
    yield RepairDecided(kind=kinds.REASSIGN, role=role)
    yield from (RepairDecided(kind=kinds.CHANGE_URGENCY, role=role, urgency=each) for each in Urgency)
    yield RepairDecided(kind=kinds.CHANGE_JOB, role=role)
    yield RepairDecided(kind=kinds.CORRECT_SPEND, role=role, pence=1)
    yield RepairDecided(kind=kinds.CANCEL, role=role)


def _is_open(state: RepairState, wish: RepairDecided, now: datetime) -> bool:
    try:
        decided(RepairTurn(state=state, now=now), wish)
    except Refusal:
        return False
    return True
