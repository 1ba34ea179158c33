"""Where triage leads: at first, after the last hold is lifted, and after a correction.

Source: docs/reference/lifecycle.md, rows `triage`, `release`, `correction`; docs/policy.md#triage.
"""

from dataclasses import replace

from domain.call_planning import inside_hours_and_windows
from domain.channels import channel_is_open
from domain.correspondence import resume_writing
from domain.moves import (
    ask_to_decide,
    hold,
    machine_close,
    machine_write,
    no_safe_channel,
    recall,
    want_call,
    way_of_writing,
    without_number,
)
from domain.referral_state import Turn
from domain.release import still_released
from domain.triage import Findings, lane_of, triage
from domain.vocabulary import Lane, MessageState, Outcome, Stage


def findings_now(turn: Turn) -> Findings:
    """What triage finds in today's facts, leaving out what a person has released before."""
    state = turn.state
    return triage(state.facts, turn.policy, sensitive=state.sensitive, released=state.released)


def first_route(turn: Turn) -> None:
    """Triage of a new referral."""
    state = turn.state
    turn.state = replace(state, lane=lane_of(state.facts, sensitive=state.sensitive))
    found = findings_now(turn)
    turn.say("Triage ran.", _triage_words(found))
    if found.holds:
        for kind in found.holds:
            _hold_by_triage(turn, kind)
        if found.ends_as is not None:
            hold(turn, "proposal", proposes=found.ends_as, why=found.reason)
    elif found.ends_as is not None:
        machine_close(turn, found.ends_as, found.reason)
    elif turn.state.lane is Lane.INFORMATION:
        _inform(turn)
    else:
        want_call(turn, "First call.")


def route_after_hold(turn: Turn) -> None:
    """The last hold was lifted: back, or where triage leads; never to an ending."""
    state = turn.state
    origin, proposed = state.held_from, state.proposed
    found = findings_now(turn)
    turn.state = replace(state, held_from=None, proposed=False)
    if origin is Stage.SUPPORTING:
        turn.state = replace(turn.state, stage=Stage.SUPPORTING)
    elif proposed:
        ask_to_decide(turn, "What the machine proposed was not taken up; a person decides.")
    elif found.holds:
        for kind in found.holds:
            _hold_by_triage(turn, kind)
    elif origin is Stage.WRITING and not state.bars_machines:
        resume_writing(turn)
    else:
        _go_on(turn, found)


def _go_on(turn: Turn, found: Findings) -> None:
    state = turn.state
    if state.call is not None and (state.call.promised or state.opening > 1):
        want_call(turn, state.call.reason, at=state.call.due_at, promised=state.call.promised)
    elif state.decide_since is not None or found.ends_as is not None:
        ask_to_decide(turn, "The hold was lifted; a person decides how to go on.")
    elif state.attempts_counted >= turn.policy.contact.attempts:
        ask_to_decide(turn, "The hold was lifted and the calls are used up.")
    elif not _has_a_way(turn):
        ask_to_decide(turn, "The hold was lifted, and there is no channel that may be used.")
    elif state.lane is Lane.INFORMATION and not state.bars_machines:
        _inform(turn)
    else:
        want_call(turn, "The hold was lifted.")


def _has_a_way(turn: Turn) -> bool:
    state = turn.state
    verdict = way_of_writing(state)
    may_ring = state.lane is Lane.CONTACT or state.bars_machines
    return verdict.channel is not None or (may_ring and state.phone_id is not None)


def route_after_correction(turn: Turn) -> None:
    """The facts changed while contacting or writing: triage and gate run again at once."""
    found = findings_now(turn)
    if found.holds:
        for kind in found.holds:
            _hold_by_triage(turn, kind)
    elif found.ends_as is not None and found.ends_as not in turn.state.released:
        machine_close(turn, found.ends_as, found.reason)
    elif turn.state.stage is Stage.CONTACTING:
        _contact_again(turn)
    elif turn.state.stage is Stage.WRITING:
        _write_again(turn)


def _contact_again(turn: Turn) -> None:
    call = turn.state.call
    if turn.state.phone_id is None:
        without_number(turn)
    elif call is not None:
        fits = inside_hours_and_windows(turn.policy, turn.state.facts.windows, max(call.due_at, turn.now))
        kept = call.due_at if call.promised or fits else None
        want_call(turn, call.reason, at=kept, promised=call.promised, lapses=call.lapses)


def _write_again(turn: Turn) -> None:
    """Ring instead, if calls are left and a number has turned up; else ask the gate again."""
    state = turn.state
    writing = state.writing
    if writing is None or writing.has_left or not writing.is_waiting:
        return
    calls_left = state.attempts_counted < turn.policy.contact.attempts
    verdict = way_of_writing(state)
    if state.lane is Lane.CONTACT and calls_left and state.phone_id and not writing.approved:
        recall(turn, "There is a number to ring now.")
        want_call(turn, "The referrer gave a number.")
    elif writing.state is MessageState.HELD and verdict.channel is None:
        recall(turn, "No channel is known to be safe for writing any more.")
        no_safe_channel(turn)
    elif writing.state is MessageState.HELD:
        resume_writing(turn, keep_time=True)
    elif not _may_stay_let_go(turn):
        recall(turn, "It may not leave by this channel any more.")
        recalled = turn.state.writing
        if turn.state.protected:
            hold(turn, "proposal", proposes="write", why="A machine does not write on its own here.")
        elif recalled is not None and not recalled.recall_asked:
            resume_writing(turn)


def _may_stay_let_go(turn: Turn) -> bool:
    state = turn.state
    writing = state.writing
    if writing is None:
        return True
    opens = channel_is_open(writing.channel, state.facts, sensitive=state.sensitive, closed=state.closed_ways)
    return opens and (still_released(state, writing) or not state.protected)


def _inform(turn: Turn) -> None:
    state = turn.state
    verdict = way_of_writing(state)
    if verdict.channel is None:
        machine_close(turn, Outcome.RETURNED_TO_REFERRER, "There is no channel that may be used.")
    else:
        machine_write(turn, verdict)


def _hold_by_triage(turn: Turn, kind: str) -> None:
    if kind == "proposal":
        hold(turn, kind, proposes="write", why="A machine never sends information unasked here.")
    else:
        hold(turn, kind)


def _triage_words(found: Findings) -> str:
    if found.holds:
        return "A person is needed first: " + ", ".join(kind.replace("_", " ") for kind in found.holds) + "."
    return found.reason or "Nothing stands in the way."
