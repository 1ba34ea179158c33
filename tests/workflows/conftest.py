"""Every workflow test runs twice, with and without the cache, and ends with its histories replayed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.workflows.lives import Desk, a_desk

HERE = Path(__file__).parent
LATE_CANCELLATION = "ignore:Cannot find activity to cancel:UserWarning"
"""Without a cache the worker forgets a workflow whose local step has just ended; it is done again."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(LATE_CANCELLATION))


@pytest.fixture(params=[1000, 0], ids=["cached", "replaying"])
def cache(request: pytest.FixtureRequest) -> int:
    """How many workflows a worker remembers; with none, each turn is replayed from history."""
    return int(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(temporal_env: WorkflowEnvironment, cache: int) -> AsyncIterator[Desk]:
    async with a_desk(temporal_env, cache=cache) as desk:
        yield desk
