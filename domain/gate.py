"""The safety gate: every channel is closed until the facts open it.  Source: docs/policy.md#safety-gate."""

from collections.abc import Collection
from dataclasses import dataclass

from domain.facts import CLOSE_RELATIONSHIPS, Facts, Phone, Suspect
from domain.vocabulary import Access, Answer, Channel, Relationship


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate allows, and the reason that is stored with it."""

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


def writing_channel(facts: Facts, *, sensitive: bool, closed: Collection[str], texts: bool = True) -> Verdict:
    """Choose how a victim may be written to: letter, else e-mail, else text, else not at all.

    Args:
        facts: As last corrected.
        sensitive: Sticky.
        closed: Numbers that are not used any more.
        texts: Whether a text will do; the information lane writes letters and e-mails only.
    """
    if _post_is_safe(facts, sensitive=sensitive):
        return Verdict(channel=Channel.LETTER, reason="Post is safe.")
    if facts.email_safe is not None and _is_safe(facts.email_safe, sensitive=sensitive):
        return Verdict(channel=Channel.EMAIL, reason="Post cannot be used; e-mail can.")
    if texts and textable_phones(facts, sensitive=sensitive, closed=closed):
        return Verdict(channel=Channel.TEXT, reason="Neither post nor e-mail can be used; a text can.")
    return Verdict(channel=None, reason="No channel is known to be safe.")


def channel_is_open(channel: Channel, facts: Facts, *, sensitive: bool, closed: Collection[str]) -> bool:
    """Judge one channel again, at the moment of use."""
    match channel:
        case Channel.LETTER:
            return _post_is_safe(facts, sensitive=sensitive)
        case Channel.EMAIL:
            return facts.email_safe is not None and _is_safe(facts.email_safe, sensitive=sensitive)
        case Channel.TEXT:
            return bool(textable_phones(facts, sensitive=sensitive, closed=closed))


def _is_safe(answer: Answer, *, sensitive: bool) -> bool:
    return answer is Answer.YES or (answer is Answer.UNKNOWN and not sensitive)


def _post_is_safe(facts: Facts, *, sensitive: bool) -> bool:
    if facts.address_safe is None or not _is_safe(facts.address_safe, sensitive=sensitive):
        return False
    return not any(_may_open_the_post(suspect, sensitive=sensitive) for suspect in facts.suspects)


def _may_open_the_post(suspect: Suspect, *, sensitive: bool) -> bool:
    """Whether a suspect lives there, or may: what is unknown of somebody close, or on a sensitive referral."""
    unknown = suspect.relationship is Relationship.UNKNOWN and sensitive
    return suspect.shares_address is Answer.YES or (
        suspect.shares_address is Answer.UNKNOWN and (suspect.relationship in CLOSE_RELATIONSHIPS or unknown)
    )
