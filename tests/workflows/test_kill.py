"""A worker killed at the worst moments: what the tables say and what the workflow knows never part.

A turn is in the tables a moment before it is in the history.  Whoever dies in between leaves a workflow that has to
go on from what the tables say, whatever comes first when it wakes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.events import AttemptMade
from domain.vocabulary import AttemptOutcome, MessageState, Stage
from store.keyring import Keyring
from tests.builders import DAY, a_decision
from tests.store.lives import Office
from tests.workflows.lives import NOTICED, SOON, RunningReferral, RunningSupport
from tests.workflows.mortal import MortalServers, mortal_servers
from tests.workflows.stored import OwnWorker, StoredDesk
from wiring.database import make_engine
from wiring.relay import Relay
from wiring.temporal import Orchestra

Doomed = Callable[[str], OwnWorker]


@pytest.fixture
def office(database_url: str, keys: tuple[bytes, ...]) -> Iterator[Office]:
    engine = make_engine(database_url)
    yield Office(engine, Keyring(keys))
    engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(temporal_env: WorkflowEnvironment, office: Office) -> AsyncIterator[StoredDesk]:
    desk = StoredDesk(temporal_env, office)
    desk.task_timeout = NOTICED
    yield desk
    await desk.worker_stops()
    try:
        await desk.replays()
    finally:
        await desk.ends_everything()


@pytest.fixture
def doomed(desk: StoredDesk, database_url: str, keys: tuple[bytes, ...], tmp_path: Path) -> Doomed:
    """Make a worker that kills itself at a moment."""

    def make(dies: str) -> OwnWorker:
        return OwnWorker(
            *("-m", "tests.workflows.doomed", desk.task_queue, dies),
            database_url=database_url,
            keys=keys,
            temporal_address=desk.env.client.service_client.config.target_host,
            told=tmp_path / "worker.log",
        )

    return make


async def dies(worker: OwnWorker, life: RunningReferral) -> None:
    """Wait until it has, and let the server notice at once that nobody works on its step any more."""
    async with asyncio.timeout(SOON):
        while not worker.has_killed_itself():
            await asyncio.sleep(0.05)
    await life.shortens_its_step(attempt=1)


async def written_to(desk: StoredDesk) -> RunningReferral:
    """Its letter waits for the cut-off, and no worker runs."""
    await desk.worker_starts()
    life = await desk.begins()
    await life.is_written_to()
    await desk.worker_stops()
    return life


async def a_call(life: RunningReferral, outcome: str) -> AttemptMade:
    return AttemptMade(outcome=AttemptOutcome(outcome), made_at=await life.now())


def letter_of(life: RunningReferral) -> MessageState:
    (letter,) = life.desk.tables.messages_of(life.id)
    return letter.state


async def test_a_command_whose_worker_died_after_writing_it_is_applied_once(
    desk: StoredDesk, doomed: Doomed
) -> None:
    life = await written_to(desk)
    with doomed(f"written:{life.state.turn + 1}") as worker:
        call = life.stores(await a_call(life, "answered"))
        sending = asyncio.create_task(life.sends(call))
        await dies(worker, life)
    await desk.worker_starts()
    answer = await sending
    assert answer == desk.tables.result(call.id)
    assert life.words.count("Call: the person answered.") == 1
    assert letter_of(life) is MessageState.RECALLED
    assert (await life.decides("single_call")).applied
    assert await life.ends() == "single_call"


async def test_a_call_back_that_meets_a_worker_killed_at_the_cut_off_is_not_lost(
    desk: StoredDesk, doomed: Doomed
) -> None:
    """The worker dies when the tables have its turn of the cut-off and the history has not."""
    life = await written_to(desk)
    with doomed(f"written:{life.state.turn + 1}") as worker:
        passing = asyncio.create_task(life.reaches_cut_off())
        await dies(worker, life)
    assert letter_of(life) is MessageState.RESERVED
    call = life.stores(await a_call(life, "answered"))
    sending = asyncio.create_task(life.sends(call))
    await asyncio.sleep(0.3)
    await desk.worker_starts()
    answer = await sending
    await passing
    assert answer is not None
    assert desk.tables.result(call.id) == answer, "it was answered, and the tables know nothing of it"
    assert life.state.reached
    assert letter_of(life) is MessageState.RECALLED
    await life.waits(DAY)
    assert desk.provider.tries == 0


async def test_a_support_whose_worker_died_after_writing_its_beginning_begins(
    desk: StoredDesk, doomed: Doomed
) -> None:
    await desk.worker_starts()
    life = await desk.begins()
    await life.rings("answered")
    await desk.worker_stops()
    with doomed(f"written:{life.state.turn + 1}") as worker:
        begins = life.stores(a_decision("ongoing_support"))
        sending = asyncio.create_task(life.sends(begins))
        await dies(worker, life)
    await desk.worker_starts()
    assert await sending is not None
    assert life.state.support is not None
    support = RunningSupport(desk, life.state.support.support_id)
    assert await support.is_running()


async def test_a_letter_whose_worker_died_while_handing_it_over_is_not_handed_over_again(
    desk: StoredDesk, doomed: Doomed
) -> None:
    life = await written_to(desk)
    with doomed("handing_over") as worker:
        passing = asyncio.create_task(life.reaches_cut_off())
        await dies(worker, life)
    assert letter_of(life) is MessageState.SENDING
    await desk.worker_starts()
    await life.waits(timedelta(minutes=5))
    state = await life.becomes(Stage.HELD)
    await passing
    assert [hold.kind for hold in state.holds] == ["message_unknown"]
    assert letter_of(life) is MessageState.UNKNOWN
    assert desk.provider.tries == 0, "the second worker handed it over once more"


@pytest_asyncio.fixture(loop_scope="session")
async def servers(tmp_path: Path, keys: tuple[bytes, ...]) -> AsyncIterator[MortalServers]:
    async with mortal_servers(tmp_path, keys) as servers:
        yield servers


@contextlib.contextmanager
def a_desk_on(servers: MortalServers, *, queue: str | None = None) -> Iterator[StoredDesk]:
    """A desk on servers that may be killed."""
    engine = make_engine(servers.database_url)
    desk = StoredDesk(servers.skipper, Office(engine, Keyring(servers.keys)))
    desk.task_queue = queue or desk.task_queue
    desk.orchestra = Orchestra(servers.skipper.client, task_queue=desk.task_queue)
    yield desk
    engine.dispose()


@contextlib.asynccontextmanager
async def a_relay_on(desk: StoredDesk) -> AsyncIterator[None]:
    """The relay beside a worker."""
    office = desk.office
    relay = Relay(
        outbox=office.outbox,
        commands=office.commands,
        supports=office.supports,
        orchestra=desk.orchestra,
    )
    sweeping = asyncio.create_task(relay.run())
    yield
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)


def a_worker_of(servers: MortalServers, desk: StoredDesk, dies: str) -> OwnWorker:
    return OwnWorker(
        *("-m", "tests.workflows.doomed", desk.task_queue, dies),
        database_url=servers.database_url,
        keys=servers.keys,
        temporal_address=servers.address,
        told=servers.room / "worker.log",
    )


async def test_a_call_back_written_a_moment_before_everything_died_is_never_unwritten(
    servers: MortalServers,
) -> None:
    """The tables have the call; the server has lost the update that brought it, and nobody sends it again."""
    with a_desk_on(servers) as desk:
        life = await written_to(desk)
        with a_worker_of(servers, desk, f"written:{life.state.turn + 1}") as worker:
            call = life.stores(await a_call(life, "answered"))
            sending = asyncio.create_task(life.sends(call))
            await dies(worker, life)
        servers.kill_everything()
        await sending

    await servers.start()
    with a_desk_on(servers, queue=desk.task_queue) as desk:
        life = RunningReferral(desk, life.id)
        assert life.state.reached
        async with desk, a_relay_on(desk):
            await life.waits(2 * DAY)
            assert life.state.reached, "somebody was spoken to, and the next turn has unwritten it"
            assert life.state.stage is Stage.CONTACTING
            assert desk.provider.tries == 0
            assert (await life.decides("single_call")).applied
            assert await life.ends() == "single_call"


async def test_a_support_written_a_moment_before_everything_died_begins(servers: MortalServers) -> None:
    """The tables say that support has begun; nothing else will ever wake the workflow that is to start it."""
    with a_desk_on(servers) as desk:
        async with desk:
            life = await desk.begins()
            await life.rings("answered")
        with a_worker_of(servers, desk, f"written:{life.state.turn + 1}") as worker:
            sending = asyncio.create_task(life.sends(life.stores(a_decision("ongoing_support"))))
            await dies(worker, life)
        servers.kill_everything()
        await sending

    await servers.start()
    with a_desk_on(servers, queue=desk.task_queue) as desk:
        life = RunningReferral(desk, life.id)
        assert life.state.support is not None
        support = RunningSupport(desk, life.state.support.support_id)
        async with desk, a_relay_on(desk), asyncio.timeout(SOON):
            while not await support.is_running():
                await asyncio.sleep(0.2)
