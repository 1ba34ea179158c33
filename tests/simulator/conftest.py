"""A simulator on loopback with a service it calls back, both of the test's own."""

from collections.abc import Iterator

import pytest

from simulator.running import Simulator, running
from simulator.script import Script
from tests.simulator.service import Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as made:
        yield made


@pytest.fixture
def simulator(service: Service) -> Iterator[Simulator]:
    with running(public_url=service.url, script=Script(pace=0.01, delay=0.3)) as made:
        made.world.caller.first_pause = 0.02
        yield made
