"""The pulse of a worker: that it is there and what its Temporal SDK counts, written to the tables.

Only the SDK knows how long tasks waited and how many failed.  It is read in this process, so that a worker needs no
port of its own; `/metrics` of the front door shows the sums.  Nothing here may stand in the way of the work: what
cannot be written waits for the next beat.
"""

import asyncio
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.runtime import MetricBuffer, MetricBufferDurationFormat, Runtime, TelemetryConfig

from store.worker_pulse import SUM, WAITS, Beat, Counted, Tally, WorkerPulseStore

BEATS_EVERY = timedelta(seconds=10)
"""Also how old what `/metrics` says of the workers may be."""
READ_EVERY = timedelta(seconds=1)
"""The SDK's buffer; a second in which ten lives are played fills it to a tenth."""
BUFFERED = 50_000
"""Updates that the SDK keeps until they are read; what does not fit is lost.

A task makes some twenty, and reading them takes 10 µs.
"""
REASONS = {"NonDeterminismError": "nondeterminism"}
"""Why a workflow task failed, by the SDK's word: our code no longer follows the history, or anything else."""
OTHER = "other"

_BOUNDS = [float(bound) for bound in WAITS]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was counted since the last reading."""

    counted: Counted
    workflow_slots_free: int
    activity_slots_free: int
    workflows_cached: int


class SdkMeter:
    """What the SDK of this process counts, folded to what is asked for: names of ours and numbers, nothing else."""

    def __init__(self, activities: Iterable[str]) -> None:
        """Make a runtime that counts; `activities` are the names that may be told."""
        self._buffer = MetricBuffer(BUFFERED, MetricBufferDurationFormat.SECONDS)
        self.runtime = Runtime(telemetry=TelemetryConfig(metrics=self._buffer))
        self._activities = frozenset(activities)
        self._counted: dict[tuple[Tally, str], float] = defaultdict(float)
        # What appears only with its first failure cannot be seen to rise.
        for reason in (*REASONS.values(), OTHER):
            self._counted[Tally.WORKFLOW_TASK_FAILED, reason] = 0
        for activity in self._activities:
            self._counted[Tally.ACTIVITY_FAILED, activity] = 0
        self._free: dict[str, int] = {}
        self._fewest_free: dict[str, int] = {}
        self._cached = 0
        self._takers: dict[str, Callable[[float, Mapping[str, object]], None]] = {
            "temporal_workflow_task_execution_failed": self._workflow_task_failed,
            "temporal_activity_execution_failed": self._activity_failed,
            "temporal_workflow_task_schedule_to_start_latency": self._workflow_task_waited,
            "temporal_activity_schedule_to_start_latency": self._activity_waited,
            "temporal_worker_task_slots_available": self._slots,
            "temporal_sticky_cache_size": self._cache,
        }

    def drain(self) -> None:
        """Take in what the SDK has counted since the last time."""
        for update in self._buffer.retrieve_updates():
            take = self._takers.get(update.metric.name)
            if take is not None:
                take(update.value, update.attributes)

    def read(self) -> Reading:
        """Hand out what was counted, and begin to count anew."""
        self.drain()
        counted, self._counted = self._counted, defaultdict(float)
        fewest, self._fewest_free = self._free | self._fewest_free, {}
        return Reading(
            counted=counted,
            workflow_slots_free=fewest.get("WorkflowWorker", 0),
            activity_slots_free=fewest.get("ActivityWorker", 0),
            workflows_cached=self._cached,
        )

    def put_back(self, counted: Counted) -> None:
        """Count again what could not be written."""
        for what, more in counted.items():
            self._counted[what] += more

    def _workflow_task_failed(self, value: float, attributes: Mapping[str, object]) -> None:
        reason = REASONS.get(str(attributes.get("failure_reason")), OTHER)
        self._counted[Tally.WORKFLOW_TASK_FAILED, reason] += value

    def _activity_failed(self, value: float, attributes: Mapping[str, object]) -> None:
        name = str(attributes.get("activity_type"))
        self._counted[Tally.ACTIVITY_FAILED, name if name in self._activities else OTHER] += value

    def _workflow_task_waited(self, value: float, _: Mapping[str, object]) -> None:
        self._waited(Tally.WORKFLOW_TASK_WAIT, value)

    def _activity_waited(self, value: float, _: Mapping[str, object]) -> None:
        self._waited(Tally.ACTIVITY_WAIT, value)

    def _waited(self, tally: Tally, seconds: float) -> None:
        self._counted[tally, WAITS[bisect_left(_BOUNDS, seconds)]] += 1
        self._counted[tally, SUM] += seconds

    def _slots(self, value: float, attributes: Mapping[str, object]) -> None:
        kind, free = str(attributes.get("worker_type")), int(value)
        before = self._free.get(kind, free)
        self._fewest_free[kind] = min(free, self._fewest_free.get(kind, before))
        self._free[kind] = free

    def _cache(self, value: float, _: Mapping[str, object]) -> None:
        self._cached = int(value)


class WorkerPulse:
    """Beats for as long as it runs, whatever happens to the database."""

    def __init__(self, store: WorkerPulseStore, meter: SdkMeter) -> None:
        self._store = store
        self._meter = meter
        self._worker_id = str(uuid.uuid4())
        self._started_at = datetime.now(UTC)

    async def run(self) -> None:
        """Read and beat until cancelled; each by itself, so that a beat that hangs lets nothing overflow."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(READ_EVERY, self._read))
            group.create_task(_every(BEATS_EVERY, self.beat))

    async def beat(self) -> None:
        """Write what was counted since the last beat, or keep it for the next.

        When the connection is lost in the middle of the commit it may be written twice: a count more or less in a
        moment in which the database went away.
        """
        reading = self._meter.read()
        beat = Beat(
            worker_id=self._worker_id,
            started_at=self._started_at,
            workflow_slots_free=reading.workflow_slots_free,
            activity_slots_free=reading.activity_slots_free,
            workflows_cached=reading.workflows_cached,
        )
        try:
            await asyncio.to_thread(self._store.beat, beat, reading.counted, now=datetime.now(UTC))
        except Exception:
            self._meter.put_back(reading.counted)
            raise

    async def _read(self) -> None:
        self._meter.drain()


async def _every(pause: timedelta, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await step()
        except Exception as error:  # noqa: BLE001  # work goes on, whatever keeps it from being counted
            _log.warning("pulse_waits", error=type(error).__name__)
        await asyncio.sleep(pause.total_seconds())
