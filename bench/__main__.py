"""`make bench`: whole lives per second beside a bare Temporal workflow, in one run on one server.

Prints a table; nothing here is a test, and no number is compared with a bound.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvloop
from temporalio.client import Client

from bench import bare, sandbox_start
from bench.lives import Service
from bench.processes import cpu_seconds
from domain.identifiers import referral_workflow_id
from tests.servers import Tree

GAP = timedelta(seconds=2.5)
"""The rehearsal counts calls two seconds apart: its minimum gap less the tolerance."""
CUT_OFF = timedelta(seconds=3)
"""The rehearsal's letter cut-off after making."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One side of the comparison."""

    lives: int
    seconds: float
    cpu: dict[str, float]
    """CPU milliseconds a life, by process."""

    @property
    def per_second(self) -> float:
        """Lives begun and ended in a second, at the given number in flight."""
        return self.lives / self.seconds


async def main() -> None:
    """Run everything and print the table."""
    wanted = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as room, _running(Path(room)) as tree:
        full, events = await _full(tree, wanted)
        peer = await _peer(tree, wanted)
    milliseconds = await sandbox_start.measure()
    _print(full, peer, events, milliseconds)


async def _full(tree: Tree, wanted: argparse.Namespace) -> tuple[Measured, Counter[str]]:
    service = Service(
        tree.base_url,
        police=tree.issue_token("police", "Bench Constabulary"),
        coordinator=tree.issue_token("coordinator", "Bench"),
        connections=wanted.in_flight,
    )
    try:
        await _in_flight(lambda: service.life(gap=GAP, cut_off=CUT_OFF), lives=20, in_flight=20)
        pids = {**tree.pids, "load": os.getpid()}
        measured = await _measure(
            lambda: service.life(gap=GAP, cut_off=CUT_OFF), wanted.lives, wanted.in_flight, pids
        )
    finally:
        await service.close()
    return measured, await _events_of_a_life(tree)


async def _peer(tree: Tree, wanted: argparse.Namespace) -> Measured:
    address = tree.record.temporal_address
    client = await Client.connect(address)
    with _bare_worker(address) as worker:
        await _in_flight(lambda: bare.life(client, gap=GAP, cut_off=CUT_OFF), lives=20, in_flight=20)
        pids = {"worker": worker.pid, "temporal": tree.pids["temporal"], "load": os.getpid()}
        return await _measure(
            lambda: bare.life(client, gap=GAP, cut_off=CUT_OFF), wanted.lives, wanted.in_flight, pids
        )


async def _measure(
    life: Callable[[], Awaitable[None]], lives: int, in_flight: int, pids: dict[str, int]
) -> Measured:
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    began = time.perf_counter()
    await _in_flight(life, lives=lives, in_flight=in_flight)
    seconds = time.perf_counter() - began
    cpu = {name: (cpu_seconds(pid) - before[name]) * 1000 / lives for name, pid in pids.items()}
    return Measured(lives=lives, seconds=seconds, cpu=cpu)


async def _in_flight(life: Callable[[], Awaitable[None]], *, lives: int, in_flight: int) -> None:
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
    client = await Client.connect(tree.record.temporal_address)
    async for execution in client.list_workflows("WorkflowType='Referral'", limit=1):
        handle = client.get_workflow_handle(execution.id)
        history = await handle.fetch_history()
        assert execution.id.startswith(referral_workflow_id(""))
        return Counter(
            event.WhichOneof("attributes").removesuffix("_event_attributes") for event in history.events
        )
    return Counter()


@contextlib.contextmanager
def _running(room: Path) -> Iterator[Tree]:
    tree = Tree(room / "var", told=room)
    tree.start()
    try:
        yield tree
    finally:
        tree.stop()


@contextlib.contextmanager
def _bare_worker(address: str) -> Iterator["subprocess.Popen[bytes]"]:
    worker = subprocess.Popen([sys.executable, "-m", "bench.bare_worker", address])
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--lives", type=int, default=600)
    parser.add_argument("--in-flight", type=int, default=300)
    return parser.parse_args()


def _print(full: Measured, peer: Measured, events: Counter[str], milliseconds: float) -> None:
    print(f"{'':28}{'lives/s':>10}{'lives':>8}   CPU ms a life")
    for name, side in (("Holdfast over HTTP", full), ("bare Temporal workflow", peer)):
        cpu = "  ".join(f"{process} {spent:.1f}" for process, spent in sorted(side.cpu.items()))
        print(f"{name:28}{side.per_second:>10.1f}{side.lives:>8}   {cpu}")
    print(f"{'ratio at so many in flight':28}{full.per_second / peer.per_second:>10.2f}")
    spent = sum(full.cpu.values()), sum(peer.cpu.values())
    print(f"{'ratio by CPU a life':28}{spent[1] / spent[0]:>10.2f}   (what a saturated machine would show)")
    print(f"history events a life: {sum(events.values())}")
    for kind, count in events.most_common():
        print(f"  {count:3} {kind}")
    print(f"starting a workflow in the sandbox: {milliseconds:.1f} ms")


if __name__ == "__main__":
    uvloop.run(main())
    sys.stdout.flush()
    os._exit(0)  # short processes that used temporalio may die in the interpreter's clean-up
