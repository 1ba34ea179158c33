"""Referrals that run on the real server: a desk with its worker, and lives whose clocks tests move forward."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from domain.events import Answer, AttemptMade, Command, CommandEvent, CorrectionSent, Replied, Withdrawn
from domain.facts import Facts
from domain.identifiers import referral_workflow_id, support_workflow_id
from domain.ongoing_support import Engagement, Reviewed, SupportCommand
from domain.policy import OpeningHours, Policy
from domain.referral_state import ReferralState
from domain.vocabulary import AttemptOutcome, DecisionKind, MessageState, ReplyChannel, Role, Stage
from tests.builders import a_decision, a_policy, some_facts
from tests.workflows.fakes import (
    KeptSupport,
    MemoryTables,
    OnePolicy,
    PlainWriter,
    ScriptedProvider,
    activities_over,
)
from wiring.histories import WORKFLOWS, has_begun
from wiring.sandbox import runner
from wiring.temporal import Orchestra
from workflows.ongoing_support import SupportWorkflow
from workflows.referral import ReferralWorkflow

LONDON = ZoneInfo("Europe/London")
WITHIN = timedelta(seconds=20)
"""For one command; generous, because without a cache every turn replays."""
SOON = 20.0
"""Real seconds until something must have happened."""
BEFORE = timedelta(hours=20)
"""How long ago a referral was received, so that calls can be recorded without waiting for them."""
NOTICED = timedelta(seconds=1)
"""How soon the server notices that a worker which remembered a workflow has gone; by default ten seconds."""
A_MOMENT = timedelta(seconds=1)


def a_worker(
    client: Client, task_queue: str, activities: Sequence[Callable[..., Any]], *, cache: int = 1000
) -> Worker:
    """A worker as in production, but on a queue of its own."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=activities,
        activity_executor=ThreadPoolExecutor(4, thread_name_prefix="activity"),
        max_concurrent_activities=4,
        max_concurrent_local_activities=4,
        max_cached_workflows=cache,
        workflow_runner=runner(),
        sticky_queue_schedule_to_start_timeout=NOTICED,
        # Without a cache a second task would make the worker let go of the first in the middle of a local step.
        max_concurrent_workflow_tasks=None if cache else 1,
        max_concurrent_workflow_task_polls=None if cache else 1,
    )


def replayer(client: Client) -> Replayer:
    """Replays with today's code, watched as strictly as in production."""
    return Replayer(
        workflows=WORKFLOWS, workflow_runner=runner(), data_converter=client.config()["data_converter"]
    )


class Desk:
    """A worker, its tables and its ways out; and everything that was ever started here."""

    def __init__(self, env: WorkflowEnvironment, *, cache: int = 1000, policy: Policy | None = None) -> None:
        self.env = env
        self.cache = cache
        self.policy = policy or a_policy()
        self.tables = MemoryTables()
        self.writer = PlainWriter()
        self.provider = ScriptedProvider()
        self.task_queue = f"test-{uuid.uuid4()}"
        self.task_timeout: timedelta | None = None
        """How soon the server notices that a worker has died in the middle of a task; its own is ten seconds."""
        self.orchestra = Orchestra(env.client, task_queue=self.task_queue)
        self.started: set[str] = set()
        """The workflow ids of what began here."""
        self._worker: contextlib.AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        await self.worker_starts()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.worker_stops()

    def activities(self) -> list[Callable[..., Any]]:
        return activities_over(
            self.tables, self.writer, self.provider, OnePolicy(self.policy), repairs=self.tables.repairs
        )

    async def worker_starts(self) -> None:
        self._worker = contextlib.AsyncExitStack()
        await self._worker.enter_async_context(
            a_worker(self.env.client, self.task_queue, self.activities(), cache=self.cache)
        )

    async def worker_stops(self) -> None:
        if self._worker:
            await self._worker.aclose()
            self._worker = None

    async def worker_is_replaced(self) -> None:
        """Another worker goes on, from history alone."""
        await self.worker_stops()
        await self.worker_starts()

    async def begins(
        self, facts: Facts | None = None, *, at: datetime | None = None, policy: Policy | None = None
    ) -> "RunningReferral":
        """Receive a referral and start it; with `at` its clock shows that time when triage runs."""
        if policy is not None:
            self.policy = policy
            await self.worker_is_replaced()
        referral_id = self.tables.receive(facts or some_facts(), received_at=at or datetime.now(UTC) - BEFORE)
        life = RunningReferral(self, referral_id)
        if at is None and self.task_timeout is None:
            assert await self.orchestra.start_referral(referral_id, within=WITHIN)
        else:
            await life.starts_at(at)
        await life.has(lambda state: state.stage is not Stage.RECEIVED)
        return life

    async def histories(self) -> list[WorkflowHistory]:
        """The history of every run on this queue."""
        found = [run async for run in self.env.client.list_workflows(f"TaskQueue = '{self.task_queue}'")]
        handles = [self.env.client.get_workflow_handle(run.id, run_id=run.run_id) for run in found]
        return [await handle.fetch_history() for handle in handles]

    async def replays(self) -> int:
        """Replay every run with today's code; how many there were."""
        replay = replayer(self.env.client)
        histories = await self.histories()
        missing = self.started - {history.workflow_id for history in histories}
        assert not missing, f"the server does not list {missing}"
        begun = [history for history in histories if has_begun(history)]
        for history in begun:
            await replay.replay_workflow(history)
        return len(begun)

    async def ends_everything(self) -> None:
        """Leave nothing running on the session's server."""
        async for run in self.env.client.list_workflows(
            f"TaskQueue = '{self.task_queue}' AND ExecutionStatus = 'Running'"
        ):
            with contextlib.suppress(RPCError):
                await self.env.client.get_workflow_handle(run.id, run_id=run.run_id).terminate("test is over")


class RunningReferral:
    """One referral on the server; what readers of the tables see of it."""

    def __init__(self, desk: Desk, referral_id: str) -> None:
        self.desk, self.id = desk, referral_id
        self.workflow_id = referral_workflow_id(referral_id)
        desk.started.add(self.workflow_id)

    @property
    def handle(self) -> WorkflowHandle[ReferralWorkflow, str]:
        """Of its latest run."""
        return self.desk.env.client.get_workflow_handle_for(ReferralWorkflow.run, self.workflow_id)

    @property
    def state(self) -> ReferralState:
        """What the tables say."""
        state = self.desk.tables.state(self.id)
        assert state is not None, "its workflow has not spoken yet"
        return state

    @property
    def message_state(self) -> MessageState:
        assert self.state.writing is not None
        return self.desk.tables.messages[self.state.writing.key].state

    @property
    def words(self) -> list[str]:
        return self.desk.tables.words(self.id)

    async def starts_at(self, at: datetime | None) -> None:
        """Start it on a clock that shows `at`, or the real time."""
        until = at - datetime.now(UTC) if at else None
        handle = await self.desk.env.client.start_workflow(
            ReferralWorkflow.run,
            self.id,
            id=self.workflow_id,
            task_queue=self.desk.task_queue,
            start_delay=until,
            task_timeout=self.desk.task_timeout,
        )
        if until:
            await self.desk.env.fast_forward(handle, until + A_MOMENT)

    async def now(self) -> datetime:
        """What its clock shows."""
        return await self.desk.env.get_current_time(self.handle)

    async def waits(self, duration: timedelta) -> None:
        """Move its clock on."""
        assert await self.desk.env.fast_forward(self.handle, duration), "it ended before the time was over"

    async def until(self, at: datetime) -> None:
        """Move its clock to `at`, and a moment more, so that what is due then has come."""
        await self.waits(max(at - await self.now(), timedelta()) + A_MOMENT)

    async def has(self, is_so: Callable[[ReferralState], bool], *, within: float = SOON) -> ReferralState:
        """Wait until the tables say so."""
        try:
            async with asyncio.timeout(within):
                while True:
                    state = self.desk.tables.state(self.id)
                    if state is not None and is_so(state):
                        return state
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it never came to that: {self.desk.tables.state(self.id)}") from None

    async def becomes(self, stage: Stage | str) -> ReferralState:
        return await self.has(lambda state: state.stage == stage)

    async def ends(self) -> str:
        """Wait until its run has ended; the outcome."""
        async with asyncio.timeout(SOON):
            return await self.handle.result()

    async def is_running(self) -> bool:
        described = await self.handle.describe()
        return described.status is not None and described.status.name == "RUNNING"

    async def shortens_its_step(self, *, attempt: int | None = None, altogether: int | None = None) -> None:
        """Let the server give up the running step after so many seconds, rather than minutes or a day."""
        client = self.desk.env.client
        (pending,) = (await self.handle.describe()).raw_description.pending_activities
        options, paths = ActivityOptions(), []
        if attempt:
            options.start_to_close_timeout.FromSeconds(attempt)
            paths.append("start_to_close_timeout")
        if altogether:
            options.schedule_to_close_timeout.FromSeconds(altogether)
            paths.append("schedule_to_close_timeout")
        await client.workflow_service.update_activity_options(
            UpdateActivityOptionsRequest(
                namespace=client.namespace,
                execution=WorkflowExecution(workflow_id=self.workflow_id),
                id=pending.activity_id,
                activity_options=options,
                update_mask=FieldMask(paths=paths),
            )
        )

    async def starts_again(self) -> bool:
        """What a relay does when it does not know that it has started."""
        return await self.desk.orchestra.start_referral(self.id, within=WITHIN)

    def stores(self, event: CommandEvent, *, facts: Facts | None = None) -> Command:
        """Store a command without sending it."""
        command = self.desk.tables.store(self.workflow_id, event, facts=facts)
        assert isinstance(command, Command)
        return command

    async def sends(self, command: Command, *, within: timedelta = WITHIN) -> Answer | None:
        """Send a stored command."""
        return await self.desk.orchestra.send_command(self.workflow_id, command, within=within)

    async def is_told(self, event: CommandEvent, *, facts: Facts | None = None) -> Answer:
        """Store, send, and read the answer the tables keep."""
        command = self.stores(event, facts=facts)
        answer = await self.sends(command)
        assert answer is not None, "nobody answered"
        assert answer == self.desk.tables.result(command.id), "the tables say something else"
        return answer

    async def rings(self, outcome: AttemptOutcome | str, **details: Any) -> Answer:
        made_at = details.pop("made_at", None) or await self.now()
        return await self.is_told(AttemptMade(outcome=AttemptOutcome(outcome), made_at=made_at, **details))

    async def is_silent(self, times: int = 3) -> None:
        """Record calls of the days before, each far enough from the last to count."""
        for _ in range(times):
            before = self.state.counted_at[-1] if self.state.counted_at else self.state.received_at
            answer = await self.rings(
                "no_answer", made_at=before + self.desk.policy.contact.minimum_gap + A_MOMENT
            )
            assert answer.counted, answer.why_not_counted

    async def is_written_to(self) -> ReferralState:
        """Three silent calls; a letter waits for its cut-off."""
        await self.is_silent(3)
        assert self.state.stage is Stage.WRITING, self.state.stage
        return self.state

    async def reaches_cut_off(self) -> None:
        assert self.state.writing is not None
        assert self.state.writing.leaves_at is not None
        await self.until(self.state.writing.leaves_at)

    async def decides(self, kind: DecisionKind | str, *, role: Role = Role.MANAGER, **details: Any) -> Answer:
        return await self.is_told(a_decision(kind, role=role, **details))

    async def is_corrected(self, **changes: Any) -> Answer:
        return await self.is_told(CorrectionSent(), facts=replace(self.state.facts, **changes))

    async def is_withdrawn(self) -> Answer:
        return await self.is_told(Withdrawn())

    async def replies(self, channel: ReplyChannel = ReplyChannel.WEB) -> Answer:
        return await self.is_told(Replied(channel=channel))

    async def is_supported(self) -> "RunningSupport":
        """Reached, and given ongoing support."""
        await self.rings("answered")
        await self.decides("ongoing_support")
        assert self.state.support is not None
        support = RunningSupport(self.desk, self.state.support.support_id)
        await support.has(lambda kept: kept.turn > 0)
        return support


class RunningSupport:
    """One ongoing support on the server."""

    def __init__(self, desk: Desk, support_id: str) -> None:
        self.desk, self.id = desk, support_id
        self.workflow_id = support_workflow_id(support_id)
        desk.started.add(self.workflow_id)

    @property
    def handle(self) -> WorkflowHandle[SupportWorkflow, str]:
        return self.desk.env.client.get_workflow_handle_for(SupportWorkflow.run, self.workflow_id)

    @property
    def kept(self) -> KeptSupport:
        return self.desk.tables.supports[self.id]

    async def now(self) -> datetime:
        return await self.desk.env.get_current_time(self.handle)

    async def waits(self, duration: timedelta) -> None:
        assert await self.desk.env.fast_forward(self.handle, duration), "it ended before the time was over"

    async def until(self, at: datetime) -> None:
        await self.waits(max(at - await self.now(), timedelta()) + A_MOMENT)

    async def has(self, is_so: Callable[[KeptSupport], bool]) -> KeptSupport:
        try:
            async with asyncio.timeout(SOON):
                while not is_so(self.kept):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it never came to that: {self.kept}") from None
        return self.kept

    async def is_running(self) -> bool:
        try:
            described = await self.handle.describe()
        except RPCError:
            return False
        return described.status is not None and described.status.name == "RUNNING"

    async def is_reviewed(self, engagement: Engagement | str = "engaged", **details: Any) -> Answer:
        command = self.desk.tables.store(
            self.workflow_id, Reviewed(engagement=Engagement(engagement), **details)
        )
        assert isinstance(command, SupportCommand)
        answer = await self.desk.orchestra.send_command(self.workflow_id, command, within=WITHIN)
        assert answer is not None, "nobody answered"
        assert answer == self.desk.tables.result(command.id)
        return answer

    async def ends(self) -> str:
        async with asyncio.timeout(SOON):
            return await self.handle.result()


@contextlib.asynccontextmanager
async def a_desk(
    env: WorkflowEnvironment, *, cache: int = 1000, policy: Policy | None = None
) -> AsyncIterator[Desk]:
    """A desk; afterwards every history that came about is replayed."""
    desk = Desk(env, cache=cache, policy=policy)
    try:
        async with desk:
            yield desk
        await desk.replays()
    finally:
        await desk.ends_everything()


def local(on: date, at: time) -> datetime:
    """A time on the service's wall clock."""
    return datetime.combine(on, at, tzinfo=LONDON).astimezone(UTC)


def working_days(hours: OpeningHours, count: int) -> date:
    """The first of so many working days in a row, at least a day ahead, in one offset from UTC."""
    day = datetime.now(LONDON).date() + timedelta(days=2)
    while not all(_is_working(hours, day + timedelta(days=n)) for n in range(count)):
        day += timedelta(days=1)
    return day


def _is_working(hours: OpeningHours, day: date) -> bool:
    return day.weekday() < 5 and day not in hours.closed_on
