"""What the activities need from outside.  Stores, providers and templates obey these without knowing each other."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.events import Answer
from domain.facts import Facts
from domain.policy import Policy
from domain.referral_state import Effects, Entry, ReferralState
from domain.vocabulary import SupportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """What the tables know when a workflow begins a run."""

    state: ReferralState | None
    """`None`: this is the first run."""
    facts: Facts
    """Derived from the referral as received and corrected."""
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One turn of a referral: everything the tables take in one transaction."""

    state: ReferralState
    effects: Effects
    at: datetime
    """When it happened, aware; the timeline's time."""
    command_id: str | None = None
    answer: Answer | None = None
    """Given with `command_id`: what the command's row says from now on."""
    corrects: bool = False
    """Whether the command's merge-patch becomes part of the referral."""


class ReferralTables(Protocol):
    """Reads and writes of one referral; all of them safe to repeat."""

    def take_up(self, referral_id: str) -> TakenUp:
        """Read where a referral stands.  Raises `ReferralNotFound`."""

    def facts_corrected_by(self, referral_id: str, command_id: str) -> Facts:
        """Derive the facts as a stored correction would make them."""

    def project(self, projection: Projection) -> None:
        """Write a turn, unless the tables have it or a later one already (guarded by `state.turn`)."""


class PolicySource(Protocol):
    """The profile of this service."""

    def policy_at(self, now: datetime) -> Policy:
        """The policy a workflow begins with, closed days of the next years included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportBegun:
    """What the tables know of an ongoing support when its workflow begins a run."""

    support_id: str
    referral_id: str
    kind: SupportKind
    owner: str | None
    first_contact_on: date
    begun_at: datetime
    policy: Policy
    state: str | None
    """The support's own state as JSON, `None` on the first run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportProjection:
    """One turn of an ongoing support."""

    support_id: str
    referral_id: str
    turn: int
    state: str
    """The support's state as JSON."""
    review_at: datetime | None
    """The next review; `None` once it has ended."""
    ended_at: datetime | None
    escalation: str
    """Why a person is asked; empty if nobody is."""
    entries: tuple[Entry, ...]
    """For the referral's timeline."""
    at: datetime
    command_id: str | None = None
    answer: Answer | None = None


class SupportTables(Protocol):
    """The rows of ongoing support; the referral's own projection makes them."""

    def take_up_support(self, support_id: str) -> SupportBegun:
        """Read where an ongoing support stands."""

    def project_support(self, projection: SupportProjection) -> None:
        """Write a turn, unless the tables have it or a later one already (guarded by `turn`)."""
