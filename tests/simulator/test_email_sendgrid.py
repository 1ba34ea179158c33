"""SendGrid's own client and verifier against the simulator: each trouble there is, once."""

import time
import urllib.error

import pytest
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.mail import CustomArg, Header, Mail

from simulator.running import Simulator
from simulator.script import Provider, Script, Trouble
from simulator.world import Outage
from tests.simulator.service import Called, Service

HOOK = "/webhooks/sendgrid"
SENDGRID = Provider.SENDGRID


def client(simulator: Simulator, key: str | None = None) -> SendGridAPIClient:
    made = SendGridAPIClient(key or simulator.keys.sendgrid_api_key, host=simulator.providers[SENDGRID])
    made.client.timeout = 5
    return made


def mail(key: str = "m-1") -> Mail:
    made = Mail(
        from_email="hello@hub.example",
        to_emails="ada@example.org",
        subject="A message from The Hub",
        plain_text_content="Hello Ada",
        html_content="<p>Hello Ada</p>",
    )
    made.add_custom_arg(CustomArg("key", key))
    return made


def events(calls: list[Called]) -> list[dict]:
    return [event for call in calls for event in call.json]


def names(calls: list[Called]) -> list[str]:
    return [event["event"] for event in events(calls)]


def is_genuine(simulator: Simulator, call: Called) -> bool:
    headers = {name.casefold(): value for name, value in call.headers.items()}
    return EventWebhook(simulator.keys.sendgrid_public_key).verify_signature(
        call.body.decode(),
        headers["x-twilio-email-event-webhook-signature"],
        headers["x-twilio-email-event-webhook-timestamp"],
    )


def test_an_e_mail_is_taken_and_its_events_are_signed_for_sendgrids_own_verifier(
    simulator: Simulator, service: Service
) -> None:
    response = client(simulator).send(mail())
    assert (response.status_code, response.body) == (202, b"")
    calls = service.wait_for(HOOK, 2)
    assert names(calls) == ["processed", "delivered"]
    assert all(is_genuine(simulator, call) for call in calls)
    taken = response.headers["X-Message-Id"]
    for event in events(calls):
        assert event["key"] == "m-1"
        assert event["email"] == "ada@example.org"
        assert event["sg_message_id"].startswith(f"{taken}.")
        assert abs(event["timestamp"] - time.time()) < 60
    assert len({event["sg_event_id"] for event in events(calls)}) == 2


def test_a_body_that_was_changed_on_the_way_does_not_verify(simulator: Simulator, service: Service) -> None:
    client(simulator).send(mail())
    call = service.wait_for(HOOK)[0]
    # Trimmed, as a framework would that reads the body as JSON first: the line break is signed too.
    assert not is_genuine(simulator, Called(path=call.path, headers=call.headers, body=call.body.strip()))


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(Trouble.RATE_LIMITED, 429), (Trouble.SERVER_ERROR, 500), (Trouble.REFUSED, 400)],
)
def test_what_is_not_taken_leaves_no_trace(
    simulator: Simulator, service: Service, trouble: Trouble, status: int
) -> None:
    simulator.next(SENDGRID, trouble)
    with pytest.raises(HTTPError) as refused:
        client(simulator).send(mail())
    assert refused.value.status_code == status
    assert refused.value.to_dict["errors"][0]["message"]
    if status == 429:
        assert int(refused.value.headers["X-RateLimit-Reset"]) > time.time() - 1
    assert simulator.messages() == []
    assert client(simulator).send(mail()).status_code == 202, "the scene was for one call"
    simulator.wait_until_told()
    assert len(service.to(HOOK)) == 2


def test_a_reset_after_acceptance_breaks_the_connection_and_the_events_come_all_the_same(
    simulator: Simulator, service: Service
) -> None:
    simulator.next(SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE)
    with pytest.raises((urllib.error.URLError, OSError)) as broken:
        client(simulator).send(mail("m-lost"))
    assert not isinstance(broken.value, HTTPError)
    assert [event["key"] for event in events(service.wait_for(HOOK, 2))] == ["m-lost", "m-lost"]


def test_a_reset_before_acceptance_looks_the_same_and_nothing_was_taken(
    simulator: Simulator, service: Service
) -> None:
    simulator.next(SENDGRID, Trouble.RESET_BEFORE_ACCEPTANCE)
    with pytest.raises((urllib.error.URLError, OSError)):
        client(simulator).send(mail())
    assert simulator.messages() == []


def test_a_server_error_may_come_after_acceptance(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.SERVER_ERROR_AFTER_ACCEPTANCE)
    with pytest.raises(HTTPError) as failed:
        client(simulator).send(mail())
    assert failed.value.status_code == 500
    assert names(service.wait_for(HOOK, 2)) == ["processed", "delivered"]


def test_an_answer_can_be_too_slow_for_the_client(simulator: Simulator, service: Service) -> None:
    simulator.follow(Script(pace=0.01, delay=2))
    simulator.next(SENDGRID, Trouble.SLOW_ANSWER)
    hasty = client(simulator)
    hasty.client.timeout = 0.2
    with pytest.raises(OSError):
        hasty.send(mail())
    service.wait_for(HOOK, 2)


def test_a_duplicate_has_the_id_of_the_first(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.DUPLICATED)
    client(simulator).send(mail())
    calls = service.wait_for(HOOK, 4)
    assert names(calls) == ["processed", "processed", "delivered", "delivered"]
    assert len({event["sg_event_id"] for event in events(calls)}) == 2
    assert all(is_genuine(simulator, call) for call in calls)


def test_reordered_events_come_last_first(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.REORDERED)
    client(simulator).send(mail())
    assert names(service.wait_for(HOOK, 2)) == ["delivered", "processed"]
    [kept] = simulator.messages()
    assert kept.status == "delivered", "what the provider knows does not go backwards"


def test_delayed_events_come_later(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.DELAYED)
    began = time.monotonic()
    client(simulator).send(mail())
    service.wait_for(HOOK, 2)
    assert time.monotonic() - began > 0.55


def test_a_silent_message_is_never_reported(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.SILENT)
    client(simulator).send(mail())
    simulator.wait_until_told()
    assert service.calls == []


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (Trouble.BOUNCED, ["processed", "bounce"]),
        (Trouble.FAILED, ["processed", "bounce"]),
        (Trouble.OPTED_OUT, ["dropped"]),
        (Trouble.DEFERRED, ["processed", "deferred", "delivered"]),
        (Trouble.COMPLAINED, ["processed", "delivered", "spamreport"]),
    ],
)
def test_what_becomes_of_an_e_mail(
    simulator: Simulator, service: Service, fate: Trouble, told: list[str]
) -> None:
    simulator.next(SENDGRID, fate)
    client(simulator).send(mail())
    simulator.wait_until_told()
    assert names(service.to(HOOK)) == told
    kinds = [event.get("type") for event in events(service.to(HOOK)) if event["event"] == "bounce"]
    assert kinds == {Trouble.BOUNCED: ["bounce"], Trouble.FAILED: ["blocked"]}.get(fate, [])


def test_one_call_may_carry_several_events(simulator: Simulator, service: Service) -> None:
    simulator.next(SENDGRID, Trouble.DEFERRED)
    client(simulator).send(mail())
    assert names(service.wait_for(HOOK)[:1]) == ["processed", "deferred"]


def test_a_service_that_is_away_is_called_again_with_a_new_signature(
    simulator: Simulator, service: Service
) -> None:
    service.answers.extend([503, 503])
    client(simulator).send(mail())
    calls = service.wait_for(HOOK, 4)
    assert names(calls) == ["processed", "processed", "processed", "delivered"]
    assert all(is_genuine(simulator, call) for call in calls)
    simulator.wait_until_told()
    assert simulator.messages()[0].told == ["processed", "delivered"]


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    with pytest.raises(HTTPError) as refused:
        client(simulator, "SG.wrong").send(mail())
    assert refused.value.status_code == 401
    assert refused.value.to_dict["errors"][0]["field"] is None


def test_an_e_mail_that_is_too_large_is_refused(simulator: Simulator) -> None:
    large = mail()
    large.contents[0]._content = "x" * 30_000_001
    with pytest.raises(HTTPError) as refused:
        client(simulator).send(large)
    assert refused.value.status_code == 413


def test_an_address_that_is_none_is_refused_with_the_place_of_the_mistake(simulator: Simulator) -> None:
    bad = mail()
    bad.personalizations[0].tos[0]["email"] = "nobody"
    with pytest.raises(HTTPError) as refused:
        client(simulator).send(bad)
    assert refused.value.status_code == 400
    assert refused.value.to_dict["errors"][0]["field"] == "personalizations.0.to.0.email"


def test_the_one_click_button_posts_what_the_standard_asks_for(
    simulator: Simulator, service: Service
) -> None:
    offered = mail()
    offered.add_header(Header("List-Unsubscribe", f"<{service.url}/u/abc>"))
    offered.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    client(simulator).send(offered)
    [message] = simulator.messages()
    assert message.one_click
    assert simulator.unsubscribe(message) == "204"
    [pressed] = service.to("/u/abc")
    assert pressed.form == {"List-Unsubscribe": "One-Click"}
    assert "Cookie" not in pressed.headers


@pytest.mark.parametrize(("how", "status"), [(Outage.UNAVAILABLE, 503), (Outage.SLOW_DOWN, 429)])
def test_a_provider_that_is_away_says_so_until_it_is_back(
    simulator: Simulator, how: Outage, status: int
) -> None:
    simulator.outage(SENDGRID, how)
    with pytest.raises(HTTPError) as away:
        client(simulator).send(mail())
    assert away.value.status_code == status
    simulator.outage(SENDGRID, None)
    assert client(simulator).send(mail()).status_code == 202


def test_a_provider_nobody_answers_for_refuses_the_connection_until_it_is_back(
    simulator: Simulator,
) -> None:
    for _ in range(2):
        simulator.outage(SENDGRID, Outage.REFUSED)
        with pytest.raises(urllib.error.URLError) as away:
            client(simulator).send(mail())
        assert isinstance(away.value.reason, ConnectionRefusedError)
        simulator.outage(SENDGRID, None)
        assert client(simulator).send(mail()).status_code == 202


def test_nothing_that_was_sent_is_logged(
    simulator: Simulator,
    service: Service,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    service.answers.extend([500] * 20)
    simulator.next(SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE)
    with pytest.raises(OSError):
        client(simulator).send(mail())
    simulator.wait_until_told()
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert "did not take a call" in logged
    assert "ada" not in logged.casefold()
