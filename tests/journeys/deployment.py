"""The services of docker-compose.yml as processes of this machine, on a Postgres and a Temporal that are not ours."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import psycopg
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from typing_extensions import override

from cli import postgres_binaries
from cli.data_directory import DataDirectory
from cli.embedded_postgres import EmbeddedPostgres
from cli.embedded_temporal import EmbeddedTemporal
from tests.compose import Compose, seconds
from tests.servers import HOLDFAST, free_port


class Deployment:
    """Each process has the command and the variables that compose gives its service, and no others."""

    def __init__(self, compose: Compose, *, postgres_port: int, temporal: str, directory: Path) -> None:
        api_port = free_port()
        self.compose = compose
        self.base_url = f"http://127.0.0.1:{api_port}"
        self.profile = Path(compose.variables["HOLDFAST_PROFILE"])
        self._postgres_port = postgres_port
        self._temporal = temporal
        self._directory = directory
        self._processes: list[subprocess.Popen[bytes]] = []
        self._here = {
            "@postgres:5432/": f"@127.0.0.1:{postgres_port}/",
            "temporal:7233": temporal,
            "0.0.0.0": "127.0.0.1",
            "8000": str(api_port),
        }
        """The names of compose's network, and what they are on this machine."""

    def do(self, service: str) -> None:
        """Run a service that ends by itself."""
        assert self.start(service).wait(60) == 0, self.told()

    def start(self, service: str, number: int = 1) -> subprocess.Popen[bytes]:
        is_ours = "entrypoint" not in self.compose.services[service]
        command = map(self._at_home, self.compose.command(service))
        with (self._directory / f"{service}-{number}.log").open("wb") as log:
            process = subprocess.Popen(
                [*(HOLDFAST if is_ours else ()), *command],
                cwd=self._directory,
                env=self._environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def is_healthy(self, service: str) -> bool:
        """Ask what compose asks."""
        kind, _python, *arguments = map(self._at_home, self.compose.health_check(service))
        assert kind == "CMD"
        asked = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=30, check=False)
        return asked.returncode == 0

    def issue_token(self, role: str, name: str, organisation: str | None = None) -> str:
        of = ["--organisation", organisation] if organisation else []
        return self.holdfast("token", "issue", "--role", role, "--name", name, *of).splitlines()[-1]

    def holdfast(self, *arguments: str) -> str:
        """What `docker compose exec api holdfast …` prints."""
        return self._run([*HOLDFAST, *arguments], self._environment("api"))

    def shell(self, script: str, **more: str) -> None:
        """Run a script that reaches both servers as the jobs do."""
        reaching = self._environment("databases") | self._environment("temporal-namespace") | more
        self._run(["bash", "-euo", "pipefail", "-c", script], reaching)

    def stop(self, service: str, processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
        """Stop processes as compose does; their exit statuses, negative when they had to be killed."""
        by = time.monotonic() + seconds(self.compose.services[service]["stop_grace_period"])
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(max(0.0, by - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        return [process.wait() for process in processes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def on(self, postgres_port: int) -> "Deployment":
        """The same with another Postgres; the API stays where it is."""
        moved = copy(self)
        moved._postgres_port = postgres_port
        moved._here = {**self._here, "@postgres:5432/": f"@127.0.0.1:{postgres_port}/"}
        return moved

    def with_variables(self, **variables: str) -> "Deployment":
        """The same servers, after somebody has changed `.env`."""
        changed = copy(self)
        changed.compose = replace(self.compose, variables={**self.compose.variables, **variables})
        return changed

    def lets_in(self, role: str, database: str) -> bool:
        """Whether a role with its password of `.env` reaches a database."""
        password = self.compose.variables[f"POSTGRES_PASSWORD_{role.upper()}"]
        url = f"postgresql://{role}:{password}@127.0.0.1:{self._postgres_port}/{database}"
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return False
        return True

    async def retention(self) -> timedelta:
        """How long closed workflows are kept."""
        client = await self._client()
        found = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace)
        )
        return found.config.workflow_execution_retention_ttl.ToTimedelta()

    def keep(self, how_long: timedelta) -> None:
        """Change that, as somebody would by hand."""
        which = ("--namespace", self.compose.variables["TEMPORAL_NAMESPACE"], "--address", self._temporal)
        retention = ("--retention", f"{how_long.total_seconds() / 3600:.0f}h")
        self._run(
            ["temporal", "operator", "namespace", "update", *which, *retention], self._environment("api")
        )

    async def worker_of(self, referral: str) -> int:
        """The process that last worked on a referral."""
        handle = (await self._client()).get_workflow_handle(f"referral-{referral}")
        return [
            int(event.workflow_task_completed_event_attributes.identity.partition("@")[0])
            for event in (await handle.fetch_history()).events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        ][-1]

    def told(self) -> str:
        logs = sorted(self._directory.glob("*.log"))
        return "".join(f"\n--- {log.name}\n{log.read_text()[-3000:]}" for log in logs)

    async def _client(self) -> Client:
        return await Client.connect(self._temporal, namespace=self.compose.variables["TEMPORAL_NAMESPACE"])

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            command,
            cwd=self._directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.told()
        return done.stdout

    def _environment(self, service: str) -> dict[str, str]:
        told = {name: self._at_home(value) for name, value in self.compose.environment(service).items()}
        if "PGHOST" in told:
            told |= {"PGHOST": "127.0.0.1", "PGPORT": str(self._postgres_port)}
        programs = (Path(sys.executable).parent, postgres_binaries.find(None), Path("/usr/bin"), Path("/bin"))
        return {"PATH": os.pathsep.join(map(str, programs)), "HOME": str(self._directory), **told}

    def _at_home(self, text: str) -> str:
        for there, here in self._here.items():
            text = text.replace(there, here)
        return text


@contextmanager
def postgres_elsewhere(directory: Path, *, superuser_password: str) -> Iterator[int]:
    """Run a Postgres that is reached over TCP and in which nothing has been made yet; its port."""
    server = _ListeningPostgres(DataDirectory(directory))
    server.port, server.superuser_password = free_port(), superuser_password
    with server.running(directory / "postgres.log"):
        yield server.port


@contextmanager
def temporal_elsewhere(directory: Path) -> Iterator[str]:
    """Run a Temporal in which our namespace has not been made yet; its address."""
    server = EmbeddedTemporal(DataDirectory(directory), "default")
    part = server.part()
    with (directory / "temporal.log").open("wb") as log:
        process = subprocess.Popen(
            part.command(), cwd=part.directory, env=dict(part.environment), stdout=log, stderr=log
        )
    try:
        yield server.address
    finally:
        process.terminate()
        process.wait()


class _ListeningPostgres(EmbeddedPostgres):
    port: int
    superuser_password: str

    @override
    def command(self) -> list[str]:
        return [*super().command(), "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}"]

    @override
    def superuser_url(self) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @override
    def create_database(self) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(f"ALTER ROLE postgres PASSWORD '{self.superuser_password}'")
