"""How often a public form may be sent from one place: enough for a refuge, too little for a machine.

Counted in this process; addresses are kept in memory only, for minutes.
"""

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.problems import Kind, Problem

SELF_REFERRALS = RateLimitItemPerMinute(10, 10)
"""Ten in ten minutes from one address: a worker may help everybody in a house, a script cannot fill the worklist."""
SIGN_INS = RateLimitItemPerMinute(20, 5)
"""Tokens have 256 bits; this only keeps the noise down."""
RETRY_AFTER_SECONDS = "300"


class RateLimiter:
    """Counts by what is done and from where."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, request: Request, limit: RateLimitItem, what: str) -> bool:
        """Count one more; false when it is too many."""
        where = request.client.host if request.client else "nowhere"
        return self._limiter.hit(limit, what, where)


def too_many() -> Problem:
    """What somebody is told who sent too many."""
    return Problem(
        Kind.TOO_MANY,
        "Too many were sent from here in a few minutes. Wait five minutes and send again, or call us.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )
