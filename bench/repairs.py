"""From asking for a repair to the first offer at a firm, while two hundred are live, beside the bare ways there.

When an offer arrived is what the firm's own system says; both clocks are this machine's.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import psycopg
from temporalio.client import Client

from bench.bare_offer import FIRM, Bare, by_workflow
from bench.boing import Boing, Firm, Office, complaints, office_of, running_with_boing
from bench.table import Table, quantile
from domain.identifiers import repair_workflow_id
from tests.servers import Tree

LIVE = {"somebody is on the way": 120, "somebody was asked": 40, "nobody is free": 40}
"""Repairs that are live all the time, where nobody who is measured can go."""
THERE, HERE = "PE30", "CB1"
"""Sixty-five kilometres apart, so that those who wait there are never served here."""
REQUESTS = 50
"""Of each way, one way after the other, so that a slow moment of the machine meets all of them."""
WARMING_UP = 10
ALONE = 30
"""Before anything is live."""
_LONG = 80_000.0
"""Seconds: for as long as it is measured, nobody arrives."""
_AT_ONCE = 8

_OPEN, _TODAY = "open_property", "today"
_EMPTY_HOUSE = "open property, with no other repair live"
_OPEN_DOOR = "open property: until the first of two firms has the offer"
_ANSWERED = "    until the request is answered"
_BEHIND = "wanted today, forty waiting ahead: until the firm has it"
_BY_WORKFLOW = "bare workflow, as many steps: until the firm has it"
_POSTED = "the same offer posted at once, nothing else"


@dataclass(slots=True, kw_only=True)
class Race:
    """Every way to a firm, and how long each took."""

    office: Office
    boing: Boing
    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def ask(self, name: str, referral: str, urgency: str) -> str:
        """Ask for a repair, and call it off again; its id."""
        began = datetime.now(UTC)
        repair = await self.office.ask(referral, urgency=urgency, area=HERE)
        answered = datetime.now(UTC)
        assert repair is not None, "it took more than five seconds to be applied"
        self._took(name, began, await self.boing.heard_at(repair["reference"]))
        if name == _OPEN_DOOR:
            self._took(_ANSWERED, began, answered)
        await self.office.cancel(repair["id"])
        return str(repair["id"])

    async def go(self, name: str, way: Callable[[str], Awaitable[object]]) -> None:
        """Let a peer hand over an offer."""
        reference, began = str(uuid.uuid4()), datetime.now(UTC)
        await way(reference)
        self._took(name, began, await self.boing.heard_at(reference))

    def _took(self, name: str, began: datetime, ended: datetime) -> None:
        self.seconds.setdefault(name, []).append((ended - began).total_seconds())

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of the table."""
        for name in (_EMPTY_HOUSE, _OPEN_DOOR, _ANSWERED, _BEHIND, _BY_WORKFLOW, _POSTED):
            took = self.seconds[name]
            yield (name, *map(_milliseconds, (quantile(took, 0.5), quantile(took, 0.95), max(took))))

    def median(self, name: str) -> float:
        """Of one way, in seconds."""
        return quantile(self.seconds[name], 0.5)


async def measure() -> Table:
    """Ask with nothing live, then with two hundred live in turn with the peers."""
    with running_with_boing(look_again_every="PT30S", answer_within="PT1H") as (tree, boing):
        async with office_of(tree, connections=_AT_ONCE) as office:
            race = Race(office=office, boing=boing)
            boing.has(firms := _firms())
            await office.register(firms)
            steps = await _alone(tree, race)
            await _make_live(office)
            await _until_live(tree)
            await _in_turn(tree, race, steps)
            live, waiting = _standing(tree)
        return _table(race, steps, live=live, waiting=waiting, said=complaints(tree))


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.{1 if seconds < 0.01 else 0}f}"


def _firms() -> list[Firm]:
    going, asked, _ = LIVE.values()
    return [
        *(
            Firm(id=f"goes-{n}", temper="fast", area=THERE, capacity=going // 6, arrives_after=_LONG)
            for n in range(6)
        ),
        *(Firm(id=f"still-{n}", temper="silent", area=THERE, capacity=asked // 4) for n in range(4)),
        *(Firm(id=f"here-{n}", temper="silent", area=HERE, capacity=50) for n in range(3)),
        Firm(id=FIRM, temper="silent", area="SG8", capacity=1),
    ]


async def _alone(tree: Tree, race: Race) -> int:
    """With nothing else live; how many steps a repair and its referral take before a firm is asked."""
    repair = ""
    for referral in await race.office.referrals(WARMING_UP):
        repair = await race.ask(_EMPTY_HOUSE, referral, _OPEN)
    race.seconds.clear()
    for referral in await race.office.referrals(ALONE):
        await race.ask(_EMPTY_HOUSE, referral, _OPEN)
    return 1 + await _steps_before_the_offer(await Client.connect(_temporal(tree)), repair)


async def _steps_before_the_offer(client: Client, repair: str) -> int:
    history = await client.get_workflow_handle(repair_workflow_id(repair)).fetch_history()
    steps = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return steps.index("tell_tradesperson")


async def _make_live(office: Office) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(referral: str) -> None:
        async with places:
            await office.ask(referral, urgency=_TODAY, area=THERE)

    await asyncio.gather(*(one(referral) for referral in await office.referrals(sum(LIVE.values()))))


async def _until_live(tree: Tree) -> None:
    """Wait until each of them is where it stays."""
    for _ in range(240):
        live, waiting = _standing(tree)
        if (live, waiting) == (sum(LIVE.values()), LIVE["nobody is free"]):
            return
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{live} are live, of which {waiting} wait")


def _standing(tree: Tree) -> tuple[int, int]:
    """How many repairs are live, and how many of them wait for somebody to be free."""
    statement = (
        "SELECT count(*), count(*) FILTER (WHERE wants > 0) FROM repair"
        " WHERE ended_at IS NULL AND (stage = 'on_the_way' OR offered_at IS NOT NULL OR wants > 0)"
    )
    assert tree.record.database_url
    with psycopg.connect(tree.record.database_url, autocommit=True) as connection:
        [(live, waiting)] = connection.execute(statement).fetchall()
    return live, waiting


async def _in_turn(tree: Tree, race: Race, steps: int) -> None:
    client, bare = await Client.connect(_temporal(tree)), Bare(race.boing.url, race.boing.key)
    referrals = await race.office.referrals(2 * REQUESTS)
    with _worker(_temporal(tree), race.boing):
        for _ in range(WARMING_UP):
            await by_workflow(client, str(uuid.uuid4()), steps=steps)
            bare.offer(str(uuid.uuid4()))
        for one, other in list(pairwise(referrals))[::2]:
            await race.ask(_OPEN_DOOR, one, _OPEN)
            await race.ask(_BEHIND, other, _TODAY)
            await race.go(_BY_WORKFLOW, lambda reference: by_workflow(client, reference, steps=steps))
            await race.go(_POSTED, lambda reference: asyncio.to_thread(bare.offer, reference))


def _temporal(tree: Tree) -> str:
    assert tree.record.temporal_address
    return tree.record.temporal_address


@contextlib.contextmanager
def _worker(address: str, boing: Boing) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.bare_offer", address, boing.url]
    worker = subprocess.Popen(command, env=os.environ | {"TRADES_API_KEY": boing.key})
    try:
        yield
    finally:
        worker.kill()
        worker.wait()


def _table(race: Race, steps: int, *, live: int, waiting: int, said: str) -> Table:
    ours = race.median(_OPEN_DOOR)
    return Table(
        title=f"From asking for a repair to the first offer at a firm, {sum(LIVE.values())} live",
        head=("p50 ms", "p95 ms", "slowest ms"),
        ratios=(
            f"open property: {ours / race.median(_BY_WORKFLOW):.1f} times a bare workflow with as many steps",
            f"open property: {ours / race.median(_EMPTY_HOUSE):.2f} times what it takes with nothing else live",
        ),
        rows=tuple(race.rows()),
        notes=(
            "live: " + ", ".join(f"{words} {number}" for words, number in LIVE.items()),
            f"at the end {live} were live, of which {waiting} waited; each that was measured is called off at once",
            f"one at a time, {REQUESTS} of each, in turn; {ALONE} with nothing else live, before",
            f"as many steps: {steps} that are taken before the one that asks, the referral's own among them",
            "it arrives when the firm's own system says so",
            f"the service warned of: {said or 'nothing'}",
        ),
    )
