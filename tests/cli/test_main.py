"""What the command line promises: exit statuses, one line on stderr, help everywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from cli.failures import CommandFailed
from tests.servers import HOLDFAST, clean_environment


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HOLDFAST, *arguments],
        capture_output=True,
        text=True,
        env=clean_environment() | variables,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", *main.COMMANDS, "token issue", "token list", "token revoke"])
def test_every_command_explains_itself(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert "--help" in done.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        "nothing-like-this",
        "up --port x",
        "up --port 70000",
        "token issue --role coordinator",
        "token issue --role x --name y",
    ],
)
def test_wrong_usage_is_status_two(wrong: str) -> None:
    assert run(*wrong.split()).returncode == 2


def test_a_failure_is_one_line_on_stderr_and_status_one() -> None:
    done = run("migrate", HOLDFAST_DATABASE_URL="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "holdfast: HOLDFAST_DATABASE_URL is not set (under `holdfast up` migrations run by themselves)\n"
    )


def test_a_setting_that_makes_no_sense_is_named_without_its_value() -> None:
    done = run("doctor", HOLDFAST_KEYS="c2VjcmV0")
    assert (done.returncode, done.stderr) == (1, "holdfast: HOLDFAST_KEYS: key 1 is 6 bytes long, not 32\n")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CommandFailed("two\nlines"), "holdfast: two lines\n"),
        (ValueError("Ada Example"), "holdfast: unexpected ValueError at test_main.py:"),
        (KeyboardInterrupt(), "holdfast: interrupted\n"),
    ],
)
def test_whatever_goes_wrong_is_one_line_without_a_persons_details(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, line: str
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    assert main._run() == 1
    told = capsys.readouterr().err
    assert told.startswith(line)
    assert told.count("\n") == 1
    assert "Ada" not in told


def test_help_is_there_quickly_because_only_what_is_asked_for_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import cli.main, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"sqlalchemy", "temporalio", "uvicorn", "psycopg"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("proxies", "says"),
    [
        ("", "but HOLDFAST_TRUSTED_PROXIES is not set: everybody behind a proxy shares one limit"),
        ("127.0.0.1", ""),
    ],
)
def test_doctor_says_when_everybody_would_count_as_one_visitor(
    tmp_path: Path, proxies: str, says: str
) -> None:
    address = {"HOLDFAST_PUBLIC_URL": "https://a.example", "HOLDFAST_TRUSTED_PROXIES": proxies}
    done = run("doctor", "--data-dir", str(tmp_path / "var"), **address)
    (line,) = [line for line in done.stdout.splitlines() if "public address" in line]
    assert line.startswith("ok      public address  https://a.example")
    assert (says or "a.example") in line
    assert ("TRUSTED" in line) is bool(says)


def test_doctor_says_what_is_half_configured(tmp_path: Path) -> None:
    done = run("doctor", "--data-dir", str(tmp_path / "var"), TWILIO_ACCOUNT_SID="AC1")
    assert done.returncode == 1
    assert "BROKEN  texts           half configured: TWILIO_AUTH_TOKEN, TWILIO_FROM is not set" in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "var").exists()
