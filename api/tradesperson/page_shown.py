"""The register as its pages show it.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.referral_page_person import number_in_words
from api.times import Time, day_in_words, time_in_words
from api.tradesperson.plain_words import CHANNELS, PAPERS, SKILLS
from domain.tradesperson import Paper, Tradesperson
from domain.tradesperson_hours import hours_to_text
from store.tradesperson.record import TradeRecord
from store.tradesperson.row import RegisterEntry

TRADESPEOPLE = "/tradespeople"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Which day it is, and how far ahead an expiry is pointed out."""

    on: date
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperShown:
    """One paper of somebody."""

    name: str
    text: str
    state: str
    colour: str
    """The class of its tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Somebody whose papers ask for attention."""

    address: str
    name: str
    papers: str
    """Which, and since or until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """What stands above the register."""

    expired: tuple[Warned, ...]
    expired_in_all: int
    expiring: tuple[Warned, ...]
    expiring_in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Somebody in the list."""

    address: str
    name: str
    firm: str
    phone: str
    skills: str
    where: str
    state: str
    colour: str
    papers: tuple[PaperShown, ...]
    load: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry in full."""

    listed: Listed
    email: str
    channel: str
    firm_id: str
    hours: str
    on_call: str
    languages: str
    changed: Time
    changed_by: str
    revision: int


def listed_of(entry: RegisterEntry, record: TradeRecord, day: Day) -> Listed:
    """Say of somebody what they can do, whether they may be sent, and how busy they are."""
    who = entry.who
    state, colour = _state(who, day)
    return Listed(
        address=address_of(who),
        name=who.name,
        firm=who.firm,
        phone=number_in_words(who.phone),
        skills=", ".join(SKILLS[skill] for skill in who.skills),
        where=_where(who),
        state=state,
        colour=colour,
        papers=tuple(_paper(who, paper, day) for paper in Paper),
        load=f"{record.load} of {who.capacity}",
        record=_record(record),
    )


def shown_of(entry: RegisterEntry, record: TradeRecord, day: Day, *, zone: ZoneInfo, now: datetime) -> Shown:
    """Say everything of somebody."""
    who = entry.who
    return Shown(
        listed=listed_of(entry, record, day),
        email=who.email,
        channel=CHANNELS[who.channel],
        firm_id=who.firm_id,
        hours=hours_to_text(who.hours),
        on_call=hours_to_text(who.on_call),
        languages=" ".join(who.languages),
        changed=time_in_words(entry.changed_at, zone=zone, now=now),
        changed_by=entry.changed_by,
        revision=entry.revision,
    )


def lines_of(
    entries: Iterable[RegisterEntry], records: Mapping[str, TradeRecord], day: Day
) -> tuple[Listed, ...]:
    """Say it of everybody."""
    return tuple(listed_of(entry, records[entry.who.id], day) for entry in entries)


def expired_of(entries: Sequence[RegisterEntry], day: Day) -> tuple[Warned, ...]:
    """Say who may not be sent, and which paper is the reason."""
    return tuple(_warned(entry.who, entry.who.expired_papers(day.on), day) for entry in entries)


def expiring_of(entries: Sequence[RegisterEntry], day: Day) -> tuple[Warned, ...]:
    """Say whose papers have to be asked for."""
    return tuple(_warned(entry.who, entry.who.expiring_papers(day.on, day.within), day) for entry in entries)


def address_of(who: Tradesperson) -> str:
    """Where somebody's page is."""
    return f"{TRADESPEOPLE}/{who.id}"


def _warned(who: Tradesperson, papers: Iterable[Paper], day: Day) -> Warned:
    named = [f"{PAPERS[paper].lower()} {_until(who, paper, day)}" for paper in papers]
    name = f"{who.name}, {who.firm}" if who.firm else who.name
    return Warned(address=address_of(who), name=name, papers="; ".join(named))


def _paper(who: Tradesperson, paper: Paper, day: Day) -> PaperShown:
    if paper in who.expired_papers(day.on):
        state, colour = "Missing" if who.valid_until(paper) is None else "Expired", "govuk-tag--red"
    elif paper in who.expiring_papers(day.on, day.within):
        state, colour = "Ends soon", "govuk-tag--yellow"
    else:
        state, colour = "Valid", "govuk-tag--green"
    return PaperShown(name=PAPERS[paper], text=_until(who, paper, day), state=state, colour=colour)


def _until(who: Tradesperson, paper: Paper, day: Day) -> str:
    until = who.valid_until(paper)
    if until is None:
        return "never seen"
    return f"expired on {day_in_words(until)}" if until < day.on else f"until {day_in_words(until)}"


def _state(who: Tradesperson, day: Day) -> tuple[str, str]:
    if not who.active:
        return "Not active", "govuk-tag--grey"
    if who.expired_papers(day.on):
        return "May not be sent", "govuk-tag--red"
    if who.expiring_papers(day.on, day.within):
        return "Papers end soon", "govuk-tag--yellow"
    return "May be sent", "govuk-tag--green"


def _where(who: Tradesperson) -> str:
    around = f"{who.base}, up to {who.most_km} km"
    return f"{around}, only in {' '.join(who.areas)}" if who.areas else around


def _record(record: TradeRecord) -> str:
    if not record.offered:
        return "Not asked in 90 days"
    times = "time" if record.offered == 1 else "times"
    return f"Asked {record.offered} {times}, took {record.accepted}"
