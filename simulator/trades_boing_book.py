"""What BOING keeps: its firms, the offers they had, and what they said; in memory and bounded."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from simulator.clock import now
from simulator.script import Trouble
from simulator.trades_boing_firms import DOZEN, Firm, Temper

MOST_JOBS = 20_000
"""Beyond it the oldest are forgotten."""
MOST_KEYS = 5 * MOST_JOBS
"""The same for the keys of what was heard."""


class Standing(StrEnum):
    """What a firm thinks of an offer."""

    OFFERED = "offered"
    CONFIRMED = "confirmed"
    OVER = "over"
    """Nobody is to go, or nobody is there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One event on its way to the service."""

    at: datetime
    answer: str
    event_id: str
    arrived: str
    """The status the service answered at last, or `no answer`."""


@dataclass(slots=True, kw_only=True)
class Job:
    """One offer, from first to last.  Its address is personal, though invented: never logged."""

    offer_id: str
    firm_id: str
    reference: str = ""
    area: str = ""
    kinds: tuple[str, ...] = ()
    urgency: str = ""
    answer_by: datetime | None = None
    heard_at: datetime = field(default_factory=now)
    standing: Standing = Standing.OFFERED
    address: str = ""
    """Once confirmed: the newest that was told."""
    heard: list[str] = field(default_factory=list)
    """Kinds of notices, in the order they first came."""
    repeated: int = 0
    """How many notices came again."""
    said: list[Said] = field(default_factory=list)
    troubles: frozenset[Trouble] = frozenset()
    """Of its reports."""

    @property
    def is_over(self) -> bool:
        """Whether nobody goes, or works, any more."""
        return self.standing is Standing.OVER

    def has_said(self, answer: str) -> bool:
        """Whether the service took this answer."""
        return any(one.answer == answer and one.arrived.startswith("2") for one in self.said)


class Book:
    """Everything BOING knows.  For one event loop."""

    def __init__(self) -> None:
        self.firms: dict[str, Firm] = dict(DOZEN)
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, None] = {}

    def set_firm(self, firm_id: str, **changes: Any) -> Firm:
        """Change a firm, or found one; what is not named stays."""
        known = self.firms.get(firm_id) or Firm(id=firm_id, temper=Temper.FAST)
        self.firms[firm_id] = replace(known, **changes)
        return self.firms[firm_id]

    def job(self, offer_id: str) -> Job | None:
        """One offer, if it was ever heard of."""
        return self._jobs.get(offer_id)

    def jobs(self) -> list[Job]:
        """Every offer, oldest first."""
        return list(self._jobs.values())

    def has_been_there(self, job: Job) -> bool:
        """Whether the same firm was at this door before, and has to come again."""
        return any(
            one.reference == job.reference and one.firm_id == job.firm_id and one.has_said("second_visit")
            for one in self._jobs.values()
        )

    def keep(self, job: Job) -> None:
        """Keep one more, and forget the oldest if there are too many."""
        self._jobs[job.offer_id] = job
        while len(self._jobs) > MOST_JOBS:
            del self._jobs[next(iter(self._jobs))]

    def has_heard(self, key: str) -> bool:
        """Whether what has this key was taken before."""
        return key in self._keys

    def hear(self, key: str) -> None:
        """Note the key of what is taken."""
        self._keys[key] = None
        while len(self._keys) > MOST_KEYS:
            del self._keys[next(iter(self._keys))]

    def clear(self) -> None:
        """Forget every offer; the firms stay as they are, and what is under way goes on."""
        self._jobs.clear()
        self._keys.clear()
