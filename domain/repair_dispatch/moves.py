"""The small steps of which everything that happens to a repair is made."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.identifiers import notice_key
from domain.repair_dispatch.kinds import (
    NoticeKind,
    OfferState,
    RepairAsk,
    RepairHold,
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
ASKED_AGAIN_AFTER = 3
"""Times the span to answer an offer: what a person has ticked off and is still so is asked again then."""
WAITS_FOR_A_PERSON = frozenset({RepairAsk.PLACE_UNKNOWN, RepairAsk.ACCESS_FAILED, RepairAsk.REFUSED_ON_SITE})
"""While this is asked nobody is looked for: a person says how to go on."""


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
    """Let a tradesperson be told, unless that is about to happen; what it overtakes is not said any more.

    That somebody is not to go is never overtaken by thanks for an answer.
    """
    waiting = {n.kind for n in turn.state.notices if n.offer_id == offer.offer_id}
    if kind in waiting or (kind is NoticeKind.TAKEN and NoticeKind.CANCELLATION in waiting):
        return
    key = notice_key(offer.offer_id, kind, turn.state.turn + 1)
    notice = Notice(key=key, offer_id=offer.offer_id, kind=kind, wanted_at=turn.now, due_at=turn.now)
    others = tuple(n for n in turn.state.notices if n.offer_id != offer.offer_id)
    turn.state = replace(turn.state, notices=(*others, notice))


def unsay(turn: RepairTurn, kind: NoticeKind, *offer_ids: str) -> None:
    """Somebody said it by telephone: it need not be said again."""
    kept = tuple(n for n in turn.state.notices if n.kind is not kind or n.offer_id not in offer_ids)
    turn.state = replace(turn.state, notices=kept)


def may_not_know(turn: RepairTurn, offer_id: str) -> None:
    """Somebody who had the job may not know that they have not: ring them."""
    if offer_id not in turn.state.untold:
        turn.state = replace(turn.state, untold=(*turn.state.untold, offer_id))
    ask(turn, RepairAsk.CANCEL_NOT_TOLD)


def knows(turn: RepairTurn, *offer_ids: str) -> None:
    """They know: nobody has to ring them."""
    untold = tuple(known for known in turn.state.untold if known not in offer_ids)
    turn.state = replace(turn.state, untold=untold)
    if not untold:
        settle(turn, RepairAsk.CANCEL_NOT_TOLD)


def look(turn: RepairTurn) -> None:
    """Ask as many more as may be asked at once; nobody while it is held, stopped, taken or over."""
    if turn.state.confirmed is not None or turn.state.ended_at is not None:
        stop_looking(turn)
        return
    if turn.state.stopped:
        hold_for_stop(turn)
    if turn.state.holds:
        stand_still(turn, RepairStage.HELD)
        ask(turn, RepairAsk.HOLD)
    elif any(turn.state.asks_for(kind) for kind in WAITS_FOR_A_PERSON):
        stand_still(turn, RepairStage.ASKED)
    else:
        _look_on(turn)


def _look_on(turn: RepairTurn) -> None:
    state = turn.state
    missing = max(state.policy.at_once[state.urgency] - len(state.open_offers), 0)
    if state.wanted_trade is not None:
        missing = max(missing, 1)
    turn.state = replace(
        state,
        stage=RepairStage.LOOKING,
        wants=missing,
        look_at=turn.now if missing else None,
    )


def hold_for_stop(turn: RepairTurn) -> None:
    """Everything was stopped on the referral: nobody else is asked until a person says that somebody may go."""
    if RepairHold.CONTACT_STOPPED not in turn.state.holds:
        turn.state = replace(turn.state, holds=(*turn.state.holds, RepairHold.CONTACT_STOPPED))
        turn.say("The repair is held.", "Everything was stopped.")
    ask(turn, RepairAsk.CONTACT_STOPPED)


def stand_still(turn: RepairTurn, stage: RepairStage) -> None:
    """Nobody is asked, and those who were need not answer."""
    close_offers(turn, OfferState.WITHDRAWN, NoticeKind.WITHDRAWAL)
    stop_looking(turn)
    turn.state = replace(turn.state, stage=stage)


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
    """Whoever had the job does not any more; they know the word at the door, so a new one is made."""
    end_offer(turn, offer, OfferState.RELEASED, reason)
    others = tuple(n for n in turn.state.notices if n.offer_id != offer.offer_id)
    turn.state = replace(
        turn.state,
        confirmed=None,
        told=False,
        accepted_at=None,
        eta_at=None,
        arrived_at=None,
        notices=others,
    )
    turn.renews_word = True
    settle(turn, RepairAsk.NOT_TOLD, RepairAsk.OVERDUE, RepairAsk.TELL_VICTIM)


def warn_victim(turn: RepairTurn) -> None:
    """Whom the victim expects does not come, and the word they were given is not the word any more: ring them."""
    turn.state = replace(turn.state, victim_told_of=None)
    ask(turn, RepairAsk.TELL_VICTIM)


def close_offers(turn: RepairTurn, state: OfferState, kind: NoticeKind) -> None:
    """Those who were asked and have not answered are told that they need not."""
    for offer in turn.state.open_offers:
        end_offer(turn, offer, state)
        tell(turn, offer, kind)


def restart_clock(turn: RepairTurn, urgency: Urgency | None = None) -> None:
    """The promises count from now."""
    settle(turn, *CLOCK_ASKS)
    turn.state = replace(turn.state, clock_from=turn.now, urgency=urgency or turn.state.urgency)
    no_longer_put_off(turn, *CLOCK_ASKS)


def put_off(turn: RepairTurn, kind: RepairAsk) -> None:
    """A person has dealt with it: it is asked again if it is still so after a while, and never forgotten."""
    no_longer_put_off(turn, kind)
    again_at = turn.now + turn.state.policy.answer_within * ASKED_AGAIN_AFTER
    turn.state = replace(turn.state, put_off=(*turn.state.put_off, (kind, again_at)))


def no_longer_put_off(turn: RepairTurn, *kinds: RepairAsk) -> None:
    """It begins afresh."""
    kept = tuple(one for one in turn.state.put_off if one[0] not in kinds)
    turn.state = replace(turn.state, put_off=kept)


def charge(
    turn: RepairTurn, kind: SpendKind, offer: Offer | None = None, invoice_reference: str = ""
) -> None:
    """Bring the ledger to what the repair comes to: what was asked for, or else the estimate.

    Until the work is done the estimate is kept if it is more; nothing is ever taken out of the ledger.
    """
    state = turn.state
    asked = sum(pence for _, pence in state.costs)
    is_settled = state.stage is RepairStage.CANCELLED or (state.estimate_spent and bool(state.costs))
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
        no_longer_put_off(turn, RepairAsk.OVERDUE)
        turn.state = replace(turn.state, eta_at=eta_at)


def moved_by(one: datetime | None, other: datetime) -> timedelta:
    """How far two times of arrival are apart; endless if there was none."""
    return timedelta.max if one is None else abs(other - one)
