"""A worker killed at the worst moments: what the tables say and what the workflow knows never part."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Engine
from temporalio.testing import WorkflowEnvironment

from domain.events import AttemptMade
from domain.vocabulary import AttemptOutcome, MessageState, Stage
from store.keyring import Keyring
from tests.builders import a_policy
from tests.store.lives import Office
from tests.workflows.lives import SOON, RunningReferral
from tests.workflows.stored import DoomedWorker, StoredDesk
from wiring.database import make_engine


@pytest.fixture
def office(database_url: str, keys: tuple[bytes, ...]) -> Iterator[Office]:
    engine = make_engine(database_url)
    yield Office(engine, Keyring(keys))
    engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def stored_desk(temporal_env: WorkflowEnvironment, office: Office) -> AsyncIterator[StoredDesk]:
    desk = StoredDesk(temporal_env, office)
    yield desk
    await desk.worker_stops()
    await desk.replays()
    await desk.ends_everything()


@pytest.fixture
def doomed(stored_desk: StoredDesk, database_url: str, keys: tuple[bytes, ...], tmp_path: Path):
    def make(dies: str = "never") -> DoomedWorker:
        return DoomedWorker(
            stored_desk, database_url=database_url, keys=keys, told=tmp_path / "worker.log", dies=dies
        )

    return make


async def until(is_so, within: float = SOON) -> None:
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.05)


async def test_a_call_back_that_meets_a_worker_killed_at_the_cut_off_recalls_the_letter(
    stored_desk: StoredDesk, doomed
) -> None:
    """The worker dies when the tables have its turn of the cut-off and the history has not."""
    desk = stored_desk
    await desk.worker_starts()
    life = await desk.begins()
    await life.is_written_to()
    await desk.worker_stops()
    with doomed(f"written:{life.state.turn + 1}") as worker:
        passing = asyncio.create_task(life.reaches_cut_off())
        await until(worker.is_dead)
    assert life.state.writing.state is MessageState.RESERVED
    call = life.stores(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=await life.now()))
    sending = asyncio.create_task(life.sends(call))
    await asyncio.sleep(0.3)
    await desk.worker_starts()
    answer = await sending
    print(answer, desk.tables.result(call.id), life.state.stage, desk.tables.messages_of(life.id)[0].state)
    assert answer is not None
    assert desk.tables.result(call.id) == answer, "the call is not in the tables"
    assert life.state.reached
    assert [message.state for message in desk.tables.messages_of(life.id)] == [MessageState.RECALLED]
    await passing
    assert desk.provider.tries == 0
