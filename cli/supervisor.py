"""Children that are kept alive, and ended in order.

Nothing here knows what the children are.  One thread, no IO library: whoever starts children must have
them die with it, and the kernel ties that to the starting thread.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.failures import CommandFailed
from cli.processes import ProcessIdentity, identify

STOP_WITHIN = 12.5
"""Seconds for all children together, however stuck; whoever runs us is promised fifteen."""

_LONG_ENOUGH = 30.0
"""Seconds after which a child that dies has not failed to start: it is started again at once."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
"""Seconds before a child is started again: doubled from the first to the longest."""

_LOG_LIMIT = 50_000_000
"""Bytes; a longer log is put aside when its child starts, and replaces the one put aside before."""

_URGE_WITHIN = 0.5
"""Seconds between the last asking and SIGKILL."""

_LOOK_AGAIN = 0.05
"""Seconds between two questions whether a child is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One child: how it is started, when it is ready, how it is ended."""

    name: str
    command: Callable[[], list[str]]
    environment: Mapping[str, str]
    log: Path
    directory: Path = Path("/")
    descriptors: tuple[int, ...] = ()
    is_ready: Callable[[], Awaitable[bool]] | None = None
    """Asked until it says yes; None when a started child is a ready one."""
    starts_within: float = 60.0
    """Seconds before the first start has failed."""
    stop_signal: signal.Signals = signal.SIGTERM
    urge_signal: signal.Signals | None = None
    """Sent when the first was not enough; SIGKILL comes after it."""
    stops_within: float = 3.5
    """Seconds of the whole time that it may take after the signal."""
    before_restart: Callable[[], None] | None = None


@dataclass(slots=True)
class _Child:
    part: Part
    process: asyncio.subprocess.Process
    identity: ProcessIdentity | None


class Supervisor:
    """Keeps its children running until it is told to stop."""

    def __init__(self, changed: Callable[[Mapping[str, ProcessIdentity]], None]) -> None:
        """Tell `changed` who the children are, whenever one is started."""
        self._changed = changed
        self._children: dict[str, _Child] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._launching = asyncio.Lock()
        self._stopping = asyncio.Event()

    async def start(self, part: Part) -> None:
        """Start a child and wait until it is ready; from then on it is started again whenever it ends.

        Raises:
            CommandFailed: It ended, or was not ready in time.
        """
        child = await self._launch(part)
        ended = asyncio.ensure_future(child.process.wait())
        ready = asyncio.ensure_future(_until_ready(part))
        try:
            await asyncio.wait(
                {ended, ready}, timeout=part.starts_within, return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done():
                raise CommandFailed(f"{part.name} {_how(ended.result())} while starting: see {part.log}")
            if not ready.done():
                raise CommandFailed(
                    f"{part.name} is not ready after {part.starts_within:.0f} s: see {part.log}"
                )
            ready.result()
        finally:
            ready.cancel()
            ended.cancel()
        self._watchers.append(asyncio.create_task(self._keep_alive(part)))

    async def stop(self) -> None:
        """End every child, the last started first, all within `STOP_WITHIN` seconds."""
        clock = asyncio.get_running_loop()
        by = clock.time() + STOP_WITHIN
        self._stopping.set()
        async with self._launching:  # whoever is being started now is ended as well
            remaining = list(reversed(self._children.values()))
        while remaining:
            child = remaining.pop(0)
            reserved = sum(other.part.stops_within for other in remaining)
            await _end(child, within=max(by - clock.time() - reserved, child.part.stops_within))
        for watcher in self._watchers:
            watcher.cancel()

    async def _launch(self, part: Part) -> _Child:
        # Shielded: cancelled halfway there would be a child nobody knows.
        return await asyncio.shield(asyncio.ensure_future(self._launch_and_tell(part)))

    async def _launch_and_tell(self, part: Part) -> _Child:
        async with self._launching:
            if self._stopping.is_set():
                raise CommandFailed(f"{part.name} is not started any more")
            process = await _spawn(part)
            child = self._children[part.name] = _Child(part, process, identify(process.pid))
            self._changed({name: one.identity for name, one in self._children.items() if one.identity})
            return child

    async def _keep_alive(self, part: Part) -> None:
        clock = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            began = clock.time()
            status = await self._children[part.name].process.wait()
            if self._stopping.is_set():
                return
            pause = _FIRST_PAUSE if clock.time() - began > _LONG_ENOUGH else min(2 * pause, _LONGEST_PAUSE)
            say(f"{part.name} {_how(status)}; starting it again")
            await self._start_again(part, pause)

    async def _start_again(self, part: Part, pause: float) -> None:
        while True:
            await asyncio.sleep(pause)
            if self._stopping.is_set():
                return
            try:
                if part.before_restart:
                    part.before_restart()
                await self._launch(part)
            except (OSError, CommandFailed) as error:
                pause = _LONGEST_PAUSE
                say(f"{part.name} cannot be started now: {error}")
            else:
                return


async def _spawn(part: Part) -> asyncio.subprocess.Process:
    part.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if part.log.exists() and part.log.stat().st_size > _LOG_LIMIT:
        part.log.replace(part.log.with_suffix(".log.1"))
    log = os.open(part.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *part.command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=part.directory,
            env=dict(part.environment),
            pass_fds=part.descriptors,
            start_new_session=True,  # ^C in the terminal is for us; the order of stopping is ours
        )
    finally:
        os.close(log)


def say(line: str) -> None:
    """Tell whoever watches; nobody watching is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"holdfast: {line}\n")
        sys.stderr.flush()


async def _until_ready(part: Part) -> None:
    while part.is_ready and not await part.is_ready():  # noqa: ASYNC110 - it has no event of ours to set
        await asyncio.sleep(_LOOK_AGAIN)


async def _end(child: _Child, *, within: float) -> None:
    asked, urged = child.part.stop_signal, child.part.urge_signal
    for what, patience in ((asked, within - _URGE_WITHIN), (urged, _URGE_WITHIN)):
        if what and await _ends(child.process, what, patience):
            return
    say(f"{child.part.name} did not stop within {within:.0f} s; killed")
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    await child.process.wait()


async def _ends(process: asyncio.subprocess.Process, what: signal.Signals, within: float) -> bool:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(what)
    try:
        await asyncio.wait_for(process.wait(), within)
    except TimeoutError:
        return False
    return True


def _how(status: int) -> str:
    if status >= 0:
        return f"ended (exit status {status})"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
