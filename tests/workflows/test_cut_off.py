"""The last minutes before letters leave, with everything real: `holdfast worker`, Postgres and Temporal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest_asyncio

from domain.events import AttemptMade
from domain.vocabulary import AttemptOutcome, Direction, MessageState, Stage
from store.keyring import Keyring
from tests.builders import DAY
from tests.store.lives import Office
from tests.workflows.lives import SOON, RunningReferral, local, working_days
from tests.workflows.mortal import MortalServers, mortal_servers
from tests.workflows.stored import OwnWorker, StoredDesk
from wiring.database import make_engine
from wiring.profile import ProfilePolicies, load_profile
from wiring.temporal import TASK_QUEUE, Orchestra


@pytest_asyncio.fixture(loop_scope="session")
async def servers(tmp_path: Path, keys: tuple[bytes, ...]) -> AsyncIterator[MortalServers]:
    async with mortal_servers(tmp_path, keys) as servers:
        yield servers


@contextlib.contextmanager
def the_service(servers: MortalServers) -> Iterator[StoredDesk]:
    """A desk on these servers; the worker is a process of its own."""
    engine = make_engine(servers.database_url)
    desk = StoredDesk(servers.skipper, Office(engine, Keyring(servers.keys)))
    desk.task_queue = TASK_QUEUE
    desk.orchestra = Orchestra(servers.skipper.client)
    yield desk
    engine.dispose()


def a_real_worker(servers: MortalServers) -> OwnWorker:
    return OwnWorker(
        *("-P", "-m", "cli", "worker"),
        database_url=servers.database_url,
        keys=servers.keys,
        temporal_address=servers.address,
        told=servers.room / "worker.log",
    )


async def test_a_call_back_at_17_28_recalls_the_letter_even_if_everything_is_killed_at_17_29(
    servers: MortalServers,
) -> None:
    policy = ProfilePolicies(load_profile(Path("profiles/cambridgeshire.toml"))).policy_at(datetime.now(UTC))
    before = working_days(policy.hours, 3)
    day = before + DAY
    with the_service(servers) as desk, a_real_worker(servers) as worker:
        life = RunningReferral(desk, desk.tables.receive(None, received_at=local(before, time(8, 30))))
        await life.starts_at(local(day, time(15, 20)))
        await life.becomes(Stage.CONTACTING)
        await life.rings("no_answer", made_at=local(before, time(9)))
        await life.rings("no_answer", made_at=local(before, time(13, 10)))
        await life.until(local(day, time(15, 25)))
        third = await life.rings("no_answer")
        assert third.counted, third.why_not_counted
        assert life.state.writing.leaves_at == local(day, time(17, 30))
        await life.until(local(day, time(17, 28)))
        spoken = AttemptMade(
            outcome=AttemptOutcome.ANSWERED, made_at=await life.now(), direction=Direction.INBOUND
        )
        call_back = life.stores(spoken)
        await life.until(local(day, time(17, 29)))
        worker.kill()
        assert desk.tables.result(call_back.id) is None, "it was taken in before anything was killed"
        servers.kill_everything()

    await servers.start()
    with the_service(servers) as desk:
        life = RunningReferral(desk, life.id)
        passing = asyncio.create_task(life.until(local(day, time(17, 31))))
        while await life.now() < local(day, time(17, 30)):
            await asyncio.sleep(0.1)
        with a_real_worker(servers):
            async with asyncio.timeout(SOON):
                while desk.tables.result(call_back.id) is None:
                    await asyncio.sleep(0.1)
            await passing
            await life.waits(2 * DAY)
        assert life.state.stage is Stage.CONTACTING
        assert life.state.reached
        (letter,) = desk.tables.messages_of(life.id)
        assert letter.state is MessageState.RECALLED
        assert letter.sending_at is None, "it was on its way"
        await desk.replays()
