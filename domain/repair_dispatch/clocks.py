"""The clocks of a repair: the promises, what is warned of before they break, and what time alone brings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from domain.repair_dispatch.kinds import NoticeKind, OfferState, RepairAsk, RepairStage
from domain.repair_dispatch.moves import ask, end_offer, look, settle
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
    for kind, due_at in _warnings(turn.state):
        if due_at <= turn.now:
            _warn(turn, kind)


def next_repair_deadline(state: RepairState, *, in_hand: frozenset[str] = frozenset()) -> datetime | None:
    """The next moment at which time alone may change something; `None`: never.

    Args:
        state: Where the repair stands.
        in_hand: Keys of notices being handed over: they answer for themselves.
    """
    deadlines = [offer.answer_by for offer in state.open_offers]
    deadlines += [due_at for _, due_at in _warnings(state)]
    deadlines += [notice.due_at for notice in state.notices if notice.key not in in_hand]
    if state.wants and state.look_at is not None:
        deadlines.append(state.look_at)
    return min(deadlines, default=None)


def _warn(turn: RepairTurn, kind: RepairAsk) -> None:
    turn.state = replace(turn.state, warned=(*turn.state.warned, kind))
    if kind in _INSTEAD:
        settle(turn, _INSTEAD[kind])
    if kind is RepairAsk.FOLLOW_UP:
        turn.state = replace(turn.state, follow_up_at=None)
    ask(turn, kind)
    if kind in _WORDS:
        turn.say(_WORDS[kind], "A coordinator is asked.")


def _warnings(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    """What is to be warned of, and when; what was warned of since the clock began is left out."""
    for kind, due_at in _clocks(state):
        if kind not in state.warned and not state.asks_for(kind):
            yield kind, due_at
    if state.stage is RepairStage.FINISHED and state.follow_up_at is not None:
        yield RepairAsk.FOLLOW_UP, state.follow_up_at
    yield from _untold(state)


def _untold(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    for notice in state.notices:
        asks = _UNTOLD.get(notice.kind)
        is_known = asks is RepairAsk.NOT_TOLD and state.told
        if asks is not None and not is_known and not state.asks_for(asks):
            yield asks, notice.wanted_at + state.policy.told_within


_UNTOLD = {
    NoticeKind.CONFIRMATION: RepairAsk.NOT_TOLD,
    NoticeKind.CANCELLATION: RepairAsk.CANCEL_NOT_TOLD,
}


def _clocks(state: RepairState) -> Iterator[tuple[RepairAsk, datetime]]:
    before = state.policy.warn_before
    if state.stage in _NOT_THERE:
        yield RepairAsk.ARRIVAL_LATE, state.on_site_by
        if RepairAsk.ARRIVAL_LATE not in state.warned:
            yield RepairAsk.ARRIVAL_NEAR, state.on_site_by - before
    if state.stage in _COMING and state.eta_at is not None:
        yield RepairAsk.OVERDUE, state.eta_at + state.policy.overdue_after
    if state.stage in _NOT_DONE:
        yield RepairAsk.DONE_LATE, state.done_by
        if RepairAsk.DONE_LATE not in state.warned:
            yield RepairAsk.DONE_NEAR, state.done_by - before
