"""Whom to ask, out of a register of 10,000: the offer desk beside plain SQL by distance, and beside ranking all."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from time import perf_counter
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select, text

from bench import database
from bench.table import Table, quantile
from cli.embedded_postgres import EmbeddedPostgres
from domain.places import GridPlace
from domain.policy import Period
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import RepairKind, Skill, TradeChannel, Urgency
from domain.repair_dispatch.ports import OffersWanted
from domain.repair_dispatch.ranking import Candidate, JobToRank, rank
from domain.tradesperson import Paper, Tradesperson
from domain.vocabulary import Weekday
from store.keyring import KEY_BYTES, Keyring
from store.repair_dispatch.desk import OfferDeskStore
from store.tradesperson.record import records
from store.tradesperson.row import TRADESPERSON, columns_of, tradesperson_of
from tests.builders import NOW
from tests.servers import REHEARSAL
from tests.store.lives import Office, another_person
from tests.store.repair_lives import Depot, KeptRepair
from wiring.database import make_engine
from wiring.places import Places, load_places
from wiring.profile import ProfilePolicies, load_profile

REGISTER = 10_000
"""Tradespeople, each with three of seven skills."""
REPAIRS = 40
"""That wait at once, each somewhere within reach of the centre."""
PAST_OFFERS = 20_000
"""Of the last ninety days, for the record."""
REQUESTS = 200
"""Of each way."""
SCANS = 5
"""Of ranking them all, which is slow enough to be sure of with few."""
CENTRE, AROUND_KM = "CB1", 40
APART = timedelta(milliseconds=700)
"""From one request to the next: each minute, hours are looked at anew."""

_HOURS = (Period(days=tuple(Weekday)[:5], opens=time(7), closes=time(19)),)
_KINDS = ((RepairKind.BOARD_UP,), (RepairKind.LOCKS,), (RepairKind.WINDOW, RepairKind.BOARD_UP))
_PAST = text(
    "INSERT INTO repair_offer (id, repair_id, trade_id, channel, round, turn, place, state, reserved_at, made_at, why,"
    " token_hash, link_until) SELECT gen_random_uuid(), :repair, id, 'text', 1, 1, 0,"
    " CASE WHEN random() < 0.6 THEN 'done' ELSE 'declined' END, :at, :at - random() * interval '80 days', '',"
    " gen_random_uuid()::text, :at FROM tradesperson, generate_series(1, :times)"
)
_PLACES = text("CREATE TABLE bench_place (area text PRIMARY KEY, easting integer, northing integer)")
_PLACED = text("INSERT INTO bench_place VALUES (:area, :easting, :northing)")
_BY_DISTANCE = text(
    "SELECT id FROM tradesperson JOIN bench_place theirs ON theirs.area = base JOIN bench_place its ON its.area = :area"
    " WHERE active AND skills @> CAST(:skills AS text[]) AND vetting_until >= :day AND insurance_until >= :day"
    " AND safeguarding_until >= :day AND (SELECT count(*) FROM repair_offer WHERE trade_id = tradesperson.id"
    " AND state IN ('reserved', 'offered', 'confirmed')) < capacity"
    " ORDER BY (theirs.easting - its.easting)::float8 ^ 2 + (theirs.northing - its.northing)::float8 ^ 2 LIMIT 2"
)


_RANKED = "ranked by the desk"
_BY_SQL = "plain SQL by distance"
_KEPT = "places kept by the desk, queue and all"
_SCANNED = "everybody opened and ranked"
_NEW = "ranked by the desk of a new process"


async def measure() -> Table:
    """Ask each way in turn, over two registers: one spread over the country, one all within reach."""
    with (
        database.postgres() as server,
        _yard(server, "spread") as spread,
        _yard(server, "crowded") as crowded,
    ):
        rows = [*spread.measured(), *crowded.measured()]
    return Table(
        title=f"Whom to ask, out of a register of {REGISTER:,}",
        head=("p50 ms", "p95 ms", "slowest ms"),
        ratios=(spread.ratio, crowded.ratio),
        rows=tuple(rows),
        notes=(
            f"{REPAIRS} repairs wait within {AROUND_KM} km of {CENTRE}; {PAST_OFFERS:,} past offers make the record",
            "spread: bases all over Great Britain; crowded: all of them within reach of the centre",
            "ours judges hours, papers, reach, load, record, language and links, and opens the names it looks at",
            "SQL judges skill, papers and room, and sorts by distance",
            "the slow tail of keeping places: first requests, which serve everybody ahead of the one who asks",
            "that the desk's order is that of ranking everybody is checked once",
        ),
    )


@dataclass(slots=True, kw_only=True)
class Yard:
    """One register, the repairs that wait, and the ways to find somebody for them."""

    name: str
    engine: Engine
    keyring: Keyring
    places: Places
    policies: ProfilePolicies
    waiting: list[KeptRepair] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def measured(self) -> Iterator[tuple[str, ...]]:
        """Every way, one after the other for the same repair."""
        self._check()
        desk = self.desk()
        for number in range(REQUESTS):
            repair, at = self.waiting[number % REPAIRS], NOW + number * APART
            self._time(_RANKED, _first_two, desk, repair, at)
            self._time(_BY_SQL, self.by_distance, repair)
            self._time(_KEPT, desk.reserve, _wanted(repair, number))
        for repair in self.waiting[:SCANS]:
            self._time(_SCANNED, self.everybody, repair)
            self._time(_NEW, _first_two, self.desk(), repair, NOW)
        for way, seconds in self.seconds.items():
            yield (f"{self.name}: {way}", *(f"{1000 * each:.1f}" for each in _spread(seconds)))

    @property
    def ratio(self) -> str:
        """Ours beside the two others."""
        middle = {way: quantile(seconds, 0.5) for way, seconds in self.seconds.items()}
        by_sql, by_scan = middle[_RANKED] / middle[_BY_SQL], middle[_RANKED] / middle[_SCANNED]
        return f"{self.name}: {_RANKED}: {by_sql:.2f} times plain SQL's time, {by_scan:.4f} of a scan's"

    def desk(self) -> OfferDeskStore:
        """As a new process has one."""
        return OfferDeskStore(self.engine, self.keyring, distances=self.places, policies=self.policies)

    def by_distance(self, repair: KeptRepair) -> list[str]:
        """The peer that knows distance, skill, papers and room alone."""
        job = {"area": repair.view.area, "skills": sorted(_skills(repair)), "day": NOW.date()}
        with self.engine.connect() as connection:
            return list(connection.scalars(_BY_DISTANCE, job))

    def everybody(self, repair: KeptRepair) -> list[str]:
        """The peer that opens and ranks the whole register."""
        with self.engine.connect() as connection:
            people = [tradesperson_of(self.keyring, row) for row in connection.execute(select(TRADESPERSON))]
            known = records(connection, [who.id for who in people], now=NOW)
        area = repair.view.area
        candidates = [
            Candidate(
                who=who,
                km=self.places.distance_km(who.base, area),
                load=known[who.id].load,
                offered=known[who.id].offered,
                accepted=known[who.id].accepted,
                linked=False,
            )
            for who in people
        ]
        return [ranked.trade_id for ranked in rank(self._job(repair), candidates)]

    def _job(self, repair: KeptRepair) -> JobToRank:
        hours = self.policies.policy_at(NOW).hours
        return JobToRank(
            skills=frozenset(Skill(skill) for skill in _skills(repair)),
            urgency=repair.state.urgency,
            area=repair.view.area,
            language="en",
            at=NOW,
            time_zone=hours.time_zone,
            most_km=self.policies.repair_policy().most_km,
            closed_on=hours.closed_on,
        )

    def _check(self) -> None:
        repair = self.waiting[0]
        ours = [ranked.trade_id for ranked in self.desk().ranking(repair.id, at=NOW, most=20)]
        assert ours, "nobody can be asked"
        assert ours == self.everybody(repair)[:20], "the desk's order is not the ranking's"

    def _time(self, way: str, take: Callable[..., object], *given: object) -> None:
        began = perf_counter()
        take(*given)
        self.seconds.setdefault(way, []).append(perf_counter() - began)


def _first_two(desk: OfferDeskStore, repair: KeptRepair, at: datetime) -> object:
    return desk.ranking(repair.id, at=at, most=2)


@contextmanager
def _yard(server: EmbeddedPostgres, name: str) -> Iterator[Yard]:
    keyring, places = Keyring((bytes(KEY_BYTES),)), load_places()
    engine = make_engine(database.migrated(server, f"yard_{name}"))
    policies = ProfilePolicies(load_profile(REHEARSAL))
    yard = Yard(name=name, engine=engine, keyring=keyring, places=places, policies=policies)
    near = sorted(places.within(CENTRE, AROUND_KM))
    bases = near if name == "crowded" else sorted(places.within(CENTRE, 2_000))
    with engine.begin() as connection:
        _fill_register(connection, keyring, bases)
        _fill_places(connection, places, near + bases)
    yard.waiting = _repairs(Office(engine, keyring), near)
    with engine.begin() as connection:
        past = {"repair": yard.waiting[0].id, "at": NOW, "times": PAST_OFFERS // REGISTER}
        connection.execute(_PAST, past)
        ended = text("UPDATE repair_offer SET round = 0")  # not of the round that is being asked
        connection.execute(ended)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # which Postgres does by itself in time
    yield yard
    engine.dispose()


def _fill_register(connection: Connection, keyring: Keyring, bases: list[str]) -> None:
    dice = random.Random(1)  # the same register every time
    made = {"revision": 1, "made_at": NOW, "changed_at": NOW, "changed_by": "bench"}
    people = (_somebody(number, dice, bases) for number in range(REGISTER))
    connection.execute(insert(TRADESPERSON), [columns_of(keyring, who) | made for who in people])


def _somebody(number: int, dice: random.Random, bases: list[str]) -> Tradesperson:
    return Tradesperson(
        id=str(UUID(int=dice.getrandbits(128), version=4)),
        name=f"Pat Joiner{number}",
        channel=TradeChannel.TEXT,
        phone=f"+4479{number:08}",
        skills=tuple(dice.sample(list(Skill), 3)),
        base=dice.choice(bases),
        most_km=40,
        hours=_HOURS,
        papers=tuple((paper, date(2030, 1, 1)) for paper in Paper),
        capacity=dice.randint(1, 3),
        languages=("en",),
    )


def _fill_places(connection: Connection, places: Places, areas: list[str]) -> None:
    connection.execute(_PLACES)
    known = {area: places.place(area) for area in areas}
    rows = [
        {"area": area, "easting": place.easting, "northing": place.northing}
        for area, place in known.items()
        if isinstance(place, GridPlace)
    ]
    connection.execute(_PLACED, rows)


def _repairs(office: Office, near: list[str]) -> list[KeptRepair]:
    dice, depot, waiting = random.Random(2), Depot(office), []
    for number in range(REPAIRS):
        urgency = dice.choice(list(Urgency))
        request = RepairRequest(kinds=_KINDS[number % len(_KINDS)], urgency=urgency)
        address = {"lines": ["1 Example Street"], "postcode": f"{dice.choice(near)} 1AA", "safe": "yes"}
        life = office.begins(another_person(number, victim__address=address), at=NOW)
        waiting.append(depot.repairs(life, request).begins())
    return waiting


def _wanted(repair: KeptRepair, number: int) -> OffersWanted:
    """As its workflow asks in another turn; what it was given before is let go."""
    state = replace(repair.state, turn=repair.state.turn + 1 + number)
    return OffersWanted(
        repair_id=repair.id, wanted=state.wants, round=state.round, turn=state.turn, at=NOW + number * APART
    )


def _skills(repair: KeptRepair) -> set[str]:
    return {kind.skill.value for kind in repair.state.request.kinds}


def _spread(seconds: list[float]) -> tuple[float, float, float]:
    return quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds)
