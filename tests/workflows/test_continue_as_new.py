"""Lives too long for one history: they go on in the next run, and nothing is lost on the way.

The server of these tests suggests a new run after a few events instead of thousands.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from domain.ongoing_support import Engagement, Reviewed
from domain.vocabulary import MessageState
from store.keyring import Keyring
from tests.workflows.lives import WITHIN, Desk, a_desk
from wiring.codec import encrypting_converter

EVENTS = 30
"""After which a new run is suggested; a life of a few steps has more."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient_env(keys: tuple[bytes, ...]) -> AsyncIterator[WorkflowEnvironment]:
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=encrypting_converter(Keyring(keys)),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={EVENTS}"),
        ],
    )
    yield environment
    await environment.shutdown()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(impatient_env: WorkflowEnvironment, cache: int) -> AsyncIterator[Desk]:
    async with a_desk(impatient_env, cache=cache) as desk:
        yield desk


async def runs_of(desk: Desk, workflow_id: str) -> int:
    return len([run async for run in desk.env.client.list_workflows(f"WorkflowId = '{workflow_id}'")])


async def test_a_referral_with_many_calls_goes_on_in_a_new_run(desk: Desk) -> None:
    life = await desk.begins()
    for _ in range(12):
        assert (await life.rings("engaged")).applied
    await life.is_written_to()
    await life.reaches_cut_off()
    await life.has(lambda state: state.writing.state is MessageState.SENT)
    assert await runs_of(desk, life.workflow_id) > 1
    assert life.words.count("Call: engaged.") == 12
    assert life.state.attempts_counted == 3
    assert desk.provider.tries == 1


async def test_commands_at_once_are_all_applied_in_order_across_runs(desk: Desk) -> None:
    life = await desk.begins()
    outcomes = ["engaged", "no_answer"] * 8
    from tests.workflows.test_command import a_call

    commands = [life.stores(await a_call(life, outcome)) for outcome in outcomes]
    answers = []
    for four in range(0, len(commands), 4):
        batch = commands[four : four + 4]
        answers += await asyncio.gather(*(life.sends(command) for command in reversed(batch)))
    stored = [desk.tables.result(command.id) for command in commands]
    assert all(answer is not None and answer.applied for answer in stored)
    assert life.state.applied_through == len(commands)
    assert await runs_of(desk, life.workflow_id) > 1


async def test_support_goes_on_for_years_of_reviews(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    for _ in range(12):
        assert (await support.is_reviewed()).applied
    kept = support.kept
    assert kept.turn == 13
    assert await runs_of(desk, support.workflow_id) > 1
    await support.until(kept.review_at + desk.policy.support.review_missed_after)
    await support.has(lambda kept: kept.escalation == "A review was missed.")


async def test_support_that_goes_on_in_a_new_run_still_hears_that_its_referral_was_closed(desk: Desk) -> None:
    life = await desk.begins()
    support = await life.is_supported()
    for _ in range(10):
        await support.is_reviewed()
    await life.decides("close")
    assert await support.ends() == "ended"
    assert support.kept.ended_at is not None


async def test_an_ending_that_comes_while_a_support_goes_over_into_a_new_run_is_not_lost(desk: Desk) -> None:
    """Reviews that overtake each other keep the old run from ending, and the news arrives meanwhile."""
    life = await desk.begins()
    support = await life.is_supported()
    for _ in range(3):
        await support.is_reviewed()
    reviews = [
        desk.tables.store(support.workflow_id, Reviewed(engagement=Engagement.ENGAGED)) for _ in range(3)
    ]

    def send(review):
        return asyncio.create_task(desk.orchestra.send_command(support.workflow_id, review, within=WITHIN))

    early = send(reviews[2])
    await asyncio.sleep(0.2)
    await send(reviews[0])
    await life.decides("close")
    await life.ends()
    await asyncio.sleep(0.2)
    await asyncio.gather(send(reviews[1]), early)
    assert await support.ends() == "ended", "nobody told the new run that the referral was closed"
