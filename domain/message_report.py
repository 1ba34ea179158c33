"""What providers, or the post, report of messages that were handed over; and what wakes because nothing arrived.

Source: rules 5 and 6 of docs/policy.md; docs/policy.md#messages.
"""

from dataclasses import replace

from domain.closure import reopen_by_machine
from domain.contact_safety import close_channel
from domain.errands import ring_the_referrer
from domain.events import MessageReported
from domain.message_fate import close_address, first_arrived, message_left, move_on
from domain.moves import CHANNEL_WORDS, ask_to_decide, recall
from domain.referral_state import Errand, MessageChange, Turn, Writing
from domain.vocabulary import Channel, DeliveryReport, MessageState, Outcome, Purpose, Stage

_UNREACHED = frozenset({Outcome.NOT_REACHED, Outcome.INFORMED})
_LEFT = frozenset({MessageState.SENT, MessageState.UNKNOWN})
_NOT_TAKEN = frozenset({DeliveryReport.FAILED, DeliveryReport.PULLED})
_REPORT_WORDS = {
    DeliveryReport.UNDELIVERED: "could not be delivered",
    DeliveryReport.BOUNCED: "bounced: there is no such address, or nothing more is taken for it",
    DeliveryReport.COMPLAINED: "was marked as unwanted",
    DeliveryReport.RETURNED: "came back",
    DeliveryReport.FAILED: "failed at its provider",
}
"""As the timeline says it; what went well is shown in the post room alone."""


def reported(turn: Turn, event: MessageReported) -> None:
    """Take in what a provider, or the post, tells of a message."""
    writing = turn.state.writing
    mine = writing is not None and bool(event.key) and writing.key == event.key
    channel = _channel(turn, event)
    if event.report in _REPORT_WORDS:
        why = "" if event.report is DeliveryReport.RETURNED else "So its provider reports."
        turn.say(f"The {CHANNEL_WORDS[channel]} {_REPORT_WORDS[event.report]}.", why, by_person=True)
    close_address(turn, event.address_id, event.report, channel)
    if mine and writing is not None:
        _of_writing(turn, writing, event.report)
    else:
        _of_another(turn, event)
    if event.report is DeliveryReport.COMPLAINED and not _asked_the_referrer(event):
        close_channel(turn, channel.as_contact)


def _channel(turn: Turn, event: MessageReported) -> Channel:
    for message in (turn.state.writing, *turn.state.errands):
        if message is not None and event.key and message.key == event.key:
            return message.channel
    if event.report is DeliveryReport.RETURNED or event.report is DeliveryReport.PULLED:
        return Channel.LETTER
    is_phone = any(phone.id == event.address_id for phone in turn.state.facts.phones)
    return Channel.TEXT if is_phone else Channel.EMAIL


def _of_writing(turn: Turn, writing: Writing, report: DeliveryReport) -> None:
    """The message of this opening: it did leave after all, it did not, or it was in vain."""
    if report is DeliveryReport.PRINTED:
        _printed(turn, writing)
        return
    if report in _NOT_TAKEN and not _known_to_have_left(writing):
        _did_not_leave(turn, writing, report)
        return
    if not _known_to_have_left(writing) and report not in _NOT_TAKEN:
        message_left(turn, writing, learnt=True)
    if report.failed:
        _in_vain(turn)


def _printed(turn: Turn, writing: Writing) -> None:
    """It lies in the day's batch.  One recalled meanwhile may still be posted, unless somebody takes it out."""
    if writing.is_waiting and turn.state.stage is Stage.WRITING:
        lies_there = replace(writing, state=MessageState.RESERVED, queued=True, printed=True, leaves_at=None)
        turn.state = replace(turn.state, writing=lies_there)
        turn.say("The letter was printed with the day's batch.", "The safety gate was asked again.")
    elif writing.is_waiting or writing.state is MessageState.RECALLED:
        taken_back = replace(
            writing, state=MessageState.RECALLED, recall_asked=True, queued=False, leaves_at=None
        )
        turn.state = replace(turn.state, writing=taken_back)
        turn.say("The letter had been printed when it was recalled: it has to be taken out of the batch.")


def _known_to_have_left(writing: Writing) -> bool:
    return writing.state is MessageState.SENT


def _did_not_leave(turn: Turn, writing: Writing, report: DeliveryReport) -> None:
    pulled = report is DeliveryReport.PULLED
    state = MessageState.RECALLED if pulled else MessageState.REJECTED
    why = "It was taken out before posting." if pulled else "Its provider failed with it."
    turn.state = replace(
        turn.state,
        writing=replace(
            writing, state=state, queued=False, printed=False, leaves_at=None, recall_asked=False
        ),
    )
    turn.messages.append(MessageChange(key=writing.key, state=state, why=why, learnt=True))
    if pulled:
        turn.say("The letter was taken out, or left out, before posting.", by_person=True)
        if turn.state.stage is Stage.WRITING:
            ask_to_decide(turn, "The letter was taken out before posting.")
    elif turn.state.stage is Stage.WRITING:
        move_on(turn, replace(writing, state=state))


def _in_vain(turn: Turn) -> None:
    """It left and did not arrive: the next safe channel, or a person."""
    state = turn.state
    if state.stage is Stage.WRITING and state.writing is not None:
        in_vain = replace(state.writing, in_vain=True)
        turn.state = replace(state, writing=in_vain)
        move_on(turn, in_vain)
    else:
        _wake(turn)


def _of_another(turn: Turn, event: MessageReported) -> None:
    """A message beside, one of an earlier opening, or a letter of which nobody knows which it was."""
    errand = next((e for e in turn.state.errands if event.key and e.key == event.key), None)
    if errand is not None:
        _of_errand(turn, errand, event.report)
    writing = turn.state.writing
    if writing is not None and event.key and writing.instead_of == event.key:
        _of_the_first(turn, writing, event.report)
    if _asked_the_referrer(event) and (event.report.failed or event.report is DeliveryReport.COMPLAINED):
        ring_the_referrer(turn, "The question to the referrer did not arrive: ring them.")
    elif event.report is DeliveryReport.RETURNED:
        _returned(turn, known=bool(event.key))


def _of_errand(turn: Turn, errand: Errand, report: DeliveryReport) -> None:
    """It is known to have left, or to have failed: nothing more is done about it, and it is not sent again."""
    turn.state = replace(turn.state, errands=tuple(e for e in turn.state.errands if e.key != errand.key))
    state = MessageState.REJECTED if report in _NOT_TAKEN else MessageState.SENT
    turn.messages.append(
        MessageChange(key=errand.key, state=state, why="So its provider reports.", learnt=True)
    )
    turn.say(f"The {CHANNEL_WORDS[errand.channel]} {'failed' if report in _NOT_TAKEN else 'left'}.")


def _of_the_first(turn: Turn, writing: Writing, report: DeliveryReport) -> None:
    """A message of unknown fate did leave: the one made in its place does not, if it still can be kept back."""
    if report.failed or report in _NOT_TAKEN or not writing.is_waiting:
        return
    recall(turn, "The message before it left after all.")
    recalled = turn.state.writing
    if recalled is None or turn.state.stage is not Stage.WRITING:
        return
    if recalled.recall_asked:
        turn.state = replace(turn.state, writing=replace(recalled, overtaken=True))
    else:
        first_arrived(turn, recalled)


def _asked_the_referrer(event: MessageReported) -> bool:
    return event.key.split(":")[1:2] == [Purpose.SAFE_CHANNEL_ASKED]


def _returned(turn: Turn, *, known: bool) -> None:
    """A letter came back: of an earlier opening (then it is `known`), or nobody knows which."""
    state = turn.state
    writing = state.writing
    if state.stage is not Stage.WRITING:
        _wake(turn)
    elif not known and writing and writing.channel is Channel.LETTER and writing.state in _LEFT:
        _in_vain(turn)


def _wake(turn: Turn) -> None:
    """Weeks later: who was not reached because nothing arrived is not done with.  Rule 5 of docs/policy.md."""
    state = turn.state
    if state.stage is not Stage.CLOSED or state.outcome not in _UNREACHED:
        return
    reopen_by_machine(turn)
    if turn.state.stage is Stage.CONTACTING:
        ask_to_decide(turn, "What we wrote did not arrive; how to go on is for a person to decide.")
