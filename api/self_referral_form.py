"""What somebody who asks for support types: the fields of the page, and the referral made of them.

Any name and one safe way to reach the person are enough.  Fields whose names begin with `own.` have no place of
their own in a referral: what they say is kept as words, for the person who reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from api.form import FormError, Sent, document_of
from api.form_words import ANSWERS_TOLD, WEEKDAYS
from api.referral_form import Document, FormPlan, without, without_empty_rows
from domain.vocabulary import Access, Answer, ConsentStatus, IncidentKind, Lane, SourceKind, VoicemailRule

WHO = "own.who"
AGREES = "own.agrees"
TEXTS = "victim.phones[0].texts"
DAYS = "own.days[]"
TIMES = "own.times[]"
TEXT_TIMES = "own.text_times[]"
EMAIL_TIMES = "own.email_times[]"
RELATIVE_MAY = "own.relative_may"
SAFE_WORD = "victim.contact_plan.safe_word"
GENDER = "victim.contact_plan.interpreter_needed.gender"
NAME = "victim.preferred_name"
NUMBER = "victim.phones[0].number"
EMAIL = "victim.emails[0].address"
LINES = tuple(f"victim.address.lines[{row}]" for row in range(3))
KEPT_LINES = ("own.knows_them", "own.reach_helper")
LANGUAGE_NOT_SAID = "not said yet"
LONGEST_LINE = 200
"""Characters of a line that is kept in the notes; as long as the API's own lines."""

PARTS_OF_DAY = {
    "morning": ("Morning (before midday)", "08:00", "12:00"),
    "afternoon": ("Afternoon (midday to 5pm)", "12:00", "17:00"),
    "evening": ("Evening (after 5pm)", "17:00", "21:00"),
}
"""As people name them, and between which hours we would ring; nobody is rung at night who said "morning"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way to reach somebody."""

    fields: tuple[str, ...]
    safe: str
    use: str

    def is_given(self, sent: Sent) -> bool:
        return any(sent.text(name) for name in self.fields)


_WAYS = (
    _Way(fields=(NUMBER,), safe="victim.phones[0].safe", use="ring this number"),
    _Way(fields=(EMAIL,), safe="victim.emails[0].safe", use="write to this e-mail address"),
    _Way(fields=LINES, safe="victim.address.safe", use="send a letter to this address"),
)


class ForWhom(StrEnum):
    """Whom a form is about."""

    ME = "me"
    SOMEBODY = "somebody"


WHOM = {ForWhom.ME: "Me", ForWhom.SOMEBODY: "Somebody I am helping"}
"""As the page asks it."""

_AGREES_IN_NOTES = {
    Answer.YES: "they agree",
    Answer.NO: "THEY DO NOT KNOW ABOUT THIS",
    Answer.UNKNOWN: "they know, but may not agree",
}

_CLOSED_LISTS: dict[str, frozenset[str]] = {
    AGREES: frozenset(ANSWERS_TOLD),
    DAYS: frozenset(WEEKDAYS),
    TIMES: frozenset(PARTS_OF_DAY),
    TEXT_TIMES: frozenset(PARTS_OF_DAY),
    EMAIL_TIMES: frozenset(PARTS_OF_DAY),
    RELATIVE_MAY: frozenset({Answer.YES}),
}

PLAN = FormPlan(
    labels={
        WHO: "Who this is about",
        "source.officer": "Your own name",
        "own.knows_them": "How you know them",
        "own.reach_helper": "How to reach you",
        AGREES: "Whether they agree",
        NAME: "Name",
        "flags[]": "Age",
        NUMBER: "Telephone number",
        "victim.phones[0].safe": "Safe to ring",
        "victim.phones[0].voicemail": "Leaving a message",
        TEXTS: "Safe to text",
        "victim.phones[0].who_may_answer": "Who else may answer",
        "victim.phones[0].withhold_number": "Hiding our number",
        "victim.contact_plan.if_someone_else_answers": "What to say if somebody else answers",
        SAFE_WORD: "Your own word",
        EMAIL: "E-mail address",
        "victim.emails[0].safe": "Safe to e-mail",
        LINES[0]: "First line of the address",
        LINES[1]: "Second line of the address",
        LINES[2]: "Town or city",
        "victim.address.postcode": "Postcode",
        "victim.address.safe": "Safe to write",
        "victim.address.who_lives_there": "Who else lives there",
        DAYS: "Days",
        TIMES: "Times",
        TEXT_TIMES: "Times for texts",
        EMAIL_TIMES: "Times for e-mails",
        "victim.language": "Language",
        "victim.interpreter": "Interpreter",
        GENDER: "Who interprets",
        RELATIVE_MAY: "A relative as interpreter",
        "victim.access[]": "What would help us to talk",
        "victim.contact_plan.relay": "Relay service or sign language",
        "incident.kind": "What happened",
        "suspects[0].relationship": "Who did it",
        "suspects[0].shares_address": "Whether they live there",
        "requests[]": "What would help",
        "notes": "Anything else",
    },
    mends={
        "victim": "Enter a name, or what we may call you",
        NUMBER: "Enter a telephone number, such as 01632 960 001 or +44 808 157 0192",
        EMAIL: "Enter an e-mail address, such as name@example.com",
    },
    shown_at={"victim": NAME},
)


def document_typed(sent: Sent, *, telephone: str) -> tuple[Sent, Document, list[FormError]]:
    """Make a referral of what was typed.

    Args:
        sent: The form.
        telephone: Ours, for whoever cannot be reached in any way the form knows.

    Returns:
        The fields that count, the document still to be checked, and what the page itself finds wrong.
    """
    PLAN.refuse_strangers(sent)
    said_by = ("number", "who_may_answer", "withhold_number")
    counted = without_empty_rows(without(sent, "own."), "victim.phones", said_by=said_by)
    counted = without_empty_rows(counted, "victim.emails", said_by=("address",))
    document = document_of(counted) | {"lane": Lane.CONTACT}
    document["source"] = _source(sent)
    document["consent"] = {"status": _consent(sent)}
    document.setdefault("incident", {}).setdefault("kind", IncidentKind.UNKNOWN)
    document["notes"] = "\n".join(_notes(sent)) or None
    victim = document.setdefault("victim", {})
    victim["call_windows"] = _windows(sent, TIMES)
    victim["contact_plan"] = _contact_plan(sent, victim)
    for phone in victim.get("phones", ()):
        # Where nothing was chosen, nothing is left on a machine that others may hear.
        phone.setdefault("voicemail", VoicemailRule.NONE)
    return counted, document, list(_mistakes(sent, telephone))


def is_about_somebody_else(sent: Sent) -> bool:
    """Whether a helper sends it; who does not say, and says nothing that only a helper says, asks for themself."""
    by_helper = any(sent.text(name) for name in ("source.officer", *KEPT_LINES, AGREES))
    return sent.text(WHO) == ForWhom.SOMEBODY or (by_helper and not sent.text(WHO))


def _source(sent: Sent) -> Document:
    if not is_about_somebody_else(sent):
        return {"kind": SourceKind.SELF}
    return {"kind": SourceKind.THIRD_PARTY, "officer": sent.text("source.officer") or None}


def _consent(sent: Sent) -> ConsentStatus:
    agrees = not is_about_somebody_else(sent) or sent.text(AGREES) == Answer.YES
    return ConsentStatus.GIVEN if agrees else ConsentStatus.NOT_ASKED


def _windows(sent: Sent, times: str) -> list[Document]:
    """The times at which the person may be rung or written to; nothing chosen is any time."""
    days = sent.all(DAYS)
    spans = [PARTS_OF_DAY[part][1:] for part in sent.all(times) if part in PARTS_OF_DAY]
    if days and not spans:
        spans = [("00:00", "24:00")]
    return [{"days": days, "from": opens, "to": closes} for opens, closes in spans]


def _contact_plan(sent: Sent, victim: Document) -> Document:
    """What was said about safe contact beyond each number and address.

    The person's own word is only theirs to give: what a helper types there stands in the notes.
    """
    plan: Document = victim.get("contact_plan") or {}
    if is_about_somebody_else(sent):
        plan.pop("safe_word", None)
    wanted = victim.get("interpreter") or sent.text(GENDER) or sent.text(RELATIVE_MAY)
    plan["interpreter_needed"] = _interpreter(sent, victim) if wanted else None
    plan["text_windows"] = _windows(sent, TEXT_TIMES) or None
    plan["email_windows"] = _windows(sent, EMAIL_TIMES) or None
    return plan


def _interpreter(sent: Sent, victim: Document) -> Document:
    return {
        "language": victim.get("language") or LANGUAGE_NOT_SAID,
        "gender": sent.text(GENDER) or None,
        "not_a_relative": sent.text(RELATIVE_MAY) != Answer.YES,
    }


def _notes(sent: Sent) -> Iterator[str]:
    """What has no field of its own, in clear lines, before the person's own words."""
    if is_about_somebody_else(sent):
        agrees = _answer(sent, AGREES)
        known = _AGREES_IN_NOTES[agrees] if agrees else "it was not said whether they know"
        yield f"Sent by somebody who helps this person; {known}."
        yield from _line(sent, "own.knows_them", "How the helper knows them: ")
        yield from _line(sent, "own.reach_helper", "How to reach the helper: ")
        yield from _line(sent, SAFE_WORD, "A word the helper typed; agree on one with the person: ")
    if sent.text("notes"):
        yield f"In their own words:\n{sent.text('notes')}"


def _line(sent: Sent, name: str, before: str) -> Iterator[str]:
    """One line: nothing typed into it can look like a line of ours."""
    words = " ".join(sent.text(name).split())
    if words:
        yield before + words


def _answer(sent: Sent, name: str) -> Answer | None:
    return next((answer for answer in Answer if answer == sent.text(name)), None)


def _mistakes(sent: Sent, telephone: str) -> Iterator[FormError]:
    if sent.text(WHO) not in {"", *ForWhom}:
        yield FormError(field=WHO, text="Choose whether this is about you or about somebody you are helping")
    for way in _WAYS:
        if way.is_given(sent) and not sent.text(way.safe):
            yield FormError(field=way.safe, text=f"Choose whether it is safe to {way.use}. If unsure, say so")
    yield from _without_a_way(sent, telephone)
    for name in KEPT_LINES:
        if len(sent.text(name)) > LONGEST_LINE:
            too_long = f"{PLAN.labels[name]} has to be at most {LONGEST_LINE} characters long"
            yield FormError(field=name, text=too_long)
    for name, allowed in _CLOSED_LISTS.items():
        if not allowed >= set(sent.all(name)):
            yield FormError(field=name, text=f"{PLAN.labels[name]}: choose from the list")


def _without_a_way(sent: Sent, telephone: str) -> Iterator[FormError]:
    """Nobody can be helped whom nobody can reach."""
    no_phone = Access.NO_PHONE in sent.all("victim.access[]")
    given = [way for way in _WAYS if way.is_given(sent) and not (no_phone and NUMBER in way.fields)]
    if any(sent.text(way.safe) != Answer.NO for way in given):
        return
    if given:
        text = "Every way you gave is marked as not safe. Give one that is safe"
    elif sent.text(NUMBER):
        text = "You cannot use the telephone: give an e-mail address or a postal address as well"
    else:
        text = "Give one safe way to reach you: a telephone number, an e-mail address or a postal address"
    yield FormError(field=NUMBER, text=f"{text}, or call us on {telephone}")
