"""What can happen to a referral that sends somebody to the door: a repair, practical help, somebody on the way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.repair_dispatch.events import RepairRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairAsked:
    """A coordinator asked for a repair; who lets them in and the word at the door stay with the command."""

    repair_id: str
    request: RepairRequest
    type: Literal["repair"] = "repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAsked:
    """A coordinator asked for practical help, such as goods; what for stays with the command."""

    help_id: str
    type: Literal["practical_help"] = "practical_help"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitExpected:
    """Somebody is on the way; the person asked to be told when they come."""

    repair_id: str
    expected_at: datetime
    type: Literal["visit_expected"] = "visit_expected"
