"""To whom a message goes and how: read from the referral at the moment of writing.  Pure.

A child is written to through a guardian who is no suspect.  What the gate opened is a channel of the
victim; a guardian's own address is used only where it is known to be as safe as the rules ask.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.channels import textable_phones, usable_addresses
from domain.facts import Facts
from domain.vocabulary import Channel
from store.referral_document import (
    Document,
    NumberId,
    addresses,
    email_id_of,
    full_name,
    name_of,
    number_of,
    post_id_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class To:
    """Personal: never leaves the process that sends."""

    name: str = ""
    addressee: str = ""
    language: str = "en"
    address_lines: tuple[str, ...] = ()
    postcode: str | None = None
    email: str | None = None
    phone: str | None = None
    post_id: str = ""
    email_id: str = ""
    phone_id: str = ""

    def address_id(self, channel: Channel) -> str:
        """The opaque id of where a message by this channel goes."""
        return {Channel.LETTER: self.post_id, Channel.EMAIL: self.email_id, Channel.TEXT: self.phone_id}[
            channel
        ]


def referrer_of(document: Document) -> To:
    """The mailbox the referrer named, and nothing about the person."""
    return To(email=document["source"].get("reply_to"))


def recipient_of(
    document: Document,
    facts: Facts,
    *,
    sensitive: bool,
    closed: tuple[str, ...],
    number_id: NumberId,
    phone_id: str = "",
) -> To:
    """Choose who is written to, and where: what the gate lists first, and nothing it does not list.

    Args:
        document: As last corrected.
        facts: Folded from it, as they hold now.
        sensitive: Sticky.
        closed: Numbers and addresses that are not used any more.
        number_id: How numbers are named.
        phone_id: The one number a text may go to; empty: the first.
    """
    victim = document["victim"]
    guardian = victim.get("guardian")
    person = guardian if facts.is_child and guardian and not facts.guardian_is_suspect else victim
    posts = usable_addresses(facts.posts, facts, sensitive=sensitive, closed=closed)
    emails = usable_addresses(facts.emails, facts, sensitive=sensitive, closed=closed)
    textable = textable_phones(facts, sensitive=sensitive, closed=closed)
    phones = [phone for phone in textable if not phone_id or phone.id == phone_id]
    post_id, email_id = (first[0].id if first else "" for first in (posts, emails))
    post = _entry(document, addresses, post_id_of(number_id), post_id)
    email = _entry(document, lambda owner: owner.get("emails", ()), email_id_of(number_id), email_id)
    name = name_of(person) or name_of(victim)
    return To(
        name=name,
        addressee=full_name(person) or name,
        language=victim.get("language") or "en",
        address_lines=tuple(post.get("lines", ())),
        postcode=post.get("postcode"),
        email=email.get("address"),
        phone=number_of(document, phones[0].id, number_id) if phones else None,
        post_id=post_id,
        email_id=email_id,
        phone_id=phones[0].id if phones else "",
    )


def _entry(
    document: Document,
    entries: Callable[[Document], Sequence[Document]],
    id_of: Callable[[Document], str],
    wanted: str,
) -> Document:
    """The entry behind an opaque id; empty if there is none."""
    victim = document["victim"]
    for owner in (victim, victim.get("guardian") or {}):
        for entry in entries(owner):
            if wanted and id_of(entry) == wanted:
                return entry
    return {}
