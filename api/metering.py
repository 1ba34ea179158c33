"""What passes through the door: counted by route template, never by address."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds; 3 is the contract's limit for taking a referral in."""


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of one application."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram

    @classmethod
    def new(cls) -> "Meters":
        """Make a set of its own, so that two applications in one process do not mix."""
        collected = CollectorRegistry()
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
        )

    def note(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in {"GET", "POST", "HEAD"} else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
