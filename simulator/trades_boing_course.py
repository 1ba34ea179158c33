"""What a firm does with an offer, and with a job once it is confirmed; each step is told to the service."""

import asyncio
from datetime import timedelta
from typing import Any

from simulator.clock import now
from simulator.script import Provider, Trouble
from simulator.trades_boing_book import Job, Said, Standing
from simulator.trades_boing_firms import Firm, Temper
from simulator.trades_boing_wire import Event, moment
from simulator.world import World

_OF_THE_TIME = 0.8
"""How much of the time to answer a slow firm takes."""
_NEVER = frozenset({Temper.SILENT, Temper.DOWN})
_NOES = {Temper.DECLINES: "busy", Temper.KNOWS_PARTY: "knows_party"}

Step = tuple[float, str, dict[str, Any]]
"""Seconds after the step before it, what is said, and what with."""


async def answer_offer(world: World, job: Job) -> None:
    """Answer an offer as the firm's temper is."""
    firm = world.boing.firms[job.firm_id]
    if firm.temper in _NEVER:
        return
    await asyncio.sleep(_until_answer(world, firm, job))
    if job.standing is not Standing.OFFERED:
        return
    if reason := _NOES.get(firm.temper):
        job.standing = Standing.OVER
        await say(world, job, "declined", reason=reason)
        return
    accept = [_accepted(world, firm, job) for _ in range(1 + (firm.temper is Temper.ACCEPTS_TWICE))]
    await asyncio.gather(*accept)


async def do_job(world: World, job: Job) -> None:
    """Do what was confirmed, until it is done or called off."""
    firm = world.boing.firms[job.firm_id]
    steps = list(_steps(world, firm, job))
    if Trouble.REORDERED in job.troubles:
        steps = [(pause, *said[1:]) for (pause, *_), said in zip(steps, reversed(steps), strict=True)]
    for pause, answer, told in steps:
        await asyncio.sleep(pause)
        if job.is_over:
            return
        await say(world, job, answer, **told)
    if firm.temper is not Temper.STALLS:
        job.standing = Standing.OVER


async def say(world: World, job: Job, answer: str, **told: Any) -> str:
    """Tell the service; the status it answered, or `not said`."""
    if Trouble.SILENT in job.troubles:
        return "not said"
    if Trouble.DELAYED in job.troubles:
        await asyncio.sleep(world.script.delay)
    event = Event(world, answer, {"offer_id": job.offer_id, **told})
    arrived = ""
    for _ in range(1 + (Trouble.DUPLICATED in job.troubles)):
        arrived = await world.caller.call(Provider.TRADES, event.call(), again=event.call)
        job.said.append(Said(at=now(), answer=answer, event_id=event.id, arrived=arrived))
    return arrived


async def _accepted(world: World, firm: Firm, job: Job) -> None:
    await say(world, job, "accepted", eta_at=_arrival(world, firm))


def _until_answer(world: World, firm: Firm, job: Job) -> float:
    """Seconds until the firm answers."""
    if firm.answers_after is not None:
        return firm.answers_after
    left = (job.answer_by - now()).total_seconds() if job.answer_by else 0.0
    match firm.temper:
        case Temper.SLOW:
            return max(left * _OF_THE_TIME, 0.0)
        case Temper.ANSWERS_LATE:
            return max(left, 0.0) + world.script.pace
        case _:
            return world.script.pace


def _steps(world: World, firm: Firm, job: Job) -> list[Step]:
    pace = world.script.pace
    if firm.temper is Temper.GIVES_BACK:
        return [(pace, "declined", {"reason": "other"})]
    on_the_way: Step = (pace, "on_the_way", {"eta_at": _arrival(world, firm)})
    if firm.temper is Temper.STALLS:
        return [on_the_way]
    arrived: Step = (_travel(world, firm), "arrived", {})
    return [on_the_way, arrived, *_on_site(world, firm, job)]


def _on_site(world: World, firm: Firm, job: Job) -> list[Step]:
    half = (2 * world.script.pace if firm.works_for is None else firm.works_for) / 2
    cost = {"cost_pence": firm.cost_pence, "invoice_reference": f"{job.reference}-{firm.id}"}
    made_safe: list[Step] = [(half, "made_safe", {})] if job.urgency == "open_property" else []
    rest = half if made_safe else 2 * half
    match firm.temper:
        case Temper.ACCESS_FAILED | Temper.REFUSED_ON_SITE:
            return [(half, str(firm.temper), {})]
        case Temper.SECOND_VISIT if not world.boing.has_been_there(job):
            return [*made_safe, (rest, "second_visit", cost)]
        case _:
            return [*made_safe, (rest, "completed", cost)]


def _travel(world: World, firm: Firm) -> float:
    return 2 * world.script.pace if firm.arrives_after is None else firm.arrives_after


def _arrival(world: World, firm: Firm) -> str:
    return moment(now() + timedelta(seconds=_travel(world, firm)))
