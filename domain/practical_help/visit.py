"""One visit: checked before it begins, and a clock that runs for as long as somebody is inside.

An alarm is no message that could get lost: it holds whenever the clock says so, and whoever looks at the tables sees
it, whatever else has stopped.  Source: docs/practical-help.md#visits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
    VisitStage,
)
from domain.practical_help.policy import HelpPolicy

AT_ONCE = frozenset({AlarmCause.DANGER, AlarmCause.OVERDUE})
"""Raised alarms with nothing to wait for; an overdue one is only kept when its ladder had come to its end."""
TOGETHER = 2
"""Visitors who go where a suspect may come."""
_SAFE_ALONE = frozenset({SuspectsFound.CUSTODY, SuspectsFound.ELSEWHERE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found out about the suspects, and when."""

    found: SuspectsFound
    at: datetime
    sensitive: bool

    @property
    def is_safe_alone(self) -> bool:
        """Whether one visitor may go.  Nobody named is no risk known, but on a sensitive referral it is unknown."""
        return self.found in _SAFE_ALONE or (self.found is SuspectsFound.NONE_KNOWN and not self.sensitive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm that stands until somebody settles it."""

    cause: AlarmCause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What has to be done for a visitor now."""

    cause: AlarmCause
    since: datetime
    step: AlarmStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit.  Who goes is in the words of the command that planned it."""

    number: int
    purpose: VisitPurpose
    planned_at: datetime
    visitors: int = 1
    stage: VisitStage = VisitStage.PLANNED
    check: Check | None = None
    allowed_at: datetime | None = None
    """When a supervisor let it go ahead, knowing the check."""
    begun_at: datetime | None = None
    heard_at: datetime | None = None
    check_in_by: datetime | None = None
    raised: Raised | None = None
    duress_at: datetime | None = None
    """When the word for duress was used; until a supervisor has acted on it.  Shown to supervisors alone."""
    ended_at: datetime | None = None
    outcome: VisitOutcome | None = None


def alarm_steps(visit: Visit, policy: HelpPolicy) -> Iterator[tuple[AlarmStep, datetime, AlarmCause]]:
    """Every step that has to be taken for the visitor, and from when on; nothing if no clock runs."""
    for step in AlarmStep:
        due = list(_due(visit, policy, step))
        if due:
            at, cause = min(due, key=lambda one: one[0])
            yield step, at, cause


def alarm_of(visit: Visit, policy: HelpPolicy, now: datetime) -> Alarm | None:
    """The gravest step that has come; `None` while all is well."""
    due = [(step, at, cause) for step, at, cause in alarm_steps(visit, policy) if at <= now]
    if not due:
        return None
    step, _, cause = max(due, key=lambda one: one[0].rank)
    return Alarm(cause=cause, since=min(at for _, at, _ in due), step=step)


def why_not_begun(visit: Visit, policy: HelpPolicy, *, at: datetime, stopped: bool) -> str:
    """Say why nobody may go in yet; empty: they may.

    Args:
        visit: One that is planned.
        policy: How long a check holds.
        at: When they would begin.
        stopped: Whether everything is stopped on the referral, or it is held.
    """
    check = visit.check
    if check is None:
        return "Nobody has checked where the suspects are."
    if check.at > at:
        return "The suspects' whereabouts were checked only after that."
    if at - check.at > policy.whereabouts_for:
        return "The check of the suspects' whereabouts is too old: it has to be made again."
    if visit.allowed_at is not None:
        return ""
    if stopped:
        return "Everything is stopped on this referral, or it is held: a supervisor decides."
    if check.found is SuspectsFound.AT_ADDRESS:
        return "A suspect is at the address: a supervisor decides."
    if not check.is_safe_alone and visit.visitors < TOGETHER:
        return "A suspect may come there: two visitors go, or a supervisor decides."
    return ""


def _due(visit: Visit, policy: HelpPolicy, step: AlarmStep) -> Iterator[tuple[datetime, AlarmCause]]:
    after = policy.alarm_after[step]
    if visit.raised is not None:
        at_once = visit.raised.cause in AT_ONCE
        yield visit.raised.at if at_once else visit.raised.at + after, visit.raised.cause
    if visit.stage is VisitStage.UNDER_WAY and visit.check_in_by is not None:
        yield visit.check_in_by + after, AlarmCause.OVERDUE
