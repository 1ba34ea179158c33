"""What each step of a visit makes of it.  Refused are steps that are not possible; never an alarm, nor a check-in.

Source: docs/practical-help.md#visits.
"""

from dataclasses import replace
from datetime import datetime

from domain.errors import NotPossibleNow, RoleNotAllowed
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    VisitAllowed,
    VisitBegun,
    VisitEnded,
    WhereaboutsChecked,
)
from domain.practical_help.kinds import AlarmCause, AlarmStep, SuspectsFound, VisitStage
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.visit import AT_ONCE, Check, Raised, Visit, alarm_of, why_not_begun
from domain.vocabulary import Role


def checked(visit: Visit, event: WhereaboutsChecked) -> Visit:
    """Take in a check; a go-ahead that was given upon an earlier one no longer holds."""
    _is_to_come_or_under_way(visit)
    if visit.check is not None and event.at < visit.check.at:
        raise NotPossibleNow("There is a later check of the suspects' whereabouts, and that one holds.")
    check = Check(found=event.found, at=event.at, sensitive=event.sensitive)
    if visit.stage is VisitStage.PLANNED:
        return replace(visit, check=check, allowed_at=None)
    if event.found is SuspectsFound.AT_ADDRESS:
        visit = _with_alarm(visit, AlarmCause.SUSPECT_NEAR, event.at)
    return replace(visit, check=check)


def allowed(visit: Visit, event: VisitAllowed) -> Visit:
    """Let it go ahead."""
    if event.role is not Role.MANAGER:
        raise RoleNotAllowed("Only a supervisor lets a visit go ahead.")
    _is(visit, VisitStage.PLANNED)
    if visit.check is None:
        raise NotPossibleNow("Nobody has checked where the suspects are: there is nothing to judge by yet.")
    return replace(visit, allowed_at=event.at)


def begun(visit: Visit, event: VisitBegun, policy: HelpPolicy) -> Visit:
    """Start the clock, if they may go in."""
    _is(visit, VisitStage.PLANNED)
    why_not = why_not_begun(visit, policy, at=event.at, stopped=event.stopped)
    if why_not:
        raise NotPossibleNow(f"{why_not} If they are inside already, raise the alarm.")
    return replace(
        visit,
        stage=VisitStage.UNDER_WAY,
        begun_at=event.at,
        heard_at=event.at,
        check_in_by=event.at + policy.check_in_every,
    )


def heard(visit: Visit, event: CheckedIn, policy: HelpPolicy) -> Visit:
    """Take in that the visitor was heard from.  Never refused; it starts the clock anew where one runs."""
    visit = with_duress(_still_alarmed(visit, policy, event.at), event)
    if visit.stage is not VisitStage.UNDER_WAY:
        return visit
    return _clock_from(visit, max(visit.heard_at or event.at, event.at), policy)


def ended(visit: Visit, event: VisitEnded, policy: HelpPolicy) -> Visit:
    """Stop the clock: they are out and safe.  An alarm at its last step stands until somebody settles it."""
    _is(visit, VisitStage.UNDER_WAY)
    visit = with_duress(_still_alarmed(visit, policy, event.at), event)
    return replace(visit, stage=VisitStage.ENDED, ended_at=event.at, check_in_by=None, outcome=event.outcome)


def called_off(visit: Visit) -> Visit:
    """Nobody goes."""
    _is(visit, VisitStage.PLANNED)
    return replace(visit, stage=VisitStage.CALLED_OFF)


def alarmed(visit: Visit, event: AlarmRaised) -> Visit:
    """Raise the alarm, in every stage."""
    return _with_alarm(visit, event.cause, event.at)


def settled(visit: Visit, event: AlarmSettled, policy: HelpPolicy, now: datetime) -> Visit:
    """End an alarm: somebody reached the visitor.  While they are inside the clock starts anew."""
    if event.quiet:
        return _settled_quietly(visit, event)
    alarm = alarm_of(visit, policy, now)
    if alarm is None:
        raise NotPossibleNow("There is no alarm.")
    if alarm.step is AlarmStep.TELL_POLICE and event.role is not Role.MANAGER:
        raise RoleNotAllowed("It has come to the police: only a supervisor settles it.")
    calm = replace(visit, raised=None)
    return _clock_from(calm, event.at, policy) if visit.stage is VisitStage.UNDER_WAY else calm


def with_duress(visit: Visit, event: CheckedIn | VisitEnded) -> Visit:
    """Keep a word for duress, if one was said."""
    return replace(visit, duress_at=event.at) if event.duress else visit


def _settled_quietly(visit: Visit, event: AlarmSettled) -> Visit:
    if event.role is not Role.MANAGER:
        raise RoleNotAllowed("Only a supervisor does this.")
    if visit.duress_at is None:
        raise NotPossibleNow("There is no such alert.")
    return replace(visit, duress_at=None)


def _still_alarmed(visit: Visit, policy: HelpPolicy, at: datetime) -> Visit:
    """Keep an alarm that had come to its last step: a voice on the telephone does not end it."""
    alarm = alarm_of(visit, policy, at)
    if alarm is None or visit.raised is not None or alarm.step is not AlarmStep.TELL_POLICE:
        return visit
    return replace(visit, raised=Raised(cause=alarm.cause, at=alarm.since))


def _with_alarm(visit: Visit, cause: AlarmCause, at: datetime) -> Visit:
    """The gravest cause, from the first moment."""
    before = visit.raised
    if before is None:
        return replace(visit, raised=Raised(cause=cause, at=at))
    gravest = before.cause if before.cause in AT_ONCE else cause
    return replace(visit, raised=Raised(cause=gravest, at=min(before.at, at)))


def _clock_from(visit: Visit, heard_at: datetime, policy: HelpPolicy) -> Visit:
    return replace(visit, heard_at=heard_at, check_in_by=heard_at + policy.check_in_every)


def _is(visit: Visit, stage: VisitStage) -> None:
    if visit.stage is not stage:
        raise NotPossibleNow(f"Visit {visit.number} is {visit.stage.replace('_', ' ')}.")


def _is_to_come_or_under_way(visit: Visit) -> None:
    if visit.stage not in {VisitStage.PLANNED, VisitStage.UNDER_WAY}:
        raise NotPossibleNow(f"Visit {visit.number} is {visit.stage.replace('_', ' ')}.")
