"""Which numbers and addresses are safe: every one is closed until the facts open it.

Source: rule 1 of docs/policy.md; docs/policy.md#safety-gate.
"""

from collections.abc import Collection
from dataclasses import dataclass

from domain.facts import CLOSE_RELATIONSHIPS, Facts, Phone, Suspect, WrittenAddress
from domain.vocabulary import Access, Answer, Channel, ContactChannel, Relationship

SAFEST_CHANNEL_FIRST = (Channel.LETTER, Channel.EMAIL, Channel.TEXT)
"""A letter says most and is the slowest to be read by somebody else.  Source: docs/policy.md#letters."""
CHANNEL_REASONS = {
    Channel.LETTER: "Post is safe.",
    Channel.EMAIL: "Post cannot be used; e-mail can.",
    Channel.TEXT: "Neither post nor e-mail can be used; a text can.",
}
"""Why a channel is chosen, for the timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a victim may be written to, and why."""

    channel: Channel | None
    reason: str


def callable_phones(facts: Facts, *, sensitive: bool, closed: Collection[str]) -> tuple[Phone, ...]:
    """List the numbers that may be rung, the guardian's first for a child.

    What is unknown counts as unsafe on a sensitive referral; a guardian who is a suspect is never rung.
    """
    if Access.NO_PHONE in facts.access:
        return ()
    phones = [
        phone
        for phone in facts.phones
        if phone.id not in closed
        and _is_safe(phone.safe, sensitive=sensitive)
        and not (phone.of_guardian and facts.guardian_is_suspect)
    ]
    return tuple(sorted(phones, key=lambda phone: facts.is_child and not phone.of_guardian))


def textable_phones(facts: Facts, *, sensitive: bool, closed: Collection[str]) -> tuple[Phone, ...]:
    """List the mobile numbers a text may go to; none to the bereaved."""
    if facts.is_bereaved:
        return ()
    phones = callable_phones(facts, sensitive=sensitive, closed=closed)
    return tuple(phone for phone in phones if phone.takes_texts)


def known_safe_texts(facts: Facts, *, closed: Collection[str]) -> tuple[Phone, ...]:
    """List the numbers of which somebody said that a text is safe; what is unknown is none, on every referral."""
    return textable_phones(facts, sensitive=True, closed=closed)


def usable_addresses(
    addresses: Collection[WrittenAddress], facts: Facts, *, sensitive: bool, closed: Collection[str]
) -> tuple[WrittenAddress, ...]:
    """List the e-mail or postal addresses that may be written to: the person's who is written to, safest first.

    A child is written to through a guardian who is no suspect, where the guardian gave an address.
    """
    usable = [
        address
        for address in addresses
        if address.id not in closed
        and _is_safe(address.safe, sensitive=sensitive)
        and not (address.of_guardian and (facts.guardian_is_suspect or not facts.is_child))
    ]
    return tuple(
        sorted(
            usable,
            key=lambda one: (facts.is_child and not one.of_guardian, one.safe is not Answer.YES),
        )
    )


def writing_channel(
    facts: Facts,
    *,
    sensitive: bool,
    closed: Collection[str],
    texts: bool = True,
    opted_out: Collection[ContactChannel] = (),
    besides: Collection[Channel] = (),
) -> Verdict:
    """Choose how a victim may be written to: letter, else e-mail, else text, else not at all.

    Args:
        facts: As last corrected.
        sensitive: Sticky.
        closed: Numbers and addresses that are not used any more.
        texts: Whether a text will do; the information lane writes letters and e-mails only.
        opted_out: What we were asked to stop.
        besides: What was tried already.
    """
    for channel in SAFEST_CHANNEL_FIRST:
        if channel in besides or channel.as_contact in opted_out or (channel is Channel.TEXT and not texts):
            continue
        if channel_is_open(channel, facts, sensitive=sensitive, closed=closed):
            return Verdict(channel=channel, reason=CHANNEL_REASONS[channel])
    return Verdict(channel=None, reason="No channel is known to be safe.")


def channel_is_open(channel: Channel, facts: Facts, *, sensitive: bool, closed: Collection[str]) -> bool:
    """Judge whether one channel is safe, at the moment of use."""
    match channel:
        case Channel.LETTER:
            return _post_is_safe(facts, sensitive=sensitive, closed=closed)
        case Channel.EMAIL:
            return _has_safe(facts.email_safe, facts.emails, facts, sensitive=sensitive, closed=closed)
        case Channel.TEXT:
            return bool(textable_phones(facts, sensitive=sensitive, closed=closed))


def _is_safe(answer: Answer, *, sensitive: bool) -> bool:
    return answer is Answer.YES or (answer is Answer.UNKNOWN and not sensitive)


def _has_safe(
    best: Answer | None,
    addresses: Collection[WrittenAddress],
    facts: Facts,
    *,
    sensitive: bool,
    closed: Collection[str],
) -> bool:
    """Whether an address may be used; facts folded before addresses had ids know only the best answer."""
    if addresses:
        return bool(usable_addresses(addresses, facts, sensitive=sensitive, closed=closed))
    return best is not None and _is_safe(best, sensitive=sensitive)


def _post_is_safe(facts: Facts, *, sensitive: bool, closed: Collection[str]) -> bool:
    if not _has_safe(facts.address_safe, facts.posts, facts, sensitive=sensitive, closed=closed):
        return False
    return not any(_may_open_the_post(suspect, sensitive=sensitive) for suspect in facts.suspects)


def _may_open_the_post(suspect: Suspect, *, sensitive: bool) -> bool:
    """Whether a suspect lives there, or may: what is unknown of somebody close, or on a sensitive referral."""
    unknown = suspect.relationship is Relationship.UNKNOWN and sensitive
    return suspect.shares_address is Answer.YES or (
        suspect.shares_address is Answer.UNKNOWN and (suspect.relationship in CLOSE_RELATIONSHIPS or unknown)
    )
