"""Hurting a running service at a chosen moment, and looking into its tables afterwards."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.journeys.people import eventually
from tests.servers import Tree


@contextlib.contextmanager
def frozen(tree: Tree, *names: str) -> Iterator[None]:
    """Stop children as a full disk or a paused machine does: they hold their sockets and never answer."""
    record = tree.record
    pids = [record.supervisor.pid if name == "up" else record.children[name].pid for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def rows(tree: Tree, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the tables."""
    with psycopg.connect(database_of(tree), autocommit=True) as connection:
        return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]


def database_of(tree: Tree) -> str:
    """Where the tables are, for psycopg."""
    url = tree.record.database_url
    assert url
    return url.replace("postgresql+psycopg://", "postgresql://")


@contextlib.contextmanager
def no_turn_is_written(tree: Tree) -> Iterator[None]:
    """Commands are still stored, but whoever wants to write a turn waits."""
    with psycopg.connect(database_of(tree)) as connection:
        connection.execute("LOCK TABLE timeline IN SHARE MODE")
        yield
        connection.rollback()


def wait_until_written(tree: Tree, referral: str, turn: int) -> None:
    """Wait until the tables have a later turn of a referral than this one."""

    def later() -> bool:
        return rows(tree, "SELECT turn FROM referral WHERE id = %s", referral)[0][0] > turn

    eventually(later, 20, every=0.02, or_else="the turn was never written")


def turn_of(tree: Tree, referral: str) -> int:
    return int(rows(tree, "SELECT turn FROM referral WHERE id = %s", referral)[0][0])
