"""Who is to be rung, and what has to be known before: how the page of a referral says it.  Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from api.contact_plan_words import windows_in_words
from api.form_words import ACCESS
from api.referral_page_plan import display_in_words, plan_lines
from api.referral_page_said import Line, said_for_safety
from api.times import time_in_words
from domain.facts import Phone
from domain.ringing import MayRing, known_numbers
from domain.vocabulary import Access, Answer, CallerDisplay, VoicemailRule
from store.contact_plan import plan_of
from store.referral_document import full_name, name_of
from store.referral_view import ReferralView


@dataclass(frozen=True, slots=True, kw_only=True)
class RingNumber:
    """A number that may be rung by the rules, with the rules for it."""

    whose: str
    lines: tuple[Line, ...]
    """Who may answer, what may be left on a voicemail, whether our number may be seen: read before it is rung."""
    text: str
    link: str
    """Empty while nobody may ring."""
    value: str
    """As the form sends it."""
    is_next: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedNumber:
    """A number that is not to be rung."""

    whose: str
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The person, as whoever is about to ring reads it."""

    name: str
    lines: tuple[Line, ...]
    numbers: tuple[RingNumber, ...]
    closed: tuple[ClosedNumber, ...]


def person_of(
    view: ReferralView,
    *,
    may: MayRing,
    neutral_name: str,
    language: str,
    zone: ZoneInfo,
    now: datetime,
) -> Person:
    """Say who is to be rung and what has to be known before.

    Args:
        view: The referral.
        may: Whether somebody may ring now; else no number is a link.
        neutral_name: What a neutral voicemail says of us.
        language: The service's own, of which nothing is said.
        zone: In which times are read.
        now: An aware time.
    """
    known = known_numbers(view.state, now) if view.state is not None else ()
    by_id = {number.phone.id: _NumberSaid(view, number.phone) for number in known}
    return Person(
        name=name_of(view.document["victim"]),
        lines=tuple(_lines(view, language, zone=zone, now=now)),
        numbers=tuple(
            by_id[number.phone.id].to_ring(
                linked=may is MayRing.YES,
                is_next=view.state is not None and number.phone.id == view.state.phone_id,
                neutral_name=neutral_name,
            )
            for number in known
            if not number.why_not
        ),
        closed=tuple(by_id[number.phone.id].closed(number.why_not) for number in known if number.why_not),
    )


def _lines(view: ReferralView, language: str, *, zone: ZoneInfo, now: datetime) -> Iterator[Line]:
    victim = view.document["victim"]
    full = full_name(victim)
    called = name_of(victim)
    yield from (Line(label=label, text=text) for label, text in said_for_safety(view.document) if text)
    yield Line(label="Ask for", text=called if full in {"", called} else f"{called} ({full})")
    yield from plan_lines(view.document, zone=zone, now=now)
    yield from _guardian(view)
    if victim.get("interpreter"):
        yield Line(label="Interpreter", text=victim["interpreter"])
    if victim.get("language") not in {None, language}:
        yield Line(label="Language", text=victim["language"])
    if victim.get("access"):
        needs = ", ".join(ACCESS[Access(need)] for need in victim["access"])
        yield Line(label="Needs", text=needs)
    if victim.get("call_windows"):
        yield Line(label="May be rung", text=windows_in_words(victim["call_windows"]))
    call = view.state.call if view.state is not None else None
    if call is not None and call.promised:
        yield Line(label="Promised", text=f"A call at {time_in_words(call.due_at, zone=zone, now=now).text}")


def _guardian(view: ReferralView) -> Iterator[Line]:
    guardian = view.document["victim"].get("guardian")
    if not guardian or view.state is None:
        return
    name = full_name(guardian) or name_of(guardian) or "a name is not known"
    relationship = f", {guardian['relationship']}" if guardian.get("relationship") else ""
    if view.state.facts.guardian_is_suspect:
        yield Line(
            label="Guardian", text=f"Do not speak to {name}{relationship}: is a suspect, or may be one."
        )
    elif view.state.facts.is_child:
        yield Line(label="Speak to the guardian first", text=f"{name}{relationship}")
    else:
        yield Line(label="Guardian", text=f"{name}{relationship}")


class _NumberSaid:
    """One number with everything that was said about it, however often it was given."""

    def __init__(self, view: ReferralView, phone: Phone) -> None:
        self._view = view
        self._phone = phone
        self._number = view.number_of(phone.id) or ""
        victim = view.document["victim"]
        owners: Iterable[dict[str, Any]] = (victim, victim.get("guardian") or {})
        self._entries = [
            entry for owner in owners for entry in owner.get("phones", ()) if entry["number"] == self._number
        ]

    def to_ring(self, *, linked: bool, is_next: bool, neutral_name: str) -> RingNumber:
        return RingNumber(
            whose=self._whose(),
            lines=(
                Line(label="Who may answer", text=self._who_may_answer()),
                Line(label="Voicemail", text=self._voicemail(neutral_name)),
                Line(label="Our number", text=self._caller_display()),
            ),
            text=number_in_words(self._number),
            link=f"tel:{self._number}" if linked else "",
            value=self._number,
            is_next=is_next,
        )

    def closed(self, why: str) -> ClosedNumber:
        return ClosedNumber(whose=self._whose(), text=number_in_words(self._number), why=why)

    def _whose(self) -> str:
        return "The guardian's number" if self._phone.of_guardian else "The person's own number"

    def _who_may_answer(self) -> str:
        said = dict.fromkeys(
            entry["who_may_answer"] for entry in self._entries if entry.get("who_may_answer")
        )
        answers = "; ".join(said) or "Nobody has said"
        if any(
            suspect.get("shares_address") == Answer.YES for suspect in self._view.document.get("suspects", ())
        ):
            answers += ". A suspect lives with this person, and may answer"
        return answers if said else f"{answers}. Speak of nothing until you know that it is the right person."

    def _voicemail(self, neutral_name: str) -> str:
        rules = {entry.get("voicemail", VoicemailRule.NEUTRAL) for entry in self._entries}
        if VoicemailRule.NONE in rules or not rules:
            return "Leave no message."
        if VoicemailRule.NEUTRAL in rules or self._view.sensitive:
            return f"A neutral message only: “{neutral_name}” and a number, nothing else."
        return "A message may name the service."

    def _caller_display(self) -> str:
        said = display_in_words(self._view.document, self._entries)
        if said:
            hidden = " Hide it all the same: this referral is sensitive." if self._is_too_open() else ""
            return said + hidden
        if {entry.get("withhold_number") for entry in self._entries} == {Answer.NO}:
            return "It may be shown."
        unasked = "Nobody has asked whether it may be shown."
        return f"{unasked} Hide it: this referral is sensitive." if self._view.sensitive else unasked

    def _is_too_open(self) -> bool:
        """Whether the plan would show the service by name where nothing may tell.  Rule 12 of docs/policy.md."""
        plan = plan_of(self._view.document)
        hidden = any(entry.get("withhold_number") == Answer.YES for entry in self._entries)
        return self._view.sensitive and not hidden and plan.get("caller_display") == CallerDisplay.SERVICE


def number_in_words(number: str) -> str:
    """A number as people read it."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
