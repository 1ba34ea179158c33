"""Ringing a victim: what each outcome of a call means, what counts, and what a lapsed slot is.

Source: docs/reference/lifecycle.md, rows of `contacting`; rules 2, 3 and 4 of docs/policy.md; docs/policy.md#contact.
"""

from dataclasses import replace
from datetime import datetime

from domain.call_planning import gap_respected, inside_hours_and_windows, next_call_at
from domain.contact_safety import CAUSE_OF_HOLD, alert_quietly, stop_for
from domain.errors import Incomplete, NotPossibleNow
from domain.events import AttemptMade, Decided, Replied
from domain.moves import (
    ask_to_decide,
    escalate,
    first_call_by,
    hold,
    machine_write,
    no_safe_channel,
    recall,
    want_call,
    way_of_writing,
    without_number,
)
from domain.policy import Policy
from domain.referral_state import Call, MessageChange, ReferralState, Turn
from domain.vocabulary import AttemptOutcome, Direction, MessageState, Stage

OUTCOME_WORDS = {
    AttemptOutcome.ANSWERED: "the person answered",
    AttemptOutcome.CANNOT_TALK_NOW: "the person could not talk just then",
    AttemptOutcome.CALLBACK_REQUESTED: "the person asked to be rung back",
    AttemptOutcome.HUNG_UP: "the person answered and hung up",
    AttemptOutcome.NO_ANSWER: "no answer",
    AttemptOutcome.VOICEMAIL_LEFT: "a voicemail was left",
    AttemptOutcome.VOICEMAIL_NOT_LEFT: "voicemail, and nothing was left on it",
    AttemptOutcome.ENGAGED: "engaged",
    AttemptOutcome.UNOBTAINABLE: "unobtainable",
    AttemptOutcome.WRONG_NUMBER: "a wrong number",
    AttemptOutcome.THIRD_PARTY_ANSWERED: "somebody else answered",
    AttemptOutcome.CHILD_ANSWERED: "a child answered",
    AttemptOutcome.LANGUAGE_BARRIER: "we had no language in common",
    AttemptOutcome.VICTIM_HAS_DIED: "we were told that the person has died",
    AttemptOutcome.IMMEDIATE_DANGER: "the person is in immediate danger",
}
"""As the timeline says it."""


def attempt(turn: Turn, event: AttemptMade) -> None:
    """Record a call, judge whether it counts, and carry on from its outcome."""
    why_not = why_not_counted(turn.state, event, turn.policy)
    turn.counted = why_not is None
    turn.why_not_counted = why_not
    who = "Call" if event.direction is Direction.OUTBOUND else "Incoming call"
    counted = f"Not counted: {why_not}." if why_not else "Counted."
    turn.say(f"{who}: {OUTCOME_WORDS[event.outcome]}.", counted, by_person=True)
    turn.state = replace(
        turn.state,
        rung=turn.state.rung or event.direction is Direction.OUTBOUND,
        reached=turn.state.reached or event.outcome.reaches,
        reached_since_opening=turn.state.reached_since_opening or event.outcome.reaches,
    )
    _note_number(turn, event)
    _carry_on(turn, event)
    alert_quietly(turn, event)


def why_not_counted(state: ReferralState, event: AttemptMade, policy: Policy) -> str | None:
    """Say why a call does not count, in plain words; `None` if it counts."""
    last = state.counted_at[-1] if state.counted_at else None
    rules = (
        (not event.outcome.is_silence, "only a call that nobody answered counts"),
        (event.direction is not Direction.OUTBOUND, "the person rang us"),
        (state.stage is not Stage.CONTACTING, f"the referral is {state.stage}, not being contacted"),
        (state.attempts_counted >= policy.contact.attempts, "the limit of counted calls is reached"),
        (
            state.opening > 1 and event.made_at < state.opened_at - policy.contact.gap_tolerance,
            "the call was made before the referral was reopened",
        ),
        (
            not inside_hours_and_windows(policy, state.facts.windows, event.made_at),
            "the call was outside our opening hours or the victim's windows",
        ),
        (
            not gap_respected(policy, last, event.made_at),
            "the call was too soon after, or before, the last counted one",
        ),
    )
    return next((reason for broken, reason in rules if broken), None)


def _note_number(turn: Turn, event: AttemptMade) -> None:
    """Close a wrong number at once and an unobtainable one the second time running."""
    state = turn.state
    phone_id = event.phone_id or (state.phone_id if event.rang_next else None)
    if phone_id is None or event.direction is Direction.INBOUND:
        return
    unobtainable = event.outcome is AttemptOutcome.UNOBTAINABLE
    closes = event.outcome is AttemptOutcome.WRONG_NUMBER or (unobtainable and phone_id in state.unobtainable)
    others = tuple(known for known in state.unobtainable if known != phone_id)
    turn.state = replace(state, unobtainable=(*others, phone_id) if unobtainable and not closes else others)
    if closes and phone_id not in state.closed_phones:
        turn.state = replace(turn.state, closed_phones=(*state.closed_phones, phone_id))
        turn.say("The number was closed: it is not rung again.", OUTCOME_WORDS[event.outcome] + ".")


def _carry_on(turn: Turn, event: AttemptMade) -> None:
    match event.outcome:
        case AttemptOutcome.ANSWERED:
            _spoken(turn)
        case AttemptOutcome.CANNOT_TALK_NOW | AttemptOutcome.CALLBACK_REQUESTED | AttemptOutcome.HUNG_UP:
            promise_call(turn, event, "A call back was promised.")
        case AttemptOutcome.NO_ANSWER | AttemptOutcome.VOICEMAIL_LEFT | AttemptOutcome.VOICEMAIL_NOT_LEFT:
            _silence(turn, event)
        case AttemptOutcome.ENGAGED | AttemptOutcome.UNOBTAINABLE | AttemptOutcome.WRONG_NUMBER:
            _no_connection(turn, event)
        case AttemptOutcome.THIRD_PARTY_ANSWERED | AttemptOutcome.CHILD_ANSWERED:
            _somebody_else(turn, event)
        case AttemptOutcome.LANGUAGE_BARRIER:
            hold(turn, str(event.outcome))
        case AttemptOutcome.VICTIM_HAS_DIED | AttemptOutcome.IMMEDIATE_DANGER:
            stop_for(turn, CAUSE_OF_HOLD[str(event.outcome)])


def _spoken(turn: Turn) -> None:
    recall(turn, "The person was spoken to.")
    if turn.state.stage in {Stage.CONTACTING, Stage.WRITING}:
        ask_to_decide(turn, "The person was spoken to; what did they decide?")
    elif turn.state.stage is Stage.HELD:
        turn.state = replace(turn.state, call=None, decide_since=turn.now)


def promise_call(turn: Turn, event: AttemptMade | Replied, reason: str) -> None:
    """Owe the victim a call, at the time they named or by the profile; it belongs to the team."""
    recall(turn, "The person was in touch.")
    named = event.callback_at if isinstance(event, AttemptMade) else None
    due_at = max(named, turn.now) if named else _soon_enough(turn)
    stage = turn.state.stage
    if stage in {Stage.CONTACTING, Stage.WRITING}:
        want_call(turn, reason, at=due_at, promised=True)
    elif stage is Stage.HELD:
        call = Call(due_at=due_at, lapses_at=None, reason=reason, promised=True)
        turn.state = replace(turn.state, call=call, decide_since=None)


def _soon_enough(turn: Turn) -> datetime:
    """When the profile promises a call for which nobody named a time: in hours and windows, if they ever meet."""
    soon = turn.now + turn.policy.contact.callback_after
    fits = next_call_at(
        now=turn.now, policy=turn.policy, windows=turn.state.facts.windows, counted_at=(), not_before=soon
    )
    return fits or soon


def _ring_again(turn: Turn, reason: str, *, not_before: datetime | None = None) -> None:
    """The next call; one promised for later stays promised, whoever rang too early."""
    call = turn.state.call
    if call is not None and call.promised and call.due_at > turn.now:
        want_call(turn, call.reason, at=call.due_at, promised=True)
    else:
        want_call(turn, reason, not_before=not_before)


def _silence(turn: Turn, event: AttemptMade) -> None:
    state = turn.state
    if state.stage is not Stage.CONTACTING or event.direction is Direction.INBOUND:
        return
    if turn.counted:
        turn.state = state = replace(
            state,
            attempts_counted=state.attempts_counted + 1,
            counted_at=(*state.counted_at, event.made_at),
        )
    if state.attempts_counted < turn.policy.contact.attempts:
        if turn.counted or state.call is not None:
            been_in_touch = "They have been in touch; nobody answered this call."
            _ring_again(turn, been_in_touch if state.bars_machines else "Nobody has answered yet.")
    elif turn.counted or state.call is not None:
        _limit_reached(turn)


def _limit_reached(turn: Turn) -> None:
    state = turn.state
    writing = state.writing
    if state.bars_machines:
        ask_to_decide(turn, "The calls are used up, but this person has been in touch before.")
    elif writing is not None and writing.has_left:
        closes_at = turn.now + turn.policy.letter.wait_after
        turn.state = replace(
            state, stage=Stage.WRITING, call=None, writing=replace(writing, closes_at=closes_at)
        )
    else:
        verdict = way_of_writing(state)
        if verdict.channel is None:
            no_safe_channel(turn)
        else:
            machine_write(turn, verdict)


def _no_connection(turn: Turn, event: AttemptMade) -> None:
    state = turn.state
    if state.stage is not Stage.CONTACTING:
        return
    if state.phone_id is None:
        without_number(turn)
    elif state.call is not None and event.direction is Direction.OUTBOUND:
        soon = turn.now
        if event.outcome is not AttemptOutcome.WRONG_NUMBER:
            soon += turn.policy.contact.retry_engaged_after
        _ring_again(turn, "The last call did not get through.", not_before=soon)


def _somebody_else(turn: Turn, event: AttemptMade) -> None:
    if turn.state.sensitive:
        stop_for(turn, CAUSE_OF_HOLD[str(event.outcome)])
    elif turn.state.stage is Stage.CONTACTING and turn.state.call is not None:
        soon = turn.now + turn.policy.contact.retry_engaged_after
        _ring_again(turn, "Somebody else answered; the person has not been spoken to.", not_before=soon)


def lapse(turn: Turn) -> None:
    """A due call that nobody made: rebooked higher, or escalated; never counted.  Rule 2 of docs/policy.md."""
    state = turn.state
    call = state.call
    if state.stage is not Stage.CONTACTING or call is None:
        return
    clock = first_call_by(state, turn.policy)
    if call.promised:
        reason = "A promised call was not made."
    elif clock is not None and clock <= turn.now:
        reason = "The first call was not made within the time the service promises."
    elif state.facts.is_high_risk:
        reason = "A call on a high-risk referral was not made."
    elif call.lapses:
        reason = "A due call was not made for the second time."
    else:
        turn.say("The call that was due was not made; it was rebooked higher.", "Nobody called in its slot.")
        want_call(turn, "Nobody called in the slot before.", lapses=1)
        return
    turn.state = replace(state, call=replace(call, lapses=call.lapses + 1, lapses_at=None))
    escalate(turn, reason)


def attempt_again(turn: Turn, _: Decided) -> None:
    """A person's judgement: a call is due now, whatever the limit says."""
    if turn.state.phone_id is None:
        raise NotPossibleNow("There is no number that may be rung.")
    turn.say("Another call is wanted now.", by_person=True)
    recall(turn, "A coordinator wants to try a call again.")
    want_call(turn, "A coordinator wants another call.", at=turn.now)


def change_due(turn: Turn, event: Decided) -> None:
    """A person's judgement: not now but then."""
    state = turn.state
    writing = state.writing
    if state.stage is Stage.CONTACTING and state.phone_id is None:
        raise NotPossibleNow("There is no number that may be rung.")
    if state.stage is Stage.WRITING and writing and writing.state is MessageState.RESERVED:
        raise NotPossibleNow("The message is leaving just now.")
    if event.due_at is None:
        raise Incomplete("Say when: due_at is needed.")
    turn.say("A new time was set.", by_person=True)
    if state.stage is Stage.CONTACTING:
        promised = state.call is not None and state.call.promised
        want_call(turn, "A coordinator chose this time.", at=event.due_at, promised=promised, chosen=True)
    elif writing is not None and writing.is_waiting:
        leaves_at = max(event.due_at, turn.now)
        turn.state = replace(state, writing=replace(writing, leaves_at=leaves_at))
        why = "Waits for the time a person chose."
        turn.messages.append(
            MessageChange(key=writing.key, state=writing.state, why=why, leaves_at=leaves_at)
        )
    elif writing is not None:
        turn.state = replace(state, writing=replace(writing, closes_at=max(event.due_at, turn.now)))


def reply(turn: Turn, event: Replied) -> None:
    """The victim answered without a call: nothing automatic goes on, a call is promised."""
    turn.state = replace(turn.state, replied_since_opening=True)
    turn.say(f"A reply came by {str(event.channel).replace('_', ' ')}.", by_person=True)
    promise_call(turn, event, "The person replied; a call was promised.")
    alert_quietly(turn, event)
