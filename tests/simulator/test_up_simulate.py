"""`holdfast up --simulate`: the rehearsal with a phone to answer on."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from cli.processes import wait_until
from tests.journeys.people import People
from tests.servers import Tree


@pytest.fixture(scope="module")
def simulated(make_tree: Callable[..., Tree]) -> Tree:
    return make_tree().start("--simulate")


def control(tree: Tree) -> httpx2.Client:
    assert tree.record.simulator
    return httpx2.Client(base_url=f"{tree.record.simulator}/_control", trust_env=False)


def environment_of(tree: Tree, name: str) -> dict[str, str]:
    told = Path(f"/proc/{tree.pids[name]}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in told if line)


def test_it_prints_where_the_phone_is_and_the_phone_is_there(simulated: Tree) -> None:
    address = simulated.record.simulator
    assert address
    assert wait_until(lambda: f"{address}/" in simulated.output(), seconds=5)  # just after it is ready
    assert "Phone" in httpx2.get(f"{address}/", trust_env=False).text


def test_api_and_worker_take_it_for_their_providers(simulated: Tree) -> None:
    for name in ("api", "worker"):
        told = environment_of(simulated, name)
        assert told["SENDGRID_BASE_URL"].startswith("http://127.0.0.1:")
        assert told["TWILIO_AUTH_TOKEN"]
        assert told["NOTIFY_API_KEY"]
        assert told["TRADES_API_URL"].startswith("http://127.0.0.1:")
        assert told["TRADES_API_KEY"]
    assert "SENDGRID_API_KEY" not in environment_of(simulated, "temporal")


def test_an_e_mail_really_goes_there(simulated: Tree) -> None:
    everybody = People.of(simulated)
    try:
        everybody.force.refer(
            victim__phones=[],
            victim__address=None,
            victim__emails=[{"address": "ada@example.org", "safe": "yes"}],
            lane="information",
        )
        with control(simulated) as told:
            assert wait_until(
                lambda: [one["to"] for one in told.get("/messages").json()["items"]] == ["ada@example.org"],
                seconds=60,
            ), simulated.logs()
            assert wait_until(
                lambda: told.get("/messages").json()["items"][0]["told"] == ["processed", "delivered"],
                seconds=30,
            ), "the service did not believe its provider"
            written = told.post("/inbound", json={"from": "+447700900555", "body": "Who is this?"})
            assert written.json()["arrived"] == "204"
    finally:
        everybody.leave()


def test_a_simulator_that_is_killed_is_there_again_with_the_same_keys(simulated: Tree) -> None:
    keys = (simulated.data.path / "simulator-keys").read_text()
    address = simulated.record.simulator
    old = simulated.kill("simulator")
    simulated.wait_for_another("simulator", old)
    assert simulated.record.simulator == address

    def is_back() -> bool:
        try:
            return httpx2.get(f"{address}/_control/health", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    assert wait_until(is_back, seconds=20)
    assert (simulated.data.path / "simulator-keys").read_text() == keys


def test_no_key_can_be_read_by_others(simulated: Tree) -> None:
    secret = (simulated.data.path / "simulator-keys").read_text().strip()
    told = environment_of(simulated, "worker")
    secrets = [secret, told["SENDGRID_API_KEY"], told["TWILIO_AUTH_TOKEN"], told["NOTIFY_API_KEY"]]
    secrets.append(told["TRADES_API_KEY"])
    listed = "".join(
        Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace") for process in simulated.running()
    )
    said = listed + simulated.output() + simulated.errors() + simulated.logs()
    assert not [one for one in secrets if one in said]
    assert (simulated.data.path / "simulator-keys").stat().st_mode & 0o077 == 0


def test_a_service_that_is_no_rehearsal_is_refused_before_anything_is_made(
    make_tree: Callable[..., Tree],
) -> None:
    refused = make_tree(profile=Path("profiles/cambridgeshire.toml"))
    refused.begin("--simulate")
    assert refused.wait() == 2
    assert "is no rehearsal" in " ".join(refused.errors().split())
    assert not refused.data.path.exists()


def test_it_stops_with_the_others_within_fifteen_seconds(simulated: Tree) -> None:
    began = time.monotonic()
    assert simulated.stop() == 0
    assert time.monotonic() - began < 15
    assert simulated.running() == set()
