"""How long each step of letting a message leave takes, looked at from outside: the steps are the worker's own."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import perf_counter

from sqlalchemy import Engine
from typing_extensions import override

from domain.message_ports import Begun, Delivery, Draft, MessageProvider, Outgoing, Written
from domain.vocabulary import Channel, DeliveryReport, MessageState
from store.keyring import Keyring
from store.message import MessageStore
from wiring.writer import MessageWriter

DRAFT, WRITE, BEGIN, HAND_OVER, SETTLE = STEPS = (
    "draft: to whom, how",
    "write: the words",
    "begin: gate, permit, row, pace",
    "hand over: the SDK",
    "settle: row, pace",
)


@dataclass(slots=True)
class Stopwatch:
    """Seconds by step and message."""

    seconds: dict[str, dict[str, float]] = field(default_factory=lambda: {step: {} for step in STEPS})

    def together(self, *steps: str) -> list[float]:
        """What these steps took, of each message."""
        summed: dict[str, float] = defaultdict(float)
        for step in steps:
            for key, seconds in self.seconds[step].items():
                summed[key] += seconds
        return list(summed.values())

    @contextmanager
    def timing(self, step: str, key: str) -> Iterator[None]:
        """Add what the block takes; a message is one thread's at a time."""
        began = perf_counter()
        yield
        self.seconds[step][key] = self.seconds[step].get(key, 0.0) + perf_counter() - began

    def forget(self) -> None:
        """Begin anew, once what is made once is made."""
        for seconds in self.seconds.values():
            seconds.clear()


class TimedTables(MessageStore):
    """The rows of messages."""

    def __init__(
        self, engine: Engine, keyring: Keyring, *, per_minute: Mapping[Channel, int], watch: Stopwatch
    ) -> None:
        super().__init__(engine, keyring, per_minute=per_minute)
        self.watch = watch
        self._settled = threading.local()

    @override
    def draft(self, key: str, *, now: datetime | None = None) -> Draft:
        with self.watch.timing(DRAFT, key):
            return super().draft(key, now=now)

    @override
    def begin(
        self,
        key: str,
        written: Written,
        now: datetime,
        *,
        turn: int | None = None,
        batch_id: str | None = None,
    ) -> Begun:
        with self.watch.timing(BEGIN, key):
            return super().begin(key, written, now, turn=turn, batch_id=batch_id)

    @override
    def settle(
        self,
        key: str,
        state: MessageState,
        *,
        why: str,
        provider_id: str,
        now: datetime,
        report: DeliveryReport | None = None,
    ) -> None:
        self._settled.key = key
        with self.watch.timing(SETTLE, key):
            super().settle(key, state, why=why, provider_id=provider_id, now=now, report=report)

    @override
    def provider_answered(
        self, channel: Channel, *, taken: bool, retry_after: timedelta | None, now: datetime
    ) -> None:
        with self.watch.timing(SETTLE, self._settled.key):  # said right after, by the same thread
            super().provider_answered(channel, taken=taken, retry_after=retry_after, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWriter:
    """Who writes them out."""

    writer: MessageWriter
    watch: Stopwatch

    def write(self, draft: Draft, on: date) -> Written:
        """As the writer."""
        with self.watch.timing(WRITE, draft.key):
            return self.writer.write(draft, on)


@dataclass(slots=True, kw_only=True)
class TimedProvider:
    """The way out."""

    provider: MessageProvider
    watch: Stopwatch
    simulated: bool = False
    collects: bool = False

    def send(self, outgoing: Outgoing) -> Delivery:
        """As the provider."""
        with self.watch.timing(HAND_OVER, outgoing.key):
            return self.provider.send(outgoing)

    def reconcile(self, key: str) -> Delivery:
        """As the provider; nothing is cut off here."""
        return self.provider.reconcile(key)
