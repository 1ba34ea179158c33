"""The provider simulator as one more part of `holdfast up --simulate`, for rehearsals."""

import asyncio
import os
import sys
from pathlib import Path

from cli.data_directory import DataDirectory
from cli.listener import free_ports
from cli.processes import launch_command
from cli.supervisor import Part
from simulator.keys import Keys
from simulator.script import Provider

_LOOPBACK = "127.0.0.1"
_KEYS = "simulator-keys"
"""Its file in the data directory: what a provider reports after a restart is still genuine."""


class SimulatedProviders:
    """SendGrid, Twilio, Notify and BOING on ports chosen once per `up` and kept when the simulator restarts."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._port, *self._provider_ports = free_ports(1 + len(Provider))

    @property
    def address(self) -> str:
        """Where the phone, the inbox and the letter box are."""
        return f"http://{_LOOPBACK}:{self._port}"

    def environment(self) -> dict[str, str]:
        """The variables with which API and worker take the simulator for their providers."""
        at = {
            who: f"http://{_LOOPBACK}:{port}"
            for who, port in zip(Provider, self._provider_ports, strict=True)
        }
        return Keys.kept_in(self._keys).environment(
            sendgrid_url=at[Provider.SENDGRID],
            twilio_url=at[Provider.TWILIO],
            notify_url=at[Provider.NOTIFY],
            trades_url=at[Provider.TRADES],
        )

    def part(self, public_url: str) -> Part:
        """How it is supervised.

        Args:
            public_url: Of the service, which is called back.
        """
        ports = [f"--provider-port={port}" for port in self._provider_ports]
        command = [
            *(sys.executable, "-P", "-m", "cli", "simulate", "--quiet"),
            *("--host", _LOOPBACK, "--port", str(self._port), *ports),
            *("--public-url", public_url, "--keys", str(self._keys)),
        ]
        return Part(
            name="simulator",
            command=lambda: launch_command(command),
            environment=dict(os.environ),
            directory=Path.cwd(),
            log=self._data.logs / "simulator.log",
            is_ready=self._is_ready,
            stops_within=1.0,  # it has nothing to lose
        )

    @property
    def _keys(self) -> Path:
        return self._data.path / _KEYS

    async def _is_ready(self) -> bool:
        for port in (self._port, *self._provider_ports):
            try:
                _, writer = await asyncio.open_connection(_LOOPBACK, port)
            except OSError:
                return False
            writer.close()
        return True
