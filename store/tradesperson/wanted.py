"""Which entries of the register somebody looks for, as conditions of one statement."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from domain.repair_dispatch.kinds import Skill
from store.tradesperson.row import TRADESPERSON, UNTIL

_T = TRADESPERSON.c


class PapersState(StrEnum):
    """How the papers of an entry stand on a day."""

    EXPIRED = "expired"
    """One of them has expired, or was never seen: nobody may send them."""
    EXPIRING = "expiring"
    """All hold, and one will not for much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesWanted:
    """What somebody looks for; everything left out is any."""

    on: date
    """Today, where the service is."""
    within: timedelta
    """How far ahead an expiry is pointed out."""
    skill: Skill | None = None
    area: str | None = None
    """An outward code or postcode that is their base, or in their areas."""
    active: bool | None = None
    papers: PapersState | None = None
    text: str = ""
    """Part of a name, firm, e-mail address or number."""

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """All that is wanted but the text, which only an opened row can tell."""
        wanted: tuple[Any, ...] = (
            _T.skills.contains([self.skill]) if self.skill else None,
            or_(_T.base == self.area, _T.areas.contains([self.area])) if self.area else None,
            _T.active.is_(self.active) if self.active is not None else None,
            self._papers() if self.papers else None,
        )
        return tuple(condition for condition in wanted if condition is not None)

    def _papers(self) -> ColumnElement[bool]:
        lacks = lacking(self.on)
        if self.papers is PapersState.EXPIRED:
            return lacks
        ends_soon = or_(*(until <= self.on + self.within for until in UNTIL.values()))
        return and_(not_(lacks), ends_soon)


def lacking(on: date) -> ColumnElement[bool]:
    """Whether a paper is missing or expired on that day: `Tradesperson.expired_papers`, as a condition."""
    return or_(*(until.is_(None) | (until < on) for until in UNTIL.values()))
