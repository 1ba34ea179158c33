"""Ongoing support: owner, first contact, reviews at the profile's cadence, and what a missed one means.

The heart of the support workflow, of the same kind as `domain.referral`: told, never asking.
Source: docs/policy.md#support; rule 10 of docs/policy.md (only a person ends support).
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import NotPossibleNow
from domain.policy import Policy
from domain.referral_state import Entry
from domain.vocabulary import SupportKind

REVIEWS_AT = time(9)
"""Local time of day at which a review or first contact that has only a date is due."""


class Engagement(StrEnum):
    """Whether the person took part since the last review."""

    ENGAGED = "engaged"
    NOT_ENGAGED = "not_engaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportState:
    """Where one ongoing support stands.  Fields are only ever added, each with a default."""

    version: int = 1
    support_id: str
    referral_id: str
    kind: SupportKind
    owner: str | None
    policy: Policy
    review_at: datetime
    overdue_asked: bool = False
    """Whether somebody has been told that this review was missed."""
    reviews: int = 0
    not_engaged: int = 0
    """Consecutive reviews without engagement."""
    escalation: str = ""
    ended_at: datetime | None = None
    turn: int = 0
    applied_through: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A review took place."""

    engagement: Engagement
    next_review_on: date | None = None
    owner: str | None = None
    """A new owner, if it changes hands."""
    type: Literal["reviewed"] = "reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportTimePassed:
    """A review may be overdue."""

    type: Literal["time"] = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportEnded:
    """The referral was closed by a person."""

    reason: str
    type: Literal["ended"] = "ended"


SupportEvent = Reviewed | SupportTimePassed | SupportEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCommand:
    """One stored command on its way to the support workflow."""

    id: str
    ordinal: int
    event: Reviewed


@dataclass(slots=True)
class _Turn:
    state: SupportState
    entries: list[Entry] = field(default_factory=list)


def begin_support(
    *,
    support_id: str,
    referral_id: str,
    kind: SupportKind,
    owner: str | None,
    first_contact_on: date,
    begun_at: datetime,
    policy: Policy,
) -> SupportState:
    """The state of an ongoing support that has just begun; its first review is the first contact."""
    return SupportState(
        support_id=support_id,
        referral_id=referral_id,
        kind=kind,
        owner=owner,
        policy=policy,
        review_at=first_review_at(first_contact_on, begun_at, policy),
    )


def first_review_at(first_contact_on: date, begun_at: datetime, policy: Policy) -> datetime:
    """When the first contact is due: by the profile, unless a person chose another day."""
    by_profile = begun_at + policy.support.first_contact_within
    zone = ZoneInfo(policy.hours.time_zone)
    if by_profile.astimezone(zone).date() == first_contact_on:
        return by_profile
    return max(begun_at, _due(first_contact_on, policy))


def decide_support(
    state: SupportState, event: SupportEvent, now: datetime
) -> tuple[SupportState, tuple[Entry, ...]]:
    """Answer one event: the state that follows and what the timeline says.

    Raises:
        NotPossibleNow: The support has ended.
    """
    turn = _Turn(state=state)
    match event:
        case Reviewed():
            _reviewed(turn, event, now)
        case SupportTimePassed():
            _time_passed(turn, now)
        case SupportEnded(reason=reason):
            if state.ended_at is None:
                turn.state = replace(state, ended_at=now, escalation="")
                turn.entries.append(Entry(what="Ongoing support ended.", why=reason.replace("_", " ")))
    return turn.state, tuple(turn.entries)


def next_review_deadline(state: SupportState) -> datetime | None:
    """When a review counts as missed; `None` once somebody was told, or at the end."""
    if state.ended_at is not None or state.overdue_asked:
        return None
    return state.review_at + state.policy.support.review_missed_after


def _reviewed(turn: _Turn, event: Reviewed, now: datetime) -> None:
    state = turn.state
    if state.ended_at is not None:
        raise NotPossibleNow("This support has ended.")
    policy = state.policy.support
    apart = state.not_engaged + 1 if event.engagement is Engagement.NOT_ENGAGED else 0
    ask = apart >= policy.missed_engagements
    on = event.next_review_on
    turn.state = replace(
        state,
        review_at=max(now, _due(on, state.policy)) if on else now + policy.review_every,
        overdue_asked=False,
        reviews=state.reviews + 1,
        not_engaged=apart,
        owner=event.owner or state.owner,
        escalation="The person has not taken part; somebody decides how to go on." if ask else "",
    )
    turn.entries.append(
        Entry(
            what=f"Support was reviewed: {event.engagement.replace('_', ' ')}.",
            why=f"Next review on {_local_day(turn.state).isoformat()}.",
            by_person=True,
        )
    )
    if ask:
        turn.entries.append(
            Entry(what="A person is asked to decide.", why=f"{apart} reviews running without engagement.")
        )


def _time_passed(turn: _Turn, now: datetime) -> None:
    deadline = next_review_deadline(turn.state)
    if deadline is None or now < deadline:
        return
    turn.state = replace(turn.state, overdue_asked=True, escalation="A review was missed.")
    turn.entries.append(Entry(what="Escalated to a supervisor.", why="A review was missed."))


def _local_day(state: SupportState) -> date:
    return state.review_at.astimezone(ZoneInfo(state.policy.hours.time_zone)).date()


def _due(on: date, policy: Policy) -> datetime:
    return datetime.combine(on, REVIEWS_AT, tzinfo=ZoneInfo(policy.hours.time_zone)).astimezone(UTC)
