"""What the offer desk answers: those who are asked, and what is done while nobody can be."""

from dataclasses import replace

from domain.repair_dispatch.events import OffersReserved, ReservedOffer
from domain.repair_dispatch.kinds import NoticeKind, OfferState, RepairAsk, RepairStage, Urgency
from domain.repair_dispatch.moves import SEARCH_ASKS, ask, end_offer, look, settle, tell
from domain.repair_dispatch.state import Offer, RepairTurn

EXHAUSTED_LOOKS_LESS = 10
"""With nobody left to ask it looks this many times less often: somebody's day may begin."""
LOOKS_LEAST = 2
"""A repair that is not urgent looks at most so many times less often while everybody is busy.

Not less: the desk keeps places for those who ask within a minute, and a free tradesperson is not to stand idle.
"""
UNREACHABLE_LOOKS_LESS = 3
"""The same where somebody could not be reached: their system may be back soon."""


def offers_reserved(turn: RepairTurn, event: OffersReserved) -> None:
    """Ask those for whom the desk kept a place; a place that is not wanted any more is given back."""
    wanted = turn.state.wants
    is_stale = event.round not in {0, turn.state.round} or (
        event.round != 0 and event.wanted_trade != turn.state.wanted_trade
    )
    known = {offer.offer_id for offer in turn.state.offers}
    fresh = [reserved for reserved in event.offers if reserved.offer_id not in known]
    for reserved in fresh:
        _adopt(turn, reserved)
    if not wanted:
        return
    if is_stale:  # it answers an earlier question: the one that stands is asked at once
        look(turn)
    elif fresh:
        _somebody_came(turn, event)
    else:
        _nobody_came(turn, event)


def _somebody_came(turn: RepairTurn, event: OffersReserved) -> None:
    settle(turn, *SEARCH_ASKS)
    if event.passed_over:
        turn.say("The one who was chosen could not be asked; the next was.", event.passed_over)
    turn.state = replace(turn.state, wanted_trade=None, looks=0)
    look(turn)


def _adopt(turn: RepairTurn, reserved: ReservedOffer) -> None:
    state = turn.state
    offer = Offer(
        offer_id=reserved.offer_id,
        trade_id=reserved.trade_id,
        channel=reserved.channel,
        round=state.round,
        made_at=turn.now,
        answer_by=turn.now + state.policy.answer_within,
    )
    turn.state = replace(state, offers=(*state.offers, offer))
    if not state.wants:
        end_offer(turn, offer, OfferState.WITHDRAWN)
        return
    turn.state = replace(turn.state, wants=state.wants - 1)
    tell(turn, offer, NoticeKind.OFFER)
    turn.say("A tradesperson was asked.")


def _nobody_came(turn: RepairTurn, event: OffersReserved) -> None:
    state = turn.state
    if event.passed_over:
        turn.say("The one who was chosen could not be asked.", event.passed_over)
    every = state.policy.look_again_every
    if event.busy or state.open_offers:
        settle(turn, RepairAsk.NOBODY_LEFT)
        is_open = state.urgency is Urgency.OPEN_PROPERTY
        turn.state = replace(
            turn.state,
            stage=RepairStage.LOOKING,
            looks=state.looks + 1,
            look_at=turn.now + every * (1 if is_open else min(2**state.looks, LOOKS_LEAST)),
            wanted_trade=None,
        )
        return
    if not state.asks_for(RepairAsk.NOBODY_LEFT):
        turn.say("Nobody is left to ask: a coordinator is asked.")
        ask(turn, RepairAsk.NOBODY_LEFT)
    soon = any(offer.state is OfferState.UNREACHABLE for offer in state.offers)
    turn.state = replace(
        turn.state,
        stage=RepairStage.ASKED,
        wanted_trade=None,
        look_at=turn.now + every * (UNREACHABLE_LOOKS_LESS if soon else EXHAUSTED_LOOKS_LESS),
    )
