"""The official client against a server on loopback that speaks Twilio's wire format."""

import base64
import logging
import time
from datetime import timedelta

import pytest

from domain.message_ports import Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers import sms_twilio
from providers.sms_twilio import TwilioProvider
from tests.providers.loopback import KEY, MESSAGE_ID, Answer, Break, Loopback, an_outgoing
from tests.servers import free_port

SID = "SM" + "1" * 32
TAKEN = Answer.of(201, {"sid": SID, "status": "queued", "num_segments": "1"})
OUTGOING = an_outgoing(Channel.TEXT)


def provider(url: str, sender: str = "+447700900000") -> TwilioProvider:
    return TwilioProvider(
        account_sid="AC1", auth_token="t0ken", sender=sender, base_url=url, public_url="https://hub.example/"
    )


def refused(code: int, status: int = 400) -> Answer:
    return Answer.of(status, {"code": code, "message": "to +447700900123", "status": status})


def test_a_text_goes_to_the_address_of_the_settings_and_is_kept_nowhere(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    delivery = provider(loopback.url).send(OUTGOING)
    assert (delivery.verdict, delivery.provider_id) == (Verdict.ACCEPTED, SID)
    [asked] = loopback.asked
    assert (asked.method, asked.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"AC1:t0ken"
    assert asked.form() == {
        "To": "+447700900123",
        "From": "+447700900000",
        "Body": "Hello Ada",
        "ContentRetention": "discard",
        "AddressRetention": "obfuscate",
        "ValidityPeriod": "3600",
        "StatusCallback": f"https://hub.example/webhooks/twilio/status/{MESSAGE_ID}",
    }


def test_a_messaging_service_is_named_as_one(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    provider(loopback.url, sender="MG" + "2" * 32).send(OUTGOING)
    form = loopback.asked[0].form()
    assert form["MessagingServiceSid"] == "MG" + "2" * 32
    assert "From" not in form


def test_the_address_of_the_settings_may_have_a_path(loopback: Loopback) -> None:
    loopback.answer = TAKEN
    provider(f"{loopback.url}/twilio/").send(OUTGOING)
    assert loopback.asked[0].path == "/twilio/2010-04-01/Accounts/AC1/Messages.json"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (429, Verdict.NOT_TRIED),
        (401, Verdict.NOT_TRIED),
        (403, Verdict.NOT_TRIED),
        (404, Verdict.NOT_TRIED),
        (400, Verdict.REJECTED),
        (408, Verdict.UNKNOWN),
        (500, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
        (302, Verdict.UNKNOWN),
    ],
)
def test_only_what_proves_that_it_was_not_taken_is_tried_again(
    loopback: Loopback, status: int, verdict: Verdict
) -> None:
    loopback.answer = Answer(status=status, body=b"not JSON about +447700900123")
    delivery = provider(loopback.url).send(OUTGOING)
    assert delivery.verdict is verdict
    assert "7700900123" not in delivery.why


@pytest.mark.parametrize(
    ("code", "verdict", "report"),
    [
        (21211, Verdict.REJECTED, DeliveryReport.BOUNCED),
        (21217, Verdict.REJECTED, DeliveryReport.BOUNCED),
        (21614, Verdict.REJECTED, DeliveryReport.BOUNCED),
        (21610, Verdict.REJECTED, DeliveryReport.COMPLAINED),
        (21612, Verdict.REJECTED, DeliveryReport.UNDELIVERED),
        (21212, Verdict.NOT_TRIED, None),
        (21219, Verdict.REJECTED, None),  # of this number alone: a person is asked
        (21408, Verdict.REJECTED, None),  # of this number alone: a person is asked
        (21606, Verdict.NOT_TRIED, None),
        (21608, Verdict.REJECTED, None),  # of this number alone: a person is asked
        (21703, Verdict.NOT_TRIED, None),
        (21705, Verdict.NOT_TRIED, None),
        (21609, Verdict.NOT_TRIED, None),
        (30030, Verdict.NOT_TRIED, None),
        (21611, Verdict.NOT_TRIED, None),
    ],
)
def test_a_refusal_is_of_the_number_or_of_us(
    loopback: Loopback, code: int, verdict: Verdict, report: DeliveryReport | None
) -> None:
    # A text must not be lost because our sender is not set up, nor a dead number be tried for ever.
    loopback.answer = refused(code)
    delivery = provider(loopback.url).send(OUTGOING)
    assert (delivery.verdict, delivery.report) == (verdict, report)
    assert "7700900123" not in delivery.why


@pytest.mark.parametrize("code", [20429, 21606, 21211])
def test_a_code_says_nothing_where_the_status_says_that_it_may_have_been_taken(
    loopback: Loopback, code: int
) -> None:
    loopback.answer = refused(code, status=500)
    assert provider(loopback.url).send(OUTGOING).verdict is Verdict.UNKNOWN


def test_a_status_within_the_body_is_not_believed(loopback: Loopback) -> None:
    problem = {"type": "about:blank", "title": "no", "status": 429, "code": 20429}
    loopback.answer = Answer.of(500, problem)
    assert provider(loopback.url).send(OUTGOING).verdict is Verdict.UNKNOWN


def test_it_waits_as_long_as_it_was_asked_to(loopback: Loopback) -> None:
    loopback.answer = Answer.of(429, {"code": 20429, "message": "slow"}, **{"Retry-After": "7"})
    assert provider(loopback.url).send(OUTGOING).retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"sid": null}', b"<html>"])
def test_an_answer_without_a_name_proves_nothing(loopback: Loopback, body: bytes) -> None:
    loopback.answer = Answer(status=201, body=body)
    assert provider(loopback.url).send(OUTGOING).verdict is Verdict.UNKNOWN


def test_a_provider_that_is_not_there_has_taken_nothing() -> None:
    assert provider(f"http://127.0.0.1:{free_port()}").send(OUTGOING).verdict is Verdict.NOT_TRIED


def test_a_name_that_nobody_knows_has_taken_nothing() -> None:
    assert provider("http://nowhere.invalid").send(OUTGOING).verdict is Verdict.NOT_TRIED


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
    monkeypatch.setattr(sms_twilio, "TIMEOUT_SECONDS", 0.3)
    loopback.answer = Break.NOT_IN_TIME
    texts = provider(loopback.url)
    began = time.monotonic()
    assert texts.send(OUTGOING).verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < 3, "it waited longer than its timeout"
    assert len(loopback.asked) == 1
    assert texts.reconcile(KEY).verdict is Verdict.UNKNOWN


def test_the_client_writes_no_number_and_no_token_into_a_log(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loopback.answer = refused(21211)
    provider(loopback.url).send(OUTGOING)
    assert "7700900123" not in caplog.text
    assert "t0ken" not in caplog.text
