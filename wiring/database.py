"""The way to Postgres: one pool for each process, and the migrations that give it today's shape."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.engine import URL

import store

POOL_SIZE = 12
"""Connections a process keeps; as many more may open for a moment."""
CONNECT_WITHIN = 3
"""Seconds; the front door answers within as many."""
STATEMENT_WITHIN = 10
"""Seconds one statement may take; ours take milliseconds, so a longer one waits for a lock that will not come."""
ABANDONED_AFTER = 30
"""Seconds after which Postgres ends a transaction whose client has gone quiet, and frees what it locked."""
MIGRATIONS = Path(store.__file__).parent / "migrations"
"""Where Alembic finds its scripts, in a checkout as in an installed wheel."""
_MIGRATING = 0x686F6C6466617374
"""The number of the lock under which one process at a time migrates ("holdfast" in ASCII)."""


def make_engine(url: str) -> Engine:
    """Make the pool of this process.

    A connection is tried before it is used, so that a Postgres that was killed and came back is simply used
    again.  Statements' parameters never appear in an error or a log.

    Args:
        url: `postgresql://…` or `postgresql+psycopg://…`.
    """
    return create_engine(
        _with_driver(url),
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=STATEMENT_WITHIN,
        pool_pre_ping=True,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args=_connect_args(statement_within=STATEMENT_WITHIN),
    )


def migrate(url: str) -> None:
    """Bring a database to today's shape; several processes may try at once, one does it.

    Args:
        url: As for `make_engine`.
    """
    engine = create_engine(
        _with_driver(url), poolclass=NullPool, hide_parameters=True, connect_args=_connect_args()
    )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _MIGRATING})
            connection.commit()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()  # and the lock goes with its connection


def _with_driver(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def _connect_args(*, statement_within: int = 0) -> dict[str, object]:
    settings = {
        "timezone": "UTC",
        "statement_timeout": f"{statement_within}s",
        "idle_in_transaction_session_timeout": f"{ABANDONED_AFTER}s" if statement_within else "0",
    }
    return {
        "connect_timeout": CONNECT_WITHIN,
        "application_name": "holdfast",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "keepalives_idle": ABANDONED_AFTER,
    }
