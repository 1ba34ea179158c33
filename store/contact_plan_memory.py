"""What a referral remembers of every way to reach a person that a plan of theirs has covered.  Pure.

A number or address that is left out of a correction and given back later is as safe as it was, and no safer: without
a memory two corrections undo a victim's "no".  It is sealed in the document and shown nowhere.
Source: rules 1 and 11 of docs/policy.md; docs/policy.md#contact-plan.
"""

from collections.abc import Iterable, Mapping, Sequence

from domain.vocabulary import Answer
from store.contact_plan import MEMORY
from store.contact_plan_care import (
    LISTS,
    by_name,
    entries_of,
    is_same_place,
    known_by,
    may_be_same_place,
    owners,
    place_of,
    take_care,
    vouch_no_longer,
)
from store.referral_document import Document

_PLACES = "addresses"


def keep_warnings(before: Document, after: Document) -> None:
    """Let a corrected document be no less careful than the one before and all it remembers, and remember that.

    Args:
        before: The document as it stood.
        after: As a correction makes it; changed in place.
    """
    for name, key in LISTS:
        known = by_name(_remembered(before, name), key)
        for entry in entries_of(after["victim"], name):
            if (found := known.get(known_by(entry, key))) is not None:
                take_care(entry, found)
        _put_back(before["victim"], after["victim"], name, known)
    for owner in owners(after["victim"]):
        if owner.get("address"):
            _keep_warnings_of_place(before, owner["address"])
    remember(before, after)


def remember(*earlier: Document, taken_out_by_staff: bool = False) -> None:
    """Keep what is known of every way that is not in the last of these documents any more.

    Args:
        earlier: Documents, oldest first; the last one is changed in place.
        taken_out_by_staff: Whether what is gone now was taken out by somebody who knows: then it is vouched for by
            nobody.
    """
    *_, now = earlier
    memory: Document = {}
    for name, key in LISTS:
        there = {known_by(entry, key) for entry in entries_of(now["victim"], name)}
        seen = [entry for document in earlier for entry in _remembered(document, name)]
        memory[name] = [entry for by, entry in by_name(seen, key).items() if by not in there]
    there_too = {place_of(place) for place in _places(now)}
    places = _known_places(
        place for document in earlier for place in (*_kept(document, _PLACES), *_places(document))
    )
    memory[_PLACES] = [place for place in places if place_of(place) not in there_too]
    if taken_out_by_staff:
        for entry in (entry for entries in memory.values() for entry in entries):
            vouch_no_longer(entry)
    now[MEMORY] = {name: entries for name, entries in memory.items() if entries}
    if not now[MEMORY]:
        del now[MEMORY]


def _keep_warnings_of_place(before: Document, address: Document) -> None:
    where = place_of(address)
    standing = [place for place in _places(before) if place_of(place) == where]
    for known in standing or _known_places((*_kept(before, _PLACES), *_places(before))):
        if place_of(known) == where or is_same_place(known, address):
            take_care(address, known)
        elif known.get("safe", Answer.UNKNOWN) != Answer.YES and may_be_same_place(known, address):
            vouch_no_longer(address)


def _put_back(before: Document, after: Document, name: str, known: Mapping[str, Document]) -> None:
    """A number or e-mail address marked `no` stays where staff see it."""
    key = dict(LISTS)[name]
    there = {known_by(entry, key) for entry in entries_of(after, name)}
    for place, owner in enumerate(owners(before)):
        for entry in owner.get(name, ()):
            if entry.get("safe") == Answer.NO and known_by(entry, key) not in there:
                now = (after.get("guardian") if place else None) or after
                now[name] = [*now.get(name, ()), dict(known[known_by(entry, key)])]
                there.add(known_by(entry, key))


def _remembered(document: Document, name: str) -> Sequence[Document]:
    return (*_kept(document, name), *entries_of(document["victim"], name))


def _kept(document: Document, name: str) -> Sequence[Document]:
    entries: Sequence[Document] = (document.get(MEMORY) or {}).get(name, ())
    return entries


def _known_places(places: Iterable[Document]) -> list[Document]:
    found: dict[tuple[str, str], Document] = {}
    for place in places:
        take_care(found.setdefault(place_of(place), dict(place)), place)
    return list(found.values())


def _places(document: Document) -> Sequence[Document]:
    return [owner["address"] for owner in owners(document["victim"]) if owner.get("address")]
