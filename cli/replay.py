"""`holdfast replay`: would today's code go on with what its workflows have lived through?

Run it before a new version is rolled out, with `--live`; the test suite runs it over recorded histories.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConnectConfig
from temporalio.service import RPCError

from cli.data_directory import DEFAULT_DATA, UP, DataDirectory
from cli.failures import CommandFailed
from store.keyring import Keyring
from wiring import histories
from wiring.codec import encrypting_converter
from wiring.settings import load_settings, parse_keys
from wiring.temporal import temporal_settings

Recorded = Sequence[tuple[str, WorkflowHistory]]
"""Histories with their names."""

_ANSWERS_WITHIN = 5
"""Seconds for Temporal to answer."""


def replay(
    *,
    data_dir: Annotated[
        Path, typer.Option(help="The data directory of `holdfast up`: its keys, its Temporal.")
    ] = DEFAULT_DATA,
    folder: Annotated[
        Path | None, typer.Option("--histories", help="A folder of recorded histories (JSON).")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="What Temporal has now; the default without --histories.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many live histories, newest first.")] = 1000,
) -> None:
    """Replay recorded or live histories against today's code, a line each."""
    converter = encrypting_converter(Keyring(_keys(data_dir)))
    recorded = histories.recorded(folder) if folder else []
    if folder and not recorded:
        raise CommandFailed(f"there are no histories in {folder}")
    asyncio.run(_replay(converter, recorded, data_dir=data_dir, limit=limit if live or not folder else 0))


async def _replay(converter: DataConverter, recorded: Recorded, *, data_dir: Path, limit: int) -> None:
    replayed = broken = 0
    found = _found(converter, recorded, data_dir=data_dir, limit=limit)
    async for one in histories.replay(found, data_converter=converter):
        replayed += 1
        broken += bool(one.why_not)
        typer.echo(
            f"BROKEN  {one.name}: {one.why_not}"
            if one.why_not
            else f"ok      {one.name}, {one.events} events"
        )
    if broken:
        raise CommandFailed(f"{broken} of {replayed} histories do not replay")
    typer.echo(f"{replayed} histories replay")


async def _found(
    converter: DataConverter, recorded: Recorded, *, data_dir: Path, limit: int
) -> AsyncIterator[tuple[str, WorkflowHistory]]:
    for named in recorded:
        yield named
    if limit:
        client = await _connect(converter, data_dir)
        async for named in histories.live(client, limit=limit):
            yield named


async def _connect(converter: DataConverter, data_dir: Path) -> Client:
    config = _temporal(data_dir)
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN):
            return await Client.connect(**config, data_converter=converter)
    except (TimeoutError, RuntimeError, RPCError):
        raise CommandFailed(f"Temporal does not answer at {config.get('target_host')}") from None


def _temporal(data_dir: Path) -> ClientConnectConfig:
    """Where Temporal is: by its own variables, else beside the `up` that runs."""
    config = temporal_settings()
    if "target_host" in config:
        return config
    data = DataDirectory(data_dir)
    running = data.read_record() if data.holder() == UP else None
    if running is None or running.temporal_address is None:
        raise CommandFailed(f"no service runs in {data.path}, and TEMPORAL_ADDRESS is not set")
    return {
        "target_host": running.temporal_address,
        "namespace": running.temporal_namespace or "default",
    }


def _keys(data_dir: Path) -> tuple[bytes, ...]:
    configured = load_settings().keys()
    if configured:
        return configured
    data = DataDirectory(data_dir)
    if not data.keys.exists():
        raise CommandFailed(f"HOLDFAST_KEYS is not set, and {data.path} holds none")
    return parse_keys(data.keys_or_new())
