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


def _own(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    ticks = sum(int(fields[place - 2]) for place in (_USER, _SYSTEM))
    return ticks / _TICKS


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    found = [int(child) for child in children]
    return found + [below for child in found for below in _descendants(child)]


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
