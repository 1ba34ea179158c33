"""What stops us: a stop, somebody who asks us not to write or ring any more, a text that may not be from the victim.

Source: rules 4 and 11 of docs/policy.md; docs/policy.md#stops, docs/policy.md#opting-out.
"""

from dataclasses import replace
from datetime import timedelta

from domain.events import AttemptMade, Decided, Event, OptedIn, OptedOut, Replied, Stopped, TextCame
from domain.hold_kinds import Hold
from domain.moves import (
    ask_referrer,
    ask_to_decide,
    escalate,
    hold,
    recall_errands,
    send_errand,
)
from domain.referral_state import ReferralState, Turn
from domain.vocabulary import (
    Channel,
    ContactChannel,
    DecisionKind,
    Purpose,
    Recipient,
    Role,
    Stage,
    StopCause,
    TextMeaning,
)

HOLD_OF_CAUSE = {
    StopCause.SOMEBODY_ELSE_ANSWERED: "third_party_answered",
    StopCause.CHILD_ANSWERED: "child_answered",
    StopCause.IMMEDIATE_DANGER: "immediate_danger",
    StopCause.VICTIM_IS_SUSPECT: "counter_allegation",
    StopCause.VICTIM_HAS_DIED: "victim_has_died",
    StopCause.OTHER: "stopped",
}
"""The hold each cause leads to; a supervisor releases every one of them."""
ASKS_REFERRER = frozenset(
    {StopCause.SOMEBODY_ELSE_ANSWERED, StopCause.CHILD_ANSWERED, StopCause.IMMEDIATE_DANGER}
)
"""Where a safe channel is what is missing.  Of the dead, and of a suspect, a supervisor speaks to the referrer."""
CAUSE_OF_HOLD = {kind: cause for cause, kind in HOLD_OF_CAUSE.items()}

ENDINGS = frozenset(
    {
        DecisionKind.CLOSE,
        DecisionKind.SINGLE_CALL,
        DecisionKind.ONGOING_SUPPORT,
        DecisionKind.DECLINED,
        DecisionKind.RETURN_TO_REFERRER,
    }
)
"""Decisions that take a referral out of its holds: by a supervisor they lift its stops as well."""
ANSWERED_ONCE_IN = timedelta(hours=24)
"""Who asks again who we are is not answered by machine twice within it.  Source: docs/policy.md#messages."""

_CHANNEL_WORDS = {
    ContactChannel.PHONE: "calls",
    ContactChannel.TEXT: "texts",
    ContactChannel.EMAIL: "e-mails",
    ContactChannel.LETTER: "letters",
}


def stop(turn: Turn, event: Stopped) -> None:
    """One press: nothing queued leaves any more, a supervisor decides, the referrer is asked for a safe channel."""
    why = "" if event.cause is StopCause.OTHER else f"{event.cause.replace('_', ' ').capitalize()}."
    turn.say("Everything was stopped.", why, by_person=True)
    recall_errands(turn, "Everything was stopped.", to=Recipient.VICTIM)
    if turn.state.stage is Stage.CLOSED:
        remember_stop(turn, event.cause)
    else:
        stop_for(turn, event.cause)


def stop_for(turn: Turn, cause: StopCause) -> None:
    """Hold for a supervisor, and ask the referrer where that helps."""
    hold(turn, HOLD_OF_CAUSE[cause])
    if cause is StopCause.IMMEDIATE_DANGER:
        escalate(turn, "Immediate danger was reported.")
    if cause in ASKS_REFERRER:
        ask_referrer(turn)


def remember_stop(turn: Turn, cause: StopCause) -> None:
    """Keep it stopped until a supervisor lifts it, whatever becomes of the referral."""
    causes = turn.state.stopped_for
    if cause not in causes:
        turn.state = replace(turn.state, stopped_for=(*causes, cause))


def hold_for_stops(turn: Turn) -> None:
    """Whatever opens the referral again, the holds of what still stops it are back."""
    for cause in turn.state.stopped_for:
        hold(turn, HOLD_OF_CAUSE[cause])


def with_stops_of_holds(state: ReferralState) -> ReferralState:
    """Remember why the holds stop everything: a closing takes the holds, and not the stop."""
    news = [cause for cause in causes_of(state.holds) if cause not in state.stopped_for]
    return replace(state, stopped_for=(*state.stopped_for, *news)) if news else state


def causes_of(holds: tuple[Hold, ...]) -> tuple[StopCause, ...]:
    """Why these holds stop everything; empty if none of them does."""
    causes = (CAUSE_OF_HOLD.get(held.kind) for held in holds)
    return tuple(dict.fromkeys(cause for cause in causes if cause is not None))


def keep_stops(turn: Turn, event: Event) -> None:
    """After every step: a stop outlives its hold, unless a supervisor lifted that or ended the referral."""
    state = with_stops_of_holds(turn.state)
    turn.state = state
    if not isinstance(event, Decided) or event.kind not in ENDINGS or not state.stopped_for:
        return
    if event.role.may_act_as(Role.MANAGER):
        turn.state = replace(state, stopped_for=())
        return
    turn.say("Everything stays stopped.", "Only a supervisor lifts that.")
    if state.stage is Stage.SUPPORTING:
        escalate(turn, "Everything is stopped still; a supervisor decides: hold it, and release it.")


def opt_out(turn: Turn, event: OptedOut) -> None:
    """That channel stops, everything automatic pauses, a person decides.  It is not *declined*.  Rule 11."""
    words = _CHANNEL_WORDS[event.channel]
    way = str(event.way).replace("_", " ")
    turn.say(
        f"We were asked to stop {words}.", f"By {way}. It is not taken as a no to our help.", by_person=True
    )
    close_channel(turn, event.channel)
    alert_quietly(turn, event)


def close_channel(turn: Turn, channel: ContactChannel) -> None:
    """Use a channel no more on this referral until the victim says otherwise, and let nothing automatic go on."""
    state = turn.state
    others = tuple(known for known in state.opted_out if known is not channel)
    turn.state = replace(
        state,
        opted_out=(*others, channel),
        opt_outs_since_opening=state.opt_outs_since_opening or state.is_live,
    )
    reason = f"Somebody asked us to stop {_CHANNEL_WORDS[channel]}; how to go on is for a person to decide."
    recall_errands(turn, reason, to=Recipient.VICTIM)
    if state.stage in {Stage.CONTACTING, Stage.WRITING}:
        ask_to_decide(turn, reason)
    elif state.stage is Stage.SUPPORTING:
        escalate(turn, reason)


def opt_in(turn: Turn, event: OptedIn) -> None:
    """The person said that a channel may be used again."""
    left = tuple(known for known in turn.state.opted_out if known is not event.channel)
    turn.state = replace(turn.state, opted_out=left)
    turn.say(f"We may use {_CHANNEL_WORDS[event.channel]} again.", "The person said so.", by_person=True)


def text_came(turn: Turn, event: TextCame) -> None:
    """A text that is no reply: who are you? is answered neutrally, abuse stops what is automatic."""
    if event.meaning is TextMeaning.ABUSE:
        _abuse(turn)
    else:
        turn.say("A text came that asks who we are.", by_person=True)
        if turn.state.stage is not Stage.CLOSED or not turn.state.sensitive:
            _say_who_we_are(turn, event.phone_id)
    alert_quietly(turn, event)


def _abuse(turn: Turn) -> None:
    turn.say("An abusive text came.", "Whoever wrote it may not be the person.", by_person=True)
    stage = turn.state.stage
    if stage is Stage.CLOSED:
        return
    if turn.state.sensitive:
        hold(
            turn, "third_party_answered", why="An abusive text came; whoever wrote it may not be the person."
        )
    elif stage in {Stage.CONTACTING, Stage.WRITING}:
        ask_to_decide(turn, "An abusive text came; how to go on is for a person to decide.")
    else:
        escalate(turn, "An abusive text came.")


def _say_who_we_are(turn: Turn, phone_id: str) -> None:
    if _answer_waits(turn.state, phone_id):
        turn.say("An answer is on its way already.")
        return
    why_not = _why_no_machine(turn, phone_id) or send_errand(
        turn, Purpose.WHO_WE_ARE, Channel.TEXT, address_id=phone_id
    )
    if why_not:
        turn.say("The text was not answered by machine.", why_not)
        if turn.state.stage is not Stage.CLOSED:
            escalate(turn, "A text came that asks who we are; a person decides whether to answer.")
        return
    others = tuple(
        (known, at)
        for known, at in turn.state.answered_who_at
        if known != phone_id and turn.now - at < ANSWERED_ONCE_IN
    )
    turn.state = replace(turn.state, answered_who_at=(*others, (phone_id, turn.now)))


def _answer_waits(state: ReferralState, phone_id: str) -> bool:
    return any(
        errand.purpose is Purpose.WHO_WE_ARE and errand.address_id == phone_id and errand.is_waiting
        for errand in state.errands
    )


def _why_no_machine(turn: Turn, phone_id: str) -> str:
    if turn.state.stopped_for:
        return "Everything is stopped."
    answered_at = dict(turn.state.answered_who_at).get(phone_id)
    if answered_at is not None and turn.now - answered_at < ANSWERED_ONCE_IN:
        return "It was answered within the last day."
    return ""


def alert_quietly(turn: Turn, event: AttemptMade | Replied | OptedOut | TextCame) -> None:
    """The duress word was used: not a word anywhere, and supervisors are shown it until one of them has acted.

    Source: docs/policy.md#contact-plan.
    """
    if event.duress:
        turn.state = replace(turn.state, alerted_at=turn.now)
