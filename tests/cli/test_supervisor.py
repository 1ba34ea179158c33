"""Children that are kept alive, and ended in order; with shell scripts for children."""

import asyncio
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli import supervisor as module
from cli.failures import CommandFailed
from cli.processes import ProcessIdentity, is_running, launch_command
from cli.supervisor import Part, Supervisor


class Heard:
    """What a supervisor told about its children."""

    def __init__(self) -> None:
        self.children: list[Mapping[str, ProcessIdentity]] = []

    def __call__(self, children: Mapping[str, ProcessIdentity]) -> None:
        self.children.append(children)


def part(tmp_path: Path, name: str, script: str, **options: object) -> Part:
    return Part(
        name=name,
        command=lambda: launch_command(["/bin/sh", "-c", script]),
        environment={"PATH": "/usr/bin:/bin"},
        log=tmp_path / f"{name}.log",
        directory=tmp_path,
        **options,
    )


async def until(condition: object, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_child_that_ends_is_started_again_and_everybody_is_told(tmp_path: Path) -> None:
    heard = Heard()
    tree = Supervisor(heard)
    await tree.start(part(tmp_path, "child", "sleep 0.1"))
    await until(lambda: len(heard.children) >= 3)
    await tree.stop()
    assert len({children["child"] for children in heard.children}) == len(heard.children)
    assert not any(is_running(children["child"]) for children in heard.children)


async def test_a_child_that_keeps_ending_is_started_ever_more_slowly(tmp_path: Path) -> None:
    heard = Heard()
    tree = Supervisor(heard)
    await tree.start(part(tmp_path, "child", "sleep 0.05"))
    await asyncio.sleep(1.5)
    await tree.stop()
    assert 2 <= len(heard.children) <= 4


async def test_a_child_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    tree = Supervisor(Heard())
    with pytest.raises(
        CommandFailed, match=r"broken ended \(exit status 3\) while starting: see .*broken.log"
    ):
        await tree.start(part(tmp_path, "broken", "echo why >&2; exit 3", is_ready=never))
    await tree.stop()
    assert (tmp_path / "broken.log").read_text() == "why\n"


async def test_children_are_stopped_one_after_the_other_the_last_started_first(tmp_path: Path) -> None:
    tree = Supervisor(Heard())
    for name in ("first", "second", "third"):
        ready = tmp_path / f"{name}.ready"
        script = f"trap 'echo {name} >> order; exit 0' TERM; touch {ready.name}; while :; do sleep 0.05; done"

        async def is_ready(ready: Path = ready) -> bool:
            return ready.exists()  # noqa: ASYNC240

        await tree.start(part(tmp_path, name, script, is_ready=is_ready))
    await tree.stop()
    assert (tmp_path / "order").read_text().split() == ["third", "second", "first"]


async def test_a_child_that_will_not_stop_is_killed_with_everything_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN", 1.0)
    heard = Heard()
    tree = Supervisor(heard)
    stubborn = part(tmp_path, "stubborn", "trap '' TERM; sleep 60 & wait; wait", stops_within=1.0)
    await tree.start(stubborn)
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await tree.stop()
    assert time.monotonic() - began < 2
    assert not is_running(heard.children[-1]["stubborn"])


async def test_nothing_is_started_any_more_once_it_stops(tmp_path: Path) -> None:
    tree = Supervisor(Heard())
    await tree.stop()
    with pytest.raises(CommandFailed):
        await tree.start(part(tmp_path, "late", "sleep 60"))


async def test_a_child_that_is_killed_while_being_started_again_does_not_outlive_the_stop(
    tmp_path: Path,
) -> None:
    heard = Heard()
    tree = Supervisor(heard)
    await tree.start(part(tmp_path, "child", "sleep 60"))
    first = heard.children[-1]["child"]
    module.os.kill(first.pid, signal.SIGKILL)
    await until(lambda: not is_running(first))
    await tree.stop()
    await asyncio.sleep(0.5)
    assert not any(is_running(children["child"]) for children in heard.children)


async def test_a_log_that_has_grown_too_long_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOG_LIMIT", 10)
    (tmp_path / "child.log").write_text("x" * 11)
    tree = Supervisor(Heard())
    await tree.start(part(tmp_path, "child", "echo new; sleep 60"))
    await until(lambda: (tmp_path / "child.log").read_text() == "new\n")
    await tree.stop()
    assert (tmp_path / "child.log.1").read_text() == "x" * 11


async def test_a_child_runs_in_a_session_of_its_own(tmp_path: Path) -> None:
    """^C in a terminal reaches the whole foreground group; the order of stopping would be lost."""
    heard = Heard()
    tree = Supervisor(heard)
    await tree.start(part(tmp_path, "child", "sleep 60"))
    pid = heard.children[-1]["child"].pid
    assert module.os.getsid(pid) == pid
    await tree.stop()
