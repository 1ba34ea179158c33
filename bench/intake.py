"""Referrals taken in per second, beside a bare FastAPI with one INSERT, and beside ourselves without a workflow."""

import asyncio
import base64
import contextlib
import secrets
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter

import psycopg

from bench import database
from bench.processes import cpu_seconds
from bench.service import ORGANISATION, REAL_TIME, referral, running
from bench.table import Table, by_process, quantile
from bench.wire import Door, post
from cli.embedded_postgres import EmbeddedPostgres
from cli.processes import wait_until
from store.keyring import KEY_BYTES
from store.tokens import TokenStore
from tests.servers import Tree, clean_environment, free_port
from wiring.database import make_engine

CONNECTIONS = 8
SECONDS = 3.0
"""Of one round."""
ROUNDS = 3
"""Of each side, one side after the other, so that a slow moment of the machine meets all of them."""


@dataclass(slots=True, kw_only=True)
class Side:
    """One front door, and what has been seen of it."""

    name: str
    door: Door
    pids: dict[str, int]
    settled: Callable[[], Awaitable[None]]
    """Waits until what was taken in has been followed up."""
    seconds: list[float] = field(default_factory=list)
    """Of each request."""
    busy: float = 0.0
    """Seconds in which requests were sent."""
    whole: float = 0.0
    """Those, and the follow-up."""
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        taken = len(self.seconds)
        cpu = {name: spent * 1000 / taken for name, spent in self.cpu.items()}
        return (
            self.name,
            f"{taken / self.busy:.0f}",
            f"{taken / self.whole:.0f}",
            f"{quantile(self.seconds, 0.5) * 1000:.1f}",
            f"{quantile(self.seconds, 0.99) * 1000:.1f}",
            f"{sum(cpu.values()):.1f}",
            by_process(cpu),
        )

    @property
    def door_cpu(self) -> float:
        """Processor time of the front door and Postgres for one request."""
        return (self.cpu["api"] + self.cpu["postgres"]) / len(self.seconds)


async def measure() -> Table:
    """Send the same bodies to each door in turn."""
    with running(REAL_TIME) as tree, database.postgres() as server, _beside(server) as (bare, unstarted):
        sides = (_whole(tree), unstarted, bare)
        for side in sides:
            await _round(side, seconds=1.0)
            side.seconds.clear()
            side.busy, side.whole, side.cpu = 0.0, 0.0, {}
        for _ in range(ROUNDS):
            for side in sides:
                await _round(side, seconds=SECONDS)
    return _table(*sides)


def _table(whole: Side, unstarted: Side, bare: Side) -> Table:
    rate = {side.name: len(side.seconds) / side.busy for side in (whole, unstarted, bare)}
    return Table(
        title=f"POST /referrals, {CONNECTIONS} at once",
        head=("taken in/s", "followed up/s", "p50 ms", "p99 ms", "processor ms each", "by process"),
        rows=(whole.row, unstarted.row, bare.row),
        notes=(
            f"against the bare door, by requests a second: {rate[whole.name] / rate[bare.name]:.2f}",
            (
                f"the same without the workflow: {rate[unstarted.name] / rate[bare.name]:.2f},"
                f" by processor time of front door and Postgres {bare.door_cpu / unstarted.door_cpu:.2f}"
            ),
            "followed up: until every referral taken in has been triaged by its workflow",
        ),
    )


async def _round(side: Side, *, seconds: float) -> None:
    before = {name: cpu_seconds(pid) for name, pid in side.pids.items()}
    began = perf_counter()
    answers = await post(side.door, referral, connections=CONNECTIONS, seconds=seconds)
    side.busy += perf_counter() - began
    assert answers.are_taken_in, answers.statuses
    await side.settled()
    side.whole += perf_counter() - began
    side.seconds.extend(answers.seconds)
    for name, pid in side.pids.items():
        side.cpu[name] = side.cpu.get(name, 0.0) + cpu_seconds(pid) - before[name]


def _whole(tree: Tree) -> Side:
    async def triaged() -> None:
        await until_triaged(tree)

    return Side(
        name="Holdfast",
        door=Door(port=tree.port, token=tree.issue_token("police", organisation=ORGANISATION)),
        pids={name: tree.pids[name] for name in ("api", "worker", "temporal", "postgres")},
        settled=triaged,
    )


async def until_triaged(tree: Tree) -> None:
    """Wait until the first turn of every referral is in the tables: with it its outbox row goes."""
    assert tree.record.database_url
    with psycopg.connect(tree.record.database_url, autocommit=True) as connection:
        while connection.execute("SELECT EXISTS (SELECT FROM outbox)").fetchone() == (True,):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@contextlib.contextmanager
def _beside(server: EmbeddedPostgres) -> Iterator[tuple[Side, ...]]:
    """The peers, each a process of its own on a Postgres beside the service's."""
    url = database.migrated(server, "peers")
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    environment = clean_environment() | {
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_KEYS": key,
        "HOLDFAST_PROFILE": str(REAL_TIME),
    }
    store = make_engine(url)
    token = TokenStore(store).issue(
        role="police", name="bench", organisation=ORGANISATION, now=datetime.now(UTC)
    )
    store.dispose()
    with _served("bare", environment) as bare, _served("unstarted", environment) as unstarted:
        yield tuple(
            Side(
                name=name,
                door=Door(port=port, token=token),
                pids={"api": process.pid, "postgres": database.postmaster(server)},
                settled=_at_once,
            )
            for name, (port, process) in (
                ("bare FastAPI, one INSERT", bare),
                ("Holdfast, no workflow", unstarted),
            )
        )


@contextlib.contextmanager
def _served(which: str, environment: dict[str, str]) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.door", which, str(port)], env=environment)
    try:
        assert wait_until(lambda: _listens(port), seconds=30), f"{which} does not start"
        yield port, process
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


async def _at_once() -> None:
    """Nothing follows."""
