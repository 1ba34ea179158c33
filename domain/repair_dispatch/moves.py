"""The small steps of which everything that happens to a repair is made."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.identifiers import notice_key
from domain.repair_dispatch.kinds import (
    NoticeKind,
    OfferState,
    RepairAsk,
    RepairStage,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.spend import SpendEntry, SpendKind
from domain.repair_dispatch.state import Asked, Notice, Offer, RepairTurn

CLOCK_ASKS = (
    RepairAsk.ARRIVAL_NEAR,
    RepairAsk.ARRIVAL_LATE,
    RepairAsk.OVERDUE,
    RepairAsk.DONE_NEAR,
    RepairAsk.DONE_LATE,
)
ARRIVAL_ASKS = (RepairAsk.ARRIVAL_NEAR, RepairAsk.ARRIVAL_LATE, RepairAsk.OVERDUE)
SEARCH_ASKS = (
    RepairAsk.NOBODY_LEFT,
    RepairAsk.PLACE_UNKNOWN,
    RepairAsk.GIVEN_BACK,
    RepairAsk.ACCESS_FAILED,
    RepairAsk.REFUSED_ON_SITE,
)
"""What is answered by somebody being looked for again, or found."""


def ask(turn: RepairTurn, kind: RepairAsk) -> None:
    """Ask a coordinator, unless they are asked that already."""
    if not turn.state.asks_for(kind):
        turn.state = replace(turn.state, asks=(*turn.state.asks, Asked(kind=kind, since=turn.now)))


def settle(turn: RepairTurn, *kinds: RepairAsk) -> None:
    """What was asked needs no answer any more."""
    if any(turn.state.asks_for(kind) for kind in kinds):
        kept = tuple(asked for asked in turn.state.asks if asked.kind not in kinds)
        turn.state = replace(turn.state, asks=kept)


def put(turn: RepairTurn, offer: Offer) -> None:
    """Change one offer."""
    offers = (offer if known.offer_id == offer.offer_id else known for known in turn.state.offers)
    turn.state = replace(turn.state, offers=tuple(offers))


def end_offer(
    turn: RepairTurn, offer: Offer, state: OfferState, reason: TradeDeclineReason | None = None
) -> None:
    """An offer is answered, or no longer stands."""
    put(turn, replace(offer, state=state, reason=reason or offer.reason, settled_at=turn.now))


def tell(turn: RepairTurn, offer: Offer, kind: NoticeKind) -> None:
    """Let a tradesperson be told, unless that is about to happen; what it overtakes is not said any more."""
    waiting = tuple(n for n in turn.state.notices if n.offer_id == offer.offer_id)
    if any(notice.kind is kind for notice in waiting):
        return
    key = notice_key(offer.offer_id, kind, turn.state.turn + 1)
    notice = Notice(key=key, offer_id=offer.offer_id, kind=kind, wanted_at=turn.now, due_at=turn.now)
    others = tuple(n for n in turn.state.notices if n.offer_id != offer.offer_id)
    turn.state = replace(turn.state, notices=(*others, notice))


def unsay(turn: RepairTurn, kind: NoticeKind) -> None:
    """Somebody said it by telephone: it need not be said again."""
    kept = tuple(notice for notice in turn.state.notices if notice.kind is not kind)
    turn.state = replace(turn.state, notices=kept)


def look(turn: RepairTurn, *, after: timedelta = timedelta(0)) -> None:
    """Ask as many more as may be asked at once; nobody while it is held, taken or over."""
    state = turn.state
    if state.holds or state.confirmed is not None or state.ended_at is not None:
        stop_looking(turn)
        return
    missing = max(state.policy.at_once[state.urgency] - len(state.open_offers), 0)
    if state.wanted_trade is not None:
        missing = max(missing, 1)
    turn.state = replace(
        state,
        stage=RepairStage.LOOKING,
        wants=missing,
        look_at=turn.now + after if missing else None,
    )


def stop_looking(turn: RepairTurn) -> None:
    """Nobody else is asked."""
    turn.state = replace(turn.state, wants=0, look_at=None, wanted_trade=None)


def search_anew(turn: RepairTurn, *, keep_round: bool = False) -> None:
    """Look for somebody again; in a new round those who did not answer are asked again."""
    if not keep_round:
        turn.state = replace(turn.state, round=turn.state.round + 1)
    settle(turn, *SEARCH_ASKS)
    look(turn)


def let_go(turn: RepairTurn, offer: Offer, reason: TradeDeclineReason | None = None) -> None:
    """Whoever had the job does not any more."""
    end_offer(turn, offer, OfferState.RELEASED, reason)
    others = tuple(n for n in turn.state.notices if n.offer_id != offer.offer_id)
    turn.state = replace(
        turn.state, confirmed=None, told=False, accepted_at=None, eta_at=None, notices=others
    )
    settle(turn, RepairAsk.NOT_TOLD, RepairAsk.OVERDUE)


def close_offers(turn: RepairTurn, state: OfferState, kind: NoticeKind) -> None:
    """Those who were asked and have not answered are told that they need not."""
    for offer in turn.state.open_offers:
        end_offer(turn, offer, state)
        tell(turn, offer, kind)


def restart_clock(turn: RepairTurn, urgency: Urgency | None = None) -> None:
    """The promises count from now."""
    settle(turn, *CLOCK_ASKS)
    turn.state = replace(turn.state, clock_from=turn.now, warned=(), urgency=urgency or turn.state.urgency)


def charge(
    turn: RepairTurn, kind: SpendKind, offer: Offer | None = None, invoice_reference: str = ""
) -> None:
    """Bring the ledger to what the repair comes to: what was asked for, or else the estimate.

    Until the work is done the estimate is kept if it is more; nothing is ever taken out of the ledger.
    """
    state = turn.state
    asked = sum(pence for _, pence in state.costs)
    is_settled = state.stage is RepairStage.CANCELLED or (state.finished_at is not None and state.costs)
    owed = asked if is_settled else max(asked, state.request.estimate_pence)
    due = max(owed + state.corrected_pence, 0)
    pence = due - state.committed_pence
    if pence == 0 and not invoice_reference:
        return
    trade_id = offer.trade_id if offer else None
    turn.spend.append(
        SpendEntry(kind=kind, pence=pence, invoice_reference=invoice_reference, trade_id=trade_id)
    )
    turn.state = replace(state, committed_pence=due)
    if due > state.policy.job_cap_pence and not state.spend_approved and kind is SpendKind.COST:
        ask(turn, RepairAsk.SPEND)


def expect(turn: RepairTurn, eta_at: datetime | None) -> None:
    """They say when they will be there: from then on that is what they are overdue by."""
    if eta_at != turn.state.eta_at:
        settle(turn, RepairAsk.OVERDUE)
        warned = tuple(kind for kind in turn.state.warned if kind is not RepairAsk.OVERDUE)
        turn.state = replace(turn.state, eta_at=eta_at, warned=warned)


def moved_by(one: datetime | None, other: datetime) -> timedelta:
    """How far two times of arrival are apart; endless if there was none."""
    return timedelta.max if one is None else abs(other - one)
