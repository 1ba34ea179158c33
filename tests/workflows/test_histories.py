"""What workflows have lived through still replays: a history recorded once binds every later version.

`python -m tests.workflows.record` records them.
"""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from store.keyring import Keyring
from tests.workflows.hurried import ReferralInAHurry
from tests.workflows.record import HISTORIES, IDENTITY, PATHS
from wiring import histories
from wiring.codec import encrypting_converter
from wiring.histories import Replayed

RECORDED = sorted(HISTORIES.glob("*.json"))


async def replayed(
    *found: tuple[str, WorkflowHistory], keys: tuple[bytes, ...], **options: object
) -> list[Replayed]:
    async def given():
        for named in found:
            yield named

    converter = encrypting_converter(Keyring(keys))
    return [one async for one in histories.replay(given(), data_converter=converter, **options)]  # type: ignore[arg-type]


def read(path: Path) -> tuple[str, WorkflowHistory]:
    return path.stem, WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays_with_todays_code(path: Path, keys: tuple[bytes, ...]) -> None:
    (one,) = await replayed(read(path), keys=keys)
    assert one.why_not == ""
    assert one.events > 0


@pytest.mark.parametrize("name", PATHS)
def test_every_main_path_has_been_recorded(name: str) -> None:
    assert list(HISTORIES.glob(f"{name}.referral-*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_history_names_no_machine_and_tells_nothing(path: Path) -> None:
    _, history = read(path)
    identities = {event.workflow_task_started_event_attributes.identity for event in history.events} - {""}
    assert identities <= {IDENTITY}
    assert "burglary" not in path.read_text()


async def test_a_history_that_nobody_has_begun_is_passed_over(keys: tuple[bytes, ...]) -> None:
    """The replayer would wait for its first task for ever."""
    name, history = read(RECORDED[0])
    only_started = WorkflowHistory(name, history.events[:2])
    assert await replayed((name, only_started), keys=keys) == []


async def test_code_that_does_something_else_is_found_out(keys: tuple[bytes, ...]) -> None:
    (one,) = await replayed(
        read(HISTORIES / "silence.referral-1.json"), keys=keys, workflows=[ReferralInAHurry]
    )
    assert "Nondeterminism" in one.why_not


async def test_a_history_closed_with_another_key_is_found_out() -> None:
    (one,) = await replayed(read(HISTORIES / "silence.referral-1.json"), keys=(bytes(32),))
    assert one.why_not
