"""The safety gate: every outgoing act asks here first, and nothing is allowed that no rule allows.

An act is a call on the worklist or something written.  The gate answers *allow*, *alter* (another channel, other
wording, another time), *hold* or *ask a person*, with a reason that is stored and shown.  Only what it allows gets a
`Permit`, and no provider takes anything without one.  Source: rules 1, 4, 9, 11 and 12 of docs/policy.md.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from domain.channels import (
    CHANNEL_REASONS,
    SAFEST_CHANNEL_FIRST,
    callable_phones,
    channel_is_open,
    known_safe_texts,
    textable_phones,
)
from domain.facts import Phone
from domain.quiet_hours import allowed_from
from domain.rulings import (
    Act,
    Allow,
    Alter,
    AskAPerson,
    Circumstances,
    Hold,
    Ring,
    Ruling,
    Write,
    may_go,
)
from domain.vocabulary import (
    Channel,
    ContactChannel,
    Lane,
    Purpose,
    Recipient,
    SourceKind,
)
from domain.working_hours import intersect, is_open, next_open

__all__ = [
    "Act",
    "Allow",
    "Alter",
    "AskAPerson",
    "Circumstances",
    "Hold",
    "NotPermitted",
    "Permit",
    "Ring",
    "Ruling",
    "Write",
    "ask",
    "may_go",
    "permit",
    "permit_notice",
]


class NotPermitted(Exception):
    """A permit was asked for what the gate did not allow."""


_MINT: Final = object()


class Permit:
    """Shows a provider that the gate was asked and allowed exactly this message; made by `permit` alone."""

    __slots__ = ("channel", "key", "reason")

    def __init__(self, mint: object, *, key: str, channel: Channel, reason: str) -> None:
        if mint is not _MINT:
            raise NotPermitted("only the gate makes permits")
        self.key = key
        self.channel = channel
        self.reason = reason


def permit(key: str, act: Write, circumstances: Circumstances) -> Permit | Ruling:
    """Ask for the last time; give the permit a provider wants to see, or the ruling that stands in the way."""
    ruling = ask(act, circumstances)
    if may_go(ruling):
        return Permit(_MINT, key=key, channel=act.channel, reason=ruling.reason)
    return ruling


def permit_notice(key: str) -> Permit:
    """Let a tradesperson be told: it goes to their own telephone or system, and the words carry no victim's story."""
    return Permit(_MINT, key=key, channel=Channel.TEXT, reason="A tradesperson's own way.")


def ask(act: Act, circumstances: Circumstances) -> Ruling:
    """Judge one act.  Denying is the default: what no rule allows is held."""
    known = replace(circumstances, facts=circumstances.facts.as_of(circumstances.now))
    match act:
        case Ring():
            return _ring(act, known)
        case Write(purpose=purpose) if purpose.recipient is Recipient.REFERRER:
            return _write_to_referrer(act, known)
        case Write():
            return _write_to_victim(act, known)


def _ring(act: Ring, known: Circumstances) -> Ruling:
    if known.stopped:
        return Hold(reason="Everything was stopped.")
    if known.held:
        return AskAPerson(reason="The referral is held.")
    if ContactChannel.PHONE in known.opted_out:
        return AskAPerson(reason="We were asked not to ring any more.")
    if known.lane is Lane.INFORMATION and not known.in_touch:
        return AskAPerson(reason="This person is only to be told that we exist.")
    if not _phones(known):
        return Hold(reason="No number is known that may be rung.")
    hours = intersect(known.policy.hours, known.facts.windows)
    if not act.agreed and not is_open(hours, act.at):
        opens_at = next_open(hours, act.at)
        if opens_at is None:
            return AskAPerson(reason="No time fits both the victim's windows and our opening hours.")
        return Alter(
            reason="Outside the hours, or the times this person gave.", at=opens_at, neutral=known.sensitive
        )
    if known.sensitive:
        return Alter(reason="Sensitive: neutral caller display and voicemail.", neutral=True)
    return Allow(reason="The number may be rung, at a time that is allowed.")


def _write_to_referrer(act: Write, known: Circumstances) -> Ruling:
    if act.channel is not Channel.EMAIL:
        return Hold(reason="A referrer is only asked by e-mail.")
    if known.facts.source in _NO_REFERRER:
        return AskAPerson(reason="Who asked for help, or a helper, is no referrer to be asked by machine.")
    if not known.facts.referrer_can_be_asked:
        return AskAPerson(reason="The referrer named no mailbox: ring them.")
    return Alter(reason="The referrer's own mailbox; without a word about the person.", neutral=True)


def _write_to_victim(act: Write, known: Circumstances) -> Ruling:
    """Stops and holds first, then safety, then what a machine may not do alone, then the time and the words."""
    if known.stopped:
        return Hold(reason="Everything was stopped.")
    if known.held:
        return Hold(reason="The referral is held.")
    if act.purpose is Purpose.VISIT_EXPECTED:
        return _announce(act, known)
    if act.purpose is Purpose.WHO_WE_ARE and not (
        act.channel is Channel.TEXT and _is_open(act.channel, known)
    ):
        return Hold(reason="A text is answered by a text, where that is safe, and in no other way.")
    if not _is_open(act.channel, known):
        return _elsewhere(act, known)
    if act.address_id and act.address_id not in {phone.id for phone in _texted(known)}:
        return Hold(reason="That number is not known to be safe.")
    if not act.approved:
        reason = next(_only_by_a_person(act, known), None)
        if reason is not None:
            return AskAPerson(reason=reason)
    elif act.channel.as_contact in known.opted_out:
        return AskAPerson(reason="We were asked to stop: opt the person in again first, at their word.")
    elif known.unasked and not known.in_touch and _phones(known):
        return Hold(
            reason="Who asked for help and can be rung is not written to before somebody has spoken to them."
        )
    return _at_its_time(act, known)


def _announce(act: Write, known: Circumstances) -> Ruling:
    """Somebody is on the way, and the person asked to be told: by a text, now, where that is known to be safe.

    A person asked for it at the victim's word, so that it is no machine that writes first.  What is unknown counts as
    unsafe on every referral, and a text at night is left to a call: it might wake somebody else.
    Source: docs/policy.md#expected-visits.
    """
    safe = known_safe_texts(known.facts, closed=known.closed)
    if act.channel is not Channel.TEXT or not safe:
        return Hold(reason="No number is known to be safe for a text.")
    if act.address_id and act.address_id not in {phone.id for phone in safe}:
        return Hold(reason="That number is not known to be safe.")
    if known.opted_out or ContactChannel.TEXT in known.known_opt_outs:
        return AskAPerson(reason="Somebody asked us to stop.")
    if known.unasked or not known.in_touch:
        return AskAPerson(reason="Nobody has written down that this person was spoken to.")
    if allowed_from(act.channel, known.facts, known.policy, known.now) != known.now:
        return AskAPerson(reason="Not at this hour: a text might wake somebody else.")
    return Alter(reason="This person asked to be told when somebody comes. In neutral words.", neutral=True)


def _elsewhere(act: Write, known: Circumstances) -> Ruling:
    """The channel is closed: another, or none."""
    for channel in SAFEST_CHANNEL_FIRST:
        may_text = channel is not Channel.TEXT or known.lane is Lane.CONTACT
        stopped = channel.as_contact in known.opted_out
        if channel is not act.channel and may_text and not stopped and _is_open(channel, known):
            return Alter(reason=f"{_CHANNEL_WORDS[act.channel]} cannot be used.", channel=channel)
    return Hold(reason="No channel is known to be safe.")


def _only_by_a_person(act: Write, known: Circumstances) -> Iterator[str]:
    """Why a machine may not send this on its own; the gravest first."""
    if known.in_touch and act.purpose is not Purpose.WHO_WE_ARE:
        yield "This person has been in touch; how to go on is for a person to decide."
    if known.protected:
        yield "A machine does not write on its own here."
    if known.unasked:
        yield "Nobody has spoken to the person who asked for help yet."
    if act.channel.as_contact in known.opted_out:
        yield "We were asked to stop."
    elif known.opted_out:
        yield "We were asked to stop another channel; until a person decides, nothing goes out by machine."
    if act.channel.as_contact in known.known_opt_outs:
        yield "On an earlier occasion somebody at this address asked us to stop."


def _at_its_time(act: Write, known: Circumstances) -> Ruling:
    neutral = known.protected or act.channel is Channel.TEXT or act.purpose is Purpose.WHO_WE_ARE
    leaves_at = allowed_from(act.channel, known.facts, known.policy, known.now)
    if leaves_at is None:
        return AskAPerson(reason="The person gave no time at which this channel may be used.")
    if leaves_at > known.now:
        return Alter(reason="Not at this hour.", at=leaves_at, neutral=neutral)
    if act.purpose is Purpose.WHO_WE_ARE:
        return Alter(reason="It answers a text, on the number that asked. In neutral words.", neutral=True)
    if neutral:
        return Alter(reason=f"{CHANNEL_REASONS[act.channel]} In neutral words.", neutral=True)
    return Allow(reason=CHANNEL_REASONS[act.channel])


_NO_REFERRER = frozenset({SourceKind.SELF, SourceKind.THIRD_PARTY})
_CHANNEL_WORDS = {Channel.LETTER: "Post", Channel.EMAIL: "E-mail", Channel.TEXT: "A text"}


def _phones(known: Circumstances) -> tuple[Phone, ...]:
    return callable_phones(known.facts, sensitive=known.sensitive, closed=known.closed_numbers)


def _texted(known: Circumstances) -> tuple[Phone, ...]:
    return textable_phones(known.facts, sensitive=known.sensitive, closed=known.closed)


def _is_open(channel: Channel, known: Circumstances) -> bool:
    return channel_is_open(channel, known.facts, sensitive=known.sensitive, closed=known.closed)
