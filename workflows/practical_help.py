"""One practical help, from the request until a person says that everything is there.  It outlives its referral.

What happens is fed to `domain.practical_help.help.decide_help`; each turn is written before the next.  The clocks of
visitors lie in the tables as well: an alarm is seen there even while no workflow runs.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.practical_help import PracticalHelpActivities
from domain.errors import Refusal
from domain.events import ALREADY_SETTLED, Answer
from domain.practical_help.events import HelpBegun, HelpCommand, HelpEvent, HelpTimePassed
from domain.practical_help.help import decide_help, is_over, next_help_deadline
from domain.practical_help.ports import HelpProjection
from domain.practical_help.state import HelpEffects, HelpState
from workflows import policies


@workflow.defn(name="PracticalHelp")
class PracticalHelpWorkflow:
    """Follows one practical help.  Its only argument is its id."""

    @workflow.init
    def __init__(self, help_id: str) -> None:
        self._state: HelpState | None = None
        self._turns = asyncio.Lock()

    @workflow.run
    async def run(self, help_id: str) -> str:
        """Live until it is completed or cancelled, and no alarm stands."""
        self._state = await workflow.execute_local_activity_method(
            PracticalHelpActivities.take_up_help, help_id, **policies.READ
        )
        if not self._now_at.begun:
            await self._turn(HelpBegun())
        while not await self._is_finished():
            await self._live_on()
            if not is_over(self._now_at) and workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(help_id)
        return str(self._now_at.stage)

    @workflow.update
    async def apply(self, command: HelpCommand) -> Answer:
        """Take in a command, in the order the commands were made, once."""
        await workflow.wait_condition(lambda: self._is_next(command))
        if command.ordinal <= self._now_at.applied_through:
            return Answer(applied=True, revision=self._now_at.revision, code=ALREADY_SETTLED)
        answer = await self._turn(command.event, command)
        return answer or Answer(applied=True, revision=self._now_at.revision)

    @apply.validator
    def _may_apply(self, command: HelpCommand) -> None:
        if not command.id or command.ordinal < 1:
            raise ApplicationError("a command needs an id and an ordinal", type="MalformedCommand")

    @workflow.query
    def progress(self) -> HelpState | None:
        """Where it stands; for operators, never for lists."""
        return self._state

    @property
    def _now_at(self) -> HelpState:
        assert self._state is not None, "nothing is decided before it was taken up"
        return self._state

    def _is_next(self, command: HelpCommand) -> bool:
        state = self._state
        return state is not None and state.begun and state.applied_through >= command.ordinal - 1

    async def _is_finished(self) -> bool:
        if not is_over(self._now_at):
            return False
        await workflow.wait_condition(workflow.all_handlers_finished)
        return is_over(self._now_at)

    async def _live_on(self) -> None:
        """Wait until something happens or somebody is to be asked."""
        state = self._now_at
        deadline = next_help_deadline(state)
        try:
            await workflow.wait_condition(
                lambda: self._now_at.turn != state.turn,
                timeout=None if deadline is None else max(deadline - workflow.now(), timedelta(0)),
            )
        except TimeoutError:
            await self._turn(HelpTimePassed())

    async def _turn(self, event: HelpEvent, command: HelpCommand | None = None) -> Answer | None:
        """Decide, write.  Nothing else is decided until the tables have it."""
        async with self._turns:
            before = self._now_at
            if command is not None and command.ordinal <= before.applied_through:
                return Answer(applied=True, revision=before.revision, code=ALREADY_SETTLED)
            state, effects, answer = _decided(before, event)
            if command is not None:
                state = replace(state, applied_through=command.ordinal)
            elif state == before:
                return None
            state = replace(state, turn=before.turn + 1)
            await workflow.execute_activity_method(
                PracticalHelpActivities.project_help,
                HelpProjection(
                    state=state,
                    entries=effects.entries,
                    at=workflow.now(),
                    command_id=command.id if command else None,
                    answer=answer if command else None,
                ),
                **policies.WRITE,
            )
            self._state = state
            return answer


def _decided(before: HelpState, event: HelpEvent) -> tuple[HelpState, HelpEffects, Answer]:
    try:
        state, effects = decide_help(before, event, workflow.now())
    except Refusal as refusal:
        refused = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        return before, HelpEffects(), refused
    if effects.refused is not None:
        why = effects.refused
        return state, effects, Answer(applied=False, revision=before.revision, code=why.code, why=why.why)
    return state, effects, Answer(applied=True, revision=state.revision)
