"""What `holdfast up` runs, and in which order."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cli.data_directory import DataDirectory, RunRecord
from cli.embedded_postgres import STARTS_WITHIN, EmbeddedPostgres
from cli.embedded_temporal import EmbeddedTemporal
from cli.failures import CommandFailed
from cli.listener import address_of
from cli.postgres_cluster import ENVIRONMENT as POSTGRES_ENVIRONMENT
from cli.processes import ProcessIdentity, end, identify, launch_command
from cli.simulated_providers import SimulatedProviders
from cli.supervisor import Part, Supervisor, say
from wiring.settings import Settings

_HOLDFAST = (sys.executable, "-P", "-m", "cli")
"""This same installation; -P keeps the current directory out of what can be imported."""

_MIGRATES_WITHIN = 600.0
"""Seconds."""

_LEFTOVERS_END_WITHIN = 5.0
"""Seconds for children of a dead supervisor, before SIGKILL."""


class Tree:
    """Database, Temporal, worker and API, each started when what it needs is there."""

    def __init__(
        self,
        settings: Settings,
        data: DataDirectory,
        profile: Path,
        listener: socket.socket,
        simulated: SimulatedProviders | None = None,
    ) -> None:
        self.api_address = address_of(listener)
        self._simulated = simulated
        self._listener = listener
        self._data = data
        self._environment = dict(os.environ)
        # The sandbox imports workflow code anew for every run: without kept bytecode it would compile it each time.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._environment["HOLDFAST_PROFILE"] = str(profile)
        self._environment["HOLDFAST_KEYS"] = (
            settings.encryption_keys.get_secret_value() if settings.encryption_keys else ""
        )
        self._environment["HOLDFAST_PUBLIC_URL"] = os.environ.get("HOLDFAST_PUBLIC_URL") or self.api_address
        self._postgres = None if settings.database_url else EmbeddedPostgres(data)
        self._temporal = (
            None
            if os.environ.get("TEMPORAL_ADDRESS")
            else EmbeddedTemporal(data, os.environ.get("TEMPORAL_NAMESPACE") or "default")
        )
        me = identify(os.getpid())
        if me is None:
            raise CommandFailed("this system does not tell when a process was started")
        self._record = RunRecord(
            supervisor=me, api=self.api_address, simulator=simulated.address if simulated else None
        )
        self._supervisor = Supervisor(self._remember)

    async def start(self) -> None:
        """Start everything; returns once the API says that it is ready.

        Raises:
            CommandFailed: A part does not start.
        """
        end_leftovers(self._data)
        if not self._environment["HOLDFAST_KEYS"]:
            self._environment["HOLDFAST_KEYS"] = self._data.keys_or_new()
        # In this order, as they stop in the reverse one; Temporal takes its second while we migrate.
        if self._postgres:
            await self._start_postgres(self._postgres)
        temporal = asyncio.create_task(self._start_temporal())
        try:
            await self._migrate()
            await temporal
        finally:
            temporal.cancel()
        if self._simulated:
            public_url = self._environment["HOLDFAST_PUBLIC_URL"]
            self._environment |= self._simulated.environment()
            await self._supervisor.start(self._simulated.part(public_url))
        await self._supervisor.start(self._part("worker", "worker"))
        listening = self._listener.fileno()
        await self._supervisor.start(
            replace(
                self._part("api", "api", "--descriptor", str(listening)),
                descriptors=(listening,),
                stops_within=4.0,
                is_ready=self._is_ready,
            )
        )
        self._update(ready=True)

    async def stop(self) -> None:
        """End everything, API first, database last."""
        # Ours is a second handle of the API's socket: closed first, nobody waits on it in vain.
        self._listener.close()
        await self._supervisor.stop()
        if self._postgres:
            self._postgres.close()
        self._data.record.unlink(missing_ok=True)

    async def _start_postgres(self, postgres: EmbeddedPostgres) -> None:
        postgres.prepare()
        self._update(socket_directory=postgres.socket_directory)

        async def is_ready() -> bool:
            return postgres.is_ready()

        await self._supervisor.start(
            Part(
                name="postgres",
                command=postgres.command,
                environment=POSTGRES_ENVIRONMENT,
                descriptors=postgres.descriptors,
                log=self._data.logs / "postgres.log",
                is_ready=is_ready,
                starts_within=STARTS_WITHIN,
                stop_signal=signal.SIGINT,  # fast: without waiting for clients to leave
                urge_signal=signal.SIGQUIT,
                stops_within=2.5,
                before_restart=postgres.clear_leftovers,
            )
        )
        postgres.create_database()
        self._environment["HOLDFAST_DATABASE_URL"] = postgres.url()
        self._update(database_url=postgres.url())

    async def _start_temporal(self) -> None:
        temporal = self._temporal
        if not temporal:
            return
        await self._supervisor.start(temporal.part())
        for name in [name for name in self._environment if name.startswith("TEMPORAL_")]:
            del self._environment[name]  # an API key or a certificate is meant for another server
        self._environment["TEMPORAL_CONFIG_FILE"] = os.devnull
        self._environment["TEMPORAL_ADDRESS"] = temporal.address
        self._environment["TEMPORAL_NAMESPACE"] = temporal.namespace
        self._update(temporal_address=temporal.address, temporal_namespace=temporal.namespace)

    async def _migrate(self) -> None:
        log = self._data.logs / "migrate.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("w") as out:
            migrate = await asyncio.create_subprocess_exec(
                *launch_command([*_HOLDFAST, "migrate"]),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            try:
                status = await asyncio.wait_for(migrate.wait(), _MIGRATES_WITHIN)
            finally:
                if migrate.returncode is None:
                    migrate.kill()
        if status:
            told = log.read_text().strip().splitlines()
            raise CommandFailed(
                f"migration failed: {told[-1].removeprefix('holdfast: ') if told else status}"
            )

    def _part(self, name: str, *arguments: str) -> Part:
        return Part(
            name=name,
            command=lambda: launch_command([*_HOLDFAST, *arguments]),
            environment=self._environment,
            directory=Path.cwd(),
            log=self._data.logs / f"{name}.log",
        )

    async def _is_ready(self) -> bool:
        """Ask the API as any load balancer would."""
        authority = self.api_address.removeprefix("http://")
        host, _, port = authority.rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode())
            status = await asyncio.wait_for(reader.readline(), 5)
            writer.close()
        except (OSError, TimeoutError):
            return False
        return status.split()[1:2] == [b"200"]

    def _remember(self, children: Mapping[str, ProcessIdentity]) -> None:
        try:
            self._update(children=dict(children))
        except OSError as error:  # a full disk is no reason to start a second worker beside the first
            say(f"cannot write {self._data.record}: {error.strerror}")

    def _update(self, **changes: object) -> None:
        self._record = replace(self._record, **changes)  # type: ignore[arg-type]
        self._data.write_record(self._record)


def end_leftovers(data: DataDirectory) -> None:
    """End what a killed `up` has left running, and forget it.  Only for who holds the data directory."""
    record = data.read_record()
    if record is None:
        data.record.unlink(missing_ok=True)
        return
    for name, child in record.children.items():
        ask = signal.SIGQUIT if name == "postgres" else signal.SIGKILL
        if not end([child], ask=ask, patience=_LEFTOVERS_END_WITHIN):
            raise CommandFailed(f"{name} of an earlier start (process {child.pid}) cannot be ended")
    if record.socket_directory:
        shutil.rmtree(record.socket_directory, ignore_errors=True)
    data.record.unlink(missing_ok=True)
