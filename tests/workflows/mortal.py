"""Servers of a test's own that can be killed at one blow and started again on what is on the disk."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from cli.data_directory import DataDirectory
from cli.embedded_postgres import EmbeddedPostgres
from cli.processes import working_in
from store.keyring import Keyring
from tests.servers import clean_environment, free_port
from wiring.codec import encrypting_converter
from wiring.database import migrate

STARTS_WITHIN = 30.0


class MortalServers:
    """A Postgres and a Temporal; the clocks of workflows on it can be moved, as on the session's server."""

    def __init__(self, room: Path, keys: tuple[bytes, ...]) -> None:
        self.room, self.keys = room, keys
        self.data = DataDirectory(room / "data")
        self.data.path.mkdir()
        self.port = free_port()
        self._temporal: subprocess.Popen[bytes] | None = None
        self._postgres = contextlib.ExitStack()
        self._skipper: TimeSkipper | None = None
        self.database_url = ""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def skipper(self) -> TimeSkipper:
        """Moves clocks; and its client starts what has a clock to be moved."""
        assert self._skipper is not None, "the servers do not run"
        return self._skipper

    async def start(self) -> None:
        """Start both, for the first time or again."""
        postgres = EmbeddedPostgres(self.data)
        self._postgres.enter_context(postgres.running(self.room / "postgres.log"))
        self.database_url = postgres.url()
        migrate(self.database_url)
        with (self.room / "temporal.log").open("ab") as out:
            self._temporal = subprocess.Popen(
                [
                    Path(sys.executable).with_name("temporal"),
                    *("server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)),
                    *("--db-filename", self.room / "temporal.db", "--log-level", "error"),
                    *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"),
                    *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
                ],
                env=clean_environment(),
                stdout=out,
                stderr=out,
            )
        client = await self._connect()
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))

    def kill_everything(self) -> None:
        """Kill both by SIGKILL, at one blow."""
        if self._temporal:
            self._temporal.kill()
        for process in working_in(self.data.cluster):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if self._temporal:
            self._temporal.wait(10)
            self._temporal = None
        self._postgres.close()

    async def _connect(self) -> Client:
        converter = encrypting_converter(Keyring(self.keys))
        async with asyncio.timeout(STARTS_WITHIN):
            while True:
                with contextlib.suppress(RuntimeError):
                    return await Client.connect(self.address, data_converter=converter)
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def mortal_servers(room: Path, keys: tuple[bytes, ...]) -> AsyncIterator[MortalServers]:
    """Both servers, running."""
    servers = MortalServers(room, keys)
    try:
        await servers.start()
        yield servers
    finally:
        servers.kill_everything()
