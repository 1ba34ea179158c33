"""Written messages: the cut-off, what became of them, the wait for an answer, and a person's say in it.

Source: docs/reference/lifecycle.md, rows of `writing`; rule 5 of docs/policy.md; docs/policy.md#letters.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.errors import NotPossibleNow
from domain.events import Decided
from domain.gate import Alter, AskAPerson, Write, ask, may_go
from domain.moves import (
    CHANNEL_WORDS,
    ask_to_decide,
    hold,
    machine_close,
    no_safe_channel,
    recall,
    way_of_writing,
    write,
)
from domain.referral_state import MessageChange, Turn, Writing
from domain.release import still_released
from domain.vocabulary import Lane, MessageState, Outcome, Stage
from domain.working_hours import next_cut_off

TRY_AGAIN_AFTER = timedelta(seconds=5)
"""When a message could not leave because a stored command waits to be applied first."""
CHANGED_SINCE = "What is known has changed since a person released it: it has to be released again."
"""Why a release no longer covers a message."""
AT_LEAST = timedelta(seconds=1)
"""Between two tries, whatever we are told."""


def deadline_of_writing(turn: Turn) -> None:
    """The cut-off or the end of the wait has come."""
    writing = turn.state.writing
    if turn.state.stage is not Stage.WRITING or writing is None:
        return
    if writing.is_waiting and writing.leaves_at is not None and writing.leaves_at <= turn.now:
        _cut_off(turn, writing)
    elif writing.has_left and writing.closes_at is not None and writing.closes_at <= turn.now:
        _wait_is_over(turn)


def _cut_off(turn: Turn, writing: Writing) -> None:
    """The gate is asked again: what was safe when it was made may not be now."""
    state = turn.state
    approved = still_released(state, writing)
    act = Write(channel=writing.channel, purpose=writing.purpose, approved=approved)
    ruling = ask(act, state.circumstances(turn.now))
    if may_go(ruling):
        turn.state = replace(state, writing=replace(writing, state=MessageState.RESERVED, leaves_at=None))
        why = f"The cut-off has passed; it may leave. {ruling.reason}"
        turn.messages.append(MessageChange(key=writing.key, state=MessageState.RESERVED, why=why))
    elif isinstance(ruling, Alter) and ruling.channel is None and ruling.at is not None:
        turn.say(f"The {CHANNEL_WORDS[writing.channel]} waits.", ruling.reason)
        waits(turn, writing, ruling.reason, until=ruling.at)
    elif isinstance(ruling, AskAPerson) and state.bars_machines:
        recall(turn, ruling.reason)
        ask_to_decide(turn, ruling.reason)
    elif isinstance(ruling, AskAPerson):
        hold(turn, "proposal", proposes="write", why=ruling.reason)
    else:
        hold(turn, "message_refused", why="The channel is no longer safe.")


def waits(turn: Turn, writing: Writing, why: str, *, until: datetime) -> None:
    """Keep the message until it may be tried again."""
    turn.state = replace(
        turn.state, writing=replace(writing, state=MessageState.HELD, leaves_at=until, queued=False)
    )
    turn.messages.append(MessageChange(key=writing.key, state=MessageState.HELD, why=why, leaves_at=until))


def resume_at(turn: Turn, retry_at: datetime | None) -> datetime:
    """When what could not leave is tried again: when we were told to, else soon."""
    return turn.now + TRY_AGAIN_AFTER if retry_at is None else max(retry_at, turn.now + AT_LEAST)


def _wait_is_over(turn: Turn) -> None:
    if turn.state.lane is Lane.INFORMATION:
        machine_close(turn, Outcome.INFORMED, "The information was sent and the time for an answer is over.")
    else:
        tried = "We rang and wrote" if turn.state.attempts_counted else "We wrote"
        machine_close(turn, Outcome.NOT_REACHED, f"{tried}, and the time for an answer is over.")


def write_now(turn: Turn, _: Decided) -> None:
    """A person's judgement: write without waiting for more calls; safety still has its say.

    Nothing leaves for a self-referral until a person has spoken to the victim, wherever they can be rung; who gave
    no number is written to where they said it is safe, because nobody could speak to them otherwise.
    """
    state = turn.state
    if state.writing is not None and (state.writing.is_waiting or state.writing.has_left):
        raise NotPossibleNow("A message exists already; there is one for each opening.")
    if not state.may_be_written_to_unasked and state.phone_id is not None:
        raise NotPossibleNow(
            "Who asked for help was told that nothing is sent before somebody has spoken to them: ring first."
        )
    verdict = way_of_writing(state)
    if verdict.channel is None:
        raise NotPossibleNow("No channel is known to be safe for writing.")
    write(turn, verdict, approved=True)


def skip_letter(turn: Turn, _: Decided) -> None:
    """A person's judgement: nothing is written."""
    if turn.state.writing is not None and turn.state.writing.has_left:
        raise NotPossibleNow("The message has left already, or may have.")
    turn.say("It was decided not to write.", by_person=True)
    recall(turn, "A coordinator decided not to write.")
    no_safe_channel(turn, "A person decided not to write.")


def resume_writing(turn: Turn, *, keep_time: bool = False) -> None:
    """Go back to writing after a hold: an unposted message gets a new cut-off."""
    from_hold = turn.state
    writing = from_hold.writing
    turn.state = replace(from_hold, stage=Stage.WRITING)
    if writing is not None and writing.has_left:
        closes_at = turn.now + turn.policy.letter.wait_after
        turn.state = replace(turn.state, writing=replace(writing, closes_at=closes_at))
        return
    verdict = way_of_writing(from_hold)
    approved = writing is not None and writing.is_waiting and still_released(from_hold, writing)
    if verdict.channel is None:
        recall(turn, "No channel is known to be safe for writing any more.")
        ask_to_decide(turn, "No channel is known to be safe for writing.")
    elif from_hold.protected and not approved:
        changed = writing is not None and writing.is_waiting and writing.approved
        why = CHANGED_SINCE if changed else "A machine does not write on its own here."
        recall(turn, why)
        hold(turn, "proposal", proposes="write", why=why)
    elif writing is not None and writing.is_waiting and writing.channel is verdict.channel:
        if not keep_time or writing.leaves_at is None:
            _new_cut_off(turn, writing)
    else:
        recall(turn, "Another channel is safer now.")
        if from_hold.protected:
            hold(
                turn,
                "proposal",
                proposes="write",
                why="It was released for another channel: release it again.",
            )
        else:
            write(turn, verdict, approved=approved)


def _new_cut_off(turn: Turn, writing: Writing) -> None:
    leaves_at = next_cut_off(turn.policy.letter, turn.policy.hours, turn.now)
    kept = replace(writing, state=MessageState.HELD, leaves_at=leaves_at)
    turn.state = replace(turn.state, writing=kept)
    turn.messages.append(
        MessageChange(
            key=writing.key, state=MessageState.HELD, why="Waits for the cut-off.", leaves_at=leaves_at
        )
    )
    turn.say(f"The {CHANNEL_WORDS[writing.channel]} waits for a new cut-off.", "The hold was lifted.")
