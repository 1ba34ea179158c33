"""What became of what tradespeople were to be told: said again, given up, or found not to have arrived."""

from dataclasses import replace
from datetime import timedelta

from domain.identifiers import offer_of_notice
from domain.repair_dispatch.events import NoticeFailed, NoticeSettled
from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict, OfferState, RepairAsk, RepairStage
from domain.repair_dispatch.moves import ask, end_offer, knows, look, may_not_know, settle
from domain.repair_dispatch.state import Notice, RepairTurn

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


def notice_failed(turn: RepairTurn, event: NoticeFailed) -> None:
    """What was taken by a provider did not arrive after all."""
    offer_id, kind = offer_of_notice(event.key)
    offer = turn.state.offer(offer_id)
    if offer is None or kind not in set(NoticeKind):
        return
    if turn.state.confirmed == offer_id and turn.state.stage is RepairStage.ACCEPTED:
        turn.state = replace(turn.state, told=False)
    if kind == NoticeKind.CANCELLATION and offer.state is not OfferState.RELEASED:
        return
    failed = Notice(
        key=event.key, offer_id=offer_id, kind=NoticeKind(kind), wanted_at=turn.now, due_at=turn.now
    )
    rejected = NoticeSettled(key=event.key, verdict=NoticeVerdict.REJECTED, why="It did not arrive.")
    _was_not_told(turn, failed, rejected)


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
        knows(turn, notice.offer_id)


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
        may_not_know(turn, notice.offer_id)
