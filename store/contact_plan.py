"""The contact plan within a referral's document: the victim's fields it has, and what outlives a correction.  Pure.

What the victim or a coordinator said about safe contact is in the `victim` of the document and in its
`contact_plan`; the rules read it from there at each use.  Source: rules 1 and 11 of docs/policy.md;
docs/policy.md#contact-plan.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from domain.vocabulary import Access, Answer, SourceKind, VoicemailRule
from store.document_change import correct
from store.referral_document import Document, addresses, folded

PLAN = "contact_plan"
SERVER_FILLED = ("set_by", "set_at")
"""Parts of a plan that nobody sends: who set it, and when."""
OF_VICTIM = (
    "preferred_name",
    "language",
    "interpreter",
    "access",
    "phones",
    "emails",
    "address",
    "call_windows",
    PLAN,
)
"""The fields of a victim that are the plan."""
OF_GUARDIAN = ("phones", "emails", "address")
"""And those of a guardian."""
DURESS_WORD = "duress_word"
_SAFEST_FIRST = (Answer.NO, Answer.UNKNOWN, Answer.YES)
_MORE_CAREFUL: dict[str, tuple[str, ...]] = {
    "safe": _SAFEST_FIRST,
    "texts": _SAFEST_FIRST,
    "voicemail": (VoicemailRule.NONE, VoicemailRule.NEUTRAL, VoicemailRule.NAMED),
    "withhold_number": (Answer.YES, Answer.UNKNOWN, Answer.NO),
}
"""Of what is said about a number or address, the more careful answer first."""
_IN_OWN_WORDS = ("who_may_answer", "who_lives_there")
_LISTS = (("phones", "number"), ("emails", "address"))
"""Lists of ways to reach somebody, and what each entry is known by."""


def plan_of(document: Document) -> Document:
    """The plan's own part; empty if nobody has said anything there."""
    plan: Document = document["victim"].get(PLAN) or {}
    return plan


def has_run_out(document: Document, now: datetime) -> bool:
    """Whether the plan's time is over: then it vouches for nothing, and its warnings stay."""
    until: str = plan_of(document).get("until", "")
    return bool(until) and datetime.fromisoformat(until) <= now


def is_from_the_person(document: Document) -> bool:
    """Whether a coordinator set the plan, or the person asked for support themself: a referrer knows less."""
    asked_themself = document["source"]["kind"] == SourceKind.SELF
    return asked_themself or SERVER_FILLED[0] in plan_of(document)


def without_duress_word(document: Document) -> Document:
    """The document as it may be shown: the word is on the page of the plan alone."""
    plan = document["victim"].get(PLAN)
    if not plan or DURESS_WORD not in plan:
        return document
    kept = {name: said for name, said in plan.items() if name != DURESS_WORD}
    return {**document, "victim": {**document["victim"], PLAN: kept}}


def as_it_was_sent(document: Document) -> Document:
    """The document as somebody could send it today: without what we filled in, and without a time that may be over."""
    plan = document["victim"].get(PLAN)
    if not plan:
        return document
    sent = {name: said for name, said in plan.items() if name not in {*SERVER_FILLED, "until"}}
    return {**document, "victim": {**document["victim"], PLAN: sent}}


def is_a_word(text: str) -> bool:
    """Whether there is anything in it that can be told from other words."""
    return bool(folded(text))


def says(word: str, said: str) -> bool:
    """Whether somebody who said this used the word: as a whole, or among other words, however it is written."""
    wanted = folded(word)
    words = [part for part in map(folded, re.split(r"[\W_]+", said)) if part]
    runs = (
        "".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    )
    return bool(wanted) and (wanted == folded(said) or wanted in runs)


def says_duress_word(document: Document, said: str) -> bool:
    """Whether the word agreed for duress is in what somebody said; false where none was agreed.

    Whoever hears it types it among other words: better a supervisor looks once too often.
    """
    word: str = plan_of(document).get(DURESS_WORD, "")
    return bool(word) and says(word, said)


def corrected_by_referrer(document: Document, patch: Document) -> Document:
    """Apply a checked correction; what the person or a coordinator said about safety is never made less careful.

    A number marked `no` stays so, also if it is left out of the list; a new number is the referrer's to give.
    """
    merged = correct(deepcopy(document), patch)
    if not is_from_the_person(document):
        return merged
    before, after = document["victim"], merged["victim"]
    for name, key in _LISTS:
        _keep_warnings(before, after, name, key)
    for owner, known in ((after, before), (after.get("guardian"), before.get("guardian"))):
        if owner and known:
            _keep_warning_of_address(known, owner)
    if before.get("call_windows"):
        after["call_windows"] = before["call_windows"]
    if Access.NO_PHONE in before.get("access", ()):
        after["access"] = list(dict.fromkeys([*after.get("access", ()), Access.NO_PHONE.value]))
    plan = {**(after.get(PLAN) or {}), **(before.get(PLAN) or {})}
    if plan:
        after[PLAN] = plan
    return merged


def _keep_warnings(before: Document, after: Document, name: str, key: str) -> None:
    known: dict[str, Document] = {}
    for _, entry in _entries(before, name):
        found = known.setdefault(_name_of(entry, key), dict(entry))
        _more_careful(found, entry)
    there = set()
    for _, entry in _entries(after, name):
        there.add(_name_of(entry, key))
        _more_careful(entry, known.get(_name_of(entry, key), {}))
    for of_guardian, entry in _entries(before, name):
        if entry.get("safe") == Answer.NO and _name_of(entry, key) not in there:
            owner = (after.get("guardian") if of_guardian else None) or after
            owner[name] = [*owner.get(name, ()), dict(entry)]
            there.add(_name_of(entry, key))


def _keep_warning_of_address(before: Document, after: Document) -> None:
    (known, *_), (now, *_) = addresses(before) or ({},), addresses(after) or ({},)
    if known and now and _is_same_place(known, now):
        _more_careful(now, known)


def _is_same_place(one: Document, other: Document) -> bool:
    """However a street is spelt: a postcode is a few houses."""

    def of(part: Callable[[Document], str]) -> bool:
        return bool(part(one)) and part(one) == part(other)

    return of(lambda place: folded(place.get("postcode") or "")) or of(
        lambda place: folded(" ".join(place.get("lines", ())))
    )


def _more_careful(entry: Document, known: Document) -> None:
    for name, order in _MORE_CAREFUL.items():
        said = [one[name] for one in (entry, known) if name in one]
        if said:
            entry[name] = min(said, key=order.index)
    entry.update({name: known[name] for name in _IN_OWN_WORDS if name in known})


def _entries(victim: Document, name: str) -> Iterator[tuple[bool, Document]]:
    for of_guardian, owner in ((False, victim), (True, victim.get("guardian") or {})):
        entries: Sequence[Any] = owner.get(name, ())
        yield from ((of_guardian, entry) for entry in entries)


def _name_of(entry: Document, key: str) -> str:
    return str(entry[key]).strip().casefold()
