"""`holdfast replay`: a line for each history, and a status a pipeline can stop at."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli.data_directory import DataDirectory
from tests.servers import HOLDFAST, REPOSITORY, clean_environment
from tests.workflows.lives import Desk
from tests.workflows.record import HISTORIES

SILENCE = "silence.referral-1"


def in_words(keys: tuple[bytes, ...]) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode().rstrip("=") for key in keys)


@pytest.fixture
def holdfast_keys(keys: tuple[bytes, ...]) -> dict[str, str]:
    return {"HOLDFAST_KEYS": in_words(keys)}


def replay(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HOLDFAST, "replay", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env=clean_environment() | variables,
        timeout=120,
        check=False,
    )


def test_recorded_histories_are_replayed_a_line_each(holdfast_keys: dict[str, str]) -> None:
    done = replay("--histories", HISTORIES, **holdfast_keys)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    recorded = len(list(HISTORIES.glob("*.json")))
    assert sum(line.startswith("ok ") for line in lines) == recorded
    assert lines[-1] == f"{recorded} histories replay"


def test_a_history_that_does_not_replay_is_named_and_ends_with_status_one(
    tmp_path: Path, holdfast_keys: dict[str, str]
) -> None:
    (tmp_path / "good.json").write_text((HISTORIES / f"{SILENCE}.json").read_text())
    other = (HISTORIES / f"{SILENCE}.json").read_text().replace("project_referral", "project_something_else")
    (tmp_path / "other.json").write_text(other)
    done = replay("--histories", tmp_path, **holdfast_keys)
    assert done.returncode == 1
    assert any(line.startswith("ok ") and "good" in line for line in done.stdout.splitlines())
    assert any(line.startswith("BROKEN") and "other" in line for line in done.stdout.splitlines())
    assert done.stderr == "holdfast: 1 of 2 histories do not replay\n"


def test_another_key_is_not_mistaken_for_a_history_that_replays() -> None:
    done = replay("--histories", HISTORIES, HOLDFAST_KEYS=in_words((bytes(32),)))
    assert done.returncode == 1
    assert "ok " not in done.stdout


def test_the_keys_of_the_data_directory_are_used(tmp_path: Path, keys: tuple[bytes, ...]) -> None:
    data = DataDirectory(tmp_path)
    data.keys.write_text(in_words(keys) + "\n")
    assert replay("--histories", HISTORIES, "--data-dir", tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [({}, "no histories"), ({"torn.json": "{"}, "torn.json is not a history")],
    ids=["empty folder", "torn file"],
)
def test_a_folder_without_histories_is_a_mistake_and_not_a_success(
    tmp_path: Path, holdfast_keys: dict[str, str], content: dict[str, str], words: str
) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    done = replay("--histories", tmp_path, **holdfast_keys)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_service_or_an_address_it_says_so(tmp_path: Path, holdfast_keys: dict[str, str]) -> None:
    done = replay("--data-dir", tmp_path, **holdfast_keys)
    assert done.returncode == 1
    assert "no service runs" in done.stderr


def test_a_temporal_that_does_not_answer_is_one_line(tmp_path: Path, holdfast_keys: dict[str, str]) -> None:
    done = replay("--live", TEMPORAL_ADDRESS="127.0.0.1:1", **holdfast_keys)
    assert done.returncode == 1
    assert done.stderr == "holdfast: Temporal does not answer at 127.0.0.1:1\n"


async def test_live_histories_are_fetched_and_replayed(
    temporal_env: WorkflowEnvironment, holdfast_keys: dict[str, str]
) -> None:
    import asyncio

    async with Desk(temporal_env) as desk:
        life = await desk.begins()
        await life.rings("no_answer")
        done = await asyncio.to_thread(
            replay,
            *("--live", "--limit", 1),
            TEMPORAL_ADDRESS=temporal_env.client.service_client.config.target_host,
            **holdfast_keys,
        )
        await desk.ends_everything()
    assert (done.returncode, done.stderr) == (0, "")
    assert life.workflow_id in done.stdout
    assert done.stdout.endswith("1 histories replay\n")


def test_what_is_said_of_a_broken_history_tells_nothing_of_a_person(
    tmp_path: Path, holdfast_keys: dict[str, str]
) -> None:
    told = json.loads((HISTORIES / f"{SILENCE}.json").read_text())
    told["events"] = [event for event in told["events"] if "TIMER_STARTED" not in event["eventType"]]
    (tmp_path / "torn.json").write_text(json.dumps(told))
    done = replay("--histories", tmp_path, **holdfast_keys)
    assert done.returncode == 1
    assert "burglary" not in done.stdout + done.stderr
