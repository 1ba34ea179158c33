"""One of two ways of sending the same messages: how fast it is, and what it costs by process."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter, process_time

from bench.processes import cpu_seconds
from bench.table import quantile

SIMULATOR = "simulator"
"""The process whose work is nobody's: a real provider does it elsewhere."""


@dataclass(slots=True, kw_only=True)
class Side:
    """Sends messages from this process, by so many threads at once."""

    name: str
    send: Callable[[str], None]
    """Lets the message with this key leave."""
    threads: int
    others: dict[str, int]
    """Processes besides this one that work for it."""
    seconds: list[float] = field(default_factory=list)
    """Of each message."""
    took: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds by process."""

    def take(self, keys: Iterable[str]) -> None:
        """Let these leave."""
        before, began = self._spent(), perf_counter()
        with ThreadPoolExecutor(self.threads) as threads:
            self.seconds += threads.map(self._one, keys)
        self.took += perf_counter() - began
        for name, spent in self._spent().items():
            self.cpu[name] = self.cpu.get(name, 0.0) + spent - before[name]

    def _one(self, key: str) -> float:
        began = perf_counter()
        self.send(key)
        return perf_counter() - began

    def _spent(self) -> dict[str, float]:
        return {"this process": process_time()} | {
            name: cpu_seconds(pid) for name, pid in self.others.items()
        }

    def forget(self) -> None:
        """Begin anew, once what is made once is made."""
        self.seconds, self.took, self.cpu = [], 0.0, {}

    @property
    def pace(self) -> float:
        """Messages a second."""
        return len(self.seconds) / self.took

    @property
    def milliseconds(self) -> dict[str, float]:
        """Processor time of each message, by process."""
        return {name: spent / len(self.seconds) * 1000 for name, spent in self.cpu.items()}

    @property
    def processor(self) -> float:
        """Milliseconds of processor time of each message, without the simulator's."""
        return sum(spent for name, spent in self.milliseconds.items() if name != SIMULATOR)

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        return (self.name, f"{self.pace:.0f}", *quantiles(self.seconds), f"{self.processor:.1f}")


def quantiles(seconds: list[float]) -> tuple[str, str]:
    """The median and the slowest hundredth, in milliseconds."""
    return tuple(f"{quantile(seconds, share) * 1000:.1f}" for share in (0.5, 0.99))  # type: ignore[return-value]
