"""Practical help that runs on the real server, begun by its referral; its tables in memory, obeying the same guards."""

import asyncio
import threading
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.practical_help import PracticalHelpActivities
from domain.dispatch_events import HelpAsked
from domain.errors import HelpNotFound
from domain.events import Answer
from domain.identifiers import help_workflow_id
from domain.ports import Projection
from domain.practical_help.events import (
    CheckedIn,
    Goods,
    HelpCommand,
    HelpCommandEvent,
    VisitBegun,
    VisitPlanned,
    WhereaboutsChecked,
)
from domain.practical_help.kinds import SuspectsFound, VisitPurpose
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.ports import HelpProjection, HelpTakenUp
from domain.practical_help.state import HelpState
from domain.referral_state import Entry
from tests.domain.helps import STRIPPED, help_policy
from tests.workflows.lives import A_MOMENT, SOON, WITHIN, Desk, RunningReferral
from workflows.practical_help import PracticalHelpWorkflow


@dataclass(kw_only=True)
class KeptHelp:
    referral_id: str
    asked_at: datetime
    wanted: tuple[Goods, ...] = STRIPPED
    state: HelpState | None = None
    entries: list[Entry] = field(default_factory=list)
    commands: dict[str, HelpCommand] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


class MemoryHelps:
    """Obeys `HelpTables`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.helps: dict[str, KeptHelp] = {}
        self.written: Counter[tuple[str, int]] = Counter()
        self.outages = 0
        """So many of the next writes fail."""

    def begin(self, help_id: str, referral_id: str, at: datetime) -> None:
        self.helps.setdefault(help_id, KeptHelp(referral_id=referral_id, asked_at=at))

    def store(self, help_id: str, event: HelpCommandEvent) -> HelpCommand:
        with self._lock:
            kept = self.helps[help_id]
            command = HelpCommand(id=str(uuid.uuid4()), ordinal=len(kept.commands) + 1, event=event)
            kept.commands[command.id] = command
            return command

    def state(self, help_id: str) -> HelpState | None:
        return self.helps[help_id].state

    def result(self, help_id: str, command_id: str) -> Answer | None:
        return self.helps[help_id].answers.get(command_id)

    def take_up(self, help_id: str) -> HelpTakenUp:
        kept = self.helps.get(help_id)
        if kept is None:
            raise HelpNotFound(f"no practical help {help_id}")
        return HelpTakenUp(
            state=kept.state, referral_id=kept.referral_id, asked_at=kept.asked_at, wanted=kept.wanted
        )

    def project(self, projection: HelpProjection) -> None:
        with self._lock:
            if self.outages > 0:
                self.outages -= 1
                raise ConnectionError("the database is away")
            state = projection.state
            kept = self.helps[state.help_id]
            if kept.state is not None and kept.state.turn >= state.turn:
                return
            self.written[state.help_id, state.turn] += 1
            kept.state = state
            kept.entries.extend(projection.entries)
            if projection.command_id and projection.answer:
                kept.answers.setdefault(projection.command_id, projection.answer)


@dataclass(frozen=True)
class OneHelpPolicy:
    policy: HelpPolicy

    def help_policy(self) -> HelpPolicy:
        return self.policy


class HelpDesk(Desk):
    """A desk whose referrals may ask for practical help."""

    def __init__(self, env: WorkflowEnvironment, *, cache: int = 1000) -> None:
        super().__init__(env, cache=cache)
        self.helps: Any = MemoryHelps()
        self.help_policy = help_policy()
        self.tables.after_writing = self._begins

    def activities(self) -> list[Callable[..., Any]]:
        practical_help = PracticalHelpActivities(self.helps, OneHelpPolicy(self.help_policy))
        return [*super().activities(), practical_help.take_up_help, practical_help.project_help]

    async def asks(self, life: RunningReferral | None = None) -> "RunningHelp":
        """A referral asks for practical help, and its workflow has begun."""
        life = life or await self.begins()
        help_id = str(uuid.uuid4())
        await life.is_told(HelpAsked(help_id=help_id))
        running = RunningHelp(self, help_id, life)
        await running.has(lambda state: state.begun)
        return running

    def _begins(self, projection: Projection) -> None:
        """What `store.projection` does in the referral's turn."""
        if isinstance(projection.effects.begins, HelpAsked):
            self.helps.begin(projection.effects.begins.help_id, projection.state.referral_id, projection.at)


class RunningHelp:
    """One practical help on the server."""

    def __init__(self, desk: HelpDesk, help_id: str, life: RunningReferral) -> None:
        self.desk, self.id, self.life = desk, help_id, life
        self.workflow_id = help_workflow_id(help_id)
        desk.started.add(self.workflow_id)

    @property
    def handle(self) -> WorkflowHandle[PracticalHelpWorkflow, str]:
        """Of its latest run."""
        return self.desk.env.client.get_workflow_handle_for(PracticalHelpWorkflow.run, self.workflow_id)

    @property
    def state(self) -> HelpState:
        state: HelpState | None = self.desk.helps.state(self.id)
        assert state is not None, "its workflow has not spoken yet"
        return state

    @property
    def words(self) -> list[str]:
        return [entry.what for entry in self.desk.helps.helps[self.id].entries]

    async def now(self) -> datetime:
        return await self.desk.env.get_current_time(self.handle)

    async def waits(self, duration: timedelta) -> None:
        assert await self.desk.env.fast_forward(self.handle, duration), "it ended before the time was over"

    async def until(self, at: datetime) -> None:
        """Move its clock to `at`, and a moment more."""
        await self.waits(max(at - await self.now(), timedelta()) + A_MOMENT)

    def stores(self, event: HelpCommandEvent) -> HelpCommand:
        command: HelpCommand = self.desk.helps.store(self.id, event)
        return command

    async def sends(self, command: HelpCommand) -> Answer | None:
        return await self.desk.orchestra.send_command(self.workflow_id, command, within=WITHIN)

    async def happens(self, event: HelpCommandEvent) -> Answer:
        command = self.stores(event)
        answer = await self.sends(command)
        assert answer is not None, "nobody answered"
        assert answer == self.desk.helps.result(self.id, command.id)
        return answer

    async def goes_in(self, *, number: int = 1, purpose: VisitPurpose = VisitPurpose.QUICK) -> None:
        """A visit that nothing speaks against has begun."""
        now = await self.now()
        await self.happens(VisitPlanned(purpose=purpose, planned_at=now))
        await self.happens(
            WhereaboutsChecked(visit=number, found=SuspectsFound.CUSTODY, at=now, sensitive=False)
        )
        assert (await self.happens(VisitBegun(visit=number, at=now))).applied

    async def checks_in(self, *, number: int = 1, duress: bool = False) -> Answer:
        return await self.happens(CheckedIn(visit=number, at=await self.now(), duress=duress))

    async def has(self, is_so: Callable[[HelpState], bool], *, within: float = SOON) -> HelpState:
        """Wait until the tables say so."""
        state: HelpState | None = None
        try:
            async with asyncio.timeout(within):
                while True:
                    state = self.desk.helps.state(self.id)
                    if state is not None and is_so(state):
                        return state
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it never came to that: {state}") from None

    async def is_running(self) -> bool:
        described = await self.handle.describe()
        return described.status is not None and described.status.name == "RUNNING"

    async def ends(self) -> str:
        async with asyncio.timeout(SOON):
            return await self.handle.result()


@asynccontextmanager
async def a_help_desk(env: WorkflowEnvironment, *, cache: int = 1000) -> AsyncIterator[HelpDesk]:
    """A desk; afterwards every history that came about is replayed."""
    desk = HelpDesk(env, cache=cache)
    try:
        async with desk:
            yield desk
        await desk.replays()
    finally:
        await desk.ends_everything()
