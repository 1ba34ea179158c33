"""The whole play: so many lives at once and no more, until all have ended."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cli.demo.case import Bearers
from cli.demo.lives import play
from cli.demo.plan import Life
from cli.demo.service import NotAsPlayed, Service

_FIRST_REPORTS_WITHIN = 5.0
"""Seconds over which the first lives begin, so that they do not all ring at the same moment for ever."""


@dataclass(slots=True)
class Course:
    """How far the play has got."""

    lives: Sequence[Life]
    ended: int = 0
    otherwise: list[str] = field(default_factory=list)
    """What became of those that did not end as their story does."""
    received: list[datetime] = field(default_factory=list)
    seconds: float = 0.0

    def period(self) -> dict[str, str]:
        """For `GET /statistics`, the time in which they were received, to a microsecond: nobody before or after."""
        after = max(self.received) + timedelta(microseconds=1)
        return {"from": min(self.received).isoformat(), "to": after.isoformat()}


async def play_all(
    course: Course,
    service: Service,
    bearers: Bearers,
    *,
    run: str,
    in_flight: int,
    on_ended: Callable[[Life], None],
) -> None:
    """Play every life, so many at once.

    Args:
        course: What to play; told how it goes.
        service: With whom.
        bearers: As whom.
        run: Tells this demo from every other.
        in_flight: How many referrals are under way at once.
        on_ended: Told of each life that has ended, as its story does or otherwise.
    """
    waiting = iter(course.lives)
    apart = _FIRST_REPORTS_WITHIN / in_flight

    async def one_after_the_other(place: int) -> None:
        await asyncio.sleep(place * apart)
        for life in waiting:
            try:
                course.received.append(await play(life, service, bearers, run=run))
            except NotAsPlayed as error:
                course.otherwise.append(str(error))
            course.ended += 1
            on_ended(life)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for place in range(min(in_flight, len(course.lives))):
            group.create_task(one_after_the_other(place))
    course.seconds = time.monotonic() - began
