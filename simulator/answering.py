"""The one way every provider answers: what the script wants to go wrong, around what it really does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from simulator.connection import broken
from simulator.course import Course
from simulator.script import Provider, Trouble
from simulator.world import Outage, World

_OVERTAKES_WITHIN = 5.0
"""Seconds an answer waits for the report that is to overtake it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How one provider says that it does not take a message."""

    provider: Provider
    too_many: Callable[[float], Response]
    """429; takes the seconds to wait."""
    failed: Callable[[], Response]
    """500."""
    unavailable: Callable[[], Response]
    """503."""


def away(world: World, manners: Manners) -> Response | None:
    """Answer for a provider that is away or overrun; `None`: it is there."""
    match world.outages.get(manners.provider):
        case Outage.UNAVAILABLE | Outage.REFUSED:
            return manners.unavailable()
        case Outage.SLOW_DOWN:
            return manners.too_many(world.script.retry_after)
        case None:
            return manners.too_many(world.script.retry_after) if world.caller.is_busy else None


async def not_taken(
    request: Request, world: World, manners: Manners, troubles: frozenset[Trouble]
) -> Response | None:
    """Answer a call whose message is not taken; `None`: it will be."""
    if Trouble.RATE_LIMITED in troubles:
        return manners.too_many(world.script.retry_after)
    if Trouble.SERVER_ERROR in troubles:
        return manners.failed()
    if Trouble.RESET_BEFORE_ACCEPTANCE in troubles:
        return await broken(request)
    return None


async def taken(
    request: Request,
    world: World,
    manners: Manners,
    troubles: frozenset[Trouble],
    course: Course,
    answer: Response,
) -> Response:
    """Keep a message, begin its course, and answer: or not."""
    world.kept.keep(course.message)
    under_way = world.caller.follow(course)
    if course.overtakes:
        await asyncio.wait({under_way}, timeout=_OVERTAKES_WITHIN)
    return await answered(request, world, manners, troubles, answer)


async def answered(
    request: Request, world: World, manners: Manners, troubles: frozenset[Trouble], answer: Response
) -> Response:
    """Say that something was taken: or not, although it was."""
    if Trouble.RESET_AFTER_ACCEPTANCE in troubles:
        return await broken(request)
    if Trouble.SERVER_ERROR_AFTER_ACCEPTANCE in troubles:
        return manners.failed()
    if Trouble.SLOW_ANSWER in troubles:
        await asyncio.sleep(world.script.delay)
    return answer
