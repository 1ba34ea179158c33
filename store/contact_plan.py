"""The contact plan within a referral's document: the victim's fields it has, and what may be seen of it.  Pure.

What the victim or a coordinator said about safe contact is in the `victim` of the document and in its
`contact_plan`; the rules read it from there at each use.  Source: rules 1 and 11 of docs/policy.md;
docs/policy.md#contact-plan.
"""

import re
from datetime import datetime

from domain.vocabulary import SourceKind
from store.referral_document import Document, folded

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
SAFE_WORD = "safe_word"
AGREED_WORDS = (SAFE_WORD, DURESS_WORD)
"""Agreed with the person: nobody else's to give."""
MEMORY = "contact_memory"
"""Of the document: see `store.contact_plan_memory`."""


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
    """The document as it may be shown: the word is on the page of the plan alone, what is remembered nowhere."""
    document = _without_memory(document)
    plan = document["victim"].get(PLAN)
    if not plan or DURESS_WORD not in plan:
        return document
    kept = {name: said for name, said in plan.items() if name != DURESS_WORD}
    return {**document, "victim": {**document["victim"], PLAN: kept}}


def as_it_was_sent(document: Document) -> Document:
    """The document as somebody could send it today: without what we filled in, and without a time that may be over."""
    document = _without_memory(document)
    plan = document["victim"].get(PLAN)
    if not plan:
        return document
    sent = {name: said for name, said in plan.items() if name not in {*SERVER_FILLED, "until"}}
    return {**document, "victim": {**document["victim"], PLAN: sent}}


def as_referrers_know_it(document: Document) -> Document:
    """The document against which a referrer's correction is checked: nothing of the plan's own part is in it.

    Else what is refused would tell what is stored.
    """
    document = _without_memory(document)
    return {**document, "victim": {name: said for name, said in document["victim"].items() if name != PLAN}}


def plan_part(document: Document) -> Document:
    """What of a document is the plan, as a change of it was made upon."""
    victim = document["victim"]
    part = {name: victim[name] for name in OF_VICTIM if name in victim}
    guardian = victim.get("guardian")
    if guardian:
        part["guardian"] = {name: guardian[name] for name in OF_GUARDIAN if name in guardian}
    return {"victim": part}


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


def _without_memory(document: Document) -> Document:
    return {name: said for name, said in document.items() if name != MEMORY}
