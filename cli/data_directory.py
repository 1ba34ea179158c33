"""The data directory: everything one installation must not lose, and who may use it now."""

import base64
import contextlib
import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cli.failures import CommandFailed
from cli.processes import ProcessIdentity
from wiring.settings import KEY_BYTES

_PATIENCE = 30.0
"""Seconds to wait for a short command (issuing a token, say) that has the directory."""

UP = "up"
"""The purpose of the one holder that is not worth waiting for."""


DEFAULT_DATA = Path("var")
"""The data directory when none is named."""


class InUse(CommandFailed):
    """Somebody else has the data directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a running `up` leaves for other commands, and for the `up` after its death.  Holds a password."""

    supervisor: ProcessIdentity
    database_url: str | None = None
    temporal_address: str | None = None
    temporal_namespace: str | None = None
    api: str | None = None
    simulator: str | None = None
    """Where the phone of `--simulate` is."""
    ready: bool = False
    children: Mapping[str, ProcessIdentity] = field(default_factory=dict)
    socket_directory: str | None = None


class DataDirectory:
    """Where things lie below the data directory."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.lock = self.path / "lock"
        self.record = self.path / "run.json"
        self.keys = self.path / "keys"
        self.cluster = self.path / "postgres"
        self.superuser_password = self.path / "postgres-password"
        self.temporal = self.path / "temporal"
        self.logs = self.path / "logs"

    @contextlib.contextmanager
    def held(self, purpose: str) -> Iterator[None]:
        """Hold the directory alone; it is made if it is missing, and removed again if nothing came of it.

        Raises:
            InUse: Another `up` has it.
            CommandFailed: It cannot be written.
        """
        made = not self.path.exists()
        lock = self._acquire(purpose)
        try:
            yield
        finally:
            os.ftruncate(lock, 0)
            if made:
                self._remove_if_unused()
            os.close(lock)

    def holder(self) -> str | None:
        """For which purpose somebody holds the directory now; None when nobody does."""
        try:
            lock = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(lock, 100, 0).decode(errors="replace")
        finally:
            os.close(lock)
        return None

    def read_record(self) -> RunRecord | None:
        """What the running, or last, `up` wrote; None when there is nothing usable."""
        try:
            told: dict[str, Any] = json.loads(self.record.read_text())
            told["supervisor"] = ProcessIdentity(**told["supervisor"])
            told["children"] = {name: ProcessIdentity(**who) for name, who in told["children"].items()}
            return RunRecord(**told)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_record(self, record: RunRecord) -> None:
        """Write what other commands need, readable by the owner alone."""
        write_private(self.record, json.dumps(asdict(record), indent=1) + "\n")

    def keys_or_new(self) -> str:
        """The encryption keys, newest first and separated by commas; made on the first start.

        Raises:
            CommandFailed: They are gone although there is data that only they can read.
        """
        if not self.keys.exists():
            if self.cluster.exists():
                raise CommandFailed(f"{self.keys} is missing: restore it or set HOLDFAST_KEYS")
            key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).rstrip(b"=").decode()
            write_private(self.keys, key + "\n")
        return ",".join(self.keys.read_text().split())

    def _acquire(self, purpose: str) -> int:
        by = time.monotonic() + _PATIENCE
        seen_up = 0
        while True:
            lock = self._open_lock()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(lock, 100, 0).decode(errors="replace")
                os.close(lock)
                # Twice: right after somebody else took it, the file still names whoever died with it.
                seen_up = seen_up + 1 if holder == UP else 0
                if seen_up > 1 or time.monotonic() > by:
                    raise InUse(
                        f"the data directory {self.path} is in use by another `holdfast {holder}`"
                    ) from None
                time.sleep(0.1)
                continue
            if self._is_current(lock):
                os.ftruncate(lock, 0)
                os.pwrite(lock, purpose.encode(), 0)
                return lock
            os.close(lock)  # its last holder removed the file between our opening and locking it

    def _open_lock(self) -> int:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            why = "is not a directory" if error.errno in {errno.EEXIST, errno.ENOTDIR} else "is not writable"
            raise CommandFailed(f"the data directory {self.path} {why}: {error.strerror}") from None

    def _is_current(self, lock: int) -> bool:
        try:
            return os.path.samestat(os.fstat(lock), self.lock.stat())
        except OSError:
            return False

    def _remove_if_unused(self) -> None:
        if {entry.name for entry in self.path.iterdir()} <= {self.lock.name}:
            self.lock.unlink(missing_ok=True)
            self.path.rmdir()


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, durably, readable by its owner alone."""
    part = path.with_name(f".{path.name}.new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
