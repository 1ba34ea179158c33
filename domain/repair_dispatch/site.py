"""What the tradesperson who has the job reports: on the way, arrived, made safe, done, or why not."""

from dataclasses import replace
from datetime import timedelta

from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.kinds import OfferState, RepairAsk, RepairStage, TradeAnswer, Urgency
from domain.repair_dispatch.moves import (
    ARRIVAL_ASKS,
    CLOCK_ASKS,
    ask,
    charge,
    end_offer,
    expect,
    let_go,
    look,
    moved_by,
    restart_clock,
    settle,
)
from domain.repair_dispatch.spend import SpendKind
from domain.repair_dispatch.state import Offer, RepairTurn

WORTH_SAYING = timedelta(minutes=10)
"""The victim is told again when the time of arrival has moved by so much."""
_BEFORE_ARRIVAL = frozenset({RepairStage.ACCEPTED, RepairStage.ON_THE_WAY})


def reported(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """Whoever has the job reports; that they do shows that they know of it."""
    turn.state = replace(turn.state, told=True)
    settle(turn, RepairAsk.NOT_TOLD)
    match event.answer:
        case TradeAnswer.ON_THE_WAY:
            _on_the_way(turn, event)
        case TradeAnswer.ARRIVED:
            _arrived(turn)
        case TradeAnswer.MADE_SAFE:
            _made_safe(turn, offer, event)
        case TradeAnswer.COMPLETED:
            _completed(turn, offer, event)
        case TradeAnswer.SECOND_VISIT:
            _second_visit(turn, offer, event)
        case TradeAnswer.ACCESS_FAILED:
            _left(turn, offer, event, RepairAsk.ACCESS_FAILED, "Nobody let the tradesperson in.")
        case TradeAnswer.REFUSED_ON_SITE:
            _left(turn, offer, event, RepairAsk.REFUSED_ON_SITE, "The work was refused on site.")
        case _:
            pass


def reported_after(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """Whoever has left says so again, or says the cost later."""
    book(turn, offer, event)


def _on_the_way(turn: RepairTurn, event: TradeAnswered) -> None:
    if turn.state.stage not in _BEFORE_ARRIVAL:
        return
    eta_at = event.eta_at or turn.state.eta_at
    if turn.state.stage is RepairStage.ACCEPTED or eta_at != turn.state.eta_at:
        turn.say("The tradesperson is on the way.")
    expect(turn, eta_at)
    turn.state = replace(turn.state, stage=RepairStage.ON_THE_WAY)
    if eta_at is None or not turn.state.request.tells_victim:
        return
    if eta_at > turn.now and moved_by(turn.state.victim_told_of, eta_at) >= WORTH_SAYING:
        turn.tells_victim_at = eta_at
        turn.state = replace(turn.state, victim_told_of=eta_at)


def _arrived(turn: RepairTurn) -> None:
    if turn.state.stage not in _BEFORE_ARRIVAL:
        return
    settle(turn, *ARRIVAL_ASKS)
    turn.state = replace(
        turn.state, stage=RepairStage.ARRIVED, arrived_at=turn.now, visits=turn.state.visits + 1
    )
    turn.say("The tradesperson has arrived.")


def _made_safe(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    _arrived(turn)
    if turn.state.stage is RepairStage.ARRIVED:
        turn.state = replace(
            turn.state,
            stage=RepairStage.MADE_SAFE,
            made_safe_at=turn.state.made_safe_at or turn.now,
        )
        turn.say("The place was made safe; the work goes on.")
    book(turn, offer, event)


def _completed(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    _arrived(turn)
    settle(turn, *CLOCK_ASKS)
    end_offer(turn, offer, OfferState.DONE)
    _leave(turn)
    state = turn.state
    turn.state = replace(
        state,
        stage=RepairStage.FINISHED,
        made_safe_at=state.made_safe_at or turn.now,
        finished_at=turn.now,
        estimate_spent=True,
        follow_up_at=turn.now + state.policy.follow_up_after,
    )
    turn.say("The tradesperson says that the work is done.", "The victim is to be asked.")
    book(turn, offer, event)


def _second_visit(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """Safe for now: the same tradesperson is asked first to come again, and an open property is open no more."""
    _arrived(turn)
    end_offer(turn, offer, OfferState.DONE)
    _leave(turn)
    urgency = turn.state.urgency
    restart_clock(turn, Urgency.TODAY if urgency is Urgency.OPEN_PROPERTY else urgency)
    turn.state = replace(
        turn.state,
        made_safe_at=turn.state.made_safe_at or turn.now,
        accepted_at=None,
        arrived_at=None,
        victim_told_of=None,
        round=turn.state.round + 1,
        wanted_trade=offer.trade_id,
    )
    turn.say("Safe for now; somebody has to come again.")
    book(turn, offer, event)
    look(turn)


def _left(turn: RepairTurn, offer: Offer, event: TradeAnswered, asks: RepairAsk, words: str) -> None:
    """They left with nothing done: a coordinator, never the tradesperson, speaks to the victim."""
    let_go(turn, replace(offer, left_with=event.answer), event.reason)
    turn.state = replace(turn.state, stage=RepairStage.ASKED, visits=turn.state.visits + 1)
    turn.say(words, "A coordinator is asked.")
    ask(turn, asks)
    book(turn, offer, event)


def _leave(turn: RepairTurn) -> None:
    turn.state = replace(
        turn.state,
        confirmed=None,
        told=False,
        eta_at=None,
        notices=tuple(n for n in turn.state.notices if n.offer_id != turn.state.confirmed),
    )


def book(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """What one tradesperson asks for: said again, the last counts."""
    if event.cost_pence is None and not event.invoice_reference:
        if turn.state.estimate_spent and turn.state.costs:
            charge(turn, SpendKind.COST, offer)
        return
    if event.cost_pence is not None:
        others = tuple(cost for cost in turn.state.costs if cost[0] != offer.offer_id)
        turn.state = replace(turn.state, costs=(*others, (offer.offer_id, event.cost_pence)))
    charge(turn, SpendKind.COST, offer, event.invoice_reference)
