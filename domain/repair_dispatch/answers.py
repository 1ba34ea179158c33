"""What tradespeople answer, and what is known of what they were told.

At most one has the job at any moment: `confirmed` names one offer or none, and only `_confirm` sets it.
Source: docs/repairs.md#one-at-a-time.
"""

from dataclasses import replace
from datetime import timedelta

from domain.repair_dispatch import site
from domain.repair_dispatch.events import NoticeSettled, OffersReserved, ReservedOffer, TradeAnswered
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    RepairAsk,
    RepairStage,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
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
)
from domain.repair_dispatch.state import Notice, Offer, RepairState, RepairTurn

EXHAUSTED_LOOKS_LESS = 10
"""With nobody left to ask it looks this many times less often: somebody's day may begin."""
LOOKS_LEAST = 20
"""A repair that is not urgent looks up to so many times less often while everybody is busy: until morning, perhaps."""
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=1)
MOST_TRIES = {
    NoticeKind.OFFER: 1,
    NoticeKind.CONFIRMATION: 40,
    NoticeKind.TAKEN: 5,
    NoticeKind.WITHDRAWAL: 5,
    NoticeKind.CANCELLATION: 40,
}
"""How often something is said again that may not have arrived.  An offer goes to the next at once."""
_FREE = frozenset({OfferState.OFFERED, OfferState.EXPIRED, OfferState.UNREACHABLE})
"""Who was asked and has not said no: their yes is welcome while nobody has the job."""


def offers_reserved(turn: RepairTurn, event: OffersReserved) -> None:
    """Ask those for whom the desk kept a place; a place that is not wanted any more is given back."""
    known = {offer.offer_id for offer in turn.state.offers}
    fresh = [reserved for reserved in event.offers if reserved.offer_id not in known]
    for reserved in fresh:
        _adopt(turn, reserved)
    if not turn.state.wants:
        return
    if fresh:
        settle(turn, *SEARCH_ASKS)
        if turn.state.wanted_trade not in {None, *(reserved.trade_id for reserved in fresh)}:
            turn.say("The one who was chosen could not be asked; the next was.")
        turn.state = replace(turn.state, wanted_trade=None, looks=0)
        look(turn)
        return
    _nobody_came(turn, event)


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
    turn.state = replace(
        turn.state,
        stage=RepairStage.ASKED,
        wanted_trade=None,
        look_at=turn.now + every * EXHAUSTED_LOOKS_LESS,
    )


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
        case _ if offer.state is OfferState.DONE:
            site.reported_after(turn, offer, event)
        case _ if offer.state in _FREE and is_free(turn.state):
            # Whoever sets off has said yes.
            _confirm(turn, offer, event)
            site.reported(turn, offer, event)
        case _:
            _reported_without_the_job(turn, offer)


def _accepted(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    if offer.state is OfferState.CONFIRMED:  # said twice: the first time counts
        if event.eta_at is not None and turn.state.arrived_at is None:
            expect(turn, event.eta_at)
    elif offer.state in _FREE and is_free(turn.state):
        _confirm(turn, offer, event)
    elif offer.state is not OfferState.DONE:
        _too_late(turn, offer)


def is_free(state: RepairState) -> bool:
    """Whether somebody who was asked may still have the job."""
    waits = state.stage is RepairStage.LOOKING or state.asks_for(RepairAsk.NOBODY_LEFT)
    return waits and state.confirmed is None and not state.holds and state.ended_at is None


def _confirm(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    end_offer(turn, offer, OfferState.CONFIRMED)
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


def _too_late(turn: RepairTurn, offer: Offer) -> None:
    turn.taken = True
    if offer.state in _FREE:
        end_offer(turn, offer, OfferState.TAKEN)
    if offer.channel is TradeChannel.API:  # whoever uses the page is told there
        tell(turn, offer, NoticeKind.TAKEN)


def _declined(turn: RepairTurn, offer: Offer, event: TradeAnswered) -> None:
    if event.reason is TradeDeclineReason.KNOWS_PARTY and offer.trade_id not in turn.state.excluded:
        turn.state = replace(turn.state, excluded=(*turn.state.excluded, offer.trade_id))
    if offer.state is OfferState.CONFIRMED:
        let_go(turn, offer, event.reason)
        turn.say("The tradesperson gave the job back.", _words(event.reason))
        look(turn)
        ask(turn, RepairAsk.GIVEN_BACK)
    elif offer.state in _FREE:
        was_open = offer.state is OfferState.OFFERED
        end_offer(turn, offer, OfferState.DECLINED, event.reason)
        turn.say("A tradesperson said no.", _words(event.reason))
        if was_open and turn.state.stage is RepairStage.LOOKING:
            look(turn)


def _words(reason: TradeDeclineReason | None) -> str:
    return f"{reason.replace('_', ' ').capitalize()}." if reason else ""


def _reported_without_the_job(turn: RepairTurn, offer: Offer) -> None:
    """Somebody acts as if they had the job: they are told that they have not, and a person rings."""
    turn.taken = True
    if offer.state in _FREE:
        end_offer(turn, offer, OfferState.TAKEN)
    tell(turn, offer, NoticeKind.CANCELLATION)
    ask(turn, RepairAsk.CANCEL_NOT_TOLD)
    turn.say("Somebody who does not have the job says they are on it: ring them.")


def notice_settled(turn: RepairTurn, event: NoticeSettled) -> None:
    """What became of something a tradesperson was to be told."""
    notice = next((known for known in turn.state.notices if known.key == event.key), None)
    if notice is None:  # overtaken meanwhile
        return
    arrived = event.verdict is NoticeVerdict.TOLD
    again = event.verdict is not NoticeVerdict.REJECTED and notice.tries + 1 < MOST_TRIES[notice.kind]
    if arrived or not again:
        _drop(turn, notice)
        (_was_told if arrived else _was_not_told)(turn, notice, event)
    else:
        _again(turn, notice)


def _again(turn: RepairTurn, notice: Notice) -> None:
    wait = min(FIRST_RETRY * 2 ** min(notice.tries, 6), LONGEST_RETRY)
    later = replace(notice, tries=notice.tries + 1, due_at=turn.now + wait)
    notices = (later if known.key == notice.key else known for known in turn.state.notices)
    turn.state = replace(turn.state, notices=tuple(notices))


def _drop(turn: RepairTurn, notice: Notice) -> None:
    kept = tuple(known for known in turn.state.notices if known.key != notice.key)
    turn.state = replace(turn.state, notices=kept)


def _was_told(turn: RepairTurn, notice: Notice, _: NoticeSettled) -> None:
    if notice.kind is NoticeKind.CONFIRMATION and turn.state.confirmed == notice.offer_id:
        turn.state = replace(turn.state, told=True)
        settle(turn, RepairAsk.NOT_TOLD)
    if notice.kind is NoticeKind.CANCELLATION:
        settle(turn, RepairAsk.CANCEL_NOT_TOLD)


def _was_not_told(turn: RepairTurn, notice: Notice, event: NoticeSettled) -> None:
    offer = turn.state.offer(notice.offer_id)
    if notice.kind is NoticeKind.OFFER and offer is not None and offer.state is OfferState.OFFERED:
        if event.verdict is NoticeVerdict.UNKNOWN:  # it may have arrived: they have their time to answer
            return
        end_offer(turn, offer, OfferState.UNREACHABLE)
        turn.say("A tradesperson could not be asked.", event.why)
        look(turn)
    elif notice.kind is NoticeKind.CONFIRMATION and turn.state.confirmed == notice.offer_id:
        if not turn.state.told:
            ask(turn, RepairAsk.NOT_TOLD)
    elif notice.kind is NoticeKind.CANCELLATION:
        ask(turn, RepairAsk.CANCEL_NOT_TOLD)
