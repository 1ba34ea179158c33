"""Memory of every process for each 1,000 open referrals, and what a call costs beyond the worker's cache."""

import asyncio
from statistics import median
from time import perf_counter

import httpx2 as httpx

from bench.intake import until_triaged
from bench.processes import megabytes
from bench.service import ORGANISATION, REAL_TIME, referral, running
from bench.table import Table
from bench.wire import Door, post
from tests.servers import Tree

STEP = 1_000
STEPS = 3
CALLS = 40
"""On the oldest open referrals and on the newest."""
CACHED = 1_000
"""Workflows a worker keeps: `max_cached_workflows` in worker.py."""
PROCESSES = ("worker", "temporal", "api", "postgres")


async def measure() -> Table:
    """Take in referrals that then wait at a call, and weigh every process after each thousand."""
    with running(REAL_TIME) as tree:
        police = tree.issue_token("police", organisation=ORGANISATION)
        coordinator = tree.issue_token("coordinator")
        await _takes_in(
            tree, police, 100
        )  # what a process grows by in its first moments is not the referrals'
        weights = [await _weighed(tree)]
        for _ in range(STEPS):
            await _takes_in(tree, police, STEP)
            weights.append(await _weighed(tree))
        oldest, newest = await _calls(tree, coordinator)
    return Table(
        title="Memory in MB with so many open referrals, each waiting at a call",
        head=(*(f"{STEP * n:,}" for n in range(STEPS + 1)), "first 1,000", "each 1,000 after"),
        rows=tuple(_row(name, [weight[name] for weight in weights]) for name in PROCESSES),
        notes=(
            "proportional set size (shared pages counted once); 100 more are open in every column",
            (
                f"a worker keeps {CACHED:,} workflows; a call on one of the newest took {newest * 1000:.0f} ms"
                f" (median), on one of the oldest, which is replayed first, {oldest * 1000:.0f} ms"
            ),
        ),
    )


def _row(name: str, weights: list[float]) -> tuple[str, ...]:
    after = (weights[-1] - weights[1]) / (STEPS - 1)
    return (
        name,
        *(f"{weight:.0f}" for weight in weights),
        f"{weights[1] - weights[0]:+.0f}",
        f"{after:+.0f}",
    )


async def _takes_in(tree: Tree, token: str, number: int) -> None:
    answers = await post(Door(port=tree.port, token=token), referral, connections=4, requests=number)
    assert answers.are_taken_in, answers.statuses
    await until_triaged(tree)


async def _weighed(tree: Tree) -> dict[str, float]:
    await asyncio.sleep(2)  # the last turns' workflow tasks
    return {name: megabytes(tree.pids[name]) for name in PROCESSES}


async def _calls(tree: Tree, token: str) -> tuple[float, float]:
    """Record a call on the oldest and on the newest in turn; the median seconds of each."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{tree.base_url}/api/v1", headers=headers, timeout=30) as client:
        newest = [item["id"] for item in (await client.get(f"/referrals?limit={CALLS}")).json()["items"]]
        oldest = await _oldest(client)
        took: dict[str, list[float]] = {"oldest": [], "newest": []}
        for old, new in zip(oldest, newest, strict=True):
            for age, referral_id in (("oldest", old), ("newest", new)):
                began = perf_counter()
                answer = await client.post(
                    f"/referrals/{referral_id}/contact-attempts", json={"outcome": "no_answer"}
                )
                answer.raise_for_status()
                took[age].append(perf_counter() - began)
    return median(took["oldest"]), median(took["newest"])


async def _oldest(client: httpx.AsyncClient) -> list[str]:
    """Leaf through to the end."""
    ids: list[str] = []
    address: str | None = "/referrals?limit=200"
    while address is not None:
        page = await client.get(address)
        ids += [item["id"] for item in page.json()["items"]]
        following = page.links.get("next")
        address = following["url"].removeprefix("/api/v1") if following else None
    return ids[::-1][:CALLS]
