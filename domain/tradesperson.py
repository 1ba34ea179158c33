"""Tradespeople and suppliers: who they are, what they can do, where, when, and whether they may be sent.

Source: docs/tradespeople.md.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.policy import Period
from domain.repair_dispatch.kinds import Skill, TradeChannel

MOST_CAPACITY = 50
"""Repairs at a time; a firm with more hands has more entries.  Source: docs/tradespeople.md#columns."""
FARTHEST_KM = 300
"""As of `repairs.most_km` in docs/reference/profile.md: nobody drives farther to board up a window."""
RECORD_OF = timedelta(days=90)
"""How far back the acceptance record looks.  Source: docs/tradespeople.md#load-and-record."""

_PLACE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?|[0-9]{4}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_FIRM = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


class Paper(StrEnum):
    """What has to be valid before somebody is sent to a frightened person's door."""

    VETTING = "vetting"
    INSURANCE = "insurance"
    SAFEGUARDING = "safeguarding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradesperson:
    """One entry of the register."""

    id: str
    name: str
    """Who comes to the door."""
    firm: str = ""
    channel: TradeChannel
    phone: str
    """E.164."""
    email: str = ""
    firm_id: str = ""
    """What the tradesperson API calls them; given for the channel `api`, and only then."""
    skills: tuple[Skill, ...]
    base: str
    """Outward code ("CT1") or New Zealand postcode ("8011") from which distances are measured."""
    areas: tuple[str, ...] = ()
    """Outward codes or postcodes served; empty: everything within `most_km`."""
    most_km: int
    hours: tuple[Period, ...]
    """Working hours, local time."""
    on_call: tuple[Period, ...] = ()
    """Beyond working hours, for an open property only."""
    papers: tuple[tuple[Paper, date], ...] = ()
    """The last day on which each is valid."""
    capacity: int = 1
    """How many repairs at a time, offers included."""
    languages: tuple[str, ...] = ("en",)
    active: bool = True

    def valid_until(self, paper: Paper) -> date | None:
        """The last day of a paper; `None`: never seen."""
        return dict(self.papers).get(paper)

    def may_be_sent(self, on: date) -> bool:
        """Whether they work for us and everything they need is valid that day, a date where the service is."""
        return self.active and not self.expired_papers(on)

    def expired_papers(self, on: date) -> tuple[Paper, ...]:
        """The papers for which nobody may send them that day: expired, or never seen.

        Source: docs/tradespeople.md#what-expiry-does.
        """
        return tuple(paper for paper in Paper if (until := self.valid_until(paper)) is None or until < on)

    def expiring_papers(self, on: date, within: timedelta) -> tuple[Paper, ...]:
        """The papers that hold that day and will not for longer than `within`: time to ask for new ones."""
        return tuple(
            paper
            for paper in Paper
            if (until := self.valid_until(paper)) is not None and on <= until <= on + within
        )


def place_code(written: str) -> str | None:
    """Read an outward code ("CT1") or a New Zealand postcode ("8011"); `None` when it is neither."""
    code = "".join(written.split()).upper()
    return code if _PLACE.fullmatch(code) else None


def language_tag(written: str) -> str | None:
    """Read a language tag of BCP 47, such as "en" or "pl"; `None` when it has not that form."""
    tag = written.strip().lower()
    return tag if _LANGUAGE.fullmatch(tag) else None


def firm_code(written: str) -> str | None:
    """Read what the tradesperson API calls a firm, such as "firm-01"; `None` when it cannot be that."""
    code = written.strip().lower()
    return code if _FIRM.fullmatch(code) else None


def firm_code_missing(channel: TradeChannel, firm_id: str) -> bool:
    """Whether they are to be asked through the API, which does not know them."""
    return channel is TradeChannel.API and not firm_id


def firm_code_idle(channel: TradeChannel, firm_id: str) -> bool:
    """Whether they have a code of the API and are asked otherwise: one of the two is a mistake."""
    return channel is not TradeChannel.API and bool(firm_id)
