"""`holdfast up`: the whole service as one supervised tree."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.data_directory import DEFAULT_DATA, UP, DataDirectory
from cli.failures import CommandFailed
from cli.listener import open_listener
from cli.simulated_providers import SimulatedProviders
from cli.supervisor import say
from cli.tree import Tree
from wiring.profile import load_profile
from wiring.settings import DEFAULT_PROFILE, load_settings, locate

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = DEFAULT_DATA,
    profile: Annotated[
        Path | None, typer.Option(help="Which service to be.", show_default=str(DEFAULT_PROFILE))
    ] = None,
    *,
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate", help="Rehearsals only: providers that are simulated, and a phone to answer on."
        ),
    ] = False,
) -> None:
    """Run database, Temporal, worker and API as one supervised tree."""
    settings = load_settings()
    chosen = locate(profile or settings.profile)
    if not chosen.is_file():
        raise CommandFailed(f"there is no profile {chosen}")
    service = load_profile(chosen)  # refused before anything is made
    if simulate and not service.rehearsal:
        raise typer.BadParameter(
            f"{chosen} is no rehearsal: real messages would not leave", param_hint="--simulate"
        )
    os.umask(0o077)
    data = DataDirectory(data_dir)
    with data.held(UP), contextlib.closing(open_listener(host, port)) as listener:
        simulated = SimulatedProviders(data) if simulate else None
        tree = Tree(settings, data, chosen, listener, simulated)
        welcome = _welcome(tree.api_address, chosen, data_dir, simulated)
        asyncio.run(_run_until_told(tree, welcome))


async def _run_until_told(tree: Tree, welcome: str) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for what in _SIGNALS:
        if signal.getsignal(what) is not signal.SIG_IGN:  # ignored by nohup, say
            loop.add_signal_handler(what, told.set)  # again and again, if they like
    starting = asyncio.create_task(tree.start())
    waiting = asyncio.create_task(told.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            _print(welcome)
            await waiting
        say("stopping")
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await tree.stop()


def _welcome(address: str, profile: Path, data_dir: Path, simulated: SimulatedProviders | None) -> str:
    program = sys.argv[0] if Path(sys.argv[0]).name == "holdfast" else "holdfast"
    where = "" if data_dir == DEFAULT_DATA else f" --data-dir {shlex.quote(str(data_dir))}"
    phone = f"\n  phone    {simulated.address}/  (what people receive, simulated)" if simulated else ""
    return f"""\
Holdfast is ready.
  service  {profile}
  API      {address}/api/v1
  schema   {address}/openapi.json{phone}
Issue a token with
  {shlex.quote(program)} token issue --role coordinator --name NAME{where}"""


def _print(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
