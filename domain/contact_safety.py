"""What stops us: a stop, somebody who asks us not to write or ring any more, a text that may not be from the victim.

Source: rules 4 and 11 of docs/policy.md; docs/policy.md#stops, docs/policy.md#opting-out.
"""

from dataclasses import replace

from domain.events import AttemptMade, OptedIn, OptedOut, Replied, Stopped, TextCame
from domain.moves import (
    ask_referrer,
    ask_to_decide,
    escalate,
    hold,
    recall_errands,
    send_errand,
)
from domain.referral_state import Turn
from domain.vocabulary import (
    Channel,
    ContactChannel,
    Purpose,
    Recipient,
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

QUIET_ALERT = "A supervisor is asked to look at this."
"""What the alert of a duress word says on every screen: nothing."""

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
    if turn.state.stage is not Stage.CLOSED:
        stop_for(turn, event.cause)


def stop_for(turn: Turn, cause: StopCause) -> None:
    """Hold for a supervisor, and ask the referrer where that helps."""
    hold(turn, HOLD_OF_CAUSE[cause])
    if cause is StopCause.IMMEDIATE_DANGER:
        escalate(turn, "Immediate danger was reported.")
    if cause in ASKS_REFERRER:
        ask_referrer(turn)


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
    if event.duress:
        escalate(turn, QUIET_ALERT)


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
    why_not = send_errand(turn, Purpose.WHO_WE_ARE, Channel.TEXT, address_id=phone_id)
    if why_not is not None:
        turn.say("The text was not answered by machine.", why_not)
        if turn.state.stage is not Stage.CLOSED:
            escalate(turn, "A text came that asks who we are; a person decides whether to answer.")


def alert_quietly(turn: Turn, event: AttemptMade | Replied | OptedOut) -> None:
    """The duress word was said: everything looks as usual, and a supervisor is asked to look."""
    if event.duress:
        escalate(turn, QUIET_ALERT)
