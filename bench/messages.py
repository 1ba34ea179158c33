"""Messages per second through gate, row and provider, beside the provider's own SDK handed the same words.

Ours is the worker's step, `CorrespondenceActivities.send_message`, called by as many threads as a worker has, on a real
Postgres and against the provider simulator.  Temporal is left out: `lives` measures it.
"""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from activities.correspondence import CorrespondenceActivities, Departure
from bench import database
from bench.reserved import reserve
from bench.sdk_alone import PUBLIC_URL, SdkAlone, SendGridAlone, TwilioAlone
from bench.side import SIMULATOR, Side, quantiles
from bench.simulated import Providers, providers
from bench.stopwatch import BEGIN, SETTLE, STEPS, Stopwatch, TimedProvider, TimedTables, TimedWriter
from bench.table import Table, by_process
from domain.message_ports import Draft, MessageProvider
from domain.profile import Profile
from domain.vocabulary import Channel, MessageState
from store.keyring import KEY_BYTES, Keyring
from tests.servers import REHEARSAL
from wiring.database import make_engine
from wiring.profile import load_profile
from wiring.settings import Settings
from wiring.ways_out import ways_out
from wiring.writer import MessageWriter
from worker import THREADS

ROUNDS = 3
"""Of each side, one side after the other, so that a slow moment of the machine meets all of them."""
MESSAGES = {Channel.EMAIL: 300, Channel.TEXT: 150}
"""Of each side in one round, by all threads at once."""
ALONE = 50
"""Of each side in one round, one after the other."""
WARMING_UP = 48
"""Of each side, before anything is measured."""
PER_MINUTE = 1_000_000
"""The pace asked of the provider: judged as always, under its lock, and nobody has to wait for it."""
WORDS = {Channel.EMAIL: "e-mails", Channel.TEXT: "texts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """What every worker of the service works with."""

    engine: Engine
    keyring: Keyring
    profile: Profile
    writer: MessageWriter
    there: Providers
    postgres: int
    """Its process."""

    def sdk_alone(self, channel: Channel) -> SdkAlone:
        """The peer."""
        variables = self.there.variables
        if channel is Channel.TEXT:
            return TwilioAlone(variables)
        return SendGridAlone(variables, self.profile.email_from)

    def provider(self, channel: Channel) -> MessageProvider:
        """Ours, as the worker is equipped with."""
        return ways_out(Settings.model_validate(self.there.variables), self.profile)[channel]

    def tables(self, watch: Stopwatch) -> TimedTables:
        """The rows of messages."""
        return TimedTables(
            self.engine, self.keyring, per_minute=dict.fromkeys(Channel, PER_MINUTE), watch=watch
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Ours and its peer, on one channel and by so many threads."""

    peer: Side
    ours: Side
    watch: Stopwatch
    """Of ours."""

    def take(self, keys: Iterator[str], number: int) -> None:
        """Let the peer send so many, then ours."""
        self.peer.take([str(uuid.uuid4()) for _ in range(number)])
        self.ours.take(itertools.islice(keys, number))

    def forget(self) -> None:
        """Begin anew, once what is made once is made."""
        for one in (self.peer, self.ours, self.watch):
            one.forget()

    @property
    def ratio(self) -> str:
        """Ours beside its peer."""
        return (
            f"{self.ours.name}: {self.ours.pace / self.peer.pace:.2f} times the SDK alone;"
            f" by processor time {self.peer.processor / self.ours.processor:.2f}"
        )

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Its lines of the table."""
        yield self.peer.row
        yield self.ours.row
        for name, steps in {**{step: (step,) for step in STEPS}, "begin and settle": (BEGIN, SETTLE)}.items():
            yield (f"    {name}", "", *quantiles(self.watch.together(*steps)), "")


async def measure() -> Table:
    """Let the same e-mails, then the same texts leave both ways in turn."""
    profile = load_profile(REHEARSAL)
    with providers() as there, database.postgres() as server:
        engine = make_engine(database.migrated(server, "messages"))
        hub = Hub(
            engine=engine,
            keyring=Keyring((bytes(KEY_BYTES),)),
            profile=profile,
            writer=MessageWriter(profile),
            there=there,
            postgres=database.postmaster(server),
        )
        pairs = [pair for channel in MESSAGES for pair in _measured(hub, channel)]
        engine.dispose()
    return Table(
        title="Messages through gate, row and provider",
        head=("messages/s", "p50 ms", "p99 ms", "processor ms each"),
        ratios=tuple(pair.ratio for pair in pairs),
        rows=tuple(row for pair in pairs for row in pair.rows()),
        notes=(
            *(f"{pair.ours.name}, processor ms each: {by_process(pair.ours.milliseconds)}" for pair in pairs),
            "in the column without the simulator's: it stands for a provider elsewhere, and reports nothing",
            f"the pace is {PER_MINUTE:,} a minute: asked for, under its lock, as always, but nobody has to wait",
            "a step's milliseconds include waiting for the other threads, and for the lock of the pace",
        ),
    )


def _measured(hub: Hub, channel: Channel) -> list[Pair]:
    """By all threads at once, and one after the other."""
    number = 2 * WARMING_UP + ROUNDS * (MESSAGES[channel] + ALONE)
    reserved, at = reserve(hub.engine, hub.keyring, channel, number)
    first = hub.tables(Stopwatch()).draft(reserved[0])
    keys, sizes = iter(reserved), {THREADS: MESSAGES[channel], 1: ALONE}
    pairs = {threads: _pair(hub, first, at, threads=threads) for threads in sizes}
    for pair in pairs.values():
        pair.take(keys, WARMING_UP)
        pair.forget()
    for _ in range(ROUNDS):
        for threads, pair in pairs.items():
            pair.take(keys, sizes[threads])
    _check(hub.there.taken(channel), to=first.email or first.phone or "", of_each_side=number)
    return list(pairs.values())


def _pair(hub: Hub, first: Draft, at: datetime, *, threads: int) -> Pair:
    peer, watch, began = hub.sdk_alone(first.channel), Stopwatch(), perf_counter()
    to, written = first.email or first.phone or "", hub.writer.write(first, at.date())
    activities = CorrespondenceActivities(
        hub.tables(watch),
        TimedWriter(writer=hub.writer, watch=watch),
        {first.channel: TimedProvider(provider=hub.provider(first.channel), watch=watch)},
        clock=lambda: at + timedelta(seconds=perf_counter() - began),
        public_url=PUBLIC_URL,
    )

    def leave(key: str) -> None:
        settled = activities.send_message(Departure(key=key, at=at))
        assert settled.state is MessageState.SENT, settled.why

    how = f"{WORDS[first.channel]}, {f'{threads} at once' if threads > 1 else 'one at a time'}"
    simulator = {SIMULATOR: hub.there.pid}
    return Pair(
        peer=Side(
            name=f"{how}: {peer.name}",
            send=lambda key: peer.send(to, written, key),
            threads=threads,
            others=simulator,
        ),
        ours=Side(name=how, send=leave, threads=threads, others=simulator | {"Postgres": hub.postgres}),
        watch=watch,
    )


def _check(taken: list[dict[str, Any]], *, to: str, of_each_side: int) -> None:
    """Both sides sent as many, and the same: who is written to by both got one from ours, all others from the peer."""
    assert len(taken) == 2 * of_each_side, f"{len(taken)} of {2 * of_each_side} were taken"
    said = {(one["subject"], one["text"], one["html"], one["one_click"]) for one in taken if one["to"] == to}
    assert len(said) == 1, "the two sides do not say the same"
