"""A Postgres of our own below the data directory, for whoever has none.

It listens on a Unix socket in a private folder only, asks for a password (SCRAM) there too, checks its
pages, and never writes what a statement said into its log.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from cli import postgres_binaries, postgres_cluster
from cli.data_directory import DataDirectory
from cli.failures import CommandFailed
from cli.postgres_cluster import ENVIRONMENT, SUPERUSER, VERSION
from cli.processes import end, launch_command, wait_until, working_in

DATABASE = "holdfast"
"""The database, and the role that owns it; not a superuser."""

STARTS_WITHIN = 600.0
"""Seconds; reading the log of changes again after a crash may take minutes."""

_LONGEST_SOCKET_PATH = 100
"""The kernel allows 108 bytes (unix(7)), less the end of the path."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # Statements, their parameters and the rows that errors quote hold personal data.  An error's own
    # words may too ("invalid input syntax for …"), so errors of clients are not logged at all.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_messages": "log",
}


class EmbeddedPostgres:
    """The cluster of one data directory; call `prepare` before anything else."""

    def __init__(self, data: DataDirectory) -> None:
        self.data = data
        self.account = postgres_cluster.choose_account(data.cluster)
        self.socket_directory = ""
        self._password = ""
        self._owner_password = secrets.token_urlsafe(32)
        self._descriptor = -1

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a crash has left.

        Raises:
            CommandFailed: It cannot be made or belongs to another version or user.
        """
        binaries = postgres_binaries.find(self.account)
        self._postgres = binaries / "postgres"
        self.socket_directory = self._make_socket_directory()
        if not self.data.cluster.exists():
            postgres_cluster.create(self.data, binaries / "initdb", self.account, Path(self.socket_directory))
        self._password = self.data.superuser_password.read_text().strip()
        found = (self.data.cluster / "PG_VERSION").read_text().strip()
        if found != VERSION:
            raise CommandFailed(f"{self.data.cluster} was made by Postgres {found}; this is {VERSION}")
        postgres_cluster.own(self.data.cluster, self.account)
        self.clear_leftovers()
        self._descriptor = os.open(self.data.cluster, os.O_RDONLY | os.O_DIRECTORY)

    def close(self) -> None:
        """Give back what `prepare` took."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self.socket_directory:
            shutil.rmtree(self.socket_directory, ignore_errors=True)
            self.socket_directory = ""

    def clear_leftovers(self) -> None:
        """End servers of this cluster that outlived their supervisor, and the lock file of dead ones.

        Postgres itself trusts a lock file whenever some process has its pid: another program after a
        restart of the container, say.  We hold the data directory's lock, so nobody else can be right.
        """
        left = list(working_in(self.data.cluster))
        if not end(left, ask=signal.SIGQUIT, patience=5):
            raise CommandFailed(
                f"process {left[0].pid} still works in {self.data.cluster} and cannot be ended"
            )
        (self.data.cluster / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        """What starts the server; its folder is open as one of `descriptors`."""
        settings = {**_SETTINGS, "unix_socket_directories": self.socket_directory}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return launch_command(
            [
                self._postgres,
                "-D",
                postgres_cluster.name_of_directory(self._descriptor, self.data.cluster),
                *options,
            ],
            account=self.account,
            death_signal=signal.SIGQUIT,
        )

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Open files the server inherits."""
        return (self._descriptor,)

    def is_ready(self) -> bool:
        """Whether the server answers."""
        try:
            psycopg.connect(self.superuser_url(), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def url(self, database: str = DATABASE) -> str:
        """The address of a database for the service's own role; it holds the password."""
        return self._url(DATABASE, self._owner_password, database)

    def superuser_url(self) -> str:
        """The address for whoever makes databases; it holds the password."""
        return self._url(SUPERUSER, self._password, SUPERUSER)

    def create_database(self) -> None:
        """Make the service's role and database if they are missing; give the role this run's password."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            role = sql.Identifier(DATABASE)
            if not _exists(connection, "pg_roles", "rolname"):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            # Hashed here, so that no statement ever holds the password itself.
            hashed = connection.pgconn.encrypt_password(
                self._owner_password.encode(), DATABASE.encode(), b"scram-sha-256"
            )
            password = sql.Literal(hashed.decode())
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
            if not _exists(connection, "pg_database", "datname"):
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))

    @contextlib.contextmanager
    def running(self, log: Path) -> Iterator[None]:
        """Run the server for a short while, without a supervisor."""
        try:
            self.prepare()
            with log.open("ab") as out:
                server = subprocess.Popen(
                    self.command(),
                    pass_fds=self.descriptors,
                    cwd="/",
                    env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            try:
                wait_until(lambda: server.poll() is not None or self.is_ready(), seconds=STARTS_WITHIN)
                if server.poll() is not None:
                    raise CommandFailed(f"Postgres does not start: see {log}")
                self.create_database()
                yield
            finally:
                server.send_signal(signal.SIGINT)
                server.wait()
        finally:
            self.close()

    def _make_socket_directory(self) -> str:
        for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/run")):  # noqa: S108 - made private below
            if len(os.fsencode(parent)) > _LONGEST_SOCKET_PATH - 40:
                continue
            if self.account and not postgres_binaries.is_reachable(Path(parent), self.account):
                continue
            try:
                made = tempfile.mkdtemp(prefix="holdfast-", dir=parent)  # of mode 0700
            except OSError:
                continue
            if self.account:
                os.chown(made, self.account.uid, self.account.gid)
            return made
        raise CommandFailed("there is no temporary directory for the database's socket: set TMPDIR")

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@/{database}?host={quote(self.socket_directory, safe='')}"


def _exists(connection: psycopg.Connection[tuple[object, ...]], table: str, column: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = {}").format(
        sql.Identifier(table), sql.Identifier(column), sql.Literal(DATABASE)
    )
    return connection.execute(query).fetchone() is not None
