"""How far from the moment it is told a time of arrival may lie.

Source: docs/trades-api.md#what-you-tell-us.
"""

from datetime import datetime, timedelta
from typing import Final

EARLIEST: Final = timedelta(days=1)
"""Before: what is told again after an outage, or written down after the visit, happened all the same."""
LATEST: Final = timedelta(days=90)
"""After: more is a slip of the finger."""


def is_likely_arrival(eta_at: datetime, told_at: datetime) -> bool:
    """Whether a time of arrival can be meant; both are aware times."""
    return told_at - EARLIEST <= eta_at <= told_at + LATEST
