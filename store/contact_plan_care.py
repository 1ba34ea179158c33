"""Of two things said about reaching somebody, the more careful one; and when two addresses may be one place.  Pure.

Source: rules 1 and 11 of docs/policy.md; docs/policy.md#contact-plan.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain.vocabulary import Answer, CallerDisplay, VoicemailRule
from store.referral_document import Document, folded

LISTS = (("phones", "number"), ("emails", "address"))
"""Lists of ways to reach somebody, and what each entry is known by."""
_SAFEST_FIRST = (Answer.NO, Answer.UNKNOWN, Answer.YES)
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "safe": _SAFEST_FIRST,
    "texts": _SAFEST_FIRST,
    "voicemail": (VoicemailRule.NONE, VoicemailRule.NEUTRAL, VoicemailRule.NAMED),
    "withhold_number": (Answer.YES, Answer.UNKNOWN, Answer.NO),
    "caller_display": tuple(CallerDisplay),
}
"""The more careful answer first."""
_NOT_SAID = {"safe": Answer.UNKNOWN, "voicemail": VoicemailRule.NEUTRAL, "withhold_number": Answer.UNKNOWN}
"""What an answer that is not there counts as; of texts the answer for calls speaks."""
_IN_OWN_WORDS = ("who_may_answer", "who_lives_there")
_KINDS_OF_STREET = frozenset(
    {
        "street",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "lane",
        "close",
        "drive",
        "court",
        "way",
        "place",
        "flat",
        "the",
    }
)
"""Words that many addresses share without being near each other."""


def owners(victim: Document) -> tuple[Document, ...]:
    """The victim, and the guardian if there is one: what is unsafe is so whoever's it is called."""
    guardian = victim.get("guardian")
    return (victim, guardian) if guardian else (victim,)


def entries_of(victim: Document, name: str) -> Iterator[Document]:
    """Every entry of a list, of both owners."""
    for owner in owners(victim):
        yield from owner.get(name, ())


def known_by(entry: Document, key: str) -> str:
    """What makes two entries one number or e-mail address."""
    return str(entry[key]).strip().casefold()


def is_ordered(name: str) -> bool:
    """Whether of two answers to this one is the more careful."""
    return name in _ORDERS


def more_careful(name: str, *answers: str) -> str:
    """The more careful of some answers."""
    return min(answers, key=_ORDERS[name].index)


def take_care(entry: Document, known: Document) -> None:
    """Let an entry be no less careful than what is known of it; what is known in a person's own words stays."""
    for name in ("safe", "texts", "voicemail", "withhold_number"):
        said = [one[name] for one in (entry, known) if name in one]
        if said and name in _NOT_SAID and len(said) == 1:
            said.append(_NOT_SAID[name])
        if said:
            entry[name] = more_careful(name, *said)
    entry.update({name: known[name] for name in _IN_OWN_WORDS if name in known})


def by_name(entries: Iterable[Document], key: str) -> dict[str, Document]:
    """Entries by their numbers or addresses; one given twice is as safe as its less safe mention."""
    found: dict[str, Document] = {}
    for entry in entries:
        take_care(found.setdefault(known_by(entry, key), dict(entry)), entry)
    return found


def vouch_no_longer(entry: Document) -> None:
    """Let an entry be not known to be safe, at best."""
    entry["safe"] = more_careful("safe", entry.get("safe", Answer.UNKNOWN), Answer.UNKNOWN)


def place_of(address: Document) -> tuple[str, str]:
    """Where it is, however it is written: lines and postcode."""
    return folded(" ".join(address.get("lines", ()))), folded(address.get("postcode") or "")


def is_same_place(one: Document, other: Document) -> bool:
    """However a street is spelt: a postcode is a few houses.  A warning without a place is of any place."""
    places = place_of(one), place_of(other)
    return any(same == there != "" for same, there in zip(*places, strict=True)) or ("", "") in places


def may_be_same_place(one: Document, other: Document) -> bool:
    """Whether two addresses could be one: a postcode is missing, or a name in them is the same."""
    if not (place_of(one)[1] and place_of(other)[1]):
        return True
    return bool(_names(one) & _names(other))


def narrower(one: Sequence[Document], other: Sequence[Document]) -> Sequence[Document]:
    """Of two sets of times the one that allows less; none at all is any time."""
    return min(one, other, key=_minutes)


def _names(address: Document) -> set[str]:
    words = re.split(r"[\W_]+", " ".join((*address.get("lines", ()), address.get("postcode") or "")))
    named = {folded(word) for word in words}
    return {word for word in named if word and not word.isdigit() and word not in _KINDS_OF_STREET}


def _minutes(windows: Sequence[Document]) -> int:
    """In a week."""
    return sum(_span(window) * (len(window.get("days", ())) or 7) for window in windows) or 7 * _DAY


_DAY = 24 * 60


def _span(window: Mapping[str, Any]) -> int:
    opens, closes = (
        60 * int(hours) + int(minutes)
        for hours, _, minutes in (window[name].partition(":") for name in ("from", "to"))
    )
    return (closes - opens) % _DAY or _DAY
