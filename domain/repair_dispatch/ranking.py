"""Whom to ask first: skill, nearness, hours, load, record, and no link to anybody involved.

Whoever may not be asked is left out altogether; the rest are put in one order that is the same for everybody who
computes it.  Source: docs/repairs.md#ranking.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.policy import OpeningHours, Period
from domain.repair_dispatch.kinds import Skill, Urgency
from domain.tradesperson import Tradesperson
from domain.working_hours import is_open, open_spans

BANDS_KM = (3.0, 8.0, 15.0, 25.0, 40.0, 80.0)
"""Distances that count as equally near: whom a kilometre more would cost a job only because of where the middle of an
area happens to lie is judged by load and record first.  Source: docs/repairs.md#ranking."""
NEWCOMER_ASKED, NEWCOMER_ACCEPTED = 4, 3
"""Offers that everybody is given beforehand: somebody new begins as one who says yes to three of four, and a first
no does not put them last for ever.  Source: docs/repairs.md#ranking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobToRank:
    """What of a repair the ranking needs."""

    skills: frozenset[Skill]
    urgency: Urgency
    area: str
    """Outward code or postcode."""
    language: str
    at: datetime
    time_zone: str
    most_km: int
    closed_on: tuple[date, ...] = ()
    """Public holidays: working hours do not count then, on-call hours do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A tradesperson with what is known of them at this moment."""

    who: Tradesperson
    km: float | None
    """To the job; `None`: unknown."""
    load: int
    """Places taken in their day now."""
    offered: int
    """How often they were asked in the last ninety days and could have said yes."""
    accepted: int
    """How often they said yes."""
    linked: bool
    """Whether they may know somebody involved."""

    @property
    def has_room(self) -> bool:
        """Whether another repair fits into their day."""
        return self.load < self.who.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Somebody who may be asked, and why in this place."""

    trade_id: str
    busy: bool
    """Suitable, but without room at this moment."""
    why: str


def rank(job: JobToRank, candidates: Sequence[Candidate]) -> tuple[Ranked, ...]:
    """Put those who may be asked into the order in which they are asked; the others are left out."""
    suitable = (one for one in candidates if is_suitable(job, one) and works_now(job, one.who))
    return tuple(_ranked(one) for one in sorted(suitable, key=lambda one: _place(job, one)))


def is_suitable(job: JobToRank, one: Candidate) -> bool:
    """Whether somebody may be sent to a job at all, whatever the hour and however full their day is."""
    who = one.who
    return (
        not one.linked
        and job.skills <= set(who.skills)
        and who.may_be_sent(_local_day(job.at, job.time_zone))
        and _reaches(job, one)
    )


def works_now(job: JobToRank, who: Tradesperson) -> bool:
    """Whether they may be asked at this hour: in working hours, and for an open property while they are on call."""
    if is_open(_hours(who.hours, job), job.at):
        return True
    return job.urgency is Urgency.OPEN_PROPERTY and is_open(_on_call(who.on_call, job), job.at)


def somebody_works_before(job: JobToRank, candidates: Iterable[Candidate], until: datetime) -> bool:
    """Whether waiting helps: somebody suitable begins work before `until`, when somebody is promised on site."""
    return any(is_suitable(job, one) and begins_work_before(job, one.who, until) for one in candidates)


def begins_work_before(job: JobToRank, who: Tradesperson, until: datetime) -> bool:
    """Whether they may be asked at some hour from now on and before `until`."""
    weekly = [_hours(who.hours, job)]
    if job.urgency is Urgency.OPEN_PROPERTY:
        weekly.append(_on_call(who.on_call, job))
    soon = min(until, job.at + timedelta(days=14))  # whoever is closed for longer is no help
    return any(next(open_spans(hours, job.at, soon), None) is not None for hours in weekly)


def _reaches(job: JobToRank, one: Candidate) -> bool:
    """Whether a job is where they work; a distance nobody knows is never taken for a short one."""
    who = one.who
    is_named = bool(job.area) and (job.area == who.base or job.area in who.areas)
    if one.km is None:
        return is_named
    return (is_named or not who.areas) and one.km <= min(who.most_km, job.most_km)


def band(job: JobToRank, one: Candidate) -> int:
    """How near somebody is, among distances that count as equal; the nearest is 0.

    Of those who have room, everybody of one band is asked before anybody of the next.
    """
    return bisect_left(BANDS_KM, _known_km(job, one))


def _place(job: JobToRank, one: Candidate) -> tuple[bool, int, float, float, bool, float, str]:
    """What decides between two, the weightiest first; the id makes the order the same everywhere."""
    return (
        not one.has_room,
        band(job, one),
        one.load / one.who.capacity if one.who.capacity else 1.0,
        -_says_yes(one),
        job.language not in one.who.languages,
        _known_km(job, one),
        one.who.id,
    )


def _known_km(job: JobToRank, one: Candidate) -> float:
    """The distance; where nobody knows it, none in the very area of the base, else the farthest."""
    if one.km is not None:
        return one.km
    return 0.0 if job.area == one.who.base else float(job.most_km)


def _says_yes(one: Candidate) -> float:
    """The share of offers they accept, as if everybody had been asked a few times before."""
    return (one.accepted + NEWCOMER_ACCEPTED) / (one.offered + NEWCOMER_ASKED)


def _ranked(one: Candidate) -> Ranked:
    return Ranked(trade_id=one.who.id, busy=not one.has_room, why=", ".join(_reasons(one)))


def _reasons(one: Candidate) -> tuple[str, str, str]:
    return (_distance_words(one.km), _load_words(one), _record_words(one))


def _distance_words(km: float | None) -> str:
    if km is None:
        return "works in this area"
    return "less than 1 km away" if km < 1 else f"{km:.0f} km away"


def _load_words(one: Candidate) -> str:
    if not one.has_room:
        return "no room"
    return "free" if one.load == 0 else f"{one.load} of {one.who.capacity} places taken"


def _record_words(one: Candidate) -> str:
    return f"says yes to {one.accepted} of {one.offered}" if one.offered else "not asked lately"


def _hours(periods: tuple[Period, ...], job: JobToRank) -> OpeningHours:
    return _weekly(periods, job.time_zone, job.closed_on)


def _on_call(periods: tuple[Period, ...], job: JobToRank) -> OpeningHours:
    """On call means on public holidays too."""
    return _weekly(periods, job.time_zone, ())


@lru_cache(maxsize=4096)
def _weekly(periods: tuple[Period, ...], time_zone: str, closed_on: tuple[date, ...]) -> OpeningHours:
    return OpeningHours(time_zone=time_zone, periods=periods, closed_on=closed_on)


@lru_cache(maxsize=256)
def _local_day(at: datetime, time_zone: str) -> date:
    return at.astimezone(ZoneInfo(time_zone)).date()
