"""What became of what somebody sent, and what comes next: how the page of a referral says it.  Pure."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.plain_words import ACTIONS, command_in_words
from api.referral_at_a_glance import due_is
from api.times import Time, time_in_words
from domain.events import AttemptMade, OptedOut, Stopped
from domain.vocabulary import AttemptOutcome, NextActionKind
from store.command import StoredCommand
from store.referral_view import ReferralView

_LATER = "It will be applied as soon as the workflow engine answers. Nothing is lost; do not send it again."
_AT_ONCE = "It holds from this moment: nothing that waits leaves. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one command."""

    heading: str
    text: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What is wanted next."""

    todo: str
    why: str
    due_is: str
    """What the time is."""
    due: Time | None
    until: Time | None
    """When a call that nobody made counts as lapsed."""
    escalation: str


def told_of(command: StoredCommand) -> Told:
    """Say what became of a command."""
    words = command_in_words(command)
    answer = command.answer
    if answer is None:
        at_once = _AT_ONCE if isinstance(command.event, Stopped | OptedOut) else ""
        return Told(
            heading=f"Stored. {words}.",
            text=at_once + _LATER,
            is_done=False,
        )
    if not answer.applied:
        return Told(heading=f"Not done. {words}.", text=answer.why, is_done=False)
    if not isinstance(command.event, AttemptMade):
        return Told(heading=f"Done. {words}.", text="", is_done=True)
    if answer.counted:
        return Told(heading=f"Recorded, and counted. {words}.", text="", is_done=True)
    why = f"It does not count: {answer.why_not_counted}." if answer.why_not_counted else ""
    return Told(heading=f"Recorded. {words}.", text=why, is_done=True)


def next_step_of(view: ReferralView, *, zone: ZoneInfo, now: datetime) -> NextStep | None:
    """Say what is wanted next; `None` for a closed referral."""
    action = view.next_action
    if action is None:
        return None
    call = view.state.call if view.state is not None and action.kind is NextActionKind.CALL else None
    return NextStep(
        todo=ACTIONS[action.kind],
        why=action.reason,
        due_is=due_is(view, action.kind),
        due=time_in_words(action.due_at, zone=zone, now=now) if action.due_at else None,
        until=time_in_words(call.lapses_at, zone=zone, now=now) if call and call.lapses_at else None,
        escalation=view.escalation if view.escalated_at else "",
    )


def tells_of_danger(command: StoredCommand) -> bool:
    """Whether a command says that somebody is in danger: believed before anything has applied it."""
    return isinstance(command.event, AttemptMade) and command.event.outcome is AttemptOutcome.IMMEDIATE_DANGER
