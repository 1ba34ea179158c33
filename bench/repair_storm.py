"""Two hundred repairs asked for at the same moment, until a firm has accepted each, beside what their script allows.

A dozen firms have so many places each.  Whoever has a place free takes a job, answers, arrives, works, and has the
place free again; with every freed place filled at once, the last of two hundred is accepted at a moment that can be
worked out.  What is later than that is ours.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from statistics import mean
from time import perf_counter
from typing import Any

import psycopg

from bench.boing import Boing, Firm, Office, complaints, moment, office_of, running_with_boing
from bench.processes import cpu_seconds
from bench.table import Table, by_process, quantile
from tests.servers import Tree

REPAIRS = 200
FIRMS, CAPACITY = 12, 5
ANSWERS_AFTER, ARRIVES_AFTER, WORKS_FOR = 2.0, 4.0, 12.0
"""Seconds: the script of every firm."""
LOOKS_AGAIN = 5
"""Seconds between two looks of a repair for which everybody is busy; the least a profile may say."""
AREA = "CB1"
MOST_SECONDS = 200
"""After which what has not been accepted never will be."""

PLACES = FIRMS * CAPACITY
CYCLE = ANSWERS_AFTER + ARRIVES_AFTER + WORKS_FOR
"""Seconds for which one job fills a place."""


def optimum(number: int) -> float:
    """Seconds until so many can have been accepted, if every freed place were filled at once."""
    return (ceil(number / PLACES) - 1) * CYCLE + ANSWERS_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What the firms saw of it, in seconds since everybody asked."""

    offered: list[float]
    accepted: list[float]
    """When the service took the yes of the one who has it."""
    answered: list[float]
    """From the yes being said to the firm knowing that it has the job."""
    idle: list[float]
    """From the end of a job to the next offer for the same place."""
    cpu: dict[str, float]
    """Seconds by process, until the last was accepted."""
    requests: list[float]
    """Until each request was answered."""
    late: int
    """Requests answered before they were applied."""
    twice: int
    """Repairs that more than one firm was asked about."""


async def measure() -> Table:
    """Let everybody ask at once."""
    with running_with_boing(look_again_every=f"PT{LOOKS_AGAIN}S", answer_within="PT5M") as (tree, boing):
        async with office_of(tree, connections=REPAIRS) as office:
            boing.has(firms := _firms())
            await office.register(firms)
            storm = await _storm(tree, boing, office)
        return _table(storm, complaints(tree))


def _firms() -> list[Firm]:
    return [
        Firm(
            id=f"storm-{number}",
            temper="fast",
            area=AREA,
            capacity=CAPACITY,
            answers_after=ANSWERS_AFTER,
            arrives_after=ARRIVES_AFTER,
            works_for=WORKS_FOR,
        )
        for number in range(FIRMS)
    ]


async def _storm(tree: Tree, boing: Boing, office: Office) -> Storm:
    referrals = await office.referrals(REPAIRS)
    requests: list[float] = []

    async def one(referral: str) -> bool:
        began = perf_counter()
        applied = await office.ask(referral, urgency="today", area=AREA)
        requests.append(perf_counter() - began)
        return applied is not None

    pids = {**tree.pids, "simulator": boing.pid}
    before, began = {name: cpu_seconds(pid) for name, pid in pids.items()}, datetime.now(UTC)
    asked = asyncio.gather(*(one(referral) for referral in referrals))
    await _until_accepted(tree)
    cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    late = REPAIRS - sum(await asked)
    return _seen(boing.offers(), began, cpu=cpu, requests=requests, late=late)


async def _until_accepted(tree: Tree) -> None:
    assert tree.record.database_url
    began, accepted = perf_counter(), 0
    with psycopg.connect(tree.record.database_url, autocommit=True) as connection:
        while perf_counter() - began < MOST_SECONDS:
            [(accepted,)] = connection.execute(
                "SELECT count(*) FROM repair WHERE first_accepted_at IS NOT NULL"
            ).fetchall()
            if accepted == REPAIRS:
                return
            await asyncio.sleep(0.25)
    raise TimeoutError(f"{REPAIRS - accepted} were not accepted: {complaints(tree)}")


def _seen(offers: list[dict[str, Any]], began: datetime, **more: Any) -> Storm:
    def since(written: str) -> float:
        return (moment(written) - began).total_seconds()

    yes = [(job, since(job["said"][0]["at"])) for job in offers if _said(job, "accepted")]
    references = {job["reference"] for job, _ in yes}
    assert len(references) == REPAIRS, f"{len(references)} of {REPAIRS} were accepted"
    return Storm(
        offered=sorted(since(job["heard_at"]) for job in offers),
        accepted=sorted(at for _, at in yes),
        answered=[_between(job, "accepted", "on_the_way") for job, _ in yes if _said(job, "on_the_way")],
        idle=list(_idle(offers)),
        twice=len(offers) - len(references),
        **more,
    )


def _said(job: dict[str, Any], answer: str) -> dict[str, Any] | None:
    return next((one for one in job["said"] if one["answer"] == answer and one["arrived"] == "204"), None)


def _between(job: dict[str, Any], first: str, then: str) -> float:
    one, other = _said(job, first), _said(job, then)
    assert one is not None
    assert other is not None
    return (moment(other["at"]) - moment(one["at"])).total_seconds()


def _idle(offers: list[dict[str, Any]]) -> Iterator[float]:
    """How long each freed place stood empty: the first job that ends at a firm makes room for its next offer."""
    for firm in {job["firm_id"] for job in offers}:
        theirs = [job for job in offers if job["firm_id"] == firm]
        heard = sorted(moment(job["heard_at"]) for job in theirs)
        ended = sorted(moment(end["at"]) for job in theirs if (end := _said(job, "completed")))
        for end, following in zip(ended, heard[CAPACITY:], strict=False):
            yield (following - end).total_seconds()


def _table(storm: Storm, said: str) -> Table:
    waves = [min(PLACES * wave, REPAIRS) for wave in range(1, ceil(REPAIRS / PLACES) + 1)]
    best, ours = [optimum(number) for number in waves], [storm.accepted[number - 1] for number in waves]
    lost = [one - other for one, other in zip(ours, best, strict=True)]
    return Table(
        title=f"{REPAIRS} repairs asked for at once, until a firm has accepted each",
        head=tuple(f"{number} accepted, s" for number in waves),
        ratios=(f"all of them: {ours[-1] / best[-1]:.2f} times the optimum of the script",),
        rows=(
            ("the optimum", *(f"{one:.1f}" for one in best)),
            ("Holdfast", *(f"{one:.1f}" for one in ours)),
            ("    later by", *(f"{one:.1f}" for one in lost)),
        ),
        notes=(
            f"{FIRMS} firms with {CAPACITY} places: {len(waves)} waves of {PLACES}, {CYCLE:.0f} s each",
            f"a firm answers after {ANSWERS_AFTER:.0f} s, arrives after {ARRIVES_AFTER:.0f}, works {WORKS_FOR:.0f}",
            f"`look_again_every` is {LOOKS_AGAIN} s, the least a profile may say; one firm at a time is asked",
            f"the first {PLACES} offers arrived within {storm.offered[PLACES - 1]:.1f} s",
            "a yes taken, until its firm knows: " + _spread(storm.answered),
            "a freed place, until its next offer: " + _spread(storm.idle),
            "a request, until it is answered: "
            + _spread(storm.requests)
            + f"; {storm.late} before it was applied",
            f"repairs of which more than one firm was asked: {storm.twice}",
            f"processor seconds until the last was accepted: {by_process(storm.cpu)}",
            f"the service warned of: {said or 'nothing'}",
        ),
    )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "never"
    return (
        f"{mean(seconds):.1f} s on average, p95 {quantile(seconds, 0.95):.1f} s, slowest {max(seconds):.1f} s"
    )
