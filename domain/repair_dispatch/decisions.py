"""What a coordinator decides about a repair.  A person's judgement, with a reason, always finds a way."""

from collections.abc import Callable
from dataclasses import replace

from domain.errors import Incomplete, NotPossibleNow, RoleNotAllowed
from domain.repair_dispatch.events import RepairDecided
from domain.repair_dispatch.kinds import (
    NoticeKind,
    OfferState,
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairStage,
    Urgency,
)
from domain.repair_dispatch.moves import (
    CLOCK_ASKS,
    SEARCH_ASKS,
    ask,
    charge,
    close_offers,
    knows,
    let_go,
    look,
    put_off,
    restart_clock,
    search_anew,
    settle,
    stop_looking,
    tell,
    unsay,
    warn_victim,
)
from domain.repair_dispatch.spend import SpendKind
from domain.repair_dispatch.state import Offer, RepairTurn
from domain.vocabulary import Role

_ANSWERED_OTHERWISE = frozenset(
    {RepairAsk.HOLD, RepairAsk.PLACE_UNKNOWN, RepairAsk.ACCESS_FAILED, RepairAsk.REFUSED_ON_SITE}
)
"""A hold is lifted by its name, and where nobody is looked for somebody says how to go on: not ticked off."""


def decided(turn: RepairTurn, event: RepairDecided) -> None:
    """Carry out what a person decided.

    Raises:
        NotPossibleNow: There is no such step from here.
        RoleNotAllowed: Only a manager may.
        Incomplete: Something is missing.
    """
    _STEPS[event.kind](turn, event)


def _lift(turn: RepairTurn, event: RepairDecided) -> None:
    holds = turn.state.holds
    hold = event.hold or (holds[0] if len(holds) == 1 else None)
    if hold is None:
        raise Incomplete("Name the hold to lift.") if holds else NotPossibleNow("Nothing holds this repair.")
    if hold not in holds:
        raise NotPossibleNow("That hold does not stand.")
    if hold is RepairHold.SPEND:
        _only_a_manager(event)
        turn.state = replace(turn.state, spend_approved=True)
        settle(turn, RepairAsk.SPEND)
    turn.state = replace(
        turn.state,
        holds=tuple(other for other in holds if other is not hold),
        lifted=(*turn.state.lifted, hold),
    )
    turn.say(f"Lifted: {hold.replace('_', ' ')}.", by_person=True)
    if hold is RepairHold.CONTACT_STOPPED:
        turn.state = replace(turn.state, stopped=False)
        settle(turn, RepairAsk.CONTACT_STOPPED)
    if not turn.state.holds:
        settle(turn, RepairAsk.HOLD)
        restart_clock(turn)
        turn.state = replace(turn.state, round=turn.state.round + 1)
        look(turn)


def _offer_to(turn: RepairTurn, event: RepairDecided) -> None:
    if event.trade_id is None:
        raise Incomplete("Name the tradesperson.")
    _nobody_may_have_it(turn)
    turn.say("A coordinator chose whom to ask next.", by_person=True)
    settle(turn, *SEARCH_ASKS)
    turn.state = replace(turn.state, wanted_trade=event.trade_id)
    look(turn)


def _look_again(turn: RepairTurn, _: RepairDecided) -> None:
    _nobody_may_have_it(turn)
    turn.say("Everybody may be asked again.", by_person=True)
    search_anew(turn)


def _nobody_may_have_it(turn: RepairTurn) -> None:
    state = turn.state
    if not state.stage.is_live or state.stage is RepairStage.FINISHED:
        raise NotPossibleNow("This repair is done or cancelled.")
    if state.holds:
        raise NotPossibleNow("It is held: lift that first.")
    if state.confirmed is not None:
        raise NotPossibleNow("Somebody has the job: reassign it first.")


def _as_seen(turn: RepairTurn, event: RepairDecided) -> None:
    """What a person decides about somebody is not done to somebody else."""
    if event.offer_id is not None and event.offer_id != turn.state.confirmed:
        raise NotPossibleNow("Whom you saw does not have the job any more: look again.")


def _reassign(turn: RepairTurn, event: RepairDecided) -> None:
    offer = turn.state.offer(turn.state.confirmed)
    if offer is None:
        raise NotPossibleNow("Nobody has the job.")
    _as_seen(turn, event)
    _take_back(turn, offer)
    warn_victim(turn)
    if offer.trade_id not in turn.state.excluded:
        turn.state = replace(turn.state, excluded=(*turn.state.excluded, offer.trade_id))
    turn.say("The job was taken back; somebody else is looked for.", by_person=True)
    search_anew(turn, keep_round=True)


def _take_back(turn: RepairTurn, offer: Offer) -> None:
    let_go(turn, offer)
    tell(turn, offer, NoticeKind.CANCELLATION)


def _change_job(turn: RepairTurn, _: RepairDecided) -> None:
    """Whoever has the job hears of it; those who are asked see only the area."""
    if not turn.state.stage.is_live or turn.state.stage is RepairStage.FINISHED:
        raise NotPossibleNow("This repair is done or cancelled.")
    turn.changes_job = True
    turn.say("How to get in was changed.", by_person=True)
    settle(turn, RepairAsk.PLACE_UNKNOWN)
    offer = turn.state.offer(turn.state.confirmed)
    if offer is not None:
        turn.state = replace(turn.state, told=False)
        tell(turn, offer, NoticeKind.CONFIRMATION)
    elif turn.state.stage is RepairStage.ASKED:
        look(turn)


def _change_urgency(turn: RepairTurn, event: RepairDecided) -> None:
    if event.urgency is None:
        raise Incomplete("Say how urgent it is.")
    if not turn.state.stage.is_live or turn.state.stage is RepairStage.FINISHED:
        raise NotPossibleNow("This repair is done or cancelled.")
    if event.urgency is turn.state.urgency:
        raise NotPossibleNow("That is how urgent it is.")
    turn.say(f"Urgency: {event.urgency.replace('_', ' ')}.", by_person=True)
    restart_clock(turn, event.urgency)
    if event.urgency is Urgency.OPEN_PROPERTY and RepairHold.SPEND in turn.state.holds:
        spend_waits(turn)
    elif turn.state.asks_for(RepairAsk.SPEND) and not turn.state.spend_approved:
        _spend_holds(turn)
    if turn.state.is_searching:
        look(turn)


def _spend_holds(turn: RepairTurn) -> None:
    """Only an open property does not wait for the money; whoever has the job already keeps it."""
    if turn.state.confirmed is None and turn.state.finished_at is None:
        turn.state = replace(turn.state, holds=(*turn.state.holds, RepairHold.SPEND))
        settle(turn, RepairAsk.SPEND)
        look(turn)


def spend_waits(turn: RepairTurn) -> None:
    """An open property is made safe while the money is approved."""
    holds = tuple(hold for hold in turn.state.holds if hold is not RepairHold.SPEND)
    turn.state = replace(turn.state, holds=holds)
    ask(turn, RepairAsk.SPEND)
    if not holds:
        settle(turn, RepairAsk.HOLD)
        look(turn)


def _cancel(turn: RepairTurn, event: RepairDecided) -> None:
    if turn.state.stage in {RepairStage.CANCELLED, RepairStage.SECURE, RepairStage.FINISHED}:
        raise NotPossibleNow("It is done or cancelled already.")
    _as_seen(turn, event)
    offer = turn.state.offer(turn.state.confirmed)
    if offer is not None:
        _take_back(turn, offer)
    close_offers(turn, OfferState.WITHDRAWN, NoticeKind.WITHDRAWAL)
    stop_looking(turn)
    turn.state = replace(
        turn.state, stage=RepairStage.CANCELLED, ended_at=turn.now, holds=(), asks=(), spend_unread=False
    )
    whose = "the victim" if event.by_victim else "a coordinator"
    turn.say(f"The repair was cancelled by {whose}.", by_person=True)
    if offer is not None and not event.by_victim:
        warn_victim(turn)
    if turn.state.untold:
        ask(turn, RepairAsk.CANCEL_NOT_TOLD)
    charge(turn, SpendKind.RELEASED, offer)


def _confirm_secure(turn: RepairTurn, event: RepairDecided) -> None:
    if event.secure is None:
        raise Incomplete("Say whether the place is secure.")
    stage = turn.state.stage
    if stage is RepairStage.SECURE and event.secure:
        raise NotPossibleNow("That is known.")
    if stage not in {RepairStage.FINISHED, RepairStage.SECURE}:
        raise NotPossibleNow("The work is not done yet.")
    (_secure if event.secure else _not_secure)(turn)


def _secure(turn: RepairTurn) -> None:
    settle(turn, RepairAsk.FOLLOW_UP)
    turn.state = replace(turn.state, stage=RepairStage.SECURE, ended_at=turn.now, follow_up_at=None)
    turn.say("The victim says that the place is secure.", by_person=True)


def _not_secure(turn: RepairTurn) -> None:
    """It opens again before all others, as an open property."""
    settle(turn, RepairAsk.FOLLOW_UP)
    turn.say("The victim says that the place is not secure: it goes to the top.", by_person=True)
    restart_clock(turn, Urgency.OPEN_PROPERTY)
    turn.state = replace(
        turn.state,
        stage=RepairStage.LOOKING,
        ended_at=None,
        finished_at=None,
        made_safe_at=None,
        accepted_at=None,
        arrived_at=None,
        follow_up_at=None,
        victim_told_of=None,
        reopened=turn.state.reopened + 1,
    )
    search_anew(turn)
    ask(turn, RepairAsk.NOT_SECURE)


def _correct_spend(turn: RepairTurn, event: RepairDecided) -> None:
    _only_a_manager(event)
    if not turn.state.costs:
        raise NotPossibleNow("No cost is known yet: the estimate is replaced by it.")
    if event.pence == 0:
        raise Incomplete("Say by how many pence.")
    if turn.state.committed_pence + event.pence < 0:
        raise NotPossibleNow("A repair cannot cost less than nothing.")
    turn.state = replace(turn.state, corrected_pence=turn.state.corrected_pence + event.pence)
    charge(turn, SpendKind.CORRECTED)
    turn.say("The cost was corrected by a manager.", by_person=True)


def _settle_ask(turn: RepairTurn, event: RepairDecided) -> None:
    if event.ask is None:
        raise Incomplete("Say what has been dealt with.")
    if event.ask in _ANSWERED_OTHERWISE or not turn.state.asks_for(event.ask):
        raise NotPossibleNow("That is not asked, or is answered in another way.")
    if event.ask is RepairAsk.SPEND:
        _only_a_manager(event)
        turn.state = replace(turn.state, spend_approved=True)
    if event.ask is RepairAsk.FOLLOW_UP:  # not reached: asked again later
        turn.state = replace(turn.state, follow_up_at=turn.now + turn.state.policy.follow_up_after)
    if event.ask is RepairAsk.NOT_TOLD:  # they were rung
        turn.state = replace(turn.state, told=True)
        unsay(turn, NoticeKind.CONFIRMATION, turn.state.confirmed or "")
    if event.ask is RepairAsk.CANCEL_NOT_TOLD:
        unsay(turn, NoticeKind.CANCELLATION, *turn.state.untold)
        knows(turn, *turn.state.untold)
    if event.ask is RepairAsk.CONTACT_STOPPED:  # whoever has the job still goes
        turn.state = replace(turn.state, stopped=False)
    if event.ask in CLOCK_ASKS:
        put_off(turn, event.ask)
    settle(turn, event.ask)
    turn.say(f"Dealt with: {event.ask.replace('_', ' ')}.", by_person=True)


def _only_a_manager(event: RepairDecided) -> None:
    if not event.role.may_act_as(Role.MANAGER):
        raise RoleNotAllowed("Only a manager may approve or correct what is spent.")


_D = RepairDecisionKind
_STEPS: dict[RepairDecisionKind, Callable[[RepairTurn, RepairDecided], None]] = {
    _D.LIFT: _lift,
    _D.OFFER_TO: _offer_to,
    _D.LOOK_AGAIN: _look_again,
    _D.REASSIGN: _reassign,
    _D.CHANGE_URGENCY: _change_urgency,
    _D.CHANGE_JOB: _change_job,
    _D.CANCEL: _cancel,
    _D.CONFIRM_SECURE: _confirm_secure,
    _D.CORRECT_SPEND: _correct_spend,
    _D.SETTLE_ASK: _settle_ask,
}
