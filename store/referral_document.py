"""A referral as it came in, and what the rules need to know of it.  Pure: reads and writes nothing.

The document is the contract's JSON with nulls removed.  Everything here tolerates what is absent.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import phonenumbers

from domain.facts import CLOSE_RELATIONSHIPS, Facts, Phone, Suspect, WrittenAddress
from domain.places import outward_code
from domain.policy import Period
from domain.vocabulary import (
    Access,
    Answer,
    ConsentStatus,
    Flag,
    IncidentKind,
    Lane,
    Relationship,
    RiskLevel,
    SourceKind,
    VictimRole,
    VoicemailRule,
    Weekday,
    Whereabouts,
)
from store.keyring import Keyring

Document = dict[str, Any]
NumberId = Callable[[str], str]
"""Folds a number in E.164 to its opaque id."""

ADULT_AT = 18
"""Age below which a person is a child, where no profile says otherwise."""
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
_BEST = (Answer.YES, Answer.UNKNOWN, Answer.NO)
_MOST_CAUTIOUS = (Answer.NO, Answer.UNKNOWN, Answer.YES)


def number_id(keyring: Keyring) -> NumberId:
    """How this service names telephone numbers: enough of a keyed hash to tell a person's few apart."""
    return lambda e164: keyring.lookup_hash("phone", e164)[:12]


def facts_of(
    document: Document, *, number_id: NumberId, received_at: datetime, child_under: int = ADULT_AT
) -> Facts:
    """Fold a referral to categories and opaque ids.

    Args:
        document: As received or corrected.
        number_id: See above.
        received_at: The day on which a date of birth makes a child.
        child_under: Age in whole years below which a person is a child.
    """
    victim, risk = document["victim"], document.get("risk", {})
    flags = tuple(Flag(flag) for flag in document.get("flags", ()))
    return Facts(
        source=SourceKind(document["source"]["kind"]),
        incident=IncidentKind(document["incident"]["kind"]),
        role=VictimRole(victim.get("role", VictimRole.VICTIM)),
        is_child=Flag.CHILD in flags or _is_under(child_under, victim, received_at),
        access=tuple(Access(need) for need in victim.get("access", ())),
        phones=_phones(victim, number_id),
        email_safe=_first_of(_BEST, (entry for entry in victim.get("emails", ()) if entry.get("address"))),
        address_safe=_first_of(_BEST, addresses(victim)),
        emails=_written_addresses(victim, _emails, email_id_of(number_id)),
        posts=_written_addresses(victim, addresses, post_id_of(number_id)),
        referrer_can_be_asked=bool(document["source"].get("reply_to")),
        text_windows=_plan_windows(victim, "text_windows"),
        email_windows=_plan_windows(victim, "email_windows"),
        plan_until=_plan_until(victim),
        outward_code=_outward_code(victim, document["incident"]),
        windows=tuple(_window(window) for window in victim.get("call_windows", ())),
        guardian_is_suspect=guardian_is_suspect(document),
        suspects=tuple(_suspect(suspect) for suspect in document.get("suspects", ())),
        risk=RiskLevel(risk.get("level", RiskLevel.UNKNOWN)),
        marac=bool(risk.get("marac", False)),
        lane=Lane(document["lane"]),
        consent=ConsentStatus(document.get("consent", {}).get("status", ConsentStatus.NOT_ASKED)),
        flags=flags,
        next_of_kin_informed=bool(document.get("next_of_kin_informed_at")),
    )


def email_id_of(number_id: NumberId) -> Callable[[Document], str]:
    """How an e-mail address is named, by the same keyed hash as numbers are."""
    return lambda entry: number_id("email:" + str(entry["address"]).strip().casefold())


def post_id_of(number_id: NumberId) -> Callable[[Document], str]:
    """How a postal address is named: spelling of case, spaces and marks aside."""
    return lambda entry: number_id(
        "post:" + folded(" ".join([*entry.get("lines", ()), entry.get("postcode") or ""]))
    )


def numbers(document: Document) -> Iterator[str]:
    """Every number of the victim and of the guardian, in E.164, as they stand."""
    victim = document["victim"]
    for owner in (victim, victim.get("guardian") or {}):
        yield from (phone["number"] for phone in owner.get("phones", ()))


def number_of(document: Document, phone_id: str, number_id: NumberId) -> str | None:
    """Find the number behind an opaque id; `None` once it has been corrected away."""
    return next((number for number in numbers(document) if number_id(number) == phone_id), None)


def addresses(person: Document) -> tuple[Document, ...]:
    """The postal address, if there is one: lines or a postcode."""
    address = person.get("address") or {}
    return (address,) if address.get("lines") or address.get("postcode") else ()


def name_of(person: Document) -> str:
    """What a person is called by us: the preferred name, else the given name."""
    return person.get("preferred_name") or person.get("given_name") or person.get("family_name") or ""


def guardian_is_suspect(document: Document) -> bool:
    """Whether the guardian is marked a suspect, or may be one.

    May be: bears a suspect's name in whatever order, or its initials; or nobody has said that the guardian is no
    suspect, and somebody close is suspected without a name.  What is unknown counts as unsafe.
    """
    guardian = document["victim"].get("guardian")
    if not guardian:
        return False
    said = guardian.get("is_suspect", Answer.UNKNOWN)
    return said == Answer.YES or any(
        _may_be(guardian, suspect, said) for suspect in document.get("suspects", ())
    )


def _may_be(guardian: Document, suspect: Document, said: str) -> bool:
    suspected = _words(suspect.get("name", ""))
    if suspected:
        called = [_words(name) for name in (full_name(guardian), _as_called(guardian))]
        # By their letters: neither order nor hyphens nor apostrophes tell two people apart.
        same = any("".join(sorted("".join(names))) == "".join(sorted("".join(suspected))) for names in called)
        return same or (said != Answer.NO and any(_agree(names, suspected) for names in called))
    close = suspect.get("relationship", Relationship.UNKNOWN) in CLOSE_RELATIONSHIPS
    return close and said == Answer.UNKNOWN


def _as_called(person: Document) -> str:
    return f"{name_of(person)} {person.get('family_name', '')}"


def _agree(names: list[str], others: list[str]) -> bool:
    """Whether two names can be one person's: every word of the shorter is in the longer, or an initial of one."""
    few, many = sorted((names, others), key=len)
    return bool(few) and all(
        any(word == other or (1 in {len(word), len(other)} and word[0] == other[0]) for other in many)
        for word in few
    )


def _words(name: str) -> list[str]:
    return [word for word in map(folded, re.split(r"[\s,.]+", name)) if word]


def full_name(person: Document) -> str:
    """Given and family name."""
    return " ".join(part for part in (person.get("given_name"), person.get("family_name")) if part)


def folded(words: str) -> str:
    """Fold case, accents, spaces and hyphens away, so that one person's name is one."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    return "".join(character for character in plain if character.isalnum())


def _is_under(years: int, victim: Document, received_at: datetime) -> bool:
    if not victim.get("date_of_birth"):
        return False
    born, day = date.fromisoformat(victim["date_of_birth"]), received_at.date()
    had_no_birthday_yet = (day.month, day.day) < (born.month, born.day)
    return day.year - born.year - had_no_birthday_yet < years


def _phones(victim: Document, number_id: NumberId) -> tuple[Phone, ...]:
    """The victim's numbers, then the guardian's; one number given twice is as safe as its worst entry."""
    found: dict[str, Phone] = {}
    for owner, of_guardian in ((victim, False), (victim.get("guardian") or {}, True)):
        for entry in owner.get("phones", ()):
            phone = Phone(
                id=number_id(entry["number"]),
                safe=Answer(entry.get("safe", Answer.UNKNOWN)),
                voicemail=VoicemailRule(entry.get("voicemail", VoicemailRule.NEUTRAL)),
                of_guardian=of_guardian,
                takes_texts=takes_texts(entry["number"]) and entry.get("texts", Answer.YES) == Answer.YES,
            )
            known = found.setdefault(phone.id, phone)
            worst = min(known, phone, key=lambda one: _MOST_CAUTIOUS.index(one.safe))
            found[phone.id] = replace(worst, takes_texts=known.takes_texts and phone.takes_texts)
    return tuple(found.values())


def takes_texts(number: str) -> bool:
    """Whether a number is a mobile's: a text to a landline may be read aloud to whoever answers."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:  # numbers kept free for tests and drama are of no kind
        return number.startswith("+447")
    return kind in _MOBILE


def _written_addresses(
    victim: Document, entries: Callable[[Document], Sequence[Document]], id_of: Callable[[Document], str]
) -> tuple[WrittenAddress, ...]:
    """The victim's addresses, then the guardian's; one given twice is as safe as its worst entry."""
    found: dict[str, WrittenAddress] = {}
    for owner, of_guardian in ((victim, False), (victim.get("guardian") or {}, True)):
        for entry in entries(owner):
            safe = Answer(entry.get("safe", Answer.UNKNOWN))
            one = WrittenAddress(id=id_of(entry), safe=safe, of_guardian=of_guardian)
            known = found.setdefault(one.id, one)
            found[one.id] = min(known, one, key=lambda each: _MOST_CAUTIOUS.index(each.safe))
    return tuple(found.values())


def _emails(person: Document) -> tuple[Document, ...]:
    return tuple(entry for entry in person.get("emails", ()) if entry.get("address"))


def _plan_windows(victim: Document, name: str) -> tuple[Period, ...]:
    return tuple(_window(window) for window in (victim.get("contact_plan") or {}).get(name, ()))


def _plan_until(victim: Document) -> datetime | None:
    until = (victim.get("contact_plan") or {}).get("until")
    return datetime.fromisoformat(until) if until else None


def _first_of(order: tuple[Answer, ...], entries: Iterable[Document]) -> Answer | None:
    answers = {Answer(entry.get("safe", Answer.UNKNOWN)) for entry in entries}
    return next((answer for answer in order if answer in answers), None)


def _outward_code(victim: Document, incident: Document) -> str | None:
    lives_in = (victim.get("address") or {}).get("postcode")
    return outward_code(lives_in or incident.get("postcode"))


def _window(window: Document) -> Period:
    days = tuple(Weekday(day) for day in window.get("days", ())) or tuple(Weekday)
    return Period(
        days=days, opens=time.fromisoformat(window["from"]), closes=time.fromisoformat(window["to"])
    )


def _suspect(suspect: Document) -> Suspect:
    return Suspect(
        relationship=Relationship(suspect.get("relationship", Relationship.UNKNOWN)),
        shares_address=Answer(suspect.get("shares_address", Answer.UNKNOWN)),
        whereabouts=Whereabouts(suspect.get("whereabouts", Whereabouts.UNKNOWN)),
    )
