"""What tradespeople answer, and what is known of what they were told.

At most one has the job at any moment: `confirmed` names one offer or none, and only `_confirm` sets it.
Source: docs/repairs.md#one-at-a-time.
"""

from dataclasses import replace

from domain.repair_dispatch import site
from domain.repair_dispatch.events import (
    TradeAnswered,
)
from domain.repair_dispatch.kinds import (
    NoticeKind,
    OfferState,
    RepairAsk,
    RepairStage,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
)
from domain.repair_dispatch.moves import (
    SEARCH_ASKS,
    ask,
    close_offers,
    end_offer,
    expect,
    let_go,
    look,
    settle,
    stop_looking,
    tell,
    warn_victim,
)
from domain.repair_dispatch.state import Offer, RepairState, RepairTurn

_FREE = frozenset({OfferState.OFFERED, OfferState.EXPIRED, OfferState.UNREACHABLE, OfferState.TAKEN})
"""Who was asked and has not said no: their yes is welcome while nobody has the job."""
SETS_OFF = frozenset({TradeAnswer.ON_THE_WAY, TradeAnswer.ARRIVED})
"""Whoever does so without a word has said yes; nobody has finished a job that they were never given."""


def trade_answered(turn: RepairTurn, event: TradeAnswered) -> None:
    """Somebody we asked tells us something."""
    offer = turn.state.offer(event.offer_id)
    if offer is None:
        turn.taken = True
        return
    match event.answer:
        case TradeAnswer.ACCEPTED:
            _accepted(turn, offer, event)
        case TradeAnswer.DECLINED:
            _declined(turn, offer, event)
        case _ if offer.state is OfferState.CONFIRMED:
            site.reported(turn, offer, event)
        case _ if offer.state is OfferState.DONE or _says_again(offer, event):
            site.reported_after(turn, offer, event)
        case answer if answer in SETS_OFF and _may_have_it(turn.state, offer, event):
            _confirm(turn, offer, event)
            site.reported(turn, offer, event)
        case _:
            _reported_without_the_job(turn, offer, event)


def _says_again(offer: Offer, event: TradeAnswered) -> bool:
    return offer.left_with is event.answer


def _may_have_it(state: RepairState, offer: Offer, event: TradeAnswered) -> bool:
    return offer.state in _FREE and state.is_searching and event.fit


def _accepted(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    if offer.state is OfferState.CONFIRMED:  # said twice: the first time counts
        if event.eta_at is not None and turn.state.arrived_at is None:
            expect(turn, event.eta_at)
    elif _may_have_it(turn.state, offer, event):
        _confirm(turn, offer, event)
    elif offer.state is not OfferState.DONE:
        _too_late(turn, offer, event)


def is_free(state: RepairState) -> bool:
    """Whether somebody who was asked may still have the job."""
    return state.is_searching


def _confirm(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    end_offer(turn, offer, OfferState.CONFIRMED)
    for other in turn.state.open_offers:
        if other.trade_id == offer.trade_id:  # the same person, asked again: they are not told no as well
            end_offer(turn, other, OfferState.TAKEN)
    close_offers(turn, OfferState.TAKEN, NoticeKind.TAKEN)
    stop_looking(turn)
    settle(turn, *SEARCH_ASKS)
    turn.state = replace(
        turn.state,
        stage=RepairStage.ACCEPTED,
        confirmed=offer.offer_id,
        told=False,
        accepted_at=turn.now,
        arrived_at=None,
    )
    expect(turn, event.eta_at)
    tell(turn, offer, NoticeKind.CONFIRMATION)
    late = "" if offer.state is OfferState.OFFERED else "Later than asked, and nobody had it."
    turn.say("A tradesperson accepted and has the job.", late)


def _too_late(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """Somebody else was first, it is off, or they may not be sent any more."""
    turn.taken = True
    was_open = offer.state is OfferState.OFFERED
    if not event.fit and offer.state in _FREE:
        end_offer(turn, offer, OfferState.WITHDRAWN)
        turn.say("Somebody who may not be sent any more said yes, and was told no.")
        tell(turn, offer, NoticeKind.WITHDRAWAL)
        if was_open and turn.state.is_searching:
            look(turn)
        return
    if offer.state in _FREE:
        end_offer(turn, offer, OfferState.TAKEN)
    if offer.state is OfferState.RELEASED:
        tell(turn, offer, NoticeKind.CANCELLATION)
    elif offer.channel is TradeChannel.API:  # whoever uses the page is told there
        tell(turn, offer, NoticeKind.TAKEN)


def _declined(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    if event.reason is TradeDeclineReason.KNOWS_PARTY and offer.trade_id not in turn.state.excluded:
        turn.state = replace(turn.state, excluded=(*turn.state.excluded, offer.trade_id))
    if offer.state is OfferState.CONFIRMED:
        let_go(turn, offer, event.reason)
        turn.say("The tradesperson gave the job back.", _words(event.reason))
        warn_victim(turn)
        look(turn)
        ask(turn, RepairAsk.GIVEN_BACK)
    elif offer.state in _FREE:
        was_open = offer.state is OfferState.OFFERED
        end_offer(turn, offer, OfferState.DECLINED, event.reason)
        turn.say("A tradesperson said no.", _words(event.reason))
        if (was_open and turn.state.is_searching) or turn.state.stage is RepairStage.LOOKING:
            look(turn)


def _words(reason: TradeDeclineReason | None) -> str:
    return f"{reason.replace('_', ' ').capitalize()}." if reason else ""


def _reported_without_the_job(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    """Somebody acts as if they had the job: they are told that they have not, and a person rings."""
    turn.taken = True
    if offer.state in _FREE:
        end_offer(turn, offer, OfferState.TAKEN)
    site.book(turn, offer, event)
    tell(turn, offer, NoticeKind.CANCELLATION)
    ask(turn, RepairAsk.REPORTED_WITHOUT_JOB)
    turn.say("Somebody who does not have the job says they are on it: ring them.")
    if turn.state.is_searching:
        look(turn)
