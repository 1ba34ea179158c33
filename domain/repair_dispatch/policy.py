"""What a profile lays down for repairs.  Source: docs/repairs.md."""

from dataclasses import dataclass
from datetime import timedelta

from domain.repair_dispatch.kinds import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPolicy:
    """How quickly, how many at a time, how far and for how much."""

    answer_within: timedelta
    """How long a tradesperson has to answer before the next is asked."""
    at_once: dict[Urgency, int]
    """How many are asked at a time."""
    on_site_within: dict[Urgency, timedelta]
    """Calendar time from the request (or from when its last hold was lifted) to somebody on site."""
    done_within: dict[Urgency, timedelta]
    """Calendar time from the same moment to the work being done."""
    warn_before: timedelta
    """How long before a promise is broken somebody is warned."""
    overdue_after: timedelta
    """How long after the time of arrival they gave a tradesperson counts as overdue."""
    told_within: timedelta
    """How long a confirmation or cancellation may fail to arrive before a coordinator rings."""
    look_again_every: timedelta
    """How often a repair for which everybody is busy looks again."""
    follow_up_after: timedelta
    """From the work being done to the call that asks whether the place is secure."""
    link_for: timedelta
    """How long the link of an offer works at most."""
    most_km: int
    """Nobody farther away is asked by machine."""
    job_cap_pence: int
    """Above it a manager approves."""
    month_cap_pence: int
    """What all repairs of a calendar month may cost before a manager approves each."""
    duplicate_within: timedelta
    """A repair of the same kind at the same address within this time is pointed out."""
    expiry_warning: timedelta
    """How long before vetting, insurance or safeguarding expires it is pointed out."""
