"""Whom the offer desk chooses for one repair.  The order is `domain.repair_dispatch.ranking`'s; here is who is asked.

What is sealed is opened only for repairs somebody is free for, and names only of those whose turn it would be.
Source: docs/repairs.md#ranking.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice

import structlog
from sqlalchemy import Connection, bindparam, select

from domain.errors import CannotBeOpened, KeyNotFound
from domain.policy import OpeningHours
from domain.repair_dispatch.kinds import RepairKind, TradeChannel, Urgency
from domain.repair_dispatch.ranking import Candidate, JobToRank, Ranked, begins_work_before, rank
from store.columns import is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL, document_of
from store.repair_dispatch.desk_days import Loads
from store.repair_dispatch.desk_queue import Asking
from store.repair_dispatch.desk_register import DeskRegister, Entry, Reach, local_day
from store.repair_dispatch.link import Parties, may_know_party, parties_of
from store.tradesperson.record import TradeRecord, records

_log = structlog.get_logger(__name__)

_DOCUMENT = select(REFERRAL.c.wrapped_key, REFERRAL.c.document_enc).where(REFERRAL.c.id == bindparam("this"))
_CHOSEN_BY_NAME = "chosen by name"
NOT_ASKED = "They could not be asked at that moment."
_UNKNOWN = "Nobody of that id is in the register."
_MAY_NOT = "They are not to be sent: a paper has run out, or they do not work for us any more."
_NO_ROOM = "Their day is full."
_KNOWS = "They may know somebody involved."
_ASKED_ALREADY = "They have been asked already, and it is for them to answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Somebody who is asked next."""

    ranked: Ranked
    channel: TradeChannel


@dataclass(frozen=True, slots=True)
class _People:
    """Who is involved, and what the victim speaks.  Held for one step only."""

    parties: Parties
    language: str


@dataclass(slots=True, kw_only=True)
class Sitting:
    """One request at the desk, and what was read for it."""

    connection: Connection
    keyring: Keyring
    register: DeskRegister
    hours: OpeningHours
    """Of the service: its time zone and its public holidays."""
    most_km: int
    at: datetime
    loads: Loads
    """Raised with every choice."""
    displaced: list[str] = field(default_factory=list)
    """Offers kept beforehand whose place went to somebody who goes first."""
    _records: dict[str, TradeRecord] = field(default_factory=dict)

    def choose(self, asking: Asking) -> list[Choice]:
        """Take places for a repair: whom it wants by name first, then by the ranking."""
        if asking.wants <= 0:
            return []
        by_name = self._by_name(asking)
        if by_name is None and not any(self._free(asking)):
            return []
        people = self._people(asking)
        chosen = list(self._named_first(by_name, people))
        taken = {choice.ranked.trade_id for choice in chosen}
        others = (one for one in self._ranked(asking, people, free=True) if one.ranked.trade_id not in taken)
        chosen.extend(islice(others, max(asking.wants - len(chosen), 0)))
        for choice in chosen:
            self._take(self.register.known(choice.ranked.trade_id))
        return chosen

    def in_order(self, asking: Asking) -> Iterator[Choice]:
        """Everybody who may be asked now, first those who have room."""
        people = self._people(asking)
        yield from self._ranked(asking, people, free=True)
        yield from self._ranked(asking, people, free=False)

    def is_worth_waiting(self, asking: Asking, chosen: list[Choice]) -> bool:
        """Whether somebody else suitable has no room now, or begins work before somebody is promised on site."""
        asking = replace(asking, asked=asking.asked | {choice.ranked.trade_id for choice in chosen})
        waited_for = chain(self._full(asking), self._who_begin_in_time(asking))
        people: _People | None = None
        for one in chain.from_iterable(waited_for):
            people = people or self._people(asking)
            if not self._is_linked(people, self.register.known(one)):
                return True
        return False

    def _take(self, entry: Entry) -> None:
        """Fill a place; if the day is too full then, the last in the line loses theirs."""
        trade_id = entry.who.id
        taken = self.loads.taken[trade_id] = self._load(trade_id) + 1
        behind = self.loads.behind.get(trade_id)
        if behind and taken + len(behind) > entry.who.capacity:
            self.displaced.append(behind.pop())

    def _free(self, asking: Asking) -> Iterator[frozenset[str]]:
        """Those who may be asked and have room, nearest band first."""
        for band in self._reach(asking).bands:
            near = band - asking.left_out
            yield near - self._without_room(near)

    def _full(self, asking: Asking) -> Iterator[frozenset[str]]:
        for band in self._reach(asking).bands:
            yield self._without_room(band - asking.left_out)

    def _who_begin_in_time(self, asking: Asking) -> Iterator[frozenset[str]]:
        job, until = self._job(asking), asking.row.on_site_by
        for ids in self._reach(asking).at_home.values():
            if begins_work_before(job, self.register.one_of(ids), until):
                yield ids - asking.left_out

    def _job(self, asking: Asking, language: str = "") -> JobToRank:
        return JobToRank(
            skills=frozenset(RepairKind(kind).skill for kind in asking.row.kinds),
            urgency=Urgency(asking.row.urgency),
            area=asking.row.area,
            language=language,
            at=self.at,
            time_zone=self.hours.time_zone,
            most_km=self.most_km,
            closed_on=self.hours.closed_on,
        )

    def _reach(self, asking: Asking) -> Reach:
        return self.register.reach(self.connection, self._job(asking))

    def _without_room(self, ids: frozenset[str]) -> frozenset[str]:
        busy = ids & self.loads.taken.keys()
        return frozenset(one for one in busy if not self._has_room(self.register.known(one)))

    def _has_room(self, entry: Entry) -> bool:
        return self._load(entry.who.id) < entry.who.capacity

    def _load(self, trade_id: str) -> int:
        return self.loads.taken.get(trade_id, 0)

    def why_not_by_name(self, asking: Asking) -> str:
        """Why the one who was chosen was passed over, for the timeline: a reason, and nobody's name."""
        entry = self._wanted(asking)
        wanted = asking.wanted_trade
        if entry is None:
            return _UNKNOWN
        if wanted in asking.engaged:
            return _ASKED_ALREADY
        if wanted in asking.excluded:
            return _KNOWS
        if not self._may_be_sent(entry):
            return _MAY_NOT
        return _KNOWS if self._has_room(entry) else _NO_ROOM

    def _wanted(self, asking: Asking) -> Entry | None:
        wanted = asking.wanted_trade
        return (
            self.register.entry(self.connection, wanted) if wanted is not None and is_uuid(wanted) else None
        )

    def _may_be_sent(self, entry: Entry) -> bool:
        return entry.who.may_be_sent(local_day(self.at, self.hours.time_zone))

    def _by_name(self, asking: Asking) -> Entry | None:
        """Whom a coordinator chose, or who was there before, if they may work and have room.

        Who was asked in this round may be chosen, too: somebody rang them.  The heart forgets the choice with the
        answer, so that a second no is followed by the next.
        """
        if asking.wanted_trade in asking.excluded | asking.engaged:
            return None
        entry = self._wanted(asking)
        may = entry is not None and self._may_be_sent(entry) and self._has_room(entry)
        return entry if may else None

    def _named_first(self, entry: Entry | None, people: _People) -> Iterator[Choice]:
        if entry is not None and not self._is_linked(people, entry):
            ranked = Ranked(trade_id=entry.who.id, busy=False, why=_CHOSEN_BY_NAME)
            yield Choice(ranked=ranked, channel=entry.who.channel)

    def _ranked(self, asking: Asking, people: _People, *, free: bool) -> Iterator[Choice]:
        """In order, band after band as they are needed; a link is looked for only when somebody's turn comes."""
        job = self._job(asking, people.language)
        for ids in self._free(asking) if free else self._full(asking):
            for ranked in rank(job, self._candidates(list(ids), self._reach(asking))):
                entry = self.register.known(ranked.trade_id)
                if not self._is_linked(people, entry):
                    yield Choice(ranked=ranked, channel=entry.who.channel)

    def _candidates(self, ids: list[str], reach: Reach) -> list[Candidate]:
        unread = [one for one in ids if one not in self._records]
        if unread:
            self._records.update(records(self.connection, unread, now=self.at))
        return [self._candidate(one, reach) for one in ids]

    def _candidate(self, trade_id: str, reach: Reach) -> Candidate:
        record = self._records.get(trade_id) or TradeRecord()
        return self.register.candidate(
            trade_id,
            km=reach.km[trade_id],
            load=self._load(trade_id),
            offered=record.offered,
            accepted=record.accepted,
        )

    def _is_linked(self, people: _People, entry: Entry) -> bool:
        """Somebody whose name cannot be read may be anybody."""
        try:
            who = self.register.named(entry)
        except (CannotBeOpened, KeyNotFound):
            _log.warning("tradesperson_cannot_be_opened", trade_id=entry.who.id)
            return True
        return may_know_party(people.parties, who, entry.phone_hash)

    def _people(self, asking: Asking) -> _People:
        referral_id = asking.row.referral_id
        row = self.connection.execute(_DOCUMENT, {"this": referral_id}).one()
        cipher = cipher_of(self.keyring, referral_id, row.wrapped_key)
        document = document_of(cipher, referral_id, row.document_enc)
        parties = parties_of(self.keyring, document, area=asking.row.area)
        return _People(parties, document["victim"].get("language") or "")
