"""The peer: a bare Temporal workflow with the same waits as a life, and no work.

Three updates with the minimum gap between them, then one timer as long as the letter's cut-off, then the end.  No
sandbox, no activities, no database, default converter: the least that Temporal itself can cost.
"""

import asyncio
import uuid
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bench-bare"


@workflow.defn(name="Bare")
class Bare:
    """Waits for three updates, then for the cut-off."""

    def __init__(self) -> None:
        self._calls = 0

    @workflow.run
    async def run(self, cut_off_seconds: float) -> int:
        """Live as long as a referral that nobody answers."""
        await workflow.wait_condition(lambda: self._calls == 3)
        await asyncio.sleep(cut_off_seconds)
        return self._calls

    @workflow.update
    async def call(self) -> int:
        """Count one call."""
        self._calls += 1
        return self._calls


async def life(client: Client, *, gap: timedelta, cut_off: timedelta) -> None:
    """Play one life: start, three calls with the gap between them, until the end."""
    handle = await client.start_workflow(
        Bare.run, cut_off.total_seconds(), id=f"bare-{uuid.uuid4()}", task_queue=QUEUE
    )
    for call in range(3):
        if call:
            await asyncio.sleep(gap.total_seconds())
        await handle.execute_update(Bare.call)
    await handle.result()


def worker(client: Client) -> Worker:
    """The bare worker, as a process of its own runs it."""
    return Worker(client, task_queue=QUEUE, workflows=[Bare], workflow_runner=UnsandboxedWorkflowRunner())
