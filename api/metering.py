"""What passes through the door: counted by route template, never by address; and what else there is to see."""

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector

from api.gauges import Glance

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds; 3 is the contract's limit for taking a referral in."""
LOOKS_EVERY = timedelta(seconds=5)
"""How old what was seen may be: counting reads everything that is open, and whoever asks often gets it again."""


class Glances:
    """Looks again after a while only, however many ask."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._last: Glance | None = None
        self._looked_at = 0.0

    async def latest(self, look: Callable[[], Awaitable[Glance]]) -> Glance:
        """Give what was seen last, or look if that was too long ago."""
        async with self._one_at_a_time:
            now = time.monotonic()
            if self._last is None or now - self._looked_at >= LOOKS_EVERY.total_seconds():
                self._last = await look()
                self._looked_at = now
            return self._last


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of one application."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    glances: Glances

    @classmethod
    def new(cls) -> "Meters":
        """Make a set of its own, so that two applications in one process do not mix."""
        collected = CollectorRegistry()
        ProcessCollector(registry=collected)
        build = Info("holdfast_build", "Which version this process runs.", registry=collected)
        build.info({"version": version("holdfast"), "python": platform.python_version()})
        return cls(
            registry=collected,
            requests=Counter(
                "holdfast_requests",
                "Requests by method, route and status.",
                ("method", "route", "status"),
                registry=collected,
            ),
            seconds=Histogram(
                "holdfast_request_seconds",
                "How long requests take.",
                ("route",),
                buckets=BUCKETS,
                registry=collected,
            ),
            glances=Glances(),
        )

    def note(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in {"GET", "POST", "HEAD"} else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
