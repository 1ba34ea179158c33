"""Decisions that end an opening, ongoing support, and the door that still listens.

Source: docs/reference/lifecycle.md, rows of decisions, `close`, `withdrawal`, `correction` and `closed`; rules 2, 6
and 10 of docs/policy.md; docs/policy.md#closing.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.change_words import what_changed
from domain.contact import attempt, reply
from domain.contact_safety import CAUSE_OF_HOLD, hold_for_stops, remember_stop
from domain.errors import Incomplete, NotPossibleNow
from domain.events import AttemptMade, Corrected, Decided, Replied, SupportPlan, Withdrawn
from domain.identifiers import support_id
from domain.moves import ask_to_decide, close, hold, recall, want_call, without_number
from domain.referral_state import OngoingSupport, ReferralState, Turn
from domain.routing import findings_now, route_after_correction
from domain.triage import triage
from domain.vocabulary import DecisionKind, DeclinedBy, Direction, Lane, Outcome, Stage

REOPENED_WITH_CARE = frozenset(
    {
        Outcome.DIED,
        Outcome.UNSAFE_TO_CONTACT,
        Outcome.DUPLICATE,
        Outcome.WITHDRAWN,
        Outcome.DECLINED_BY_GUARDIAN,
    }
)
"""Endings after which a machine only holds.  Source: docs/reference/lifecycle.md, row `closed`."""
HOLDS_OF_FACTS = frozenset(
    {"counter_allegation", "specialist", "next_of_kin", "guardian", "confirm_safety", "consent"}
)
"""What triage finds in the facts alone: once released it is not asked again while the fact stands."""
NEVER_BY_CLOSE = frozenset({Outcome.SINGLE_CALL, Outcome.DECLINED, Outcome.DECLINED_BY_GUARDIAN})
"""Outcomes that have a decision of their own."""


def single_call(turn: Turn, event: Decided) -> None:
    """Supported in a single call."""
    _needs_reached(turn.state)
    close(turn, Outcome.SINGLE_CALL, "Supported in a single call.", decision=event.kind, by_person=True)


def declined(turn: Turn, event: Decided) -> None:
    """The victim, or a guardian, said no."""
    _needs_reached(turn.state)
    by_guardian = event.declined_by is DeclinedBy.GUARDIAN
    outcome = Outcome.DECLINED_BY_GUARDIAN if by_guardian else Outcome.DECLINED
    why = f"Said no: {str(event.decline_reason).replace('_', ' ')}."
    close(turn, outcome, why, decision=DecisionKind.DECLINED, by_person=True)


def ongoing_support(turn: Turn, event: Decided) -> None:
    """Support begins; it is followed on its own from here."""
    _needs_reached(turn.state)
    plan = event.support or SupportPlan()
    policy = turn.policy.support
    zone = ZoneInfo(turn.policy.hours.time_zone)
    first = plan.first_contact_on or (turn.now + policy.first_contact_within).astimezone(zone).date()
    turn.state = replace(
        turn.state,
        stage=Stage.SUPPORTING,
        lane=Lane.CONTACT,
        decision=event.kind,
        call=None,
        decide_since=None,
        decide_reason="",
        holds=(),
        held_from=None,
        proposed=False,
        support=OngoingSupport(
            support_id=support_id(turn.state.referral_id, turn.state.opening),
            kind=plan.kind or policy.default_kind,
            owner=plan.owner,
            first_contact_on=first,
        ),
    )
    turn.starts_support = True
    turn.say(f"Ongoing support begins; first contact on {first.isoformat()}.", by_person=True)
    recall(turn, "Ongoing support begins.")


def close_by_person(turn: Turn, event: Decided) -> None:
    """A coded closing by a person."""
    state = turn.state
    supporting = Stage.SUPPORTING in {state.stage, state.held_from}
    outcome = event.outcome or (Outcome.SUPPORT_COMPLETED if supporting else None)
    if outcome is None:
        raise Incomplete("Say how it ends: outcome is needed.")
    if outcome in NEVER_BY_CLOSE:
        raise NotPossibleNow("This outcome has a decision of its own.")
    if outcome is Outcome.SUPPORT_COMPLETED and not supporting:
        raise NotPossibleNow("No ongoing support has begun.")
    if outcome is Outcome.NOT_REACHED and state.reached:
        raise NotPossibleNow("This person has been reached.")
    if outcome is Outcome.INFORMED and state.lane is not Lane.INFORMATION:
        raise NotPossibleNow("Only the information lane ends as informed.")
    close(turn, outcome, "Closed by a person.", by_person=True)


def return_to_referrer(turn: Turn, _: Decided) -> None:
    """Give it back with a question."""
    _not_held_from_support(turn.state)
    close(turn, Outcome.RETURNED_TO_REFERRER, "Returned by a person.", by_person=True)


def withdrawal(turn: Turn, _: Withdrawn) -> None:
    """The referrer withdrew: close if a machine may, hold for a person if not, record where it came too late."""
    state = turn.state
    turn.say("The referrer withdrew the referral.", by_person=True)
    if state.stage in {Stage.SUPPORTING, Stage.CLOSED}:
        return
    if state.protected or state.bars_machines or state.stage is Stage.HELD:
        hold(turn, "withdrawal", proposes=Outcome.WITHDRAWN)
    else:
        close(turn, Outcome.WITHDRAWN, "Withdrawn by the referrer.")


def correction(turn: Turn, event: Corrected) -> None:
    """The facts changed.  Sensitive stays sensitive."""
    before = turn.state
    turn.state = replace(
        before,
        facts=event.facts.as_of(turn.now),
        sensitive=before.sensitive or event.facts.is_sensitive,
        question_open=False,
    )
    forget_released(turn)
    turn.say("The referrer corrected the referral.", what_changed(before, turn.state), by_person=True)
    match before.stage:
        case Stage.RECEIVED:
            return
        case Stage.CONTACTING | Stage.WRITING:
            route_after_correction(turn)
            _leave_the_information_lane(turn, before)
        case Stage.HELD | Stage.SUPPORTING:
            hold_what_is_new(turn, before)
        case Stage.CLOSED:
            _stop_for_what_is_new(turn, before)
            if before.outcome is Outcome.RETURNED_TO_REFERRER and not before.reached:
                _reopen(turn, by_machine=True)
                _hold_or_call(turn)


def _leave_the_information_lane(turn: Turn, before: ReferralState) -> None:
    """The referrer says that the person does want to be rung; the way back is closed."""
    asked = before.facts.lane is Lane.INFORMATION and turn.state.facts.lane is Lane.CONTACT
    if asked and turn.state.lane is Lane.INFORMATION and turn.state.stage is Stage.WRITING:
        _to_the_contact_lane(turn)


def forget_released(turn: Turn) -> None:
    """What a person released is asked again if the fact went away and comes back: it is another occasion."""
    state = turn.state
    found = triage(state.facts, turn.policy, sensitive=state.sensitive).holds
    kept = tuple(kind for kind in state.released if kind in found or kind not in HOLDS_OF_FACTS)
    turn.state = replace(state, released=kept)


def _what_is_new(turn: Turn, before: ReferralState) -> list[str]:
    asked = set(triage(before.facts, turn.policy, sensitive=before.sensitive).holds)
    return [kind for kind in findings_now(turn).holds if kind not in asked and kind != "proposal"]


def _stop_for_what_is_new(turn: Turn, before: ReferralState) -> None:
    """A closed referral has no holds; what stops everything is remembered for the day it reopens."""
    for kind in _what_is_new(turn, before):
        if kind in CAUSE_OF_HOLD:
            remember_stop(turn, CAUSE_OF_HOLD[kind])


def hold_what_is_new(turn: Turn, before: ReferralState) -> None:
    """Only what the correction brought up holds; what was asked before is not asked again."""
    new = _what_is_new(turn, before)
    for kind in new:
        hold(turn, kind)
    if not new and before.stage is Stage.HELD:
        soon = tuple(
            replace(h, review_at=min(h.review_at, turn.now), review_asked=False) for h in turn.state.holds
        )
        turn.state = replace(turn.state, holds=soon)


def reopen_by_person(turn: Turn, _: Decided) -> None:
    """A person opens it again."""
    _reopen(turn, by_machine=False)
    if turn.state.stage is Stage.CONTACTING:
        _call_or_ask(turn)


def reopen_by_reply(turn: Turn, event: Replied) -> None:
    """A late reply opens it again."""
    _reopen(turn, by_machine=True)
    reply(turn, event)


def reopen_by_call(turn: Turn, event: AttemptMade) -> None:
    """A victim who rings back opens it again; a call that reached nobody does not."""
    if event.direction is not Direction.INBOUND or not event.outcome.reaches:
        raise NotPossibleNow("The referral is closed; only a call from the victim opens it again.")
    _reopen(turn, by_machine=True)
    attempt(turn, event)


def _reopen(turn: Turn, *, by_machine: bool) -> None:
    state = turn.state
    careful = by_machine and (state.sensitive or state.outcome in REOPENED_WITH_CARE)
    turn.state = replace(
        state,
        stage=Stage.CONTACTING,
        outcome=None,
        closed_at=None,
        lane=Lane.CONTACT,
        opening=state.opening + 1,
        opened_at=turn.now,
        attempts_counted=0,
        counted_at=(),
        rung=False,
        reached_since_opening=False,
        replied_since_opening=False,
        opt_outs_since_opening=False,
        decision=None,
        call=None,
        decide_since=None,
        writing=None,
        letters_made=0,
        support=None,
        question_open=False,
    )
    turn.say(
        "Reopened.", "A person decided." if not by_machine else "The person or the referrer was in touch."
    )
    hold_for_stops(turn)
    if careful:
        hold(turn, "reopened")
    if by_machine:
        _hold_what_is_found(turn)


def reopen_by_machine(turn: Turn) -> None:
    """What came in opens it again; held if it was closed with care."""
    _reopen(turn, by_machine=True)


def _hold_or_call(turn: Turn) -> None:
    found = findings_now(turn)
    if turn.state.stage is Stage.CONTACTING:
        if found.ends_as is not None:
            ask_to_decide(turn, found.reason)
        else:
            _call_or_ask(turn)


def _hold_what_is_found(turn: Turn) -> None:
    """What triage finds in today's facts holds a machine here as anywhere."""
    for kind in findings_now(turn).holds:
        if kind != "proposal" and all(held.kind != kind for held in turn.state.holds):
            hold(turn, kind)


def _call_or_ask(turn: Turn) -> None:
    if turn.state.phone_id is None:
        without_number(turn)
    else:
        want_call(turn, "Reopened.")


def promote(turn: Turn, _: Decided) -> None:
    """From the information lane to the contact lane."""
    if turn.state.lane is not Lane.INFORMATION:
        raise NotPossibleNow("The referral is not in the information lane.")
    turn.say("Moved to the contact lane.", by_person=True)
    _to_the_contact_lane(turn)


def _to_the_contact_lane(turn: Turn) -> None:
    recall(turn, "The person is to be rung instead.")
    left = tuple(held for held in turn.state.holds if held.proposes != "write")
    origin = Stage.CONTACTING if turn.state.held_from is Stage.WRITING else turn.state.held_from
    turn.state = replace(turn.state, lane=Lane.CONTACT, holds=left, held_from=origin)
    if left:
        return
    turn.state = replace(turn.state, held_from=None, proposed=False)
    if turn.state.phone_id is None:
        ask_to_decide(turn, "There is no number that may be rung.")
    else:
        want_call(turn, "Moved from the information lane.")


def _needs_reached(state: ReferralState) -> None:
    _not_held_from_support(state)
    if not state.reached_since_opening:
        raise NotPossibleNow("Nobody has spoken to this person since the referral was opened.")


def _not_held_from_support(state: ReferralState) -> None:
    if state.held_from is Stage.SUPPORTING:
        raise NotPossibleNow("Ongoing support has begun; release the hold or close the support.")
