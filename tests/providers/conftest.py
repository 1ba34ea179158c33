"""What the tests of providers share: one provider on loopback each."""

from collections.abc import Iterator

import pytest

from tests.providers.loopback import Loopback, a_loopback


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with a_loopback() as running:
        yield running
