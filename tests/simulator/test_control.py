"""The control API: what a test in another process, or a demo, may ask for."""

import socket

import httpx2
import pytest

from simulator.guard import loopback
from simulator.running import Simulator, running
from simulator.script import Provider, Script, Trouble
from tests.simulator.service import Service
from tests.simulator.test_email_sendgrid import client as mail_client
from tests.simulator.test_email_sendgrid import mail
from tests.simulator.test_govuk_notify import letter


@pytest.fixture
def control(simulator: Simulator) -> httpx2.Client:
    with httpx2.Client(base_url=f"{simulator.address}/_control", trust_env=False) as made:
        yield made


def test_a_script_is_followed_and_shown(simulator: Simulator, control: httpx2.Client) -> None:
    asked = {
        "seed": 7,
        "rates": {"duplicated": 0.5},
        "pace": 0.2,
        "next": [{"provider": "sendgrid", "troubles": ["reset_after_acceptance"]}],
    }
    told = control.post("/script", json=asked).json()
    assert (told["seed"], told["rates"], told["waiting"]["sendgrid"]) == (7, {"duplicated": 0.5}, 1)
    assert control.get("/script").json() == told
    assert simulator.world.script == Script(seed=7, rates={Trouble.DUPLICATED: 0.5}, pace=0.2)


def test_what_is_no_trouble_or_no_rate_is_refused(control: httpx2.Client) -> None:
    for wrong in ({"rates": {"earthquake": 1}}, {"rates": {"silent": 2}}, {"sead": 1}):
        assert control.post("/script", json=wrong).status_code == 422


def test_the_next_call_meets_what_was_asked_for(simulator: Simulator, control: httpx2.Client) -> None:
    told = control.post("/next", json={"provider": "sendgrid", "troubles": ["silent"]})
    assert told.json() == {"waiting": 1}
    mail_client(simulator).send(mail("m-5"))
    [shown] = control.get("/messages", params={"provider": "sendgrid"}).json()["items"]
    assert (shown["labels"], shown["to"], shown["told"]) == ({"key": "m-5"}, "ada@example.org", [])
    assert control.get("/messages", params={"way": "letter"}).json() == {"items": []}
    assert control.post("/forget").status_code == 204
    assert control.get("/messages").json() == {"items": []}


def test_an_outage_begins_and_ends(control: httpx2.Client) -> None:
    down = {"provider": "twilio", "down": True, "how": "refused"}
    assert control.post("/outage", json=down).json() == {"twilio": "refused"}
    assert control.post("/outage", json=down | {"down": False}).json() == {}


def test_a_text_is_written_to_the_service(service: Service, control: httpx2.Client) -> None:
    told = control.post("/inbound", json={"from": "+447700900123", "body": "STOP"}).json()
    assert told["arrived"] == "204"
    assert service.to("/webhooks/twilio")[0].form["Body"] == "STOP"
    assert control.post("/inbound", json={"from": "me", "body": "STOP"}).status_code == 422


def test_a_letter_comes_back(simulator: Simulator, service: Service, control: httpx2.Client) -> None:
    letter(simulator, "m-7")
    assert control.post("/return-letter", json={"reference": "m-7"}).json() == {"arrived": "204"}
    assert service.to("/webhooks/notify")[0].json["reference"] == "m-7"
    assert control.post("/return-letter", json={"reference": "m-8"}).status_code == 404


def test_the_service_may_say_later_where_it_is(
    simulator: Simulator, service: Service, control: httpx2.Client
) -> None:
    simulator.calls_back("http://127.0.0.1:9")
    assert control.post("/service", json={"public_url": service.url}).status_code == 200
    mail_client(simulator).send(mail())
    service.wait_for("/webhooks/sendgrid", 2)


def test_a_page_from_elsewhere_cannot_use_it_through_the_readers_browser(control: httpx2.Client) -> None:
    asked = {"from": "+447700900123", "body": "STOP"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "rebound.example"}):
        assert control.post("/inbound", json=asked, headers=headers).status_code == 403


def test_only_this_machine_may_use_it(service: Service) -> None:
    own = own_address()
    with running(public_url=service.url, host="0.0.0.0") as open_to_all:
        port = open_to_all.address.rpartition(":")[2]
        assert httpx2.get(f"http://127.0.0.1:{port}/_control/health", trust_env=False).status_code == 200
        assert httpx2.get(f"http://{own}:{port}/", trust_env=False).status_code == 200
        assert httpx2.get(f"http://{own}:{port}/_control/health", trust_env=False).status_code == 403


def own_address() -> str:
    """An address of this machine that is not loopback; asking for the way sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(asking.getsockname()[0])


def test_the_guard_is_on_every_way_in() -> None:
    from simulator import control as room

    assert [one.dependency for one in room.router.dependencies] == [loopback]
    assert {route.path for route in room.router.routes} >= {"/_control/script", "/_control/inbound"}


def test_two_simulators_do_not_know_each_other(simulator: Simulator, service: Service) -> None:
    with running(public_url=service.url) as other:
        assert other.keys.notify_secret != simulator.keys.notify_secret
        mail_client(other).send(mail())
        assert len(other.messages()) == 1
    assert simulator.messages() == []
    assert set(other.providers) == set(Provider)
