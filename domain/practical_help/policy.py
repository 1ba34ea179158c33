"""What a profile lays down for practical help.  Source: docs/practical-help.md."""

from dataclasses import dataclass
from datetime import timedelta

from domain.practical_help.kinds import AlarmStep


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPolicy:
    """The clocks of visits and of goods."""

    check_in_every: timedelta
    """How long a visitor may be silent."""
    alarm_after: dict[AlarmStep, timedelta]
    """From the missed check-in to each step."""
    whereabouts_for: timedelta
    """How long a check of the suspects' whereabouts holds before a visit."""
    visit_late_after: timedelta
    """After the planned time of a visit that has not begun, until somebody is asked."""
    delivery_missed_after: timedelta
    """After the end of a delivery window, until a missing delivery is asked about."""
    next_step_within: timedelta
    """How long anything may wait for its next step before a coordinator is asked."""
