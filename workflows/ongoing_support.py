"""One ongoing support, for months: reviews, missed reviews, the end.  It outlives the run that began it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.ongoing_support import SupportActivities, SupportTurn
from domain.errors import Refusal
from domain.events import ALREADY_SETTLED, Answer
from domain.ongoing_support import (
    SupportCommand,
    SupportEnded,
    SupportEvent,
    SupportState,
    SupportTimePassed,
    decide_support,
    next_review_deadline,
)
from domain.referral_state import Entry
from workflows import policies


@workflow.defn(name="OngoingSupport")
class SupportWorkflow:
    """Follows one ongoing support.  Its only argument is the support's id."""

    @workflow.init
    def __init__(self, support_id: str) -> None:
        self._support_id = support_id
        self._state: SupportState | None = None
        self._end: str | None = None
        self._turns = asyncio.Lock()

    @workflow.run
    async def run(self, support_id: str) -> str:
        """Live until the referral is closed."""
        self._state = await workflow.execute_local_activity_method(
            SupportActivities.take_up_support, support_id, **policies.READ
        )
        if self._now_at.turn == 0:
            await self._turn(None)
        while self._now_at.ended_at is None:
            await self._live_on()
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                if self._end is None:  # asked after waiting: what a signal says is not in the tables yet
                    workflow.continue_as_new(support_id)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "ended"

    @workflow.signal
    def referral_closed(self, reason: str) -> None:
        """The referral was closed; `reason` is its outcome."""
        self._end = reason

    @workflow.update
    async def apply(self, command: SupportCommand) -> Answer:
        """Take in a review, in order, once."""
        await workflow.wait_condition(lambda: self._is_next(command))
        if command.ordinal <= self._now_at.applied_through:
            return Answer(applied=True, revision=self._now_at.turn, code=ALREADY_SETTLED)
        return await self._turn(command.event, command) or Answer(applied=True, revision=self._now_at.turn)

    @apply.validator
    def _may_apply(self, command: SupportCommand) -> None:
        if not command.id or command.ordinal < 1:
            raise ApplicationError("a command needs an id and an ordinal", type="MalformedCommand")

    @property
    def _now_at(self) -> SupportState:
        assert self._state is not None, "nothing is decided before the support was taken up"
        return self._state

    def _is_next(self, command: SupportCommand) -> bool:
        state = self._state
        return state is not None and state.turn > 0 and state.applied_through >= command.ordinal - 1

    async def _live_on(self) -> None:
        state = self._now_at
        if self._end is not None:
            await self._turn(SupportEnded(reason=self._end))
            return
        deadline = next_review_deadline(state)
        try:
            await workflow.wait_condition(
                lambda: self._end is not None or self._now_at.turn != state.turn,
                timeout=None if deadline is None else max(deadline - workflow.now(), timedelta(0)),
            )
        except TimeoutError:
            await self._turn(SupportTimePassed())

    async def _turn(self, event: SupportEvent | None, command: SupportCommand | None = None) -> Answer | None:
        async with self._turns:
            before = self._now_at
            answer = Answer(applied=True, revision=before.turn + 1)
            state = before
            entries: tuple[Entry, ...] = ()
            try:
                if event is not None:
                    state, entries = decide_support(before, event, workflow.now())
            except Refusal as refusal:
                answer = Answer(applied=False, revision=before.turn, code=refusal.code, why=refusal.reason)
            if command is not None:
                state = replace(state, applied_through=command.ordinal)
            state = replace(state, turn=before.turn + 1)
            await workflow.execute_activity_method(
                SupportActivities.project_support,
                SupportTurn(
                    state=state,
                    entries=entries,
                    at=workflow.now(),
                    command_id=command.id if command else None,
                    answer=answer if command else None,
                ),
                **policies.WRITE,
            )
            self._state = state
            return answer
