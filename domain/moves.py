"""The moves a step is made of: want a call, ask a person, hold, write, recall, close.

What a machine may not do alone is decided here, once: `machine_write` and `machine_close` hold a protected
referral and leave one that was reached to a person.  Source: docs/reference/lifecycle.md, "Over every row".
"""

from dataclasses import replace
from datetime import datetime

from domain.call_planning import next_call_at
from domain.channels import Verdict, writing_channel
from domain.gate import Alter, AskAPerson, Ring, Write, ask, may_go
from domain.gate import Hold as Denied
from domain.hold_kinds import KINDS, Hold
from domain.identifiers import message_key
from domain.policy import Policy
from domain.referral_state import Call, Errand, MessageChange, ReferralState, Turn, Writing
from domain.release import ground_of
from domain.vocabulary import Channel, DecisionKind, Lane, MessageState, Outcome, Purpose, Recipient, Stage
from domain.working_hours import add_open_time, intersect, next_cut_off

CHANNEL_WORDS = {Channel.LETTER: "letter", Channel.EMAIL: "e-mail", Channel.TEXT: "text"}
"""As the timeline says it."""
DOUBT = "Nobody could say whether the message before left; so says the rule of its purpose."
"""Why a message is sent again, or by another channel."""


def ask_to_decide(turn: Turn, reason: str) -> None:
    """Nothing automatic is left: a coordinator decides."""
    recall(turn, reason)
    turn.state = replace(
        turn.state,
        stage=Stage.CONTACTING,
        lane=Lane.CONTACT,
        call=None,
        decide_since=turn.now,
        decide_reason=reason,
    )
    turn.say("A person is asked to decide.", reason)


def want_call(
    turn: Turn,
    reason: str,
    *,
    at: datetime | None = None,
    not_before: datetime | None = None,
    promised: bool = False,
    lapses: int = 0,
    chosen: bool = False,
) -> None:
    """Put the next call on the worklist, or go on without a number.

    Args:
        turn: The step in the making.
        reason: Why the call is wanted, for the worklist.
        at: When it is due; by default the earliest time the rules allow.
        not_before: With `at` left out: a soon retry, for which gap and part of day do not matter.
        promised: Whether the victim was told that we would ring.
        lapses: How often the slot has lapsed so far.
        chosen: Whether a person chose `at`: a first-call clock that had broken before is not broken again.
    """
    if turn.state.phone_id is None:
        without_number(turn)
        return
    state = turn.state
    due_at = at or next_call_at(
        now=turn.now,
        policy=turn.policy,
        windows=state.facts.windows,
        counted_at=() if not_before else state.counted_at,
        not_before=not_before,
    )
    if due_at is None:
        ask_to_decide(turn, "No time fits both the victim's windows and our opening hours.")
        return
    known = replace(state, lane=Lane.CONTACT, holds=()).circumstances(turn.now)
    ruling = ask(Ring(at=due_at, agreed=at is not None), known)
    if isinstance(ruling, AskAPerson | Denied):
        ask_to_decide(turn, ruling.reason)
        return
    if isinstance(ruling, Alter) and ruling.at is not None:
        due_at = ruling.at
    call = Call(
        due_at=due_at,
        lapses_at=_lapses_at(turn, due_at, chosen=chosen),
        reason=reason,
        promised=promised,
        lapses=lapses,
        gate=ruling.reason,
    )
    recall(turn, reason)
    turn.say("A call was put on the worklist.", f"{reason} {ruling.reason}")
    turn.state = replace(
        turn.state, stage=Stage.CONTACTING, lane=Lane.CONTACT, call=call, decide_since=None, decide_reason=""
    )


def without_number(turn: Turn) -> None:
    """No number may be rung: write if that is safe, else give the referral back."""
    state = turn.state
    if state.bars_machines or state.opening > 1:
        ask_to_decide(turn, "There is no number that may be rung.")
    elif state.writing is not None and state.writing.has_left:
        ask_to_decide(turn, "There is no number that may be rung, and a message has left already.")
    else:
        verdict = way_of_writing(state)
        if verdict.channel is None:
            machine_close(turn, Outcome.RETURNED_TO_REFERRER, "There is no channel that may be used.")
        else:
            machine_write(turn, verdict)


def way_of_writing(state: ReferralState, *, besides: tuple[Channel, ...] = ()) -> Verdict:
    """Ask the gate how this person may be written to, leaving out what was tried already."""
    return writing_channel(
        state.facts,
        sensitive=state.sensitive,
        closed=state.closed_ways,
        texts=state.lane is Lane.CONTACT,
        opted_out=state.opted_out,
        besides=besides,
    )


def no_safe_channel(
    turn: Turn, why: str = "Nobody answered, and no channel is known to be safe for writing."
) -> None:
    """Silence on the telephone and nothing that may be written to, or that a person wants written."""
    if turn.state.bars_machines:
        ask_to_decide(turn, "This person has been in touch; how to go on is for a person to decide.")
    elif turn.state.sensitive:
        hold(turn, "proposal", proposes=Outcome.UNSAFE_TO_CONTACT, why=why)
    else:
        machine_close(turn, Outcome.NOT_REACHED, why)


def machine_write(turn: Turn, verdict: Verdict, *, after: Writing | None = None) -> None:
    """Write, if the gate lets a machine: never to a protected or reached person, nor unasked to a self-referral."""
    state = turn.state
    if verdict.channel is None:
        no_safe_channel(turn)
        return
    act = Write(channel=verdict.channel, purpose=_purpose(state))
    ruling = ask(act, replace(state, holds=()).circumstances(turn.now))
    if not isinstance(ruling, AskAPerson):
        write(turn, verdict, after=after)
    elif state.bars_machines:
        ask_to_decide(turn, ruling.reason)
    else:
        hold(turn, "proposal", proposes="write", why=ruling.reason)


def _purpose(state: ReferralState) -> Purpose:
    in_vain = state.attempts_counted > 0 and not state.bars_machines
    return Purpose.CONTACT_UNANSWERED if in_vain else Purpose.INFORMATION


def write(turn: Turn, verdict: Verdict, *, approved: bool = False, after: Writing | None = None) -> None:
    """Make the written message of this opening; it leaves at the cut-off.

    Args:
        turn: The step in the making.
        verdict: Names a channel.
        approved: Whether a person asked for it.
        after: The message it follows, which did not arrive or of whose fate nobody knows.
    """
    state = turn.state
    doubted = after is not None and after.state is MessageState.UNKNOWN
    channel = verdict.channel or Channel.LETTER
    purpose = _purpose(state)
    number = state.letters_made + 1
    key = message_key(state.referral_id, purpose, state.opening, number)
    leaves_at = next_cut_off(turn.policy.letter, turn.policy.hours, turn.now)
    turn.state = replace(
        state,
        stage=Stage.WRITING,
        call=None,
        decide_since=None,
        decide_reason="",
        letters_made=number,
        writing=Writing(
            key=key,
            channel=channel,
            purpose=purpose,
            number=number,
            leaves_at=leaves_at,
            approved=approved,
            released_for=ground_of(state, channel) if approved else (),
            resent=doubted or (after is not None and after.resent),
            tried=() if after is None else tuple(dict.fromkeys((*after.tried, after.channel))),
            instead_of=after.key if after is not None and doubted else "",
            instead_of_channel=after.channel if after is not None and doubted else None,
        ),
    )
    turn.messages.append(
        MessageChange(
            key=key,
            state=MessageState.HELD,
            why=f"Waits for the cut-off. {verdict.reason}",
            channel=channel,
            purpose=purpose,
            leaves_at=leaves_at,
        )
    )
    turn.say(
        f"{CHANNEL_WORDS[channel].capitalize()} made; it can be recalled until the cut-off.",
        verdict.reason,
        by_person=approved,
    )


def send_errand(
    turn: Turn,
    purpose: Purpose,
    channel: Channel,
    *,
    address_id: str = "",
    resent: bool = False,
    about: str = "",
    until: datetime | None = None,
) -> str | None:
    """Send a message beside the one of this opening, if the gate lets a machine.

    Args:
        turn: The step in the making.
        purpose: Why it is sent.
        channel: How.
        address_id: The one number it goes to; empty: the recipient's, by the rules.
        resent: Whether it was sent before and nobody knows what became of that.
        about: The repair whose visit it announces.
        until: From when on it would be of no use.

    Returns:
        Why not, in words for a person; `None` when it is on its way.
    """
    state = turn.state
    act = Write(channel=channel, purpose=purpose, address_id=address_id)
    ruling = ask(act, state.circumstances(turn.now))
    later = isinstance(ruling, Alter) and ruling.channel is None
    if not (may_go(ruling) or later):
        return ruling.reason
    due_at = ruling.at if isinstance(ruling, Alter) and ruling.at else turn.now
    number = state.errands_made + 1
    key = message_key(state.referral_id, purpose, state.opening, number)
    errand = Errand(
        key=key,
        channel=channel,
        purpose=purpose,
        wanted_at=due_at,
        due_at=due_at,
        address_id=address_id,
        resent=resent,
        about=about,
        until=until,
    )
    turn.state = replace(state, errands=(*state.errands, errand), errands_made=number)
    turn.messages.append(
        MessageChange(
            key=key,
            state=MessageState.RESERVED,
            why=ruling.reason,
            channel=channel,
            purpose=purpose,
            leaves_at=due_at,
        )
    )
    turn.say(ERRAND_WORDS[purpose], ruling.reason)
    return None


ERRAND_WORDS = {
    Purpose.SAFE_CHANNEL_ASKED: "The referrer is asked by e-mail for a safe way to reach the person.",
    Purpose.WHO_WE_ARE: "A neutral text answers who we are.",
    Purpose.VISIT_EXPECTED: "A neutral text says when the person who is expected will be there.",
}
"""As the timeline says it."""


def ask_referrer(turn: Turn) -> None:
    """Ask the referrer for a safe channel, at the mailbox it watches and without a word about the person."""
    turn.state = replace(turn.state, question_open=True)
    purpose = Purpose.SAFE_CHANNEL_ASKED
    if any(errand.purpose is purpose and errand.is_waiting for errand in turn.state.errands):
        return
    why_not = send_errand(turn, purpose, Channel.EMAIL)
    if why_not is not None:
        turn.say("The referrer has to be asked for a safe way to reach the person.", why_not)


def recall_errands(turn: Turn, why: str, *, to: Recipient) -> None:
    """Take back what has not left of the messages beside; one that is just leaving may still leave."""
    gone = [e for e in turn.state.errands if e.purpose.recipient is to and e.is_waiting]
    kept = tuple(errand for errand in turn.state.errands if errand not in gone)
    turn.state = replace(turn.state, errands=kept)
    turn.messages.extend(MessageChange(key=e.key, state=MessageState.RECALLED, why=why) for e in gone)


def recall(turn: Turn, why: str) -> None:
    """Take back what has not left.  What a provider may have already is said so when it is known."""
    writing = turn.state.writing
    if writing is None or not writing.is_waiting:
        return
    turn.state = replace(
        turn.state,
        writing=replace(
            writing,
            state=MessageState.RECALLED,
            leaves_at=None,
            queued=False,
            recall_asked=_may_be_leaving(writing),
        ),
    )
    turn.messages.append(MessageChange(key=writing.key, state=MessageState.RECALLED, why=why))
    turn.say(f"The {CHANNEL_WORDS[writing.channel]} that had not left was recalled.", why)


def _may_be_leaving(writing: Writing) -> bool:
    """What waits for the next batch lies in our own post room; what is printed may be on its way to the box."""
    return writing.state is MessageState.RESERVED and (not writing.queued or writing.printed)


def keep_back(turn: Turn, why: str) -> None:
    """Nothing leaves while held: an unposted message waits without a time.

    One that may be leaving just now is recalled instead: until its fate is known there is no other beside it.
    """
    writing = turn.state.writing
    if writing is None or not writing.is_waiting:
        return
    if _may_be_leaving(writing):
        recall(turn, why)
        return
    kept = replace(writing, state=MessageState.HELD, leaves_at=None, queued=False)
    turn.state = replace(turn.state, writing=kept)
    turn.messages.append(MessageChange(key=writing.key, state=MessageState.HELD, why=why))


def hold(
    turn: Turn,
    kind: str,
    *,
    why: str = "",
    proposes: str | None = None,
    review_at: datetime | None = None,
    adds: bool = False,
) -> None:
    """Let nothing leave until a person releases it; holds add up.

    Args:
        turn: The step in the making.
        kind: A key of `KINDS`, or a person's own word.
        why: Instead of the kind's own reason.
        proposes: The step a machine would have taken.
        review_at: Instead of the profile's review date.
        adds: Whether a second hold of the same kind stands beside the first; a machine's takes its place.
    """
    known = KINDS.get(kind, KINDS["other"])
    reason = why or known.reason
    added = Hold(
        kind=kind,
        reason=reason,
        release_by_role=known.release_by_role,
        since=turn.now,
        review_at=review_at or turn.now + turn.policy.hold.review_after,
        proposes=str(proposes) if proposes else None,
    )
    state = turn.state
    if state.stage is not Stage.HELD:
        state = replace(state, held_from=state.stage, proposed=False, stage=Stage.HELD)
    turn.state = replace(
        state,
        holds=(*(h for h in state.holds if adds or h.kind != kind), added),
        proposed=state.proposed or proposes is not None,
    )
    proposed = f" Proposed: {proposes}." if proposes else ""
    turn.say(f"Held ({kind.replace('_', ' ')}).", reason + proposed, by_person=adds)
    if known.recalls:
        recall(turn, reason)
        recall_errands(turn, reason, to=Recipient.VICTIM)
    else:
        keep_back(turn, reason)


def machine_close(turn: Turn, outcome: Outcome, why: str) -> None:
    """Close, if a machine may: never a protected referral, never one that was in touch."""
    if turn.state.bars_machines:
        ask_to_decide(turn, "This person has been in touch; only a person closes this.")
    elif turn.state.protected:
        hold(turn, "proposal", proposes=outcome, why=why)
    else:
        close(turn, outcome, why)


def close(
    turn: Turn,
    outcome: Outcome,
    why: str,
    *,
    decision: DecisionKind | None = None,
    by_person: bool = False,
) -> None:
    """End this opening.  The referral still listens."""
    state = turn.state
    turn.say(f"Closed as {str(outcome).replace('_', ' ')}.", why, by_person=by_person)
    recall(turn, "The referral was closed.")
    if state.support is not None and Stage.SUPPORTING in {state.stage, state.held_from}:
        turn.ends_support = str(outcome)
    turn.state = replace(
        turn.state,
        stage=Stage.CLOSED,
        outcome=outcome,
        decision=decision or state.decision,
        lane=Lane.CONTACT if decision else state.lane,
        call=None,
        decide_since=None,
        decide_reason="",
        holds=(),
        held_from=None,
        proposed=False,
        closed_at=turn.now,
        escalated_at=None,
        escalation="",
        question_open=state.question_open or outcome is Outcome.RETURNED_TO_REFERRER,
    )
    if outcome is Outcome.RETURNED_TO_REFERRER:
        turn.say("The referrer was asked for what is missing.", why)


def escalate(turn: Turn, reason: str) -> None:
    """Put the referral before a supervisor until a person acts on it."""
    turn.state = replace(turn.state, escalated_at=turn.now, escalation=reason)
    turn.say("Escalated to a supervisor.", reason)


def first_call_by(state: ReferralState, policy: Policy) -> datetime | None:
    """Until when the first call is promised by the profile; `None` once somebody has rung or after reopening."""
    if state.rung or state.opening > 1:
        return None
    within = policy.contact.first_call_within[state.facts.risk_of_clock]
    return add_open_time(policy.hours, state.received_at, within)


def _lapses_at(turn: Turn, due_at: datetime, *, chosen: bool) -> datetime | None:
    """When nobody having called is a lapse: after the slot, or when the clock of the first call breaks."""
    wanted = intersect(turn.policy.hours, turn.state.facts.windows)
    lapse = add_open_time(wanted, due_at, turn.policy.contact.lapse_after)
    clock = first_call_by(turn.state, turn.policy)
    if chosen and clock is not None and clock <= turn.now:
        clock = None
    return min((at for at in (lapse, clock) if at is not None), default=None)
