"""To whom a message goes and how: read from the referral at the moment of writing.  Pure.

A child is written to through a guardian who is no suspect.  What the gate opened is a channel of the
victim; a guardian's own address is used only where it is known to be as safe as the rules ask.
"""

from dataclasses import dataclass

from domain.facts import Facts
from domain.gate import textable_phones
from domain.vocabulary import Answer
from store.referral_document import Document, NumberId, addresses, full_name, name_of, number_of

_SAFEST_FIRST = (Answer.YES, Answer.UNKNOWN, Answer.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Personal: never leaves the process that sends."""

    name: str
    addressee: str
    language: str
    address_lines: tuple[str, ...]
    postcode: str | None
    email: str | None
    phone: str | None


def recipient_of(
    document: Document, facts: Facts, *, sensitive: bool, closed: tuple[str, ...], number_id: NumberId
) -> Recipient:
    """Choose who is written to, and where.

    Args:
        document: As last corrected.
        facts: Folded from it.
        sensitive: Sticky.
        closed: Numbers that are not used any more.
        number_id: How numbers are named.
    """
    victim = document["victim"]
    guardian = victim.get("guardian")
    person = guardian if facts.is_child and guardian and not facts.guardian_is_suspect else victim
    address = _safest(addresses(person), sensitive=sensitive) or _safest(
        addresses(victim), sensitive=sensitive
    )
    email = _safest(person.get("emails", ()), sensitive=sensitive) or _safest(
        victim.get("emails", ()), sensitive=sensitive
    )
    phones = textable_phones(facts, sensitive=sensitive, closed=closed)
    name = name_of(person) or name_of(victim)
    return Recipient(
        name=name,
        addressee=full_name(person) or name,
        language=victim.get("language") or "en",
        address_lines=tuple(address.get("lines", ())),
        postcode=address.get("postcode"),
        email=email.get("address"),
        phone=number_of(document, phones[0].id, number_id) if phones else None,
    )


def _safest(entries: tuple[Document, ...] | list[Document], *, sensitive: bool) -> Document:
    """The safest of a person's entries that may be used at all; empty if none."""
    usable = {Answer.YES} if sensitive else {Answer.YES, Answer.UNKNOWN}
    safe = [entry for entry in entries if entry.get("safe", Answer.UNKNOWN) in usable]
    return min(safe, key=lambda entry: _SAFEST_FIRST.index(entry.get("safe", Answer.UNKNOWN)), default={})
