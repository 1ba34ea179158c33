"""Processes by identity, never by name: a pid is only trusted together with when it was started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LAUNCHER = Path(__file__).with_name("launch.py")
_PAUSE = 0.02
"""Seconds between two looks at a process that should end."""


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system user a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process and no later one that was given its pid."""

    pid: int
    started: str
    """Opaque; differs for every process that ever has this pid, also after a reboot."""


def identify(pid: int) -> ProcessIdentity | None:
    """Tell which process has this pid now; None when none runs (a zombie does not)."""
    started = _started_by_proc(pid) if (_PROC / "self/stat").exists() else _started_by_ps(pid)
    return ProcessIdentity(pid, started) if started else None


def is_running(process: ProcessIdentity) -> bool:
    """Whether this very process still runs."""
    return identify(process.pid) == process


def send(process: ProcessIdentity, what: signal.Signals) -> None:
    """Signal this very process, if it still runs."""
    if is_running(process):
        try:
            os.kill(process.pid, what)
        except ProcessLookupError:
            return


def end(processes: Sequence[ProcessIdentity], *, ask: signal.Signals, patience: float) -> bool:
    """End processes that are not our children: ask, wait, then kill.

    Args:
        processes: Whom to end.
        ask: The signal that asks.
        patience: Seconds before SIGKILL, and again after it.

    Returns:
        Whether all of them are gone.
    """
    for what in (ask, signal.SIGKILL):
        for process in processes:
            send(process, what)
        if wait_until(lambda: not any(map(is_running, processes)), seconds=patience):
            return True
    return False


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for something to become true; False when it has not within the time."""
    by = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > by:
            return False
        time.sleep(_PAUSE)
    return True


def working_in(directory: Path) -> Iterator[ProcessIdentity]:
    """Find the processes whose current directory is this one: of a cluster, its Postgres and nobody else's."""
    try:
        wanted = directory.stat()
    except OSError:
        return
    for entry in _PROC.glob("[0-9]*"):
        try:
            inside = os.path.samestat((entry / "cwd").stat(), wanted)
        except OSError:  # it is gone, or another user's
            continue
        process = identify(int(entry.name)) if inside else None
        if process:
            yield process


def launch_command(
    command: Sequence[str | os.PathLike[str]],
    *,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> list[str]:
    """Wrap a command so that its process gets `death_signal` when we die and runs as `account`.

    The death signal comes when the *thread* that starts the child ends: start children from the main one.
    """
    who = (str(account.uid), str(account.gid)) if account else ("-", "-")
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(int(death_signal)), *who]
    return [*launcher, *(os.fspath(part) for part in command)]


def _started_by_proc(pid: int) -> str | None:
    try:
        # The name stands in brackets and may hold brackets and spaces itself: read after the last one.
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return f"{_boot_id()}/{fields[19]}"


def _boot_id() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started_by_ps(pid: int) -> str | None:
    told = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return None if not told or told[0].startswith("Z") else told[1].strip()
