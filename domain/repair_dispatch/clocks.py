"""The clocks of a repair: the promises, what is warned of before they break, and what time alone brings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from domain.repair_dispatch.kinds import NoticeKind, OfferState, RepairAsk, RepairStage
from domain.repair_dispatch.moves import ask, end_offer, look, may_not_know, no_longer_put_off, settle
from domain.repair_dispatch.state import RepairState, RepairTurn

_NOT_THERE = frozenset({RepairStage.LOOKING, RepairStage.ASKED, RepairStage.ACCEPTED, RepairStage.ON_THE_WAY})
_COMING = frozenset({RepairStage.ACCEPTED, RepairStage.ON_THE_WAY})
_NOT_DONE = _NOT_THERE | {RepairStage.ARRIVED, RepairStage.MADE_SAFE}
_WORDS = {
    RepairAsk.ARRIVAL_LATE: "Nobody was on site in the promised time.",
    RepairAsk.OVERDUE: "The tradesperson is overdue.",
    RepairAsk.DONE_LATE: "The work was not done in the promised time.",
}
_INSTEAD = {RepairAsk.ARRIVAL_LATE: RepairAsk.ARRIVAL_NEAR, RepairAsk.DONE_LATE: RepairAsk.DONE_NEAR}


def time_passed(turn: RepairTurn) -> None:
    """Do what is due by now."""
    for offer in turn.state.open_offers:
        if offer.answer_by <= turn.now:
            end_offer(turn, offer, OfferState.EXPIRED)
            turn.say("A tradesperson did not answer in time.")
            look(turn)
    while (kind := _due(turn)) is not None:
        _warn(turn, kind)


def _due(turn: RepairTurn) -> RepairAsk | None:
    """What is to be warned of next; asked again after each, because one warning may stand for another."""
    return next((kind for kind, due_at in _warnings(turn.state) if due_at <= turn.now), None)


def next_repair_deadline(state: RepairState, *, in_hand: frozenset[str] = frozenset()) -> datetime | None:
    """The next moment at which time alone may change something; `None`: never.

    Args:
        state: Where the repair stands.
        in_hand: Offers of which something is being handed over: that answers for itself.
    """
    deadlines = [offer.answer_by for offer in state.open_offers]
    deadlines += [due_at for _, due_at in _warnings(state)]
    deadlines += [notice.due_at for notice in state.notices if notice.offer_id not in in_hand]
    if state.wants and state.look_at is not None:
        deadlines.append(state.look_at)
    return min(deadlines, default=None)


def _warn(turn: RepairTurn, kind: RepairAsk) -> None:
    no_longer_put_off(turn, kind)
    if kind in _INSTEAD:
        settle(turn, _INSTEAD[kind])
    if kind is RepairAsk.FOLLOW_UP:
        turn.state = replace(turn.state, follow_up_at=None)
    if kind is RepairAsk.CANCEL_NOT_TOLD:
        _ring_the_untold(turn)
    ask(turn, kind)
    if kind in _WORDS:
        turn.say(_WORDS[kind], "A coordinator is asked.")


def _ring_the_untold(turn: RepairTurn) -> None:
    for notice in turn.state.notices:
        late = notice.wanted_at + turn.state.policy.told_within <= turn.now
        if notice.kind is NoticeKind.CANCELLATION and late:
            may_not_know(turn, notice.offer_id)


def _warnings(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    """What is to be warned of, and when; what is asked already is left out."""
    put_off = dict(state.put_off)
    for kind, due_at in _clocks(state):
        if not state.asks_for(kind):
            yield kind, max(due_at, put_off.get(kind, due_at))
    if state.stage is RepairStage.FINISHED and state.follow_up_at is not None:
        yield RepairAsk.FOLLOW_UP, state.follow_up_at
    yield from _untold(state)


def _untold(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    for notice in state.notices:
        told_by = notice.wanted_at + state.policy.told_within
        if (
            notice.kind is NoticeKind.CONFIRMATION
            and not state.told
            and not state.asks_for(RepairAsk.NOT_TOLD)
        ):
            yield RepairAsk.NOT_TOLD, told_by
        if notice.kind is NoticeKind.CANCELLATION and notice.offer_id not in state.untold:
            yield RepairAsk.CANCEL_NOT_TOLD, told_by


def _clocks(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    """The broken promise before the one about to break: who is asked about that need not be warned of it."""
    before = state.policy.warn_before
    known = {*(asked.kind for asked in state.asks), *(kind for kind, _ in state.put_off)}
    if state.stage in _NOT_THERE:
        yield RepairAsk.ARRIVAL_LATE, state.on_site_by
        if RepairAsk.ARRIVAL_LATE not in known:
            yield RepairAsk.ARRIVAL_NEAR, state.on_site_by - before
    if state.stage in _COMING and state.eta_at is not None:
        yield RepairAsk.OVERDUE, state.eta_at + state.policy.overdue_after
    if state.stage in _NOT_DONE:
        yield RepairAsk.DONE_LATE, state.done_by
        if RepairAsk.DONE_LATE not in known:
            yield RepairAsk.DONE_NEAR, state.done_by - before
