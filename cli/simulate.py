"""`holdfast simulate`: the provider simulator, with a phone, an inbox and a letter box in the browser."""

import ipaddress
import shlex
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cli.failures import CommandFailed
from simulator.keys import Keys
from simulator.running import NotStarted, Simulator, running
from simulator.script import Provider, Script, Trouble
from wiring import log
from wiring.settings import load_settings

DEFAULT_PORT = 8010
"""Of the pages; the providers have the four ports after it, in the order of `Provider`."""

_HIGHEST_PORT = 65_535


def simulate(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on: of this machine alone.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="Port of the pages; the providers are on the four after it. 0 takes free ones.",
            min=0,
            max=_HIGHEST_PORT - len(Provider),
        ),
    ] = DEFAULT_PORT,
    public_url: Annotated[
        str | None, typer.Option(help="The service that is called back.", show_default="HOLDFAST_PUBLIC_URL")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="A file that keeps the invented keys; made if missing. Without it they are new."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same troubles.")] = 0,
    rate: Annotated[
        list[str] | None, typer.Option(help="How often what goes wrong: `duplicated=0.1`; may be repeated.")
    ] = None,
    pace: Annotated[float, typer.Option(help="Seconds between the reports of a message.", min=0)] = 1.0,
    provider_port: Annotated[list[int] | None, typer.Option(hidden=True)] = None,
    quiet: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Pretend to be SendGrid, Twilio, Notify and a repairs service; prints the variables that lead Holdfast here."""
    _only_here(host)
    script = Script(seed=seed, rates=_rates(rate or []), pace=pace)
    log.configure("simulator")
    told = threading.Event()

    def heard(_what: int, _frame: FrameType | None) -> None:
        told.set()

    for what in (signal.SIGINT, signal.SIGTERM):
        signal.signal(what, heard)
    try:
        with running(
            public_url=public_url or load_settings().public_url,
            keys=Keys.kept_in(keys) if keys else None,
            script=script,
            host=host,
            port=port,
            provider_ports=_ports(port, provider_port),
        ) as simulator:
            if not quiet:
                _print(_welcome(simulator))
            told.wait()
    except OSError as error:
        raise CommandFailed(f"cannot simulate on {host} port {port}: {error.strerror or error}") from None
    except NotStarted as error:
        raise CommandFailed(str(error)) from None


def _only_here(host: str) -> None:
    """Refuse to be heard by others: whoever reaches the pages reads every message and writes as any victim."""
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise typer.BadParameter("an address of this machine alone, such as 127.0.0.1", param_hint="--host")


def _ports(port: int, named: list[int] | None) -> dict[Provider, int]:
    ports = named or [port + place if port else 0 for place in range(1, len(Provider) + 1)]
    return dict(zip(Provider, ports, strict=True))


def _rates(asked: list[str]) -> dict[Trouble, float]:
    return dict(_rate(one) for one in asked)


def _rate(asked: str) -> tuple[Trouble, float]:
    name, _, often = asked.partition("=")
    try:
        trouble, rate = Trouble[name.upper()], float(often)
    except (KeyError, ValueError):
        trouble, rate = Trouble.SILENT, -1.0
    if not 0 <= rate <= 1:
        names = ", ".join(Trouble)
        raise typer.BadParameter(f"one of {names}, then = and a number from 0 to 1", param_hint="--rate")
    return trouble, rate


def _welcome(simulator: Simulator) -> str:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in simulator.environment().items()]
    return "\n".join(
        [
            f"# The simulator's phone, inbox and letter box: {simulator.address}/",
            f"# It calls back {simulator.world.public_url}. Every key below is invented.",
            *lines,
        ]
    )


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
