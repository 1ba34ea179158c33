"""`holdfast demo`: police, victims and coordinators, played over the public API of a running rehearsal."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from cli.data_directory import DEFAULT_DATA, UP, DataDirectory
from cli.demo import progress, table
from cli.demo.plan import expected, plan
from cli.demo.play import Course, play_all
from cli.demo.service import Service
from cli.demo.tokens import own_tokens
from cli.failures import CommandFailed
from wiring.settings import load_settings

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IN_FLIGHT = 120
"""Referrals under way at once unless somebody says otherwise: what two processors carry without commands waiting."""


def demo(
    referrals: Annotated[
        int, typer.Option(help="How many are referred, in the proportions of the published year.", min=0)
    ] = 71,
    diverted: Annotated[
        int, typer.Option(help="How many more must not run through the ordinary loop.", min=0)
    ] = 0,
    information: Annotated[
        int, typer.Option(help="How many more get one letter or e-mail and no call.", min=0)
    ] = 0,
    data_dir: Annotated[Path, typer.Option(help="The data directory of `holdfast up`.")] = DEFAULT_DATA,
    url: Annotated[
        str | None,
        typer.Option(
            help="Where the service is.",
            show_default="the `up` of the data directory, or HOLDFAST_PUBLIC_URL",
        ),
    ] = None,
    in_flight: Annotated[
        int, typer.Option(help="How many referrals are under way at once.", min=1)
    ] = IN_FLIGHT,
) -> None:
    """Play police, victims and coordinators with a running rehearsal: 7087 referrals are the published year."""
    course = Course(plan(referrals=referrals, diverted=diverted, information=information))
    if not course.lives:
        raise typer.BadParameter("there is nobody to refer", param_hint="--referrals")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(course, data_dir, url or _address(data_dir), in_flight))


async def _until_told(course: Course, data_dir: Path, url: str, in_flight: int) -> None:
    playing = asyncio.create_task(_demo(course, data_dir, url, in_flight))
    loop = asyncio.get_running_loop()
    for what in _SIGNALS:
        if signal.getsignal(what) is not signal.SIG_IGN:  # ignored by nohup, say
            loop.add_signal_handler(what, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        raise CommandFailed(
            f"interrupted: {course.ended:,} of {len(course.lives):,} referrals were played to their end"
        ) from None
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


async def _demo(course: Course, data_dir: Path, url: str, in_flight: int) -> None:
    console = Console()
    async with Service(url) as service:
        await service.must_rehearse()
        with own_tokens(data_dir) as (bearers, run):
            with progress.shown(console, len(course.lives)) as on_ended:
                await play_all(course, service, bearers, run=run, in_flight=in_flight, on_ended=on_ended)
            if not course.received:
                raise CommandFailed(_otherwise(course))
            told = await service.get(bearers.manager, "/api/v1/statistics", **course.period())
    played = expected(course.lives)
    table.show(console, played, told)
    lives, seconds = len(course.lives), course.seconds
    console.print(
        f"{lives:,} lives in {seconds:.0f} seconds, {lives / seconds:.1f} a second.", highlight=False
    )
    _must_agree(course, table.differences(played, told))


def _must_agree(course: Course, differences: list[str]) -> None:
    if course.otherwise:
        raise CommandFailed(_otherwise(course))
    if differences:
        raise CommandFailed(
            f"the statistics differ from what was played: {'; '.join(differences)} (has somebody else used the "
            "service meanwhile?)"
        )


def _otherwise(course: Course) -> str:
    count, of = len(course.otherwise), len(course.lives)
    return f"{count:,} of {of:,} referrals did not end as their story does; the first: {course.otherwise[0]}"


def _address(data_dir: Path) -> str:
    """Where the service is: it says so itself, or the environment does."""
    data = DataDirectory(data_dir)
    record = data.read_record() if data.holder() == UP else None
    return (record and record.api) or load_settings().public_url
