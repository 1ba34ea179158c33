"""Workflow code is watched: what would not replay is stopped at once, and ours passes through together."""

import sys
import uuid
from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError

from activities.referral import TakeUp
from tests.builders import NOW
from tests.wiring import careless
from wiring import sandbox

CARELESS = [
    careless.AsksTheClock,
    careless.ThrowsDice,
    careless.DrawsAnId,
    careless.ReadsTheEnvironment,
]


@pytest.mark.parametrize("planted", CARELESS, ids=lambda planted: planted.__name__)
async def test_a_workflow_that_asks_the_world_is_stopped(
    temporal_env: WorkflowEnvironment, planted: type
) -> None:
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        temporal_env.client,
        task_queue=queue,
        workflows=[planted],
        workflow_runner=sandbox.runner(),
        # In production it would wait, stuck, for somebody to mend it; here it may fail.
        workflow_failure_exception_types=[RestrictedWorkflowAccessError],
    ):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal_env.client.execute_workflow(
                planted.run, id=queue, task_queue=queue, execution_timeout=timedelta(seconds=20)
            )
    assert "RestrictedWorkflowAccessError" in repr(failed.value.cause)


async def test_our_classes_are_the_same_inside_and_outside_a_workflow(
    temporal_env: WorkflowEnvironment,
) -> None:
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        temporal_env.client,
        task_queue=queue,
        workflows=[careless.TellsClassesApart],
        workflow_runner=sandbox.runner(),
    ):
        told = await temporal_env.client.execute_workflow(
            careless.TellsClassesApart.run, TakeUp(referral_id="r", now=NOW), id=queue, task_queue=queue
        )
    assert told == "an event of r, received"


def test_domain_and_activities_pass_through_together_or_not_at_all() -> None:
    passed = sandbox.runner().restrictions.passthrough_modules
    assert {"domain", "activities"} <= passed
    assert "workflows" not in passed, "then nothing would be watched"


def test_nothing_that_talks_to_the_world_comes_in_with_a_workflow() -> None:
    """What a workflow file imports and is not passed through is imported again for every run."""
    import subprocess

    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, workflows.referral, workflows.ongoing_support; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    heavy = {"sqlalchemy", "sqlmodel", "psycopg", "fastapi", "sendgrid", "jinja2", "typst", "cryptography"}
    assert heavy.isdisjoint(loaded)
