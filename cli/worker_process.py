"""`holdfast worker`: workflows and activities alone."""

import asyncio
import contextlib
import signal

import uvloop

import worker as register
from wiring import log


def worker() -> None:
    """Run workflows and activities."""
    log.configure("worker")
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        contextlib.suppress(asyncio.CancelledError),
    ):
        runner.run(_until_told())


async def _until_told() -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for what in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(what, task.cancel if task else loop.stop)
    await register.main()
