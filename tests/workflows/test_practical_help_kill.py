"""A worker killed in the middle of a visit: no step is lost or taken twice, and the clock runs on."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.practical_help import PracticalHelpActivities
from domain.dispatch_events import HelpAsked
from domain.identifiers import help_workflow_id
from domain.practical_help.events import CheckedIn, HelpCommand, HelpCommandEvent
from domain.practical_help.state import HelpState
from store.keyring import Keyring
from store.practical_help.turn import HelpTurnStore
from store.practical_help.view import HelpStore
from tests.builders import MINUTE
from tests.domain.helps import help_policy
from tests.store.lives import Office
from tests.workflows.helps import OneHelpPolicy, RunningHelp
from tests.workflows.lives import NOTICED, SOON, RunningReferral
from tests.workflows.stored import OwnWorker, StoredDesk
from wiring.database import make_engine


class StoredHelps:
    """The real tables, with the words the tests use for them."""

    def __init__(self, office: Office, desk: StoredDesk) -> None:
        self.turns = HelpTurnStore(office.engine, office.keyring)
        self.reader = HelpStore(office.engine, office.keyring)
        self.office, self.desk = office, desk

    def store(self, help_id: str, event: HelpCommandEvent) -> HelpCommand:
        command: Any = self.desk.tables.store(
            help_workflow_id(help_id), event, referral_id=self.turns.take_up(help_id).referral_id
        )
        assert isinstance(command, HelpCommand)
        return command

    def state(self, help_id: str) -> HelpState | None:
        return self.turns.take_up(help_id).state

    def result(self, help_id: str, command_id: str) -> Any:
        return self.office.commands.result(command_id)


class StoredHelpDesk(StoredDesk):
    """A desk whose referrals and practical help lie in Postgres."""

    def __init__(self, env: WorkflowEnvironment, office: Office) -> None:
        super().__init__(env, office)
        self.helps: Any = StoredHelps(office, self)

    def activities(self) -> list[Callable[..., Any]]:
        practical_help = PracticalHelpActivities(self.helps.turns, OneHelpPolicy(help_policy()))
        return [*super().activities(), practical_help.take_up_help, practical_help.project_help]

    async def asks(self, life: RunningReferral) -> RunningHelp:
        help_id = str(uuid.uuid4())
        await life.is_told(HelpAsked(help_id=help_id))
        running = RunningHelp(self, help_id, life)  # type: ignore[arg-type]  # the same words over other tables
        await running.has(lambda state: state.begun)
        return running


@pytest.fixture
def office(database_url: str, keys: tuple[bytes, ...]) -> Iterator[Office]:
    engine = make_engine(database_url)
    yield Office(engine, Keyring(keys))
    engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(temporal_env: WorkflowEnvironment, office: Office) -> AsyncIterator[StoredHelpDesk]:
    desk = StoredHelpDesk(temporal_env, office)
    desk.task_timeout = NOTICED
    yield desk
    await desk.worker_stops()
    try:
        await desk.replays()
    finally:
        await desk.ends_everything()


@pytest.fixture
def doomed(
    desk: StoredHelpDesk, database_url: str, keys: tuple[bytes, ...], tmp_path: Path
) -> Callable[[int], OwnWorker]:
    """Make a worker that kills itself as soon as a turn is in the tables."""

    def make(turn: int) -> OwnWorker:
        return OwnWorker(
            *("-m", "tests.workflows.doomed_help", desk.task_queue, str(turn)),
            database_url=database_url,
            keys=keys,
            temporal_address=desk.env.client.service_client.config.target_host,
            told=tmp_path / "worker.log",
        )

    return make


async def has_died(worker: OwnWorker) -> None:
    async with asyncio.timeout(SOON):
        while not worker.has_killed_itself():
            await asyncio.sleep(0.05)


async def inside(desk: StoredHelpDesk) -> RunningHelp:
    """A visitor is inside, and no worker runs."""
    await desk.worker_starts()
    running = await desk.asks(await desk.begins())
    await running.goes_in()
    await desk.worker_stops()
    return running


async def test_a_check_in_whose_worker_died_after_writing_it_is_taken_once(
    desk: StoredHelpDesk, doomed: Callable[[int], OwnWorker]
) -> None:
    running = await inside(desk)
    before = running.state
    with doomed(before.turn + 1) as worker:
        command = running.stores(CheckedIn(visit=1, at=await running.now()))
        sending = asyncio.create_task(running.sends(command))
        await has_died(worker)
    await RunningReferral.shortens_its_step(running, attempt=1)  # type: ignore[arg-type]  # it, too, has a handle
    await desk.worker_starts()
    await sending
    answer = desk.helps.result(running.id, command.id)
    assert answer is not None
    assert answer.applied
    assert running.state.turn == before.turn + 1
    words = desk.tables.words(running.life.id)
    assert words.count("Visit 1: the visitor checked in.") == 1


async def test_an_alarm_whose_worker_died_while_raising_it_is_raised_once_and_goes_on(
    desk: StoredHelpDesk, doomed: Callable[[int], OwnWorker]
) -> None:
    running = await inside(desk)
    by = running.state.visits[0].check_in_by
    assert by is not None
    with doomed(running.state.turn + 1) as worker:
        passing = asyncio.create_task(running.until(by))
        await has_died(worker)
    assert desk.helps.reader.alarms(by) == 1, "it is seen while every worker is dead"
    await RunningReferral.shortens_its_step(running, attempt=1)  # type: ignore[arg-type]  # as above
    await desk.worker_starts()
    await passing
    await running.waits(16 * MINUTE)
    await running.has(lambda state: any("tell_police" in key for key in state.told))
    words = desk.tables.words(running.life.id)
    assert words.count("Visit 1: ring the visitor.") == 1
    assert words.count("Visit 1: a supervisor rings the police with the plan of the visit.") == 1
