"""The heart of a repair: one pure `decide_repair`, of the same kind as `domain.referral.decide`.

At most one tradesperson has the job at any moment, whatever comes twice, late or at once.
Source: docs/repairs.md.
"""

from dataclasses import replace
from datetime import datetime

from domain.repair_dispatch import answers, clocks, decisions, notices, search
from domain.repair_dispatch.events import (
    NoticeFailed,
    NoticeSettled,
    OffersReserved,
    ReferralStopped,
    RepairBegun,
    RepairDecided,
    RepairEvent,
    RepairRequest,
    RepairTimePassed,
    SpendKnown,
    TradeAnswered,
)
from domain.repair_dispatch.kinds import (
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairHold,
    RepairStage,
    Tenure,
    Urgency,
)
from domain.repair_dispatch.moves import ask, charge, look
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.spend import SpendKind
from domain.repair_dispatch.state import RepairEffects, RepairState, RepairTurn

next_repair_deadline = clocks.next_repair_deadline


def initial_repair(
    *,
    repair_id: str,
    referral_id: str,
    request: RepairRequest,
    policy: RepairPolicy,
    asked_at: datetime,
) -> RepairState:
    """The state before anything was decided."""
    return RepairState(
        repair_id=repair_id,
        referral_id=referral_id,
        request=request,
        policy=policy,
        asked_at=asked_at,
        clock_from=asked_at,
        urgency=request.urgency,
    )


def decide_repair(state: RepairState, event: RepairEvent, now: datetime) -> tuple[RepairState, RepairEffects]:
    """Answer one event: the state that follows and what is to be done.

    Args:
        state: Where the repair stands.
        event: What happened, or what somebody wants.
        now: An aware time.

    Returns:
        The next state, its revision one higher, and the effects; both unchanged and empty when nothing changed.
        `effects.taken` says that an acceptance or report came from somebody who does not have the job.

    Raises:
        Refusal: There is no such step from here, the role may not take it, or something is missing.
    """
    turn = RepairTurn(state=state, now=now)
    match event:
        case RepairBegun():
            _begin(turn, event)
        case SpendKnown():
            _spend_known(turn, event)
        case OffersReserved():
            search.offers_reserved(turn, event)
        case TradeAnswered():
            answers.trade_answered(turn, event)
        case RepairDecided():
            decisions.decided(turn, event)
        case NoticeSettled():
            notices.notice_settled(turn, event)
        case NoticeFailed():
            notices.notice_failed(turn, event)
        case ReferralStopped():
            _referral_stopped(turn)
        case RepairTimePassed():
            clocks.time_passed(turn)
    if turn.state == state and not turn.entries:
        return state, turn.effects()
    return replace(turn.state, revision=state.revision + 1), turn.effects()


def is_over(state: RepairState) -> bool:
    """Whether nothing is left to be done: it has ended, and everybody concerned has been told."""
    return state.ended_at is not None and not state.notices


def holds_of(request: RepairRequest, *, sensitive: bool, stopped: bool) -> tuple[RepairHold, ...]:
    """Why nobody may be sent yet.  That nobody knows what the owner says is no reason.

    Source: docs/repairs.md#holds.
    """
    holds = []
    if request.police_release is PoliceRelease.AWAITED:
        holds.append(RepairHold.POLICE_RELEASE)
    if any(kind.changes_who_gets_in for kind in request.kinds) and (
        request.suspect_tenure is Tenure.YES or (sensitive and request.suspect_tenure is Tenure.UNKNOWN)
    ):
        holds.append(RepairHold.SUSPECT_TENURE)
    if request.permission is Permission.NO:
        holds.append(RepairHold.PERMISSION_REFUSED)
    if stopped:
        holds.append(RepairHold.CONTACT_STOPPED)
    return tuple(holds)


def _begin(turn: RepairTurn, event: RepairBegun) -> None:
    """The estimate is committed first; then the month is read with it in, so that two at once cannot both pass."""
    if turn.state.begun:
        return
    holds = holds_of(turn.state.request, sensitive=event.sensitive, stopped=event.stopped)
    turn.state = replace(
        turn.state, begun=True, holds=holds, spend_unread=True, stopped=event.stopped or turn.state.stopped
    )
    charge(turn, SpendKind.COMMITTED)
    for hold in holds:
        turn.say("The repair is held.", f"{hold.replace('_', ' ').capitalize()}.")
    if not event.place_known:
        ask(turn, RepairAsk.PLACE_UNKNOWN)


def _spend_known(turn: RepairTurn, event: SpendKnown) -> None:
    state = turn.state
    if not state.spend_unread:
        return
    turn.state = replace(state, spend_unread=False)
    policy = state.policy
    above = state.request.estimate_pence > policy.job_cap_pence or event.month_pence > policy.month_cap_pence
    if above and (state.urgency is Urgency.OPEN_PROPERTY or state.confirmed is not None):
        ask(turn, RepairAsk.SPEND)
        turn.say("It is above a limit: made safe now, a manager approves the rest.")
    elif above:
        turn.state = replace(turn.state, holds=(*turn.state.holds, RepairHold.SPEND))
        turn.say("The repair is held.", "It is above a limit: a manager approves it.")
    _open(turn)


def _open(turn: RepairTurn) -> None:
    if turn.state.asks_for(RepairAsk.PLACE_UNKNOWN):
        turn.say("It is not known where that is: a coordinator chooses whom to ask.")
    look(turn)


def _referral_stopped(turn: RepairTurn) -> None:
    """Whoever is on the way is not called back by a machine: a person decides.  Nobody else is asked."""
    state = turn.state
    turn.state = replace(state, stopped=True)
    if state.confirmed is not None:
        ask(turn, RepairAsk.CONTACT_STOPPED)
        turn.say("Everything was stopped while a tradesperson has the job.", "A coordinator is asked.")
    elif state.stage in {RepairStage.LOOKING, RepairStage.ASKED, RepairStage.HELD} and state.begun:
        look(turn)
