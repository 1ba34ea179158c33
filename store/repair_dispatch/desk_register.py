"""The register as the offer desk sees it: who could do a job where it is, kept in memory until the register changes.

Postgres picks out who has the skills, the papers and a base within reach; what was read of an entry is read again when
its revision rises.  Names and numbers are not opened here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Connection, Text, and_, bindparam, func, literal, or_, select

from domain.places import Distances
from domain.repair_dispatch.kinds import Urgency
from domain.repair_dispatch.ranking import Candidate, JobToRank, band, is_suitable, works_now
from domain.tradesperson import Tradesperson
from store.columns import AnyRow
from store.keyring import Keyring
from store.tradesperson.row import TRADESPERSON, UNTIL, tradesperson_of, unnamed

MOST_KEPT = 50_000
"""Entries kept in memory; beyond it everything is forgotten and read again."""
_T = TRADESPERSON.c
_STAMP = select(func.count(), func.coalesce(func.sum(_T.revision), 0), func.max(_T.changed_at))
"""Changes whenever the register does: nothing is ever taken back to an earlier revision."""
_REACHABLE = select(_T.id, _T.revision).where(
    _T.active,
    _T.skills.op("@>")(bindparam("skills", type_=ARRAY(Text))),
    *(until >= bindparam("day") for until in UNTIL.values()),
    or_(
        _T.base == func.any(bindparam("near", type_=ARRAY(Text))),
        _T.base == bindparam("area"),
        and_(
            literal("") != bindparam("area", type_=Text), bindparam("area", type_=Text) == func.any(_T.areas)
        ),
    ),
)
_THESE = select(TRADESPERSON).where(_T.id == func.any(bindparam("ids", type_=ARRAY(_T.id.type))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody in the register, unnamed, and what is sealed of them."""

    who: Tradesperson
    revision: int
    phone_hash: str
    week: int
    """Which of the weeks in the register is theirs: many have the same, and each is judged once."""
    row: AnyRow


@dataclass(frozen=True, slots=True)
class Reach:
    """Who could do one kind of job in one area at this hour."""

    km: dict[str, float | None]
    """How far everybody has to go, whatever their hours."""
    bands: tuple[frozenset[str], ...]
    """Those who may be asked now, the nearest first; within a band the ranking decides."""
    at_home: dict[int, frozenset[str]]
    """The others, by week."""


@dataclass(frozen=True, slots=True)
class _Around:
    """Who could do one kind of job in one area on one day, whatever the hour."""

    km: dict[str, float | None]
    by_week: dict[int, dict[int, frozenset[str]]]
    """By the week they work, then by how near they are."""


class DeskRegister:
    """What the desk knows of the register.  Used under the desk's own lock alone."""

    def __init__(self, keyring: Keyring, distances: Distances) -> None:
        self._keyring = keyring
        self._distances = distances
        self._stamp: Any = None
        self._minute: datetime | None = None
        self._entries: dict[str, Entry] = {}
        self._weeks: dict[Any, int] = {}
        self._named: dict[tuple[str, int], Tradesperson] = {}
        self._arounds: dict[Any, _Around] = {}
        self._reaches: dict[Any, Reach] = {}

    def look(self, connection: Connection, at: datetime) -> None:
        """Notice whether the register, or the minute, has changed; once before anything is asked."""
        stamp, minute = tuple(connection.execute(_STAMP).one()), at.replace(second=0, microsecond=0)
        if (stamp, minute) != (self._stamp, self._minute):
            self._reaches.clear()
        if stamp != self._stamp or (self._minute and self._minute.date() != minute.date()):
            self._arounds.clear()
        self._stamp, self._minute = stamp, minute
        if max(len(self._entries), len(self._named)) > MOST_KEPT:
            for kept in (self._entries, self._named, self._arounds, self._reaches):
                kept.clear()

    def reach(self, connection: Connection, job: JobToRank) -> Reach:
        """Who could do a job, the urgency and the hour considered."""
        # Remembered for the minute, because hours are counted in them; an open property asks those on call too.
        key = (job.skills, job.area, job.most_km, job.urgency is Urgency.OPEN_PROPERTY)
        found = self._reaches.get(key)
        if found is None:
            found = self._reaches[key] = self._reach(job, self._around(connection, job))
        return found

    def _reach(self, job: JobToRank, around: _Around) -> Reach:
        """Judge each week once, and put together the bands of those that are at work."""
        at_home, bands = {}, dict[int, list[frozenset[str]]]()
        for week, by_band in around.by_week.items():
            if works_now(job, self.one_of(next(iter(by_band.values())))):
                for near, ids in by_band.items():
                    bands.setdefault(near, []).append(ids)
            else:
                at_home[week] = frozenset().union(*by_band.values())
        nearest_first = (frozenset().union(*bands[near]) for near in sorted(bands))
        return Reach(around.km, tuple(nearest_first), at_home)

    def one_of(self, ids: Iterable[str]) -> Tradesperson:
        """Somebody of those who have the same week."""
        return self._entries[next(iter(ids))].who

    def entry(self, connection: Connection, trade_id: str) -> Entry | None:
        """One entry as it stands now, whoever could do what; `None`: there is no such."""
        self._read(connection, [trade_id])
        return self._entries.get(trade_id)

    def candidate(self, trade_id: str, *, km: float | None, **record: int) -> Candidate:
        """Somebody within reach, for the ranking."""
        return Candidate(who=self._entries[trade_id].who, km=km, linked=False, **record)

    def known(self, trade_id: str) -> Entry:
        """An entry of somebody within reach."""
        return self._entries[trade_id]

    def named(self, entry: Entry) -> Tradesperson:
        """Who they are; opened once for each revision."""
        key = (entry.who.id, entry.revision)
        who = self._named.get(key)
        if who is None:
            who = self._named[key] = tradesperson_of(self._keyring, entry.row)
        return who

    def _around(self, connection: Connection, job: JobToRank) -> _Around:
        day = local_day(job.at, job.time_zone)
        key = (job.skills, job.area, job.most_km, day)
        found = self._arounds.get(key)
        if found is None:
            ids = self._picked(connection, job, day)
            away = {one: self._distances.distance_km(self._entries[one].who.base, job.area) for one in ids}
            found = self._arounds[key] = self._sorted(job, away)
        return found

    def _sorted(self, job: JobToRank, away: dict[str, float | None]) -> _Around:
        """Leave out whom the rules leave out, and put the others by their weeks and by how near they are."""
        km: dict[str, float | None] = {}
        by_week: dict[int, dict[int, set[str]]] = {}
        for trade_id, far in away.items():
            one = self.candidate(trade_id, km=far, load=0, offered=0, accepted=0)
            if is_suitable(job, one):
                km[trade_id] = far
                week = by_week.setdefault(self._entries[trade_id].week, {})
                week.setdefault(band(job, one), set()).add(trade_id)
        frozen = {
            week: {near: frozenset(ids) for near, ids in by_band.items()} for week, by_band in by_week.items()
        }
        return _Around(km, frozen)

    def _picked(self, connection: Connection, job: JobToRank, day: date) -> list[str]:
        near = self._distances.within(job.area, job.most_km)
        wanted = {"skills": sorted(job.skills), "day": day, "near": sorted(near), "area": job.area}
        found = connection.execute(_REACHABLE, wanted).all()
        stale = [row.id for row in found if self._is_stale(row.id, row.revision)]
        self._read(connection, stale)
        return [row.id for row in found]

    def _is_stale(self, trade_id: str, revision: int) -> bool:
        entry = self._entries.get(trade_id)
        return entry is None or entry.revision != revision

    def _read(self, connection: Connection, ids: list[str]) -> None:
        if not ids:
            return
        for row in connection.execute(_THESE, {"ids": ids}):
            who = unnamed(row)
            self._entries[row.id] = Entry(
                who=who,
                revision=row.revision,
                phone_hash=row.phone_hash,
                week=self._weeks.setdefault((who.hours, who.on_call), len(self._weeks)),
                row=row,
            )


def local_day(at: datetime, time_zone: str) -> date:
    """The day the service's calendar shows."""
    return at.astimezone(ZoneInfo(time_zone)).date()
