"""What a referral's workflow asks of the tables."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities._failures import translated
from domain.facts import Facts
from domain.ports import PolicySource, Projection, ReferralTables
from domain.referral_state import ReferralState, initial_state


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUp:
    """Which referral a run begins with, and when."""

    referral_id: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A stored correction that is about to be applied."""

    referral_id: str
    command_id: str


class ReferralActivities:
    """Reads where a referral stands and writes each of its turns."""

    def __init__(self, tables: ReferralTables, policies: PolicySource) -> None:
        self._tables = tables
        self._policies = policies

    @activity.defn
    def take_up_referral(self, request: TakeUp) -> ReferralState:
        """Read the stored state, or make the first one with the policy of today."""
        with translated():
            known = self._tables.take_up(request.referral_id)
            return known.state or initial_state(
                referral_id=request.referral_id,
                policy=self._policies.policy_at(request.now),
                facts=known.facts,
                received_at=known.received_at,
            )

    @activity.defn
    def read_correction(self, correction: Correction) -> Facts:
        """Derive the facts as the correction makes them."""
        with translated():
            return self._tables.facts_corrected_by(correction.referral_id, correction.command_id)

    @activity.defn
    def project_referral(self, projection: Projection) -> None:
        """Write one turn."""
        with translated():
            self._tables.project(projection)
