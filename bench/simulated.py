"""The provider simulator in a process of its own, as `holdfast simulate` runs it, so that its work is not ours."""

import contextlib
import shlex
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx

from domain.vocabulary import Channel
from tests.servers import HOLDFAST, clean_environment

_ENDS_WITHIN = 10
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Where the simulated providers are, and what they took."""

    pid: int
    pages: str
    variables: dict[str, str]
    """With which Holdfast takes the simulator for its providers."""

    def taken(self, channel: Channel) -> list[dict[str, Any]]:
        """Every e-mail or text they took, oldest first."""
        answer = httpx.get(f"{self.pages}_control/messages", params={"way": channel}, timeout=30)
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items


SILENT = ("--rate", "silent=1")
"""They take everything and report nothing: what reports cost is not measured."""


@contextlib.contextmanager
def providers(*options: str) -> Iterator[Providers]:
    """Run providers, by default silent ones."""
    command = (*HOLDFAST, "simulate", "--port", "0", *(options or SILENT))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
        try:
            yield _told(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_ENDS_WITHIN)


def _told(process: subprocess.Popen[str]) -> Providers:
    """Read what it prints once it runs: its address in a comment, then the variables, the last one the trades'."""
    assert process.stdout is not None
    pages, variables = "", {}
    for line in process.stdout:
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            variables[name] = value
        elif "http" in line and not pages:
            pages = line.split()[-1]
        if "TRADES_API_KEY" in variables:
            return Providers(pid=process.pid, pages=pages, variables=variables)
    raise RuntimeError("the simulator does not start")
