"""Practical help: its clocks run on the server, beside its referral, whatever happens to either."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.dispatch_events import HelpAsked
from domain.practical_help.events import (
    AlarmSettled,
    Delivered,
    GoodsOrdered,
    HelpCancelled,
    HelpCompleted,
    LineQuantity,
    VisitBegun,
    VisitEnded,
    VisitPlanned,
    WindowAgreed,
)
from domain.practical_help.kinds import AlarmStep, HelpStage, VisitOutcome, VisitPurpose, VisitStage
from domain.practical_help.visit import alarm_of
from domain.vocabulary import Role, Stage
from tests.builders import DAY, HOUR, MINUTE
from tests.domain.helps import STRIPPED
from tests.workflows.helps import HelpDesk, RunningHelp, a_help_desk
from workflows.practical_help import PracticalHelpWorkflow

RING_VISITOR = "Visit 1: ring the visitor."
RING_BUDDY = "Visit 1: ring the visitor's buddy, and tell a supervisor."
TELL_POLICE = "Visit 1: a supervisor rings the police with the plan of the visit."
LADDER = [RING_VISITOR, RING_BUDDY, TELL_POLICE]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(temporal_env: WorkflowEnvironment, cache: int) -> AsyncIterator[HelpDesk]:
    async with a_help_desk(temporal_env, cache=cache) as desk:
        yield desk


def ladder_of(running: RunningHelp) -> list[str]:
    return [words for words in running.words if words in LADDER]


async def test_practical_help_begins_with_its_own_workflow_and_the_referral_goes_on(desk: HelpDesk) -> None:
    running = await desk.asks()
    assert await running.is_running()
    assert running.state.wanted == STRIPPED
    assert running.life.state.stage is Stage.CONTACTING
    assert "Practical help was asked for." in running.life.words


async def test_a_silent_visitor_is_looked_for_step_by_step(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    by = running.state.visits[0].check_in_by
    assert by is not None
    for after, steps in ((0, 1), (5, 2), (15, 3)):
        await running.until(by + after * MINUTE)
        await running.has(lambda _, steps=steps: len(ladder_of(running)) == steps)
    assert ladder_of(running) == LADDER


async def test_a_check_in_holds_the_alarm_back(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    await running.waits(40 * MINUTE)
    assert (await running.checks_in()).applied
    await running.waits(40 * MINUTE)
    assert ladder_of(running) == []
    await running.happens(VisitEnded(visit=1, at=await running.now(), outcome=VisitOutcome.URGENT))
    await running.waits(DAY)
    assert ladder_of(running) == []


async def test_the_alarm_comes_although_the_tables_were_away(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    desk.helps.outages = 3
    await running.waits(46 * MINUTE)
    await running.has(lambda _: ladder_of(running) == [RING_VISITOR])


async def test_the_alarm_comes_although_every_worker_was_away_when_it_was_due(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    await desk.worker_stops()
    visit, policy = running.state.visits[0], running.state.policy
    assert visit.check_in_by is not None
    alarm = alarm_of(visit, policy, visit.check_in_by + 15 * MINUTE)
    assert alarm is not None, "whoever looks at the tables sees it without any worker"
    assert alarm.step is AlarmStep.TELL_POLICE
    passing = asyncio.create_task(running.waits(HOUR))
    await desk.worker_starts()
    await passing
    await running.has(lambda _: TELL_POLICE in ladder_of(running))


async def test_a_visit_under_way_is_watched_after_the_referral_has_closed(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    await running.life.rings("answered")
    await running.life.decides("single_call")
    assert await running.life.ends() == "single_call"
    await running.waits(46 * MINUTE)
    await running.has(lambda _: ladder_of(running) == [RING_VISITOR])


async def test_a_visit_that_may_not_begin_is_refused_and_nothing_runs(desk: HelpDesk) -> None:
    running = await desk.asks()
    now = await running.now()
    await running.happens(VisitPlanned(purpose=VisitPurpose.QUICK, planned_at=now))
    answer = await running.happens(VisitBegun(visit=1, at=now))
    assert (answer.applied, answer.code) == (False, "not_possible_now")
    assert running.state.visits[0].stage is VisitStage.PLANNED


async def test_an_answer_to_a_word_for_duress_is_that_to_an_ordinary_check_in(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    ordinary = await running.checks_in()
    forced = await running.checks_in(duress=True)
    assert replace(forced, revision=0) == replace(ordinary, revision=0)
    assert forced.revision == ordinary.revision + 1
    assert running.state.is_alerted


async def test_help_that_was_cancelled_under_duress_wakes_for_the_supervisor(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    now = await running.now()
    await running.happens(VisitEnded(visit=1, at=now, outcome=VisitOutcome.DONE, duress=True))
    await running.happens(HelpCancelled())
    assert await running.ends() == "cancelled"
    answer = await running.happens(AlarmSettled(visit=1, role=Role.MANAGER, at=now, quiet=True))
    assert answer.applied
    assert not running.state.is_alerted
    assert await running.ends() == "cancelled"


async def test_a_missed_delivery_is_asked_about_and_the_rest_is_not_forgotten(desk: HelpDesk) -> None:
    running = await desk.asks()
    now = await running.now()
    await running.happens(GoodsOrdered(items=STRIPPED, at=now))
    await running.happens(WindowAgreed(order=1, from_at=now + DAY, until_at=now + DAY + 4 * HOUR))
    await running.until(now + DAY + 5 * HOUR)
    await running.has(lambda _: any("did not come" in words for words in running.words))
    items = tuple(LineQuantity(line=line, quantity=1) for line in (1, 2, 3))
    await running.happens(Delivered(order=1, items=items, at=await running.now()))
    assert any("is missing" in words for words in running.words)


async def test_everything_there_is_the_end(desk: HelpDesk) -> None:
    running = await desk.asks()
    now = await running.now()
    await running.happens(GoodsOrdered(items=STRIPPED[:1], at=now))
    await running.happens(Delivered(order=1, items=(LineQuantity(line=1, quantity=1),), at=now))
    await running.goes_in(purpose=VisitPurpose.FOLLOW_UP)
    await running.happens(VisitEnded(visit=1, at=await running.now(), outcome=VisitOutcome.ALL_THERE))
    assert (await running.happens(HelpCompleted())).applied
    assert await running.ends() == HelpStage.COMPLETED


async def test_another_worker_goes_on_from_history_alone(desk: HelpDesk) -> None:
    running = await desk.asks()
    await running.goes_in()
    await desk.worker_is_replaced()
    assert (await running.checks_in()).applied
    assert all(times == 1 for times in desk.helps.written.values())


async def test_a_command_that_comes_twice_is_applied_once(desk: HelpDesk) -> None:
    running = await desk.asks()
    command = running.stores(VisitPlanned(purpose=VisitPurpose.QUICK, planned_at=await running.now()))
    first = await running.sends(command)
    second = await running.sends(command)
    assert first is not None
    assert second in {None, first}
    assert len(running.state.visits) == 1


async def test_a_step_that_comes_before_its_referral_has_begun_it_hurts_neither(desk: HelpDesk) -> None:
    # Its row is in the tables a moment before its workflow is started: whoever is that quick starts it.
    life = await desk.begins()
    help_id = str(uuid.uuid4())
    desk.helps.begin(help_id, life.id, await life.now())
    early = RunningHelp(desk, help_id, life)
    await desk.env.client.start_workflow(
        PracticalHelpWorkflow.run, help_id, id=early.workflow_id, task_queue=desk.task_queue
    )
    assert (await life.is_told(HelpAsked(help_id=help_id))).applied
    assert (await life.rings("answered")).applied
    assert (await early.happens(HelpCancelled())).applied
