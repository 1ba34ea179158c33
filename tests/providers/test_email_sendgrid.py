"""The official client against a server on loopback that speaks SendGrid's wire format."""

import json
import logging
import time
from datetime import timedelta

import pytest

from domain.message_ports import Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers import sendgrid_client
from providers.email_sendgrid import SendGridProvider
from tests.providers.loopback import KEY, Answer, Break, Loopback, an_outgoing
from tests.servers import free_port

TAKEN = Answer(status=202, body=b"", headers={"X-Message-Id": "sg-1"})
OUTGOING = an_outgoing(Channel.EMAIL)


def provider(url: str) -> SendGridProvider:
    return SendGridProvider(api_key="SG.test", base_url=url, sender="hello@hub.example")


def sent(loopback: Loopback, **changes) -> dict:
    loopback.answer = TAKEN
    assert provider(loopback.url).send(an_outgoing(Channel.EMAIL, **changes)).verdict is Verdict.ACCEPTED
    [asked] = loopback.asked
    return asked.json()


def test_an_e_mail_is_handed_over_as_text_and_html_under_its_name(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    delivery = provider(loopback.url).send(OUTGOING)
    assert (delivery.verdict, delivery.provider_id) == (Verdict.ACCEPTED, "sg-1")
    [asked] = loopback.asked
    assert (asked.method, asked.path) == ("POST", "/v3/mail/send")
    assert asked.headers["Authorization"] == "Bearer SG.test"
    body = asked.json()
    assert body["from"]["email"] == "hello@hub.example"
    assert body["personalizations"][0]["to"] == [{"email": "ada@example.org"}]
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]


def test_nothing_is_tracked_and_nothing_is_added_whatever_the_account_is_set_to(loopback: Loopback) -> None:
    # A tracked link names the service's provider in the browser's history of whoever shares the computer.
    body = sent(loopback)
    assert body["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }
    assert body["mail_settings"] == {"footer": {"enable": False}}
    assert "asm" not in body
    assert "reply_to" not in body


def test_beside_address_and_words_nothing_leaves_but_an_opaque_key(loopback: Loopback) -> None:
    body = sent(loopback)
    arguments = body.get("custom_args") or body["personalizations"][0]["custom_args"]
    assert arguments == {"key": KEY}
    rest = {name: value for name, value in body.items() if name not in ("content", "personalizations")}
    assert "ada" not in json.dumps(rest).casefold()


def test_one_click_stops_e_mails_where_an_address_for_it_is_given(loopback: Loopback) -> None:
    body = sent(loopback, unsubscribe_url="https://hub.example/stop/abc")
    headers = body.get("headers") or body["personalizations"][0]["headers"]
    assert headers == {
        "List-Unsubscribe": "<https://hub.example/stop/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_without_such_an_address_none_is_promised(loopback: Loopback) -> None:
    body = sent(loopback)
    assert "headers" not in body
    assert "headers" not in body["personalizations"][0]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (429, Verdict.NOT_TRIED),
        (401, Verdict.NOT_TRIED),
        (403, Verdict.NOT_TRIED),
        (404, Verdict.NOT_TRIED),
        (400, Verdict.REJECTED),
        (413, Verdict.REJECTED),
        (408, Verdict.UNKNOWN),
        (500, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
        (200, Verdict.UNKNOWN),
        (204, Verdict.UNKNOWN),
    ],
)
def test_only_what_proves_that_it_was_not_taken_is_tried_again(
    loopback: Loopback, status: int, verdict: Verdict
) -> None:
    loopback.answer = Answer(status=status, body=b'{"errors": [{"message": "no ada@example.org"}]}')
    delivery = provider(loopback.url).send(OUTGOING)
    assert delivery.verdict is verdict
    assert "ada" not in delivery.why.casefold()


def test_a_wrong_key_loses_no_message_and_says_what_is_wrong(loopback: Loopback) -> None:
    loopback.answer = Answer(status=401)
    delivery = provider(loopback.url).send(OUTGOING)
    assert delivery.verdict is Verdict.NOT_TRIED
    assert "key" in delivery.why


def test_an_address_that_cannot_be_one_is_told_apart_from_a_bad_request(loopback: Loopback) -> None:
    field = "personalizations.0.to.0.email"
    loopback.answer = Answer.of(400, {"errors": [{"message": "not ada", "field": field, "help": None}]})
    assert provider(loopback.url).send(OUTGOING).report is DeliveryReport.BOUNCED
    loopback.answer = Answer.of(400, {"errors": [{"message": "no", "field": "subject", "help": None}]})
    assert provider(loopback.url).send(OUTGOING).report is None


@pytest.mark.parametrize(
    "field", ["from.email", "reply_to.email", "tracking_settings.click_tracking.enable", "mail_settings"]
)
def test_what_is_wrong_with_our_own_settings_loses_no_message(loopback: Loopback, field: str) -> None:
    loopback.answer = Answer.of(400, {"errors": [{"message": "not ada", "field": field, "help": None}]})
    delivery = provider(loopback.url).send(OUTGOING)
    assert (delivery.verdict, delivery.report) == (Verdict.NOT_TRIED, None)
    assert field.partition(".")[0] in delivery.why
    assert "ada" not in delivery.why.casefold()


def test_it_waits_as_long_as_it_was_asked_to(loopback: Loopback) -> None:
    loopback.answer = Answer(status=429, headers={"X-RateLimit-Reset": str(int(time.time()) + 120)})
    wait = provider(loopback.url).send(OUTGOING).retry_after
    assert wait is not None
    assert timedelta(seconds=110) < wait <= timedelta(seconds=120)


def test_a_provider_that_is_not_there_has_taken_nothing() -> None:
    assert provider(f"http://127.0.0.1:{free_port()}").send(OUTGOING).verdict is Verdict.NOT_TRIED


def test_a_name_that_nobody_knows_has_taken_nothing() -> None:
    assert provider("http://nowhere.invalid").send(OUTGOING).verdict is Verdict.NOT_TRIED


def test_a_stranger_in_the_providers_place_is_handed_nothing(loopback: Loopback) -> None:
    # It speaks no TLS, as one with a wrong certificate would not speak ours: the handshake ends before the message.
    loopback.answer = TAKEN
    delivery = provider(loopback.url.replace("http://", "https://")).send(OUTGOING)
    assert delivery.verdict is Verdict.NOT_TRIED
    assert loopback.asked == []


@pytest.mark.parametrize("how", [how for how in Break if how is not Break.NOT_IN_TIME])
def test_a_connection_that_breaks_after_the_words_were_said_leaves_their_fate_unknown(
    loopback: Loopback, how: Break
) -> None:
    loopback.answer = how
    assert provider(loopback.url).send(OUTGOING).verdict is Verdict.UNKNOWN
    assert len(loopback.asked) == 1


def test_no_answer_in_time_is_unknown_and_never_sent_twice(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendgrid_client, "TIMEOUT_SECONDS", 0.3)
    loopback.answer = Break.NOT_IN_TIME
    mail = provider(loopback.url)
    began = time.monotonic()
    assert mail.send(OUTGOING).verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < 3, "it waited longer than its timeout"
    assert len(loopback.asked) == 1
    assert mail.reconcile(KEY).verdict is Verdict.UNKNOWN


def test_nobody_is_followed_elsewhere_with_our_key(loopback: Loopback) -> None:
    loopback.answer = lambda asked: (
        Answer(status=302, headers={"Location": f"{loopback.url}/elsewhere"})
        if asked.method == "POST"
        else TAKEN
    )
    assert provider(loopback.url).send(OUTGOING).verdict is Verdict.UNKNOWN
    assert len(loopback.asked) == 1


def test_the_client_writes_no_message_into_a_log(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent(loopback)
    assert "ada@example.org" not in caplog.text
    assert "SG.test" not in caplog.text
