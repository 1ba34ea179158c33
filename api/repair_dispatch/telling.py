"""Words about a job that tell a tradesperson what they need not know: pointed out to whoever wrote them, never refused.

Source: docs/repairs.md#what-a-tradesperson-sees.
"""

import re
from collections.abc import Iterator

from domain.telling_words import name_tells
from store.referral_document import Document, folded
from store.repair_dispatch.job import Job
from store.repair_dispatch.link import SHORTEST

KIND = "telling_words"
"""Of the warning."""
REASON = (
    "It has a name of somebody involved, or a word that tells what happened. Whoever has the job reads it."
)
FIELDS = {"access": "how to get in", "code_word": "the word at the door", "pets": "pets"}
"""What of a job is shown to a tradesperson, in a coordinator's words."""
_NAMES = ("given_name", "family_name", "preferred_name")
_BETWEEN_WORDS = re.compile(r"[\W\d_]+")


def telling_fields(job: Job, document: Document) -> tuple[str, ...]:
    """Name the fields of a job that tell something.

    Args:
        job: As it was asked for.
        document: Of its referral, for the names of the people involved.
    """
    names = frozenset(_names(document))
    return tuple(field for field in FIELDS if _tells(getattr(job, field), names))


def telling_in_words(fields: tuple[str, ...]) -> str:
    """Say it to whoever wrote them; empty where nothing tells."""
    if not fields:
        return ""
    where = " and ".join(FIELDS[field] for field in fields)
    return f"Look again at {where}: a name or a word there tells what nobody at the door has to know."


def _tells(words: str, names: frozenset[str]) -> bool:
    return name_tells(words) or not names.isdisjoint(_words(words))


def _names(document: Document) -> Iterator[str]:
    victim = document["victim"]
    for person in filter(None, (victim, victim.get("guardian"))):
        for name in _NAMES:
            yield from _words(person.get(name) or "")
    for suspect in document.get("suspects", ()):
        yield from _words(suspect.get("name") or "")


def _words(text: str) -> Iterator[str]:
    """The words of a text, folded; the halves of a double-barrelled name are words of their own."""
    return (plain for word in _BETWEEN_WORDS.split(text) if len(plain := folded(word)) >= SHORTEST)
