"""Every workflow test runs twice, with and without the cache, and ends with its histories replayed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.workflows.lives import Desk, a_desk


@pytest.fixture(params=[1000, 0], ids=["cached", "replaying"])
def cache(request: pytest.FixtureRequest) -> int:
    """How many workflows a worker remembers; with none, each turn is replayed from history."""
    return int(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(temporal_env: WorkflowEnvironment, cache: int) -> AsyncIterator[Desk]:
    async with a_desk(temporal_env, cache=cache) as desk:
        yield desk
