"""The whole service as a stranger runs it, with handles to hurt it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

from cli.data_directory import DataDirectory, RunRecord
from cli.processes import ProcessIdentity, is_running, wait_until, working_in

REPOSITORY = Path(__file__).resolve().parent.parent
REHEARSAL = Path("profiles/rehearsal.toml")
HOLDFAST = (sys.executable, "-P", "-m", "cli")
READY_WITHIN = 60.0
NOTIFY_TOKEN = "a-token-of-the-tests"
"""With which tests call as GOV.UK Notify: texts come in, letters come back."""


class Tree:
    """One `holdfast up` on a data directory of its own; the port stays the same over every restart.

    What it prints is kept below `told`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        told: Path,
        profile: Path = REHEARSAL,
        environment: Mapping[str, str] | None = None,
        holdfast: tuple[str, ...] = HOLDFAST,
    ) -> None:
        self.data = DataDirectory(data_dir)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.profile = profile
        self.environment = clean_environment() | dict(environment or {})
        self.holdfast = holdfast
        self._out, self._err = told / "stdout", told / "stderr"
        self.process: subprocess.Popen[str] | None = None
        self._seen: set[ProcessIdentity] = set()

    def start(self, *arguments: str) -> "Tree":
        """Start and wait until it says that it is ready."""
        self.begin(*arguments)
        ended = wait_until(lambda: self._is_ready() or self._process.poll() is not None, seconds=READY_WITHIN)
        if not ended or self._process.poll() is not None:
            self.kill_everything()
            raise AssertionError(f"`holdfast up` is not ready: {self.errors()}{self.logs()}")
        return self

    def begin(self, *arguments: str) -> None:
        """Start without waiting."""
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [*self.holdfast, "up", *self.options(), *arguments],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
            )

    def options(self) -> list[str]:
        return ["--port", str(self.port), "--data-dir", str(self.data.path), "--profile", str(self.profile)]

    def wait(self, seconds: float = 30.0) -> int:
        """Wait until the supervisor has ended; its exit status."""
        return self._process.wait(seconds)

    def stop(self, what: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a person would; its exit status."""
        self._remember()
        if self.process and self.process.poll() is None:
            self.process.send_signal(what)
        return self.wait()

    def restart(self) -> "Tree":
        """Start again on the same data and port."""
        return self.start()

    def kill(self, name: str, what: signal.Signals = signal.SIGKILL) -> ProcessIdentity:
        """Kill `postgres`, `temporal`, `worker` or `api`; or `up`, the supervisor alone."""
        victim = self.record.supervisor if name == "up" else self.record.children[name]
        self._remember()
        os.kill(victim.pid, what)
        if name == "up" and what == signal.SIGKILL:
            self._process.wait()
        return victim

    def kill_everything(self) -> None:
        """Kill supervisor and children at one blow."""
        self._remember()
        if self.process and self.process.poll() is None:
            self.process.kill()
        for process in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()
        wait_until(lambda: not self.running(), seconds=10)

    def discard(self) -> None:
        """End everything, and remove what the next start would have."""
        record = self.data.read_record()
        self.kill_everything()
        if record and record.socket_directory:
            shutil.rmtree(record.socket_directory, ignore_errors=True)

    def wait_for_another(self, name: str, old: ProcessIdentity, seconds: float = 20.0) -> ProcessIdentity:
        """Wait until a killed child has been replaced and the service is ready again."""
        replaced = wait_until(
            lambda: self.record.children[name] != old and is_running(self.record.children[name]),
            seconds=seconds,
        )
        assert replaced, f"{name} was not started again: {self.errors()}"
        self.wait_until_ready(seconds)
        return self.record.children[name]

    def wait_until_ready(self, seconds: float = 20.0) -> None:
        assert wait_until(self.answers, seconds=seconds), f"not ready again: {self.errors()}{self.logs()}"

    def answers(self, *, within: float = 2) -> bool:
        """Whether /readyz says yes within so many seconds."""
        try:
            with urlopen(f"{self.base_url}/readyz", timeout=within) as answer:
                return answer.status == 200
        except OSError:
            return False

    def issue_token(
        self, role: str = "coordinator", name: str = "test", organisation: str | None = None
    ) -> str:
        of = ["--organisation", organisation] if organisation else []
        return self.run("token", "issue", "--role", role, "--name", name, *of).splitlines()[-1]

    def run(self, *arguments: str) -> str:
        """Run another command against the same data directory; what it printed."""
        return subprocess.run(
            [*self.holdfast, *arguments, "--data-dir", str(self.data.path)],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    @property
    def record(self) -> RunRecord:
        """What `up` says of itself; raises when it does not run."""
        record = self.data.read_record()
        assert record is not None, "there is no run.json"
        return record

    @property
    def pids(self) -> dict[str, int]:
        """The children by name."""
        return {name: child.pid for name, child in self.record.children.items()}

    def running(self) -> set[ProcessIdentity]:
        """Every process of this tree that was ever seen and still runs, Postgres's own included."""
        self._remember()
        return {process for process in self._seen if is_running(process)}

    def errors(self) -> str:
        return self._err.read_text()

    def output(self) -> str:
        return self._out.read_text()

    def logs(self) -> str:
        return "".join(f"\n--- {log.name}\n{log.read_text()[-3000:]}" for log in self.data.logs.glob("*.log"))

    @property
    def _process(self) -> subprocess.Popen[str]:
        assert self.process is not None, "it was never started"
        return self.process

    def _is_ready(self) -> bool:
        record = self.data.read_record()
        self._remember()
        return record is not None and record.ready and record.supervisor.pid == self._process.pid

    def _remember(self) -> None:
        record = self.data.read_record()
        if record:
            self._seen |= {record.supervisor, *record.children.values()}
        self._seen |= set(working_in(self.data.cluster))


def clean_environment() -> dict[str, str]:
    """The environment without anything that configures Holdfast: a stranger has none of it."""
    prefixes = ("HOLDFAST_", "TEMPORAL_", "SENDGRID_", "TWILIO_", "NOTIFY_", "TRADES_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])
