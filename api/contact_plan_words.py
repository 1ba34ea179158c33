"""What a change of the contact plan changed, for the timeline: no number, no address, nobody's own words.  Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.form_words import ACCESS, ANSWERS, CALLER_DISPLAYS, INTERPRETER_GENDERS, VOICEMAILS
from api.times import day_in_words
from domain.vocabulary import Answer
from store.contact_plan import plan_of
from store.referral_document import Document, addresses

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_OF_A_NUMBER: tuple[tuple[str, str, Mapping[Any, str]], ...] = (
    ("safe", "calls to {}", ANSWERS),
    ("texts", "text to {}", ANSWERS),
    ("voicemail", "voicemail of {}", VOICEMAILS),
    ("withhold_number", "hiding our number from {}", ANSWERS),
)
_OWN_WORDS = {
    "preferred_name": "the name we use",
    "language": "the language",
    "interpreter": "the note on an interpreter",
}
_OWN_WORDS_OF_PLAN = {
    "if_someone_else_answers": "what to say if someone else answers",
    "on_ring_back": "what a caller who rings back hears",
    "relay": "how a relay or sign language service is reached",
}


def changes_in_words(before: Document, after: Document, *, zone: ZoneInfo) -> str:
    """Say what changed between two documents; empty if nothing of the plan did."""
    return "; ".join(_changes(before, after, zone))


def ordinal(place: int, *, of: str) -> str:
    """Name one of several without saying which it is: "the first number"."""
    return f"the {_ORDINALS[place] if place < len(_ORDINALS) else f'{place + 1}th'} {of}"


def windows_in_words(windows: Sequence[Document]) -> str:
    """Times of day, as people said them."""
    return "; ".join(_window_in_words(window) for window in windows)


def last_day_in_words(until: str, *, zone: ZoneInfo) -> str:
    """The last day on which a plan holds."""
    return day_in_words((datetime.fromisoformat(until) - timedelta(microseconds=1)).astimezone(zone).date())


def _changes(before: Document, after: Document, zone: ZoneInfo) -> Iterator[str]:
    old, new = before["victim"], after["victim"]
    yield from (
        f"{words} was changed" for name, words in _OWN_WORDS.items() if old.get(name) != new.get(name)
    )
    yield from _changed("what helps us to talk", _needs(old), _needs(new), nothing="nothing")
    for whose, owners in (("", (old, new)), ("the guardian's ", _guardians(old, new))):
        yield from _entries_changed(*owners, name="phones", key="number", of=f"{whose}number")
        yield from _entries_changed(*owners, name="emails", key="address", of=f"{whose}e-mail address")
        yield from _address_changed(*owners, of=f"{whose}postal address")
    yield from _changed(
        "times for calls", *_windows(old, new, "call_windows"), nothing="any time we are open"
    )
    yield from _plan_changes(plan_of(before), plan_of(after), zone)


def _entries_changed(old: Document, new: Document, *, name: str, key: str, of: str) -> Iterator[str]:
    known = {entry[key]: (place, entry) for place, entry in enumerate(old.get(name, ()))}
    there = {entry[key] for entry in new.get(name, ())}
    for place, entry in enumerate(new.get(name, ())):
        which = ordinal(place, of=of)
        if entry[key] not in known:
            yield f"{which} is new"
        yield from _entry_changed(known.get(entry[key], (0, {}))[1], entry, which)
    for gone, (place, _) in known.items():
        if gone not in there:
            yield f"what was {ordinal(place, of=of)} was taken out"


def _entry_changed(old: Document, new: Document, which: str) -> Iterator[str]:
    if "number" in new:
        for name, words, answers in _OF_A_NUMBER:
            yield from _changed(words.format(which), _answer(old, name, answers), _answer(new, name, answers))
    else:
        yield from _safe_changed(which, old, new)
    yield from _own_words_changed(old, new, "who_may_answer", f"who may answer {which}")


def _address_changed(old: Document, new: Document, *, of: str) -> Iterator[str]:
    (before,), (after,) = addresses(old) or ({},), addresses(new) or ({},)
    if before and not after:
        yield f"the {of} was taken out"
    elif any(before.get(name) != after.get(name) for name in ("lines", "postcode")):
        yield f"the {of} was changed" if before else f"the {of} is new"
    if after:
        yield from _safe_changed(f"the {of}", before, after)
        yield from _own_words_changed(before, after, "who_lives_there", "who lives there")


def _safe_changed(which: str, old: Document, new: Document) -> Iterator[str]:
    yield from _changed(f"writing to {which}", _answer(old, "safe", ANSWERS), _answer(new, "safe", ANSWERS))


def _plan_changes(old: Document, new: Document, zone: ZoneInfo) -> Iterator[str]:
    for name, words in _OWN_WORDS_OF_PLAN.items():
        yield from _own_words_changed(old, new, name, words)
    # One sentence for both: nobody learns from the timeline which of them there is.
    if any(old.get(name) != new.get(name) for name in ("safe_word", "duress_word")):
        yield "the words agreed with the person were changed"
    yield from _changed("interpreter", *map(interpreter_in_words, (old, new)), nothing="none")
    yield from _changed("times for texts", *_windows(old, new, "text_windows"), nothing="by day")
    yield from _changed("times for e-mails", *_windows(old, new, "email_windows"), nothing="any time")
    yield from _changed(
        "what is seen when we ring",
        *(
            CALLER_DISPLAYS[plan["caller_display"]] if plan.get("caller_display") else ""
            for plan in (old, new)
        ),
    )
    yield from _changed(
        "holds until",
        *(last_day_in_words(plan["until"], zone=zone) if plan.get("until") else "" for plan in (old, new)),
        nothing="further notice",
    )


def interpreter_in_words(plan: Document) -> str:
    """Through whom a person can speak; empty if nobody is needed."""
    needed = plan.get("interpreter_needed")
    if not needed:
        return ""
    gender = INTERPRETER_GENDERS[needed.get("gender", "any")] if needed.get("gender", "any") != "any" else ""
    relative = "never a relative" if needed.get("not_a_relative", True) else "a relative may do it"
    return ", ".join(part for part in (needed["language"], gender.lower(), relative) if part)


def _changed(what: str, old: str, new: str, *, nothing: str = "not said") -> Iterator[str]:
    if old != new:
        yield f"{what}: {_lower(new or nothing)} (was {_lower(old or nothing)})"


def _own_words_changed(old: Document, new: Document, name: str, words: str) -> Iterator[str]:
    if old.get(name) != new.get(name):
        yield f"{words} was changed"


def _answer(entry: Document, name: str, words: Mapping[Any, str]) -> str:
    said = entry.get(name)
    return words[said] if said and said != Answer.UNKNOWN else ("Unknown" if said or not entry else "")


def _lower(words: str) -> str:
    """As it reads within a sentence; names of days and languages keep their capitals."""
    return words[0].lower() + words[1:] if words in _ANSWERS_IN_WORDS else words


_ANSWERS_IN_WORDS = frozenset({"Unknown", *ANSWERS.values(), *VOICEMAILS.values(), *CALLER_DISPLAYS.values()})


def _needs(victim: Document) -> str:
    return ", ".join(ACCESS[need] for need in victim.get("access", ()))


def _windows(old: Document, new: Document, name: str) -> tuple[str, str]:
    return windows_in_words(old.get(name, ())), windows_in_words(new.get(name, ()))


def _guardians(old: Document, new: Document) -> tuple[Document, Document]:
    return old.get("guardian") or {}, new.get("guardian") or {}


def _window_in_words(window: Document) -> str:
    days = ", ".join(day.capitalize() for day in window.get("days", ())) or "Every day"
    return f"{days} {window['from']}\N{EN DASH}{window['to']}"
