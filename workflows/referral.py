"""One referral, from receipt until it is closed, and again when it is reopened.

The workflow feeds what happens to `domain.referral.decide`, has each turn written before it goes on, and carries
out what a turn asks for.  Turns follow one another: a turn is decided and written under one lock.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    WorkflowAlreadyStartedError,
)

from activities.correspondence import CorrespondenceActivities, Departure
from activities.referral import Correction, ReferralActivities, TakeUp
from domain.dispatch_events import HelpAsked, RepairAsked
from domain.errors import Refusal
from domain.events import (
    ALREADY_SETTLED,
    Answer,
    Command,
    Corrected,
    CorrectionSent,
    Event,
    MessageSettled,
    PlanChanged,
    PlanSent,
    TimePassed,
    Triage,
)
from domain.identifiers import help_workflow_id, repair_workflow_id, support_workflow_id
from domain.ports import Projection
from domain.referral import decide
from domain.referral_state import Effects, ReferralState, doubtful_now, leaving_now, next_deadline
from domain.vocabulary import MessageState, Stage
from workflows import policies
from workflows.ongoing_support import SupportWorkflow
from workflows.practical_help import PracticalHelpWorkflow
from workflows.repair_dispatch import RepairDispatchWorkflow


@workflow.defn(name="Referral")
class ReferralWorkflow:
    """Carries one referral.  Its only argument is the referral's id; everything else is in the tables."""

    @workflow.init
    def __init__(self, referral_id: str) -> None:
        self._referral_id = referral_id
        self._state: ReferralState | None = None
        self._turns = asyncio.Lock()

    @workflow.run
    async def run(self, referral_id: str) -> str:
        """Live until closed, and until everything that was sent meanwhile has been answered."""
        state = await self._take_up(referral_id)
        if state.stage is Stage.RECEIVED:
            await self._turn(Triage())
        while not await self._is_finished():
            await self._live_on()
            if not _is_done(self._now_at) and workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(referral_id)
        return str(self._now_at.outcome)

    @workflow.update
    async def apply(self, command: Command) -> Answer:
        """Take in a command, in the order the commands were made, after triage, once."""
        await workflow.wait_condition(lambda: self._is_next(command))
        if command.ordinal <= self._now_at.applied_through:
            return Answer(applied=True, revision=self._now_at.revision, code=ALREADY_SETTLED)
        return await self._turn(None, command) or Answer(applied=True, revision=self._now_at.revision)

    @apply.validator
    def _may_apply(self, command: Command) -> None:
        if not command.id or command.ordinal < 1:
            raise ApplicationError("a command needs an id and an ordinal", type="MalformedCommand")

    @workflow.query
    def progress(self) -> ReferralState | None:
        """Where the referral stands; for operators, never for lists."""
        return self._state

    @property
    def _now_at(self) -> ReferralState:
        assert self._state is not None, "nothing is decided before the referral was taken up"
        return self._state

    def _is_next(self, command: Command) -> bool:
        state = self._state
        return (
            state is not None
            and state.stage is not Stage.RECEIVED
            and state.applied_through >= command.ordinal - 1
        )

    async def _take_up(self, referral_id: str) -> ReferralState:
        self._state = await workflow.execute_local_activity_method(
            ReferralActivities.take_up_referral,
            TakeUp(referral_id=referral_id, now=workflow.now()),
            **policies.READ,
        )
        return self._now_at

    async def _is_finished(self) -> bool:
        """Closed, and every command that came meanwhile has been answered and left it closed."""
        if not _is_done(self._now_at):
            return False
        await workflow.wait_condition(workflow.all_handlers_finished)
        return _is_done(self._now_at)

    async def _live_on(self) -> None:
        """Do what is due, or wait until something happens or time runs out."""
        state = self._now_at
        if (leaving := leaving_now(state, workflow.now())) is not None:
            await self._send(leaving)
            return
        if (doubtful := doubtful_now(state, workflow.now())) is not None:
            await self._ask_about(doubtful)
            return
        deadline = next_deadline(state)
        try:
            await workflow.wait_condition(
                lambda: self._now_at.turn != state.turn,
                timeout=None if deadline is None else max(deadline - workflow.now(), timedelta(0)),
            )
        except TimeoutError:
            await self._turn(TimePassed())

    async def _send(self, key: str) -> None:
        departure = Departure(key=key, at=workflow.now())
        try:
            settled = await workflow.execute_activity_method(
                CorrespondenceActivities.send_message, departure, **policies.SEND
            )
        except ActivityError:
            why = "It could not be handed over for a long time."
            settled = MessageSettled(key=key, state=MessageState.HELD, why=why)
        await self._turn(settled)

    async def _ask_about(self, key: str) -> None:
        """Nobody knows whether it left: its provider is asked before the rule of its purpose applies."""
        try:
            settled = await workflow.execute_activity_method(
                CorrespondenceActivities.reconcile_message,
                Departure(key=key, at=workflow.now()),
                **policies.RECONCILE,
            )
        except ActivityError:
            settled = MessageSettled(key=key, state=MessageState.UNKNOWN, reconciled=True)
        await self._turn(settled)

    async def _turn(self, event: Event | None, command: Command | None = None) -> Answer | None:
        """Decide, write, carry out.  Nothing else is decided until the tables have it."""
        async with self._turns:
            before = self._now_at
            happened = event or await self._event_of(command)
            state, effects, answer = _decided(before, happened)
            if command is not None:
                state = replace(state, applied_through=command.ordinal)
            elif state is before:
                return None
            state = replace(state, turn=before.turn + 1)
            await workflow.execute_activity_method(
                ReferralActivities.project_referral,
                Projection(
                    state=state,
                    effects=effects,
                    at=workflow.now(),
                    command_id=command.id if command else None,
                    answer=answer if command else None,
                    corrects=isinstance(happened, Corrected | PlanChanged) and answer.applied,
                ),
                **policies.WRITE,
            )
            await self._carry_out(effects, state)
            self._state = state
            return answer

    async def _event_of(self, command: Command | None) -> Event:
        assert command is not None, "a turn has an event or a command"
        if isinstance(command.event, CorrectionSent | PlanSent):
            facts = await workflow.execute_local_activity_method(
                ReferralActivities.read_correction,
                Correction(referral_id=self._referral_id, command_id=command.id),
                **policies.READ,
            )
            is_plan = isinstance(command.event, PlanSent)
            return PlanChanged(facts=facts) if is_plan else Corrected(facts=facts)
        return command.event

    async def _carry_out(self, effects: Effects, state: ReferralState) -> None:
        if effects.begins is not None:
            await self._begin(effects.begins)
        for repair_id in effects.stops_repairs:
            await self._stop_repair(repair_id)
        if effects.starts_support and state.support is not None:
            _ = await workflow.start_child_workflow(
                SupportWorkflow.run,
                state.support.support_id,
                id=support_workflow_id(state.support.support_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        if effects.ends_support is not None and state.support is not None:
            support = workflow.get_external_workflow_handle_for(
                SupportWorkflow.run, support_workflow_id(state.support.support_id)
            )
            try:
                await support.signal(SupportWorkflow.referral_closed, effects.ends_support)
            except FailureError:
                workflow.logger.warning("the support workflow had ended already")

    async def _begin(self, asked: RepairAsked | HelpAsked) -> None:
        """Start what lives on by itself, whatever becomes of this referral."""
        try:
            await self._start(asked)
        except (
            WorkflowAlreadyStartedError
        ):  # its row is in the tables: a command for it was quicker, and started it
            workflow.logger.info("it had begun already")

    async def _start(self, asked: RepairAsked | HelpAsked) -> None:
        if isinstance(asked, RepairAsked):
            _ = await workflow.start_child_workflow(
                RepairDispatchWorkflow.run,
                asked.repair_id,
                id=repair_workflow_id(asked.repair_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        else:
            _ = await workflow.start_child_workflow(
                PracticalHelpWorkflow.run,
                asked.help_id,
                id=help_workflow_id(asked.help_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )

    async def _stop_repair(self, repair_id: str) -> None:
        repair = workflow.get_external_workflow_handle_for(
            RepairDispatchWorkflow.run, repair_workflow_id(repair_id)
        )
        try:
            await repair.signal(RepairDispatchWorkflow.referral_stopped)
        except FailureError:
            workflow.logger.warning("the repair had ended already")


def _is_done(state: ReferralState) -> bool:
    return state.stage is Stage.CLOSED and not state.errands


def _decided(before: ReferralState, event: Event) -> tuple[ReferralState, Effects, Answer]:
    try:
        state, effects = decide(before, event, workflow.now(), before.policy)
    except Refusal as refusal:
        refused = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        return before, Effects(), refused
    answer = Answer(
        applied=True,
        revision=state.revision,
        counted=effects.counted,
        why_not_counted=effects.why_not_counted,
    )
    return state, effects, answer
