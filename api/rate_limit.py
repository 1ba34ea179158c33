"""How often a public form may be sent from one place: enough for a refuge, too little for a machine.

Counted in this process; addresses are kept in memory only, for minutes.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

SELF_REFERRALS = RateLimitItemPerMinute(10, 10)
"""Ten in ten minutes from one address: a worker may help everybody in a house, a script cannot fill the worklist."""
STOPS = RateLimitItemPerMinute(20, 10)
"""Twenty in ten minutes from one address: nobody has so many letters, and guessing a reference takes millennia."""
SIGN_INS = RateLimitItemPerMinute(20, 5)
"""Wrong tokens in five minutes.  Tokens have 256 bits: this only keeps the noise down, and no office out."""
TRADE_ANSWERS = RateLimitItemPerMinute(60, 10)
"""Sixty in ten minutes by one link: a bad connection sends things often, nobody works so fast."""
TRADE_PHOTOS = RateLimitItemPerMinute(20, 10)
"""Twenty in ten minutes by one link: each is work for us, and six are kept."""
TRADE_GUESSES = RateLimitItemPerMinute(30, 10)
"""Links in ten minutes from one address that open nothing.  Links that do are never counted: many telephones share one
address, and a storm sends out two hundred jobs."""
RETRY_AFTER_SECONDS = "300"
ONE_PLACE = 64
"""Leading bits of an IPv6 address that are one place: whoever has one has all 2^64 below it.  Source: RFC 6177."""


class RateLimiter:
    """Counts by what is done and from where."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, request: Request, limit: RateLimitItem, what: str) -> bool:
        """Count one more; false when it is too many."""
        return self._limiter.hit(limit, what, _where(request))

    def allows(self, request: Request, limit: RateLimitItem, what: str) -> bool:
        """Whether one more would not be too many; counts nothing."""
        return self._limiter.test(limit, what, _where(request))


def _where(request: Request) -> str:
    return place_of(request.client.host) if request.client else "nowhere"


def place_of(host: str) -> str:
    """The place an address is at: itself, or of IPv6 the network of one household or machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    # IPv4 written as IPv6 is still one address: all of them share one network.
    return str(address.ipv4_mapped or ip_network((int(address), ONE_PLACE), strict=False))
