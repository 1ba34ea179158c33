"""The register: every workflow, every activity, run; the relay and the pulse beside them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from store.command import CommandStore
from store.ongoing_support import SupportStore
from store.outbox import Outbox
from store.provider_report import ReportStore
from store.worker_pulse import WorkerPulseStore
from wiring.histories import WORKFLOWS
from wiring.outfit import Outfit
from wiring.relay import Relay
from wiring.sandbox import runner
from wiring.schedules import keep_asking_about_letters, keep_looking_for_texts
from wiring.settings import load_settings
from wiring.temporal import TASK_QUEUE, Orchestra, connect_now
from wiring.worker_pulse import SdkMeter, WorkerPulse

THREADS = 12
"""Activities at once; each holds at most one database connection."""
GRACE = timedelta(seconds=2)
"""For running activities when the worker is told to stop; below the supervisor's patience."""


def make_worker(client: Client, outfit: Outfit, *, max_cached_workflows: int = 1000) -> Worker:
    """Register everything with a Temporal client."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=outfit.activities(),
        activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix="activity"),
        max_concurrent_activities=THREADS,
        max_concurrent_local_activities=THREADS,
        max_cached_workflows=max_cached_workflows,
        workflow_runner=runner(),
        graceful_shutdown_timeout=GRACE,
    )


async def main() -> None:
    """Run until cancelled."""
    outfit = Outfit.of(load_settings())
    meter = SdkMeter(activity.__name__ for activity in outfit.activities())
    client = await connect_now(outfit.keyring, runtime=meter.runtime)
    pulse = WorkerPulse(WorkerPulseStore(outfit.engine), meter)
    relay = Relay(
        outbox=Outbox(outfit.engine),
        commands=CommandStore(outfit.engine, outfit.keyring),
        supports=SupportStore(outfit.engine, outfit.keyring),
        orchestra=Orchestra(client),
        reports=ReportStore(outfit.engine, outfit.keyring),
    )
    if outfit.report_sources():
        await keep_asking_about_letters(client)
    if outfit.inbound_source():
        await keep_looking_for_texts(client)
    async with make_worker(client, outfit), asyncio.TaskGroup() as group:
        group.create_task(relay.run())
        group.create_task(pulse.run())
