"""`holdfast simulate` as a stranger runs it."""

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator

import httpx2
import pytest

from tests.servers import HOLDFAST, REPOSITORY, clean_environment
from wiring.settings import Settings


@pytest.fixture
def simulate() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*HOLDFAST, "simulate", "--port", "0", "--seed", "7", "--rate", "silent=1"],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_what_it_prints_leads_holdfast_to_it(simulate: subprocess.Popen[str]) -> None:
    lines = [simulate.stdout.readline().rstrip() for _ in range(16)]
    exported = [line.removeprefix("export ") for line in lines if line.startswith("export ")]
    variables = dict(shlex.split(line)[0].split("=", 1) for line in exported)
    settings = Settings.model_validate(variables)
    assert settings.sendgrid_api_key
    assert settings.twilio_auth_token
    assert settings.notify_api_key
    assert settings.trades_api_key
    assert set(variables) <= {field.validation_alias for field in Settings.model_fields.values()}
    address = re.search(r"http://127\.0\.0\.1:\d+", lines[0])[0]
    script = httpx2.get(f"{address}/_control/script", trust_env=False).json()
    assert (script["seed"], script["rates"]) == (7, {"silent": 1.0})
    ports = {httpx2.URL(variables[name]).port for name in variables if name.endswith("_URL")}
    assert len(ports) == 4
    simulate.send_signal(signal.SIGTERM)
    assert simulate.wait(15) == 0
    assert simulate.stderr.read() == ""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HOLDFAST, "simulate", *arguments],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("wrong", ["earthquake=0.1", "silent=2", "silent", "silent=often"])
def test_a_rate_of_nothing_known_is_wrong_usage(wrong: str) -> None:
    done = run("--port", "0", "--rate", wrong)
    assert done.returncode == 2
    assert "duplicated" in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example", ""])
def test_it_is_heard_on_this_machine_alone(host: str) -> None:
    done = run("--host", host, "--port", "0")
    assert done.returncode == 2
    assert "--host" in done.stderr


def test_a_taken_port_is_refused_in_one_line(simulate: subprocess.Popen[str]) -> None:
    taken = re.search(r":(\d+)/", simulate.stdout.readline())[1]
    done = run("--port", taken)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert taken in done.stderr
