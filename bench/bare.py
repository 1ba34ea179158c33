"""The peers: a bare Temporal workflow with the same waits as a life, without steps and with as many as a life has.

Three updates with the minimum gap between them, then one timer as long as the letter's cut-off, then the end.  No
sandbox, no database, default converter.  Without steps it is the least that Temporal itself can cost; with empty steps
in the places of ours it is the least that the shape of a life can cost.
"""

import asyncio
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bench-bare"


@activity.defn
async def nothing() -> None:
    """Take a step that does nothing."""


@workflow.defn(name="Bare")
class Bare:
    """Waits for three updates, then for the cut-off."""

    def __init__(self) -> None:
        self._calls = 0
        self._steps = 0

    @workflow.run
    async def run(self, cut_off_seconds: float, steps: int) -> int:
        """Live as long as a referral that nobody answers; each turn takes so many empty steps."""
        self._steps = steps
        await self._turn()  # triage
        await workflow.wait_condition(lambda: self._calls == 3)
        await asyncio.sleep(cut_off_seconds)
        for _ in ("the cut-off", "the letter", "what became of it"):
            await self._turn()
        return self._calls

    @workflow.update
    async def call(self) -> int:
        """Count one call."""
        await self._turn()
        self._calls += 1
        return self._calls

    async def _turn(self) -> None:
        for _ in range(self._steps):
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=15))


async def life(client: Client, *, gap: timedelta, cut_off: timedelta, steps: int) -> None:
    """Play one life: start, three calls with the gap between them, until the end."""
    handle = await client.start_workflow(
        Bare.run, args=[cut_off.total_seconds(), steps], id=f"bare-{uuid.uuid4()}", task_queue=QUEUE
    )
    for call in range(3):
        if call:
            await asyncio.sleep(gap.total_seconds())
        await handle.execute_update(Bare.call)
    await handle.result()


def worker(client: Client) -> Worker:
    """The bare worker, as a process of its own runs it."""
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[Bare],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
