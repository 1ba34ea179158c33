"""How far the play has got: a bar on a terminal, a line for every tenth anywhere else."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo.plan import Life, Story

_REACHED = frozenset({Story.ONGOING_SUPPORT, Story.SINGLE_CALL, Story.DECLINED})
_REDRAWN = 2
"""Times a second; the service needs the processor more."""
_LINES = 10


@contextlib.contextmanager
def shown(console: Console, total: int) -> Iterator[Callable[[Life], None]]:
    """Show progress; what is given is to be told of each life that has ended."""
    of: Counter[Story] = Counter()
    if not console.is_terminal:
        yield lambda life: _line(console, of, life, total)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, refresh_per_second=_REDRAWN) as bar:
        task = bar.add_task(_words(of), total=total)

        def ended(life: Life) -> None:
            of[life.story] += 1
            bar.update(task, advance=1, description=_words(of))

        yield ended


def _line(console: Console, of: Counter[Story], life: Life, total: int) -> None:
    before = of.total() * _LINES // total
    of[life.story] += 1
    if of.total() * _LINES // total > before:
        console.print(f"{of.total():,} of {total:,} have ended: {_words(of)}", highlight=False)


def _words(of: Counter[Story]) -> str:
    reached = sum(of[story] for story in _REACHED)
    others = of.total() - reached - of[Story.NOT_REACHED]
    return f"contacted {reached:,}, not reached {of[Story.NOT_REACHED]:,}, others {others:,}"
