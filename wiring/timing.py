"""How long Temporal takes to do what it is asked, as this process sees it."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prometheus_client import CollectorRegistry, Histogram

from domain.events import Answer

P = ParamSpec("P")
T = TypeVar("T")

TIMES = CollectorRegistry()
"""One for each process, as there is one client."""
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds; the front door waits 2 for a start and 5 for a command."""

_STARTS = Histogram(
    "holdfast_start_seconds",
    "How long Temporal takes to take up a referral's workflow.",
    ("result",),
    buckets=BOUNDS,
    registry=TIMES,
)
_COMMANDS = Histogram(
    "holdfast_command_seconds",
    "How long a command takes from being handed to its workflow until the tables have it (update latency).",
    ("result",),
    buckets=BOUNDS,
    registry=TIMES,
)


def _of_start(started: bool) -> str:  # noqa: FBT001  # it is what a start came to
    return "started" if started else "unanswered"


def _of_command(answer: Answer | None) -> str:
    if answer is None:
        return "unanswered"
    return "applied" if answer.applied else "refused"


def _timed(
    seconds: Histogram, named: Callable[[T], str]
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    def around(step: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(step)
        async def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.perf_counter()
            came_of_it = await step(*args, **kwargs)
            seconds.labels(named(came_of_it)).observe(time.perf_counter() - began)
            return came_of_it

        return measured

    return around


timed_start = _timed(_STARTS, _of_start)
"""For what starts a workflow and says whether it did."""
timed_command = _timed(_COMMANDS, _of_command)
"""For what hands over a command and gives its answer, if there was one in time."""

for _result in ("started", "unanswered"):
    _STARTS.labels(_result)
for _result in ("applied", "refused", "unanswered"):
    _COMMANDS.labels(
        _result
    )  # shown as nought from the beginning: what appears only later cannot be seen to rise
