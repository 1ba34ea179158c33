"""One repair, from the request until the victim says that the place is secure.  It outlives its referral.

What happens is fed to `domain.repair_dispatch.dispatch.decide_repair`; each turn is written before the next.  What
tradespeople are told is handed over beside the turns, so that one who does not answer keeps nobody waiting.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.repair_dispatch import NoticeWanted, RepairDispatchActivities, Standing
from domain.errors import Refusal
from domain.events import ALREADY_SETTLED, Answer
from domain.repair_dispatch.dispatch import decide_repair, is_over, next_repair_deadline
from domain.repair_dispatch.events import (
    NoticeSettled,
    ReferralStopped,
    RepairBegun,
    RepairCommand,
    RepairCommandEvent,
    RepairEvent,
    RepairTimePassed,
    TradeAnswered,
)
from domain.repair_dispatch.kinds import NoticeVerdict
from domain.repair_dispatch.ports import OffersWanted, RepairProjection
from domain.repair_dispatch.state import Notice, RepairEffects, RepairState
from workflows import policies

TAKEN = "taken"
"""The code of an answer to an acceptance that came too late."""
_TOO_LATE = "Somebody else has this job now, or it is no longer needed. Thank you for answering."


@workflow.defn(name="RepairDispatch")
class RepairDispatchWorkflow:
    """Dispatches one repair.  Its only argument is the repair's id."""

    @workflow.init
    def __init__(self, repair_id: str) -> None:
        self._repair_id = repair_id
        self._state: RepairState | None = None
        self._stopped = False
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        """By offer: one thing is said to each of them at a time."""
        self._handed_over = 0
        self._turns = asyncio.Lock()

    @workflow.run
    async def run(self, repair_id: str) -> str:
        """Live until the place is secure or the repair is cancelled, and everybody concerned has been told."""
        begun = await self._take_up(repair_id)
        if not self._now_at.begun:
            await self._turn(begun)
        elif begun.stopped and is_over(
            self._now_at
        ):  # it wakes again, and slept through whatever was signalled
            self._stopped = True
        while not await self._is_finished():
            await self._live_on()
            if not is_over(self._now_at) and workflow.info().is_continue_as_new_suggested():
                await self._put_down()
                workflow.continue_as_new(repair_id)
        return str(self._now_at.stage)

    @workflow.update
    async def apply(self, command: RepairCommand) -> Answer:
        """Take in a command, in the order the commands were made, once."""
        await workflow.wait_condition(lambda: self._is_next(command))
        if command.ordinal <= self._now_at.applied_through:
            return Answer(applied=True, revision=self._now_at.revision, code=ALREADY_SETTLED)
        answer = await self._turn(await self._checked(command.event), command)
        return answer or Answer(applied=True, revision=self._now_at.revision)

    @apply.validator
    def _may_apply(self, command: RepairCommand) -> None:
        if not command.id or command.ordinal < 1:
            raise ApplicationError("a command needs an id and an ordinal", type="MalformedCommand")

    @workflow.signal
    def referral_stopped(self) -> None:
        """Everything was stopped on the referral."""
        self._stopped = True

    @workflow.query
    def progress(self) -> RepairState | None:
        """Where the repair stands; for operators, never for lists."""
        return self._state

    @property
    def _now_at(self) -> RepairState:
        assert self._state is not None, "nothing is decided before the repair was taken up"
        return self._state

    def _is_next(self, command: RepairCommand) -> bool:
        state = self._state
        return state is not None and state.begun and state.applied_through >= command.ordinal - 1

    async def _take_up(self, repair_id: str) -> RepairBegun:
        opened = await workflow.execute_local_activity_method(
            RepairDispatchActivities.take_up_repair, repair_id, **policies.READ
        )
        self._state = opened.state
        return opened.begun

    async def _is_finished(self) -> bool:
        if not is_over(self._now_at):
            return False
        await workflow.wait_condition(workflow.all_handlers_finished)
        return is_over(self._now_at)

    async def _checked(self, event: RepairCommandEvent) -> RepairEvent:
        """Whoever says yes long after they were asked may not be sent any more: the register is asked."""
        if not isinstance(event, TradeAnswered) or event.offer_id == self._now_at.confirmed:
            return event
        fit = await workflow.execute_local_activity_method(
            RepairDispatchActivities.may_be_sent,
            Standing(offer_id=event.offer_id, at=workflow.now()),
            **policies.READ,
        )
        return replace(event, fit=fit)

    async def _put_down(self) -> None:
        """Let go of everything in hand, so that the next run takes it up from the tables."""
        while self._in_hand or self._stopped or not workflow.all_handlers_finished():
            if self._in_hand:
                await asyncio.gather(*self._in_hand.values())
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._stopped:  # a signal is not in the tables yet
                await self._hear_of_stop()

    async def _live_on(self) -> None:
        """Do what is due, or wait until something happens or time runs out."""
        if self._stopped:
            await self._hear_of_stop()
            return
        self._tell()
        state, now = self._now_at, workflow.now()
        if state.spend_unread:
            await self._turn(
                await workflow.execute_activity_method(
                    RepairDispatchActivities.read_month_spend, now, **policies.WRITE
                )
            )
        elif state.wants and state.look_at is not None and state.look_at <= now:
            await self._look(state)
        else:
            await self._wait(state)

    async def _hear_of_stop(self) -> None:
        async with self._turns:
            await self._hear()

    async def _hear(self) -> None:
        """Under the lock of the turns: nothing that comes after a stop is decided before it."""
        if self._stopped:
            self._stopped = False
            await self._step(ReferralStopped())

    async def _look(self, state: RepairState) -> None:
        """Ask the offer desk.  Its answer is adopted even if the repair moved on: what is not wanted is let go."""
        reserved = await workflow.execute_activity_method(
            RepairDispatchActivities.reserve_offers,
            OffersWanted(
                repair_id=state.repair_id,
                wanted=state.wants,
                round=state.round,
                turn=state.turn,
                at=workflow.now(),
                wanted_trade=state.wanted_trade,
                excluded=state.excluded,
            ),
            **policies.WRITE,
        )
        await self._turn(reserved)

    async def _wait(self, state: RepairState) -> None:
        handed_over = self._handed_over
        deadline = next_repair_deadline(state, in_hand=frozenset(self._in_hand))
        try:
            await workflow.wait_condition(
                lambda: self._stopped or self._now_at.turn != state.turn or self._handed_over != handed_over,
                timeout=None if deadline is None else max(deadline - workflow.now(), timedelta(0)),
            )
        except TimeoutError:
            if not self._is_to_be_told():
                await self._turn(RepairTimePassed())

    def _is_to_be_told(self) -> list[Notice]:
        """One thing at a time to each of them, in order: the last they hear is what holds."""
        now = workflow.now()
        return [
            notice
            for notice in self._now_at.notices
            if notice.due_at <= now and notice.offer_id not in self._in_hand
        ]

    def _tell(self) -> None:
        """Begin to hand over what is due; the turns go on meanwhile."""
        for notice in self._is_to_be_told():
            self._in_hand[notice.offer_id] = asyncio.create_task(self._tell_one(notice))

    async def _tell_one(self, notice: Notice) -> None:
        try:
            settled = await workflow.execute_activity_method(
                RepairDispatchActivities.tell_tradesperson,
                NoticeWanted(repair_id=self._repair_id, key=notice.key, at=workflow.now()),
                **policies.TELL,
            )
        except ActivityError:
            settled = NoticeSettled(key=notice.key, verdict=NoticeVerdict.UNKNOWN, why="It took too long.")
        await self._turn(settled)
        del self._in_hand[
            notice.offer_id
        ]  # only now: until its turn is written it would be told a second time
        self._handed_over += 1

    async def _turn(self, event: RepairEvent, command: RepairCommand | None = None) -> Answer | None:
        """Decide, write, carry out.  Nothing else is decided until the tables have it."""
        async with self._turns:
            await self._hear()
            return await self._step(event, command)

    async def _step(self, event: RepairEvent, command: RepairCommand | None = None) -> Answer | None:
        before = self._now_at
        state, effects, answer = _decided(before, event)
        if command is not None:
            state = replace(state, applied_through=command.ordinal)
        elif state is before:
            return None
        state = replace(state, turn=before.turn + 1)
        await workflow.execute_activity_method(
            RepairDispatchActivities.project_repair,
            RepairProjection(
                state=state,
                effects=effects,
                at=workflow.now(),
                command_id=command.id if command else None,
                answer=answer if command else None,
            ),
            **policies.WRITE,
        )
        self._state = state
        return answer


def _decided(before: RepairState, event: RepairEvent) -> tuple[RepairState, RepairEffects, Answer]:
    try:
        state, effects = decide_repair(before, event, workflow.now())
    except Refusal as refusal:
        refused = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        return before, RepairEffects(), refused
    if effects.taken:
        return state, effects, Answer(applied=False, revision=state.revision, code=TAKEN, why=_TOO_LATE)
    return state, effects, Answer(applied=True, revision=state.revision)
