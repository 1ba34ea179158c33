"""What became of the message of an opening as it was handed over, and what follows where nobody knows.

Never a silent duplicate, never a silent loss.  Source: rules 5 and 10 of docs/policy.md; docs/policy.md#messages.
"""

from dataclasses import replace

from domain import errands
from domain.contact_safety import close_channel
from domain.correspondence import resume_at, resume_writing, waits
from domain.events import MessageSettled
from domain.moves import (
    CHANNEL_WORDS,
    DOUBT,
    ask_to_decide,
    hold,
    machine_close,
    machine_write,
    no_safe_channel,
    way_of_writing,
)
from domain.referral_state import MessageChange, Turn, Writing
from domain.vocabulary import Channel, DeliveryReport, Lane, MessageState, Outcome, Stage, UnknownRule


def settled(turn: Turn, event: MessageSettled) -> None:
    """Take in what became of a message that was to leave."""
    writing = turn.state.writing
    if writing is None or writing.key != event.key:
        errand = next((known for known in turn.state.errands if known.key == event.key), None)
        if errand is not None:
            errands.errand_settled(turn, errand, event)
    elif event.reconciled and writing.state is MessageState.UNKNOWN:
        _asked_about(turn, writing, event)
    elif _is_news(writing, _fate(writing, event.state)):
        _take_in(turn, writing, event)


def _take_in(turn: Turn, writing: Writing, event: MessageSettled) -> None:
    match _fate(writing, event.state):
        case MessageState.SENT:
            message_left(turn, writing, event.why)
        case MessageState.RECALLED:
            _recalled(turn, writing)
        case MessageState.RESERVED:
            if writing.state is MessageState.RESERVED:
                _not_yet(turn, writing, event)
        case MessageState.UNKNOWN:
            turn.say(f"The {CHANNEL_WORDS[writing.channel]} may have left; it is not known.", event.why)
            _doubt(turn, writing, event.why)
        case MessageState.REJECTED:
            _rejected(turn, writing, event)
        case MessageState.HELD | MessageState.SENDING:
            turn.state = replace(
                turn.state, writing=replace(writing, state=MessageState.HELD, leaves_at=None)
            )
            _refused(turn, event)


def _recalled(turn: Turn, writing: Writing) -> None:
    kept = replace(writing, state=MessageState.RECALLED, leaves_at=None, recall_asked=False, queued=False)
    turn.state = replace(turn.state, writing=kept)
    why = "It was recalled, and it had not left."
    turn.messages.append(MessageChange(key=writing.key, state=MessageState.RECALLED, why=why))
    if writing.overtaken:
        first_arrived(turn, writing)
    elif turn.state.stage is Stage.WRITING:
        _write_after_recall(turn, asked=writing.recall_asked)


def _rejected(turn: Turn, writing: Writing, event: MessageSettled) -> None:
    refused = replace(writing, state=MessageState.REJECTED, recall_asked=False)
    turn.state = replace(turn.state, writing=refused)
    turn.say(f"The {CHANNEL_WORDS[writing.channel]} was not taken by its provider.", event.why)
    if event.report is not None and event.report.ends_the_address:
        refused_for_its_address(turn, writing, event)
    else:
        _hold_if_writing(turn, "message_refused", event.why)


def _not_yet(turn: Turn, writing: Writing, event: MessageSettled) -> None:
    """Its provider is away or busy, something has to be taken in first, or it waits to be printed."""
    if event.queued:
        turn.state = replace(turn.state, writing=replace(writing, queued=True, leaves_at=None))
        turn.say("The letter waits to be printed with the next batch.", event.why)
        return
    if event.retry_at is not None and not writing.postponed:
        turn.say(f"The {CHANNEL_WORDS[writing.channel]} has to wait; it is tried again.", event.why)
    postponed = writing.postponed + (event.retry_at is not None)
    again = replace(writing, postponed=postponed)
    waits(turn, again, event.why, until=resume_at(turn, event.retry_at))


def _doubt(turn: Turn, writing: Writing, why: str) -> None:
    """Nobody knows whether it left: waited for a while, then the rule of its purpose; never sent again unasked."""
    messages = turn.policy.messages
    resolves_at = turn.now + messages.unknown_after if messages is not None else None
    turn.state = replace(
        turn.state,
        writing=replace(
            writing, state=MessageState.UNKNOWN, posted_at=turn.now, resolves_at=resolves_at, queued=False
        ),
    )
    if messages is None:
        _hold_if_writing(turn, "message_unknown", why)


def _asked_about(turn: Turn, writing: Writing, event: MessageSettled) -> None:
    """Its provider was asked after the wait.  The referral may have gone on meanwhile: then it is only noted."""
    writes = turn.state.stage is Stage.WRITING
    match event.state:
        case MessageState.SENT:
            message_left(turn, writing, learnt=True)
        case MessageState.RESERVED if not writes:
            _recalled(turn, writing)
            turn.say(f"The {CHANNEL_WORDS[writing.channel]} had not left.", event.why)
        case MessageState.REJECTED if not writes:
            turn.state = replace(turn.state, writing=replace(writing, state=MessageState.REJECTED))
            turn.say(f"The {CHANNEL_WORDS[writing.channel]} had not been taken.", event.why)
        case _ if not writes:
            pass  # asked again if the referral comes back to it
        case MessageState.RESERVED:
            turn.say(f"The {CHANNEL_WORDS[writing.channel]} had not left; it is sent again.", event.why)
            waits(turn, replace(writing, posted_at=None, resolves_at=None), event.why, until=turn.now)
        case MessageState.REJECTED:
            turn.state = replace(turn.state, writing=replace(writing, state=MessageState.REJECTED))
            move_on(turn, writing)
        case _:
            resolve(turn, writing, event.why or "It is not known whether the message left.")


def _refused(turn: Turn, event: MessageSettled) -> None:
    if event.asks_person and turn.state.stage is Stage.WRITING:
        hold(turn, "proposal", proposes="write", why=event.why)
    else:
        _hold_if_writing(turn, "message_refused", event.why)


_MAY_HAVE_LEFT = frozenset({MessageState.SENT, MessageState.REJECTED, MessageState.UNKNOWN})
_NEWS: dict[MessageState, frozenset[MessageState]] = {
    MessageState.SENT: frozenset({MessageState.REJECTED}),
    MessageState.UNKNOWN: frozenset({MessageState.SENT, MessageState.REJECTED}),
    MessageState.RECALLED: _MAY_HAVE_LEFT | {MessageState.RECALLED},
    MessageState.REJECTED: frozenset(),
}
"""What can still be learnt of a message in a final state; everything else is a repetition."""


def _fate(writing: Writing, state: MessageState) -> MessageState:
    """A message recalled as it was leaving, of which we now hear that it did not leave, is recalled for certain."""
    stayed = state in {MessageState.HELD, MessageState.RESERVED}
    return MessageState.RECALLED if writing.recall_asked and stayed else state


def _is_news(writing: Writing, state: MessageState) -> bool:
    return state in _NEWS.get(writing.state, frozenset(MessageState))


def _write_after_recall(turn: Turn, *, asked: bool) -> None:
    """A correction took it back as it was leaving: now that its fate is known, the gate chooses again."""
    if asked:
        resume_writing(turn)
    else:
        ask_to_decide(turn, "The message was recalled.")


def message_left(turn: Turn, writing: Writing, why: str = "", *, learnt: bool = False) -> None:
    """It left, or we learnt later that it had."""
    words = CHANNEL_WORDS[writing.channel]
    late = turn.state.stage is not Stage.WRITING
    closes_at = turn.now + turn.policy.letter.wait_after
    left = replace(
        writing,
        state=MessageState.SENT,
        posted_at=writing.posted_at or turn.now,
        closes_at=closes_at,
        resolves_at=None,
        queued=False,
        printed=False,
    )
    turn.state = replace(turn.state, writing=left)
    if learnt:
        turn.messages.append(
            MessageChange(
                key=writing.key, state=MessageState.SENT, why="It is known now to have left.", learnt=True
            )
        )
    passed = "The cut-off had passed, and the safety gate was asked again."
    how = "It had already left when the recall came." if late else passed
    turn.say(f"The {words} left.", f"{how} {why}".strip())


def _hold_if_writing(turn: Turn, kind: str, why: str) -> None:
    if turn.state.stage is Stage.WRITING:
        hold(turn, kind, why=why)


def move_on(turn: Turn, after: Writing) -> None:
    """The purpose goes to the next safe channel not tried yet; on a protected referral a person releases it."""
    verdict = way_of_writing(turn.state, besides=(*after.tried, after.channel))
    if verdict.channel is not None:
        machine_write(turn, verdict, after=after)
    elif turn.state.lane is Lane.INFORMATION and not turn.state.bars_machines:
        machine_close(turn, Outcome.RETURNED_TO_REFERRER, "There is no channel that may be used.")
    else:
        no_safe_channel(turn, "What we wrote did not arrive, and no other channel is known to be safe.")


def refused_for_its_address(turn: Turn, writing: Writing, event: MessageSettled) -> None:
    """The provider did not take it because of the address: not that address again, but the next safe channel."""
    report = event.report or DeliveryReport.BOUNCED
    close_address(turn, event.address_id, report, writing.channel)
    if report is DeliveryReport.COMPLAINED:
        close_channel(turn, writing.channel.as_contact)
    elif turn.state.stage is Stage.WRITING:
        move_on(turn, replace(writing, state=MessageState.REJECTED))


def first_arrived(turn: Turn, writing: Writing) -> None:
    """The message in whose place this one was made did leave: this one does not, and the wait is for that."""
    first = replace(
        writing,
        key=writing.instead_of,
        channel=writing.instead_of_channel or writing.channel,
        number=writing.number - 1,
        state=MessageState.UNKNOWN,
        leaves_at=None,
        instead_of="",
        instead_of_channel=None,
        overtaken=False,
    )
    message_left(turn, first, learnt=True)


def close_address(turn: Turn, address_id: str, report: DeliveryReport, channel: Channel) -> None:
    """Nothing more goes where it bounced or came back from; a number may still be rung."""
    state = turn.state
    if not report.ends_the_address or not address_id:
        return
    if address_id in state.closed_addresses:
        return
    turn.state = replace(state, closed_addresses=(*state.closed_addresses, address_id))
    words = {Channel.TEXT: "Texts go", Channel.EMAIL: "E-mails go", Channel.LETTER: "Letters go"}[channel]
    turn.say(f"{words} to that address or number no more.")


def resolve(turn: Turn, writing: Writing, why: str) -> None:
    """The wait for a message of unknown fate is over: the rule of its purpose, once; else a person."""
    messages = turn.policy.messages
    rule = messages.unknown_rules.get(writing.purpose, UnknownRule.ASK_PERSON) if messages else None
    turn.state = replace(turn.state, writing=replace(writing, resolves_at=None))
    if turn.state.protected or turn.state.bars_machines or writing.resent or rule is None:
        rule = UnknownRule.ASK_PERSON
    match rule:
        case UnknownRule.RESEND:
            turn.say(f"The {CHANNEL_WORDS[writing.channel]} is sent once more.", DOUBT)
            verdict = replace(way_of_writing(turn.state), channel=writing.channel, reason=DOUBT)
            machine_write(turn, verdict, after=writing)
        case UnknownRule.OTHER_CHANNEL:
            verdict = way_of_writing(turn.state, besides=(*writing.tried, writing.channel))
            if verdict.channel is None:
                hold(turn, "message_unknown", why=why)
            else:
                turn.say("Another channel is used.", DOUBT)
                machine_write(turn, verdict, after=writing)
        case UnknownRule.ASK_PERSON:
            hold(turn, "message_unknown", why=why)
