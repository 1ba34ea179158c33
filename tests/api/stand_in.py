"""An in-process stand-in for the workflow: it decides by the same heart and writes through the same store."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.dispatch_events import HelpAsked, RepairAsked
from domain.errors import Refusal
from domain.events import (
    Answer,
    Command,
    Corrected,
    CorrectionSent,
    Decided,
    Event,
    PlanChanged,
    PlanSent,
    TimePassed,
    Triage,
)
from domain.identifiers import help_workflow_id, repair_workflow_id
from domain.ports import Projection
from domain.referral import decide
from domain.referral_state import Effects, ReferralState, initial_state
from domain.vocabulary import DecisionKind, Outcome, Role, Stage
from store.command import CommandStore
from store.command_row import AnyCommand
from store.referral import ReferralStore
from tests.api.help_stand_in import HelpStandIn
from tests.api.repair_stand_in import RepairStandIn
from wiring.profile import ProfilePolicies


class StandIn:
    """Obeys `api.services.Orchestra`; `away` plays an outage of Temporal."""

    def __init__(self, referrals: ReferralStore, commands: CommandStore, policies: ProfilePolicies) -> None:
        self._referrals = referrals
        self._commands = commands
        self._policies = policies
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.away = False
        self.freezes_for = timedelta()
        """How long it hangs before it says that nobody is there, at most as long as it is asked for."""
        self.loses_answers = False
        """Applies commands and never says so."""
        self.started: list[str] = []
        self.repairs: RepairStandIn | None = None
        """Plays the workflows of repairs, where a test wants one."""
        self.helps: HelpStandIn | None = None
        """Likewise those of practical help."""

    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        if not await self._is_there(within):
            return False
        self.started.append(referral_id)
        async with self._locks[referral_id]:
            await asyncio.to_thread(self._triage, referral_id)
        return True

    async def send_command(self, target_id: str, command: AnyCommand, *, within: timedelta) -> Answer | None:
        if not await self._is_there(within):
            return None
        async with self._locks[target_id.removeprefix("referral-")]:
            await asyncio.to_thread(self._apply_through, target_id, command)
        return None if self.loses_answers else await asyncio.to_thread(self._commands.result, command.id)

    async def is_ready(self) -> bool:
        return not self.away

    async def time_passes(self, referral_id: str, *, to: datetime) -> None:
        await asyncio.to_thread(self._turn, referral_id, TimePassed(), to)

    async def closes(self, referral_id: str) -> None:
        """A supervisor closes it, while somebody else still looks at it."""
        decision = Decided(kind=DecisionKind.CLOSE, role=Role.MANAGER, outcome=Outcome.MOVED_AWAY)
        await asyncio.to_thread(self._turn, referral_id, decision, datetime.now(UTC))

    async def _is_there(self, within: timedelta) -> bool:
        await asyncio.sleep(min(self.freezes_for, within).total_seconds())
        return not self.away

    def _apply_through(self, target_id: str, command: AnyCommand) -> None:
        if self.repairs is not None and target_id.startswith(repair_workflow_id("")):
            self.repairs.apply_through(target_id, command)
            return
        if self.helps is not None and target_id.startswith(help_workflow_id("")):
            self.helps.apply_through(target_id, command)
            return
        referral_id = target_id.removeprefix("referral-")
        self._triage(referral_id)
        for stored in self._commands.pending(target_id):
            if stored.ordinal <= command.ordinal:
                self._turn(referral_id, None, datetime.now(UTC), stored.command)

    def _triage(self, referral_id: str) -> None:
        if self._state(referral_id).stage is Stage.RECEIVED:
            self._turn(referral_id, Triage(), datetime.now(UTC))

    def _state(self, referral_id: str) -> ReferralState:
        known = self._referrals.take_up(referral_id)
        return known.state or initial_state(
            referral_id=referral_id,
            policy=self._policies.policy_at(known.received_at),
            facts=known.facts,
            received_at=known.received_at,
        )

    def _turn(
        self, referral_id: str, event: Event | None, now: datetime, command: Command | None = None
    ) -> None:
        before = self._state(referral_id)
        happened = event or self._event_of(referral_id, command)
        try:
            state, effects = decide(before, happened, now, before.policy)
            answer = Answer(
                applied=True,
                revision=state.revision,
                counted=effects.counted,
                why_not_counted=effects.why_not_counted,
            )
        except Refusal as refusal:
            state, effects = before, Effects()
            answer = Answer(applied=False, revision=state.revision, code=refusal.code, why=refusal.reason)
        state = replace(
            state,
            turn=before.turn + 1,
            applied_through=command.ordinal if command else state.applied_through,
        )
        self._referrals.project(
            Projection(
                state=state,
                effects=effects,
                at=now,
                command_id=command.id if command else None,
                answer=answer if command else None,
                corrects=isinstance(happened, Corrected | PlanChanged) and answer.applied,
            )
        )
        if self.repairs is not None and isinstance(effects.begins, RepairAsked):
            self.repairs.begin(effects.begins.repair_id)
        if self.helps is not None and isinstance(effects.begins, HelpAsked):
            self.helps.begin(effects.begins.help_id)

    def _event_of(self, referral_id: str, command: Command | None) -> Event:
        assert command is not None
        if isinstance(command.event, CorrectionSent):
            return Corrected(facts=self._referrals.facts_corrected_by(referral_id, command.id))
        if isinstance(command.event, PlanSent):
            return PlanChanged(facts=self._referrals.facts_corrected_by(referral_id, command.id))
        return command.event
