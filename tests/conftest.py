"""Real servers for tests: one Postgres and one Temporal a session, a database a test, whole trees on demand."""

import atexit
import contextlib
import itertools
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from cli.data_directory import DataDirectory
from cli.embedded_postgres import DATABASE, EmbeddedPostgres
from store.keyring import Keyring
from tests.servers import NOTIFY_TOKEN, Tree
from wiring.codec import encrypting_converter

_TEMPLATE = "template_holdfast"
_numbers = itertools.count(1)


def pytest_sessionstart(session: pytest.Session) -> None:
    # Processes that used temporalio may die in the interpreter's clean-up, after everything was done, with
    # 134 or 139.  This runs after pytest has said all it has to say, and after every other exit handler.
    atexit.register(_leave_at_once, session)


def _leave_at_once(session: pytest.Session) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    failed_since = getattr(sys, "last_value", None) is not None  # a plugin raised while pytest was ending
    os._exit(int(session.exitstatus) or int(failed_since))


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A Postgres as `holdfast up` runs it."""
    data = DataDirectory(tmp_path_factory.mktemp("postgres"))
    server = EmbeddedPostgres(data)
    with server.running(data.path / "postgres.log"):
        yield server


@pytest.fixture(scope="session")
def _migrated_database(postgres_server: EmbeddedPostgres) -> str:
    """The name of a migrated database nobody writes to."""
    from wiring.database import migrate

    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(create.format(sql.Identifier(_TEMPLATE), sql.Identifier(DATABASE)))
    migrate(postgres_server.url(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, _migrated_database: str) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    name = sql.Identifier(f"test_{next(_numbers)}")
    template, owner = sql.Identifier(_migrated_database), sql.Identifier(DATABASE)
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(name, template, owner))
        yield postgres_server.url(name.as_string().strip('"'))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def keys() -> tuple[bytes, ...]:
    """The encryption keys of every test that does not bring its own."""
    return (bytes(range(32)),)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_env(keys: tuple[bytes, ...]) -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server on which every workflow has a clock of its own that tests move forward."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=encrypting_converter(Keyring(keys)),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
    )
    yield environment
    await environment.shutdown()


@pytest.fixture(scope="session")
def make_tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Tree]]:
    """Make a tree that is not started yet; all are ended with the session."""
    made: list[Tree] = []

    def make(data_dir: Path | None = None, **options: object) -> Tree:
        room = tmp_path_factory.mktemp("tree")
        made.append(Tree(data_dir or room / "var", told=room, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for tree in made:
        tree.discard()


@pytest.fixture(scope="session")
def shared_tree(make_tree: Callable[..., Tree]) -> Tree:
    """One running service for every test that only talks to it."""
    return make_tree(environment={"NOTIFY_CALLBACK_TOKEN": NOTIFY_TOKEN}).start()


@pytest.fixture
def tree(make_tree: Callable[..., Tree]) -> Iterator[Tree]:
    """A running service of this test's own, to be hurt."""
    own = make_tree().start()
    yield own
    own.discard()


_WAITING = ("journeys", "docs", "workflows", "cli", "browser", "simulator", "field_cases")
"""Rooms whose tests mostly wait for real servers; begun first, so that none is left alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    room = re.compile(r"tests/(\w+)/")

    def place(item: pytest.Item) -> int:
        found = room.search(item.path.as_posix())
        return _WAITING.index(found[1]) if found and found[1] in _WAITING else len(_WAITING)

    items.sort(key=place)
