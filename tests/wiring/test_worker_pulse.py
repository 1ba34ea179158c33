"""What the SDK of a worker counts reaches the tables, and never stands in the way of the work."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from store.metrics import MetricsStore
from store.worker_pulse import SUM, WAITS, Beat, Counted, Tally, WorkerPulseStore
from wiring import worker_pulse
from wiring.database import make_engine
from wiring.worker_pulse import Reading, SdkMeter, WorkerPulse

SOON = 20.0


@activity.defn
async def comes_about_the_third_time() -> None:
    if activity.info().attempt < 3:
        raise ValueError("Ada Example")


@activity.defn
async def nobody_knows_of_it() -> None:
    if activity.info().attempt < 2:
        raise ValueError("Ada Example")


@workflow.defn
class Stumbles:
    @workflow.run
    async def run(self) -> None:
        for step in (comes_about_the_third_time, nobody_knows_of_it):
            await workflow.execute_activity(
                step,
                start_to_close_timeout=timedelta(seconds=5),
                retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=10)),
            )


@workflow.defn
class StandsStill:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("Ada Example")


@workflow.defn(name="Changes")
class Yesterday:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(days=1))


@workflow.defn(name="Changes")
class Today:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            comes_about_the_third_time, start_to_close_timeout=timedelta(seconds=5)
        )

    @workflow.signal
    def wake(self) -> None:
        return


@pytest.fixture
def meter() -> SdkMeter:
    return SdkMeter(["comes_about_the_third_time"])


@dataclass
class Counting:
    """Everything a meter has counted so far."""

    meter: SdkMeter
    counted: dict[tuple[Tally, str], float] = field(default_factory=dict)

    def look(self) -> Reading:
        reading = self.meter.read()
        for what, more in reading.counted.items():
            self.counted[what] = self.counted.get(what, 0) + more
        return reading

    def all_of(self, tally: Tally) -> dict[str, float]:
        self.look()
        return {label: total for (what, label), total in self.counted.items() if what is tally}

    async def until(self, tally: Tally, label: str, at_least: float) -> None:
        async with asyncio.timeout(SOON):
            while self.all_of(tally).get(label, 0) < at_least:
                await asyncio.sleep(0.05)


@pytest.fixture
def counting(meter: SdkMeter) -> Counting:
    return Counting(meter)


@asynccontextmanager
async def at_work(
    environment: WorkflowEnvironment, meter: SdkMeter, *workflows: type, queue: str, cache: int = 10
) -> AsyncIterator[Client]:
    address = environment.client.service_client.config.target_host
    client = await Client.connect(address, runtime=meter.runtime)
    async with Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=[comes_about_the_third_time, nobody_knows_of_it],
        max_concurrent_activities=7,
        max_cached_workflows=cache,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield client


@pytest.fixture
def queue() -> str:
    return f"test-{uuid.uuid4()}"


async def test_tries_that_failed_are_counted_by_activity_and_only_under_names_of_ours(
    temporal_env: WorkflowEnvironment, meter: SdkMeter, counting: Counting, queue: str
) -> None:
    async with at_work(temporal_env, meter, Stumbles, queue=queue) as client:
        await client.execute_workflow(Stumbles.run, id=queue, task_queue=queue)
        await counting.until(Tally.ACTIVITY_FAILED, "other", 1)
    assert counting.all_of(Tally.ACTIVITY_FAILED) == {"comes_about_the_third_time": 2, "other": 1}
    assert "nobody_knows_of_it" not in repr(counting.counted)


async def test_every_task_is_counted_by_how_long_it_waited(
    temporal_env: WorkflowEnvironment, meter: SdkMeter, counting: Counting, queue: str
) -> None:
    async with at_work(temporal_env, meter, Stumbles, queue=queue) as client:
        await client.execute_workflow(Stumbles.run, id=queue, task_queue=queue)
    tries, tasks = counting.all_of(Tally.ACTIVITY_WAIT), counting.all_of(Tally.WORKFLOW_TASK_WAIT)
    for waited, least in ((tries, 5), (tasks, 3)):
        total = waited.pop(SUM)
        assert set(waited) <= set(WAITS)
        assert sum(waited.values()) >= least
        assert 0 < total < SOON * sum(waited.values())


async def test_a_workflow_that_stands_still_is_seen(
    temporal_env: WorkflowEnvironment, meter: SdkMeter, counting: Counting, queue: str
) -> None:
    # Nobody is told otherwise: its referral just stays where it is.
    async with at_work(temporal_env, meter, StandsStill, queue=queue) as client:
        stands: WorkflowHandle[Any, Any] = await client.start_workflow(
            StandsStill.run, id=queue, task_queue=queue
        )
        await counting.until(Tally.WORKFLOW_TASK_FAILED, "other", 1)
        await stands.terminate()
    assert counting.all_of(Tally.WORKFLOW_TASK_FAILED)["nondeterminism"] == 0
    assert "Example" not in repr(counting.counted)


async def test_code_that_no_longer_follows_a_history_is_told_apart(
    temporal_env: WorkflowEnvironment, meter: SdkMeter, counting: Counting, queue: str
) -> None:
    # It means that this version has to go back; anything else may mend itself.
    async with at_work(temporal_env, meter, Yesterday, queue=queue, cache=0) as client:
        changes = await client.start_workflow("Changes", id=queue, task_queue=queue)
        await counting.until(Tally.WORKFLOW_TASK_WAIT, SUM, 0.000001)
    async with at_work(temporal_env, meter, Today, queue=queue, cache=0) as client:
        await client.get_workflow_handle(queue).signal("wake")
        await counting.until(Tally.WORKFLOW_TASK_FAILED, "nondeterminism", 1)
        await changes.terminate()


async def test_room_for_more_is_told_at_its_least(
    temporal_env: WorkflowEnvironment, meter: SdkMeter, counting: Counting, queue: str
) -> None:
    async with at_work(temporal_env, meter, Stumbles, queue=queue) as client:
        counting.look()
        await client.execute_workflow(Stumbles.run, id=queue, task_queue=queue)
        busy = counting.look()
        await asyncio.sleep(0.3)
        counting.look()
        at_rest = counting.look()
    assert busy.activity_slots_free < 7
    assert busy.workflow_slots_free < at_rest.workflow_slots_free
    assert at_rest.activity_slots_free == 7


def test_what_has_not_happened_yet_is_told_as_nought(meter: SdkMeter) -> None:
    # A counter that appears with its first failure cannot be seen to rise, and no alarm is raised.
    counted = meter.read().counted
    assert counted[Tally.WORKFLOW_TASK_FAILED, "nondeterminism"] == 0
    assert counted[Tally.ACTIVITY_FAILED, "comes_about_the_third_time"] == 0


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(0, "0.01"), (0.01, "0.01"), (0.011, "0.05"), (29, "30"), (60, "60"), (61, "+Inf"), (9000, "+Inf")],
)
def test_a_wait_is_counted_under_the_first_bound_that_is_no_shorter(
    meter: SdkMeter, seconds: float, bound: str
) -> None:
    meter.read()
    meter._waited(Tally.ACTIVITY_WAIT, seconds)
    assert meter.read().counted == {(Tally.ACTIVITY_WAIT, bound): 1, (Tally.ACTIVITY_WAIT, SUM): seconds}


class AwayAtFirst:
    """A database that is away for some beats."""

    def __init__(self, away_for: int, error: Exception | None = None) -> None:
        self.away_for = away_for
        self.error = error or OperationalError("INSERT", {}, Exception("the database is away"))
        self.tries = 0
        self.written: list[tuple[Beat, Mapping[tuple[Tally, str], float]]] = []

    def beat(self, beat: Beat, counted: Counted, *, now: datetime) -> None:
        self.tries += 1
        if self.tries <= self.away_for:
            raise self.error
        self.written.append((beat, dict(counted)))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pulse, "BEATS_EVERY", timedelta(milliseconds=30))
    monkeypatch.setattr(worker_pulse, "READ_EVERY", timedelta(milliseconds=10))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("error", [None, ValueError("something nobody thought of")], ids=["away", "mistake"])
async def test_what_could_not_be_written_is_written_with_the_next_beat(
    meter: SdkMeter, error: Exception | None
) -> None:
    tables = AwayAtFirst(2, error)
    pulse = asyncio.create_task(WorkerPulse(tables, meter).run())  # type: ignore[arg-type]
    meter._waited(Tally.ACTIVITY_WAIT, 1.5)
    async with asyncio.timeout(SOON):
        while len(tables.written) < 2:
            await asyncio.sleep(0.01)
    assert not pulse.done(), "the pulse died, and the worker with it"
    pulse.cancel()
    await asyncio.gather(pulse, return_exceptions=True)
    (first, counted), (second, later) = tables.written[:2]
    assert counted[Tally.ACTIVITY_WAIT, SUM] == 1.5
    assert later == {}, "it was written twice"
    assert first.worker_id == second.worker_id


@pytest.mark.usefixtures("hurried")
async def test_a_beat_that_hangs_lets_nothing_overflow(
    meter: SdkMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the SDK cannot keep any more it drops, with an error in the log for each.
    drained, hanging = asyncio.Event(), asyncio.Event()

    class Hangs(WorkerPulse):
        async def beat(self) -> None:
            hanging.set()
            await asyncio.Event().wait()

    drains = iter(range(3))
    monkeypatch.setattr(meter, "drain", lambda: next(drains, None) is None and drained.set())
    pulse = asyncio.create_task(Hangs(AwayAtFirst(0), meter).run())  # type: ignore[arg-type]
    async with asyncio.timeout(SOON):
        await hanging.wait()
        await drained.wait()
    pulse.cancel()
    await asyncio.gather(pulse, return_exceptions=True)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


async def test_two_workers_add_to_the_same_totals(engine: Engine) -> None:
    store, meters = WorkerPulseStore(engine), [SdkMeter(["send_message"]) for _ in range(2)]
    pulses = [WorkerPulse(store, meter) for meter in meters]
    for _ in range(5):
        for meter in meters:
            for wait in (0.001, 0.2, 3.0):
                meter._waited(Tally.WORKFLOW_TASK_WAIT, wait)
        await asyncio.gather(*(pulse.beat() for pulse in pulses))
    seen = MetricsStore(engine).counts().workers
    assert seen.alive == 2
    assert {label: n for (what, label), n in seen.counted.items() if what is Tally.WORKFLOW_TASK_WAIT} == {
        "0.01": 10, "0.25": 10, "5": 10, SUM: pytest.approx(32.01),
    }  # fmt: skip
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM worker_pulse")) == 2
