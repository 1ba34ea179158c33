"""How fast letters are made one way, and what they cost."""

import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TypeVar

from bench.processes import cpu_seconds_below

CORES = os.cpu_count() or 1
Thing = TypeVar("Thing")


@dataclass(slots=True, kw_only=True)
class Pace:
    """How fast one way is."""

    letters: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor time, of this process and those it started."""

    def take(self, way: Callable[[Thing], object], things: list[Thing]) -> None:
        """Make a letter of each, one after the other."""
        with self._measuring(len(things)):
            for thing in things:
                way(thing)

    def take_at_once(self, way: Callable[[Thing], object], things: list[Thing]) -> None:
        """The same on as many threads as the machine has cores."""
        with self._measuring(len(things)), ThreadPoolExecutor(CORES) as threads:
            list(threads.map(way, things))

    async def take_each(self, way: Callable[[Thing], Awaitable[object]], things: list[Thing]) -> None:
        """The same, one after the other, where another process makes them."""
        with self._measuring(len(things)):
            for thing in things:
                await way(thing)

    @contextmanager
    def _measuring(self, letters: int) -> Iterator[None]:
        began, spent = perf_counter(), process_time() + cpu_seconds_below()
        yield
        self.seconds += perf_counter() - began
        self.cpu += process_time() + cpu_seconds_below() - spent
        self.letters += letters

    @property
    def each(self) -> float:
        """Seconds of processor time of each letter."""
        return self.cpu / self.letters

    @property
    def rate(self) -> float:
        """Letters a second."""
        return self.letters / self.seconds

    def row(self, name: str) -> tuple[str, ...]:
        """Its line of the table."""
        return (name, f"{self.rate:.0f}", f"{1 / self.each:.0f}", f"{self.each * 1000:.2f}")
