from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from store.keyring import Keyring
from tests.store.lives import Office
from wiring.database import make_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def keyring(keys: tuple[bytes, ...]) -> Keyring:
    return Keyring(keys)


@pytest.fixture
def office(engine: Engine, keyring: Keyring) -> Office:
    return Office(engine, keyring)
