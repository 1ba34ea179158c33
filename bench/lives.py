"""Whole lives per second, beside a bare Temporal workflow with the same waits on the same server."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from temporalio.client import Client

from bench import bare, sandbox_start
from bench.processes import cpu_seconds
from bench.service import ORGANISATION, Service, running
from bench.table import Table, by_process
from tests.servers import Tree

LIVES = 300
IN_FLIGHT = 100
WARMING_UP = 20
"""Lives before anything is counted."""
GAP = timedelta(seconds=2.5)
"""The rehearsal counts calls two seconds apart: its minimum gap less the tolerance."""
CUT_OFF = timedelta(seconds=3)
"""The rehearsal's letter cut-off after making."""

Life = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One side of the comparison."""

    name: str
    per_second: float
    """Lives begun and ended in a second, at the given number in flight."""
    cpu: dict[str, float]
    """Processor milliseconds a life, by process."""

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        return (self.name, f"{self.per_second:.1f}", f"{sum(self.cpu.values()):.0f}", by_process(self.cpu))


async def measure() -> Table:
    """Play lives through the whole service, then its peers."""
    with running() as tree:
        full = await _full(tree)
        events = await _events_of_a_life(tree)
        plain, stepping = await _peers(tree)
    sandbox = await sandbox_start.measure()
    return Table(
        title=f"Whole lives, {IN_FLIGHT} in flight",
        head=("lives/s", "processor ms a life", "by process"),
        rows=(full.row, plain.row, stepping.row),
        notes=(
            f"against the bare workflow: {_ratio(full, plain)}",
            f"against the bare workflow with empty steps: {_ratio(full, stepping)}",
            f"history events of a life: {sum(events.values())}, of them "
            + ", ".join(f"{count} {kind}" for kind, count in events.most_common(8)),
            f"starting a workflow in the sandbox: {sandbox:.1f} ms",
        ),
    )


async def _full(tree: Tree) -> Measured:
    service = Service(
        tree.base_url,
        police=tree.issue_token("police", ORGANISATION),
        coordinator=tree.issue_token("coordinator", "Bench"),
        connections=IN_FLIGHT,
    )
    try:
        pids = {**tree.pids, "load": os.getpid()}
        return await _measured("Holdfast over HTTP", lambda: service.life(gap=GAP, cut_off=CUT_OFF), pids)
    finally:
        await service.close()


async def _peers(tree: Tree) -> tuple[Measured, Measured]:
    address = _temporal(tree)
    client = await Client.connect(address)
    with _bare_worker(address) as worker:
        pids = {"worker": worker.pid, "temporal": tree.pids["temporal"], "load": os.getpid()}

        async def played(name: str, *, steps: int) -> Measured:
            return await _measured(
                name, lambda: bare.life(client, gap=GAP, cut_off=CUT_OFF, steps=steps), pids
            )

        plain = await played("bare workflow", steps=0)
        return plain, await played("bare workflow, seven empty steps", steps=1)


async def _measured(name: str, life: Life, pids: dict[str, int]) -> Measured:
    await _in_flight(life, lives=WARMING_UP, in_flight=WARMING_UP)
    before = {process: cpu_seconds(pid) for process, pid in pids.items()}
    began = perf_counter()
    await _in_flight(life, lives=LIVES, in_flight=IN_FLIGHT)
    seconds = perf_counter() - began
    cpu = {process: (cpu_seconds(pid) - before[process]) * 1000 / LIVES for process, pid in pids.items()}
    return Measured(name=name, per_second=LIVES / seconds, cpu=cpu)


async def _in_flight(life: Life, *, lives: int, in_flight: int) -> None:
    """Keep so many lives going at once; the first ones begin spread over a life's own length."""
    places = asyncio.Semaphore(in_flight)
    spread = (2 * GAP + CUT_OFF).total_seconds() / in_flight

    async def one(place: int) -> None:
        async with places:
            await asyncio.sleep(place * spread if place < in_flight else 0)
            await life()

    async with asyncio.TaskGroup() as group:
        for place in range(lives):
            group.create_task(one(place))


async def _events_of_a_life(tree: Tree) -> Counter[str]:
    """Count the history events of one finished life, by kind."""
    client = await Client.connect(_temporal(tree))
    query = "WorkflowType='Referral' AND ExecutionStatus='Completed'"
    async for execution in client.list_workflows(query, limit=1):
        history = await client.get_workflow_handle(execution.id).fetch_history()
        return Counter(
            str(event.WhichOneof("attributes")).removesuffix("_event_attributes") for event in history.events
        )
    return Counter()


def _temporal(tree: Tree) -> str:
    address = tree.record.temporal_address
    assert address is not None
    return address


@contextlib.contextmanager
def _bare_worker(address: str) -> Iterator["subprocess.Popen[bytes]"]:
    worker = subprocess.Popen([sys.executable, "-m", "bench.bare_worker", address])
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def _ratio(full: Measured, peer: Measured) -> str:
    by_lives = full.per_second / peer.per_second
    by_cpu = sum(peer.cpu.values()) / sum(full.cpu.values())
    return f"{by_lives:.2f} by lives a second, {by_cpu:.2f} by processor time (what a saturated machine would show)"
