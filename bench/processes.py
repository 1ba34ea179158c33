"""What a process and everything below it has used."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 13, 14
"""Places in /proc/PID/stat, counted from 0."""


def cpu_seconds(pid: int) -> float:
    """CPU time in seconds: of a process with its descendants, or of this process alone."""
    below = [] if pid == os.getpid() else _descendants(pid)
    return sum(_own(each) for each in (pid, *below))


def cpu_seconds_below() -> float:
    """CPU time in seconds of every process this one has started and that still runs."""
    return sum(_own(each) for each in _descendants(os.getpid()))


def _own(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    ticks = sum(int(fields[place - 2]) for place in (_USER, _SYSTEM))
    return ticks / _TICKS


def _descendants(pid: int) -> list[int]:
    found = [child for thread in Path(f"/proc/{pid}/task").glob("*/children") for child in _children(thread)]
    return found + [below for child in found for below in _descendants(child)]


def _children(thread: Path) -> list[int]:
    """What one thread started: a browser starts its helpers from another than its first."""
    try:
        return [int(child) for child in thread.read_text().split()]
    except OSError:
        return []


def megabytes(pid: int) -> float:
    """Memory of a process with its descendants: what is its own, and its part of what is shared."""
    return sum(_proportional(each) for each in (pid, *_descendants(pid)))


def _proportional(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024
