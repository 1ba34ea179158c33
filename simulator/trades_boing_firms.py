"""The firms of BOING, a repairs service: a dozen, each with a temper of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Temper(StrEnum):
    """How a firm takes an offer; docs/simulator.md has the table."""

    FAST = "fast"
    """Accepts at once, comes, makes safe, completes."""
    SLOW = "slow"
    """The same, but answers when four fifths of the time to answer have passed."""
    SILENT = "silent"
    """Takes the offer, and never answers; sent all the same, it does the work."""
    DECLINES = "declines"
    """Is busy."""
    KNOWS_PARTY = "knows_party"
    """May know somebody involved."""
    ACCEPTS_TWICE = "accepts_twice"
    """Accepts in two events at the same moment."""
    ANSWERS_LATE = "answers_late"
    """Accepts when the time to answer is over."""
    DOWN = "down"
    """Its system answers 503 to everything."""
    GIVES_BACK = "gives_back"
    """Accepts, is confirmed, and gives the job back."""
    ACCESS_FAILED = "access_failed"
    """Comes, and nobody lets it in."""
    SECOND_VISIT = "second_visit"
    """Makes safe, and has to come again; then it completes."""
    REFUSED_ON_SITE = "refused_on_site"
    """Comes, and is sent away."""
    STALLS = "stalls"
    """Sets out, and is never heard of again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """One firm; what is `None` takes the pace of the script."""

    id: str
    temper: Temper
    answers_after: float | None = None
    """Seconds until it answers an offer, whatever its temper would take."""
    arrives_after: float | None = None
    """Seconds from the confirmation to the door."""
    works_for: float | None = None
    """Seconds from the door to the end."""
    cost_pence: int = 12_000


_DOZEN = (
    Temper.FAST,
    Temper.FAST,
    Temper.SLOW,
    Temper.SILENT,
    Temper.DECLINES,
    Temper.ACCEPTS_TWICE,
    Temper.ANSWERS_LATE,
    Temper.DOWN,
    Temper.GIVES_BACK,
    Temper.ACCESS_FAILED,
    Temper.SECOND_VISIT,
    Temper.STALLS,
)

DOZEN: Mapping[str, Firm] = MappingProxyType(
    {
        name: Firm(id=name, temper=temper)
        for name, temper in ((f"firm-{place:02}", temper) for place, temper in enumerate(_DOZEN, start=1))
    }
)
"""`firm-01` to `firm-12`, as the simulator begins."""
