"""What the referrer said, as the page of a referral lists it.  Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.form_words import (
    ANSWERS,
    CONSENTS,
    FLAGS,
    INCIDENTS,
    RELATIONSHIPS,
    REQUESTS,
    RISKS,
    ROLES,
    WHEREABOUTS,
)
from api.times import day_in_words, time_in_words
from domain.vocabulary import Answer
from store.referral_document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to know, and what it is about."""

    label: str
    text: str


_SOURCES = {
    "police": "The police",
    "corrections": "Corrections",
    "partner_agency": "A partner agency",
    "health": "A health service",
    "self": "The person",
    "third_party": "Somebody else on the person's behalf",
    "telephone": "By telephone",
}
_SAFE = {"yes": "safe", "no": "NOT safe", "unknown": "not known whether safe"}


def said_by_referrer(document: Document, *, zone: ZoneInfo, now: datetime) -> tuple[Line, ...]:
    """List what was said, as last corrected; what nobody said is left out."""
    return tuple(Line(label=label, text=text) for label, text in _said(document, _Times(zone, now)) if text)


def address_in_words(document: Document) -> str:
    """The postal address in one line; empty if none is known."""
    address = document["victim"].get("address") or {}
    return ", ".join([*address.get("lines", ()), *([address["postcode"]] if address.get("postcode") else [])])


class _Times:
    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self._zone, self._now = zone, now

    def __call__(self, text: str | None) -> str:
        if not text:
            return ""
        return time_in_words(datetime.fromisoformat(text), zone=self._zone, now=self._now).text


def _said(document: Document, at: _Times) -> Iterator[tuple[str, str]]:
    source, incident, victim = document["source"], document["incident"], document["victim"]
    consent = document.get("consent", {})
    yield "Referred by", _joined(_SOURCES[source["kind"]], source.get("organisation"), source.get("officer"))
    yield "Their reference", _joined(source.get("reference"), source.get("person_reference"))
    yield "Answers go to", source.get("reply_to", "")
    yield "Incident", _word(INCIDENTS, incident["kind"])
    yield "When it happened", at(incident.get("occurred_at"))
    yield "When it was reported", at(incident.get("reported_at"))
    yield "Where it happened", incident.get("postcode", "")
    yield "The person is", _word(ROLES, victim.get("role", "victim"))
    yield "Date of birth", _day(victim.get("date_of_birth"))
    yield "Address", _address(document)
    yield "E-mail", _emails(victim)
    yield "Asked for", _words(REQUESTS, document.get("requests", ()))
    yield "Next of kin told", at(document.get("next_of_kin_informed_at"))
    yield "Consent asked", at(consent.get("asked_at"))


def said_for_safety(document: Document) -> Iterator[tuple[str, str]]:
    """What the referrer said that whoever rings has to know before: each with what it is about, if it was said."""
    consent = document.get("consent", {})
    yield "Suspects", "; ".join(_suspect(suspect) for suspect in document.get("suspects", ()))
    yield "Risk", _risk(document.get("risk", {}))
    yield "Marked as", _words(FLAGS, document.get("flags", ()))
    yield "Children present", _word(ANSWERS, document.get("children_present", "unknown"))
    yield "Consent", _joined(_word(CONSENTS, consent.get("status", "not_asked")), consent.get("asked_by"))
    yield "Notes", document.get("notes", "")


def _address(document: Document) -> str:
    address = document["victim"].get("address") or {}
    where = address_in_words(document) or ("not known where" if address else "")
    lives_there = f"also there: {address['who_lives_there']}" if address.get("who_lives_there") else None
    return _joined(where, _SAFE[address.get("safe", "unknown")], lives_there) if where else ""


def _emails(victim: Document) -> str:
    return "; ".join(
        f"{email['address']} ({_SAFE[email.get('safe', 'unknown')]})" for email in victim.get("emails", ())
    )


def _risk(risk: dict[str, Any]) -> str:
    score = f"score {risk['score']}" if risk.get("score") is not None else None
    marac = "heard at a Marac" if risk.get("marac") else None
    return _joined(_word(RISKS, risk.get("level", "unknown")), risk.get("tool"), score, marac)


def _suspect(suspect: dict[str, Any]) -> str:
    shares = {Answer.YES: "lives at the address", Answer.NO: "lives elsewhere"}.get(
        Answer(suspect.get("shares_address", "unknown")), "not known where they live"
    )
    where = suspect.get("whereabouts", "unknown")
    return _joined(
        suspect.get("name"),
        _word(RELATIONSHIPS, suspect.get("relationship", "unknown")),
        shares,
        _word(WHEREABOUTS, where).lower() if where != "unknown" else None,
    )


def _day(text: str | None) -> str:
    return day_in_words(date.fromisoformat(text)) if text else ""


def _word(words: Mapping[Any, str], value: str) -> str:
    return words[value]


def _words(words: Mapping[Any, str], values: Iterable[str]) -> str:
    return ", ".join(_word(words, value) for value in values)


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
