"""Messages beside the one of an opening: a question to the referrer, a neutral answer to a text.

Source: rules 4 and 12 of docs/policy.md; docs/policy.md#messages.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.correspondence import resume_at
from domain.events import MessageSettled
from domain.moves import CHANNEL_WORDS, DOUBT, escalate, send_errand
from domain.referral_state import Errand, MessageChange, Turn
from domain.vocabulary import MessageState, Purpose, Recipient, UnknownRule

POINTLESS_AFTER = timedelta(hours=4)
"""An answer to "who is this?" that could not leave for so long would only puzzle.  Source: docs/policy.md#messages."""

TOO_LATE = "It would come too late to be of use."
"""Why something that waited for too long does not leave any more."""


def errand_settled(turn: Turn, errand: Errand, event: MessageSettled) -> None:
    """What became of a message beside the one of this opening."""
    match event.state:
        case MessageState.RESERVED | MessageState.HELD if not event.asks_person:
            _errand_again(turn, errand, event)
        case MessageState.UNKNOWN if event.reconciled:
            _resolve_errand(turn, errand)
        case MessageState.UNKNOWN if errand.purpose is Purpose.VISIT_EXPECTED:
            _resolve_errand(turn, errand)  # waiting for certainty would outlast its use
        case MessageState.UNKNOWN:
            after = turn.policy.messages.unknown_after if turn.policy.messages else timedelta(0)
            _put(turn, replace(errand, state=MessageState.UNKNOWN, resolves_at=turn.now + after))
        case MessageState.SENT:
            _drop(turn, errand)
            turn.say(f"The {CHANNEL_WORDS[errand.channel]} left.")
        case _:
            _drop(turn, errand)
            if event.asks_person:
                _ask_instead(turn, errand, event.why)
            elif event.state is not MessageState.RECALLED:
                _not_sent(turn, errand, event.why)


def _ask_instead(turn: Turn, errand: Errand, why: str) -> None:
    """It may leave if a person says so: it does not leave by itself, and a person is asked."""
    turn.messages.append(MessageChange(key=errand.key, state=MessageState.RECALLED, why=why))
    turn.say(f"The {CHANNEL_WORDS[errand.channel]} was not sent by machine.", why)
    if errand.purpose is Purpose.VISIT_EXPECTED:
        tell_by_telephone(turn, why)
    elif turn.state.is_live:
        escalate(turn, f"A {CHANNEL_WORDS[errand.channel]} was not sent by machine; a person decides. {why}")


def _errand_again(turn: Turn, errand: Errand, event: MessageSettled) -> None:
    if event.state is MessageState.HELD or _is_pointless(errand, turn.now):
        _drop(turn, errand)
        why = event.why if event.state is MessageState.HELD else TOO_LATE
        turn.messages.append(MessageChange(key=errand.key, state=MessageState.RECALLED, why=why))
        _not_sent(turn, errand, why)
        return
    due_at = resume_at(turn, event.retry_at)
    _put(turn, replace(errand, state=MessageState.RESERVED, due_at=due_at, postponed=errand.postponed + 1))
    turn.messages.append(
        MessageChange(key=errand.key, state=MessageState.RESERVED, why=event.why, leaves_at=due_at)
    )


def _is_pointless(errand: Errand, now: datetime) -> bool:
    if errand.until is not None:
        return now >= errand.until
    return errand.purpose is Purpose.WHO_WE_ARE and now - errand.wanted_at >= POINTLESS_AFTER


def _resolve_errand(turn: Turn, errand: Errand) -> None:
    _drop(turn, errand)
    messages = turn.policy.messages
    rule = messages.unknown_rules.get(errand.purpose) if messages else None
    if errand.purpose is Purpose.VISIT_EXPECTED and turn.state.protected:
        rule = UnknownRule.ASK_PERSON
    if rule is UnknownRule.RESEND and not errand.resent and not _is_pointless(errand, turn.now):
        turn.say(f"The {CHANNEL_WORDS[errand.channel]} is sent once more.", DOUBT)
        why_not = send_errand(
            turn,
            errand.purpose,
            errand.channel,
            address_id=errand.address_id,
            resent=True,
            about=errand.about,
            until=errand.until,
        )
        if why_not is None:
            return
    _not_sent(turn, errand, "It is not known whether it left.")


def _not_sent(turn: Turn, errand: Errand, why: str) -> None:
    turn.say(f"The {CHANNEL_WORDS[errand.channel]} did not leave, or may not have.", why)
    if errand.purpose.recipient is Recipient.REFERRER:
        ring_the_referrer(turn, "The question to the referrer could not be sent: ring them.")
    elif errand.purpose is Purpose.VISIT_EXPECTED:
        tell_by_telephone(turn, why)


def tell_by_telephone(turn: Turn, why: str) -> None:
    """Somebody was to be told when the person they expect comes, and no text says so: a person rings them."""
    turn.say("The person has to be told by telephone when somebody comes.", why)
    if turn.state.is_live:
        escalate(
            turn, f"Somebody was to come and the text about it did not leave: tell them by telephone. {why}"
        )


def ring_the_referrer(turn: Turn, reason: str) -> None:
    """The question did not reach the referrer: a person asks."""
    if turn.state.is_live:
        escalate(turn, reason)


def _put(turn: Turn, errand: Errand) -> None:
    others = (errand if known.key == errand.key else known for known in turn.state.errands)
    turn.state = replace(turn.state, errands=tuple(others))


def _drop(turn: Turn, errand: Errand) -> None:
    kept = tuple(known for known in turn.state.errands if known.key != errand.key)
    turn.state = replace(turn.state, errands=kept)
