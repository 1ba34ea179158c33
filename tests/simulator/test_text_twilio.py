"""Twilio's own client and validator against the simulator: each trouble there is, once."""

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulator.running import Simulator
from simulator.script import Provider, Trouble
from simulator.world import Outage
from tests.simulator.service import Called, Service

TWILIO = Provider.TWILIO
HOOK = "/webhooks/twilio"
ADA = "+447700900123"


class Elsewhere(TwilioHttpClient):
    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=5)
        self.base_url = base_url

    def request(self, method: str, url: str, *rest: object, **more: object) -> object:
        return super().request(method, url.replace("https://api.twilio.com", self.base_url), *rest, **more)


def client(simulator: Simulator, token: str | None = None) -> Client:
    keys = simulator.keys
    elsewhere = Elsewhere(simulator.providers[TWILIO])
    return Client(keys.twilio_account_sid, token or keys.twilio_auth_token, http_client=elsewhere)


def send(simulator: Simulator, service: Service, **more: object) -> object:
    asked = {
        "to": ADA,
        "from_": simulator.keys.twilio_from,
        "body": "Please ring The Hub.",
        "status_callback": f"{service.url}{HOOK}/m-1?part=1",
        "content_retention": "discard",
        "address_retention": "obfuscate",
        "validity_period": 14400,
    }
    return client(simulator).messages.create(**(asked | more))


def statuses(calls: list[Called]) -> list[str]:
    return [call.form["MessageStatus"] for call in calls]


def is_genuine(simulator: Simulator, service: Service, call: Called) -> bool:
    validator = RequestValidator(simulator.keys.twilio_auth_token)
    return validator.validate(f"{service.url}{call.path}", call.form, call.headers["X-Twilio-Signature"])


def test_a_text_is_taken_and_its_statuses_are_signed_for_twilios_own_validator(
    simulator: Simulator, service: Service
) -> None:
    taken = send(simulator, service)
    assert taken.sid.startswith("SM")
    assert (taken.status, taken.num_segments) == ("queued", "1")
    calls = service.wait_for(f"{HOOK}/m-1?part=1", 3)
    assert statuses(calls) == ["queued", "sent", "delivered"]
    assert all(is_genuine(simulator, service, call) for call in calls)
    last = calls[-1].form
    assert (last["MessageSid"], last["AccountSid"]) == (taken.sid, simulator.keys.twilio_account_sid)
    assert (last["To"], last["From"]) == (ADA, simulator.keys.twilio_from)
    assert len(last["RawDlrDoneDate"]) == 10
    assert "ErrorCode" not in last


def test_a_status_that_was_changed_on_the_way_does_not_verify(simulator: Simulator, service: Service) -> None:
    send(simulator, service)
    call = service.wait_for(HOOK)[0]
    changed = Called(path=call.path, headers=call.headers, body=call.body.replace(b"=queued", b"=delivered"))
    assert not is_genuine(simulator, service, changed)


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (Trouble.RATE_LIMITED, 429, 20429),
        (Trouble.SERVER_ERROR, 500, 20500),
        (Trouble.REFUSED, 400, 21211),
        (Trouble.OPTED_OUT, 400, 21610),
    ],
)
def test_what_is_not_taken_leaves_no_trace(
    simulator: Simulator, service: Service, trouble: Trouble, status: int, code: int
) -> None:
    simulator.next(TWILIO, trouble)
    with pytest.raises(TwilioRestException) as refused:
        send(simulator, service)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert simulator.messages() == []


def test_a_reset_after_acceptance_breaks_the_connection_and_the_statuses_come_all_the_same(
    simulator: Simulator, service: Service
) -> None:
    simulator.next(TWILIO, Trouble.RESET_AFTER_ACCEPTANCE)
    with pytest.raises(requests.exceptions.ConnectionError):
        send(simulator, service)
    assert statuses(service.wait_for(HOOK, 3))[-1] == "delivered"


def test_a_duplicate_says_the_same_again(simulator: Simulator, service: Service) -> None:
    simulator.next(TWILIO, Trouble.DUPLICATED)
    send(simulator, service)
    assert statuses(service.wait_for(HOOK, 6)) == [
        *["queued"] * 2,
        *["sent"] * 2,
        *["delivered"] * 2,
    ]


def test_reordered_statuses_come_last_first(simulator: Simulator, service: Service) -> None:
    simulator.next(TWILIO, Trouble.REORDERED)
    taken = send(simulator, service)
    assert statuses(service.wait_for(HOOK, 3)) == ["delivered", "sent", "queued"]
    assert client(simulator).messages(taken.sid).fetch().status == "delivered"


def test_delayed_statuses_come_later(simulator: Simulator, service: Service) -> None:
    simulator.next(TWILIO, Trouble.DELAYED)
    began = time.monotonic()
    send(simulator, service)
    service.wait_for(HOOK, 3)
    assert time.monotonic() - began > 0.85


@pytest.mark.parametrize(
    ("fate", "told", "error"),
    [
        (Trouble.BOUNCED, ["queued", "sent", "undelivered"], "30005"),
        (Trouble.FAILED, ["queued", "failed"], "30008"),
        (Trouble.DEFERRED, ["queued", "sending", "sent", "delivered"], None),
    ],
)
def test_what_becomes_of_a_text(
    simulator: Simulator, service: Service, fate: Trouble, told: list[str], error: str | None
) -> None:
    simulator.next(TWILIO, fate)
    send(simulator, service)
    simulator.wait_until_told()
    assert statuses(service.calls) == told
    assert service.calls[-1].form.get("ErrorCode") == error


def test_without_an_address_for_statuses_one_has_to_ask(simulator: Simulator, service: Service) -> None:
    simulator.next(TWILIO, Trouble.BOUNCED)
    taken = send(simulator, service, status_callback=None)
    simulator.wait_until_told()
    assert service.calls == []
    asked = client(simulator).messages(taken.sid).fetch()
    assert (asked.status, asked.error_code) == ("undelivered", 30005)
    assert [one.sid for one in client(simulator).messages.list(to=ADA)] == [taken.sid]


def test_a_status_that_was_refused_is_not_told_again(simulator: Simulator, service: Service) -> None:
    # As Twilio does: only a broken connection is tried once more.
    service.answers.append(503)
    send(simulator, service)
    simulator.wait_until_told()
    assert statuses(service.calls) == ["queued", "sent", "delivered"]
    assert simulator.messages()[0].told == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ē" + "a" * 69, 1),
        ("ē" + "a" * 140, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_letter_outside_the_old_alphabet_makes_more_parts(
    simulator: Simulator, service: Service, words: str, count: int
) -> None:
    assert send(simulator, service, body=words).num_segments == str(count)


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"to": "0123"}, 21211), ({"body": ""}, 21602), ({"body": "a" * 1601}, 21617), ({"from_": ""}, 21603)],
)
def test_what_twilio_would_not_take_is_refused_with_its_code(
    simulator: Simulator, service: Service, asked: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(simulator, service, **asked)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_wrong_token_is_refused(simulator: Simulator) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(simulator, "wrong").messages.create(to=ADA, from_="+447700900000", body="Hello")
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_a_text_to_the_service_is_signed_and_says_how_long_it_is(
    simulator: Simulator, service: Service
) -> None:
    answer = simulator.write(ADA, "Kia ora, please ring me ē")
    assert answer.arrived == "204"
    [call] = service.to(HOOK)
    assert is_genuine(simulator, service, call)
    said = call.form
    assert (said["From"], said["To"]) == (ADA, simulator.keys.twilio_from)
    assert (said["Body"], said["NumSegments"]) == ("Kia ora, please ring me ē", "1")
    assert said["MessageSid"] == answer.id
    assert said["AccountSid"] == simulator.keys.twilio_account_sid


def test_a_text_that_is_delivered_twice_keeps_its_id(simulator: Simulator, service: Service) -> None:
    simulator.write(ADA, "STOP", times=2)
    assert len({call.form["MessageSid"] for call in service.to(HOOK)}) == 1
    assert len(service.to(HOOK)) == 2


def test_a_provider_nobody_answers_for_refuses_the_connection_and_the_others_go_on(
    simulator: Simulator, service: Service
) -> None:
    simulator.outage(TWILIO, Outage.REFUSED)
    with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        send(simulator, service)
    notify = simulator.providers[Provider.NOTIFY]
    assert requests.get(f"{notify}/v2/notifications", timeout=5).status_code == 401
    simulator.outage(TWILIO, None)
    send(simulator, service)
