"""A Postgres of a measurement's own, as `holdfast up` runs it."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from cli.data_directory import DataDirectory
from cli.embedded_postgres import DATABASE, EmbeddedPostgres
from wiring.database import migrate


@contextlib.contextmanager
def postgres() -> Iterator[EmbeddedPostgres]:
    """Run a server until the measurement is over."""
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        data = DataDirectory(Path(room))
        server = EmbeddedPostgres(data)
        with server.running(data.path / "postgres.log"):
            yield server


def migrated(server: EmbeddedPostgres, name: str) -> str:
    """Make a database of today's shape; its address."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(DATABASE)))
    migrate(server.url(name))
    return server.url(name)


def postmaster(server: EmbeddedPostgres) -> int:
    """The process whose children are the server's others."""
    return int((server.data.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
