"""The database of commands that work while the service runs and while it does not."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from cli.data_directory import DataDirectory, InUse
from cli.embedded_postgres import EmbeddedPostgres
from cli.failures import CommandFailed
from cli.processes import wait_until
from cli.tree import end_leftovers
from wiring import database
from wiring.settings import load_settings

_UP_STARTS_WITHIN = 60.0
"""Seconds to wait for the database of an `up` that has only just been started."""


@contextlib.contextmanager
def opened(data_dir: Path, purpose: str) -> Iterator[Engine]:
    """Open the service's database: the configured one, the running one, or its own, started for this.

    Args:
        data_dir: The data directory of `up`.
        purpose: What for, in a word, should another command have to wait.

    Raises:
        CommandFailed: There is none, or it does not start.
    """
    with contextlib.ExitStack() as stack:
        engine = database.make_engine(_url(data_dir, purpose, stack))
        stack.callback(engine.dispose)
        yield engine


def _url(data_dir: Path, purpose: str, stack: contextlib.ExitStack) -> str:
    configured = load_settings().database_url
    if configured:
        return configured.get_secret_value()
    data = DataDirectory(data_dir)
    try:
        stack.enter_context(data.held(purpose))
    except InUse:
        return _url_of_the_running(data)
    end_leftovers(data)
    data.keys_or_new()
    postgres = EmbeddedPostgres(data)
    data.logs.mkdir(mode=0o700, exist_ok=True)
    stack.enter_context(postgres.running(data.logs / "postgres.log"))
    database.migrate(postgres.url())
    return postgres.url()


def _url_of_the_running(data: DataDirectory) -> str:
    def url() -> str | None:
        record = data.read_record()
        return record.database_url if record else None

    if not wait_until(lambda: url() is not None, seconds=_UP_STARTS_WITHIN):
        raise CommandFailed(
            f"the service in {data.path} is not ready, or has a database of its own elsewhere"
        )
    return url() or ""
