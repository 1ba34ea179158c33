"""Whether a tradesperson may know somebody involved: then they are never sent.  Pure: reads and writes nothing.

A name proves nothing, but somebody else can be sent; so what could be a link counts as one.
Source: docs/repairs.md#ranking.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.places import outward_code
from domain.tradesperson import Tradesperson
from store.keyring import Keyring
from store.referral_document import Document, folded, numbers
from store.tradesperson.row import phone_hash

SHORTEST = 3
"""Letters of a word that can be a surname: initials and titles are in everybody's name."""
_BETWEEN_WORDS = re.compile(r"[\s,.;&/()]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """What of the people involved is compared.  Personal: held for one step, never kept."""

    phones: frozenset[str]
    """Of the victim and the guardian, hashed as the register hashes its own."""
    emails: frozenset[str]
    family_names: frozenset[str]
    """Of the victim and the guardian."""
    areas: frozenset[str]
    """Where they live and where the work is."""
    suspects: frozenset[str]
    """Every word of the names of suspects."""
    suspect_surnames: frozenset[str]


def parties_of(keyring: Keyring, document: Document, *, area: str) -> Parties:
    """Fold a referral to what is compared; `area` is where the work is."""
    people = [person for person in (document["victim"], document["victim"].get("guardian")) if person]
    postcodes = ((person.get("address") or {}).get("postcode") for person in people)
    suspected = [str(suspect.get("name") or "") for suspect in document.get("suspects", ())]
    return Parties(
        phones=frozenset(phone_hash(keyring, number) for number in numbers(document)),
        emails=frozenset(_emails(people)),
        family_names=frozenset(word for person in people for word in _words(person.get("family_name") or "")),
        areas=frozenset(filter(None, (area, *map(outward_code, postcodes)))),
        suspects=frozenset(word for name in suspected for word in _words(name)),
        suspect_surnames=frozenset(word for name in suspected for word in _words(_surname(name))),
    )


def may_know_party(parties: Parties, who: Tradesperson, hashed_phone: str) -> bool:
    """Whether somebody may know a person involved.

    They do if they have the same telephone number or e-mail address, a suspect's surname wherever they are based, a
    firm that bears it, or the family name of the victim or guardian in the same outward code.
    """
    surnames = set(_surnames(who.name))
    return bool(
        hashed_phone in parties.phones
        or who.email.strip().casefold() in parties.emails
        or surnames & parties.suspects
        or set(_words(who.firm)) & parties.suspect_surnames
        or (who.base in parties.areas and surnames & parties.family_names)
    )


def _emails(people: Iterable[Document]) -> Iterator[str]:
    for person in people:
        for entry in person.get("emails", ()):
            if entry.get("address"):
                yield str(entry["address"]).strip().casefold()


def _surname(name: str) -> str:
    """What stands before a comma, else the last word, of a name as somebody wrote it down."""
    before, comma, _ = name.partition(",")
    return before if comma else (_parts(name) or [""])[-1]


def _surnames(name: str) -> Iterator[str]:
    """Every word of a tradesperson's name but the first, which is what their friends call them."""
    before, comma, _ = name.partition(",")
    parts = _parts(name)
    yield from _words(before if comma else " ".join(parts[1:] or parts))


def _words(name: str) -> Iterator[str]:
    """The words of a name, folded; of a double-barrelled one each half too."""
    for part in _parts(name):
        for word in {part, *re.split(r"[-\u2010\u2011\u2013]", part)}:
            if len(plain := folded(word)) >= SHORTEST:
                yield plain


def _parts(name: str) -> list[str]:
    return [part for part in _BETWEEN_WORDS.split(name) if part]
