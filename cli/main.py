"""The one command, `holdfast`: finds what was asked for, and ends as it promises.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage.
"""

import contextlib
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typing_extensions import override

from domain.errors import HoldfastError

COMMANDS = {
    "up": ("cli.up", "up"),
    "api": ("cli.api_server", "api"),
    "worker": ("cli.worker_process", "worker"),
    "migrate": ("cli.migrate", "migrate"),
    "token": ("cli.tokens", "tokens"),
    "demo": ("cli.demo.command", "demo"),
    "simulate": ("cli.simulate", "simulate"),
    "replay": ("cli.replay", "replay"),
    "doctor": ("cli.doctor", "doctor"),
}
"""Where each command lives: a module and, in it, a function or a `Typer` of its own."""


class _Commands(TyperGroup):
    """The commands, each imported when it is wanted: `up` needs no web server, `api` no supervisor."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        found = getattr(importlib.import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(name=cmd_name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def holdfast() -> None:
    """A durable referral orchestrator for victim-support services."""


def main() -> NoReturn:
    """Run the command line and end the process."""
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Short-lived processes that used temporalio died in the interpreter's clean-up with status 134 or 139
    # after their work was done: 4 of 8 runs on Python 3.11, 1 of 6 on 3.13; none of 8 when left like this.
    os._exit(code)


def _run() -> int:
    try:
        app(prog_name="holdfast")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except HoldfastError as error:
        _complain(str(error))
    except KeyboardInterrupt:
        _complain("interrupted")
    except PermissionError as error:
        _complain(f"no permission: {error.filename or error.strerror}")
    except Exception as error:  # noqa: BLE001 - the last place that can keep the promise of one line
        if sys.flags.dev_mode:
            traceback.print_exc()
        _complain(_unexpected(error))
    else:
        return 0
    return 1


def _complain(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"holdfast: {' '.join(line.split())}\n")


_KNOWN = {
    "ArgumentError": "HOLDFAST_DATABASE_URL is no address of a database",
    "OperationalError": "the database cannot be reached, or does not let us in",
}
"""Words for errors of libraries, by name: importing them here would slow every `--help`."""


def _unexpected(error: BaseException) -> str:
    """Say what and where without the error's words, which may quote a person; `python -X dev` shows all."""
    known = _KNOWN.get(type(error).__name__)
    if known is not None:
        return known
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"unexpected {type(error).__name__}{where}"
