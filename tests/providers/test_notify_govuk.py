"""The official client against a server on loopback that speaks GOV.UK Notify's wire format."""

import base64
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest

from domain.message_ports import Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers import notify_govuk
from providers.notify_govuk import NotifyAccount, NotifyProvider
from tests.providers.loopback import KEY, Answer, Asked, Break, Loopback, an_outgoing
from tests.servers import free_port

SERVICE, SECRET = str(UUID(int=1)), str(UUID(int=2))
NAME = "740e5834-3a29-46b4-9a6f-16142fde533a"
TAKEN = Answer.of(201, {"id": NAME, "reference": KEY})
NOTHING = Answer.of(200, {"notifications": [], "links": {}})
CHANNELS = [Channel.EMAIL, Channel.TEXT, Channel.LETTER]


def provider(channel: Channel, url: str) -> NotifyProvider:
    account = NotifyAccount(api_key=f"a_key-{SERVICE}-{SECRET}", base_url=url)
    return NotifyProvider(channel=channel, account=account, template_id="template-1")


def after_asking(then: Answer | Break) -> Callable[[Asked], Answer | Break]:
    """Notify has nothing of ours yet; what is handed over is answered so."""
    return lambda asked: NOTHING if asked.method == "GET" else then


def having(status: str, reference: str = KEY, **more: str) -> Answer:
    return Answer.of(
        200, {"notifications": [{"id": NAME, "reference": reference, "status": status, **more}], "links": {}}
    )


def error(status: int, kind: str, message: str = "about ada@example.org") -> Answer:
    return Answer.of(status, {"status_code": status, "errors": [{"error": kind, "message": message}]})


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_that_notify_does_not_have_is_handed_over_once(
    loopback: Loopback, channel: Channel
) -> None:
    loopback.answer = after_asking(TAKEN)
    delivery = provider(channel, loopback.url).send(an_outgoing(channel))
    assert (delivery.verdict, delivery.provider_id) == (Verdict.ACCEPTED, NAME)
    question, handed = loopback.asked
    assert (question.path, question.query) == ("/v2/notifications", {"reference": [KEY]})
    assert handed.json()["reference"] == KEY
    token = handed.headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["iss"] == SERVICE


def test_an_e_mail_is_a_subject_and_a_body_in_the_template_of_the_settings(loopback: Loopback) -> None:
    loopback.answer = after_asking(TAKEN)
    stop = "https://hub.example/stop/abc"
    provider(Channel.EMAIL, loopback.url).send(an_outgoing(Channel.EMAIL, unsubscribe_url=stop))
    assert loopback.asked[1].path == "/v2/notifications/email"
    assert loopback.asked[1].json() == {
        "email_address": "ada@example.org",
        "template_id": "template-1",
        "personalisation": {"subject": "A message from The Hub", "body": "Hello Ada"},
        "reference": KEY,
        "one_click_unsubscribe_url": stop,
    }


def test_a_text_is_a_body_in_the_template_of_the_settings(loopback: Loopback) -> None:
    loopback.answer = after_asking(TAKEN)
    provider(Channel.TEXT, loopback.url).send(an_outgoing(Channel.TEXT))
    assert loopback.asked[1].path == "/v2/notifications/sms"
    assert loopback.asked[1].json() == {
        "phone_number": "+447700900123",
        "template_id": "template-1",
        "personalisation": {"body": "Hello Ada"},
        "reference": KEY,
    }


def test_a_letter_leaves_as_the_pdf_that_was_made_of_it(loopback: Loopback) -> None:
    loopback.answer = after_asking(TAKEN)
    provider(Channel.LETTER, loopback.url).send(an_outgoing(Channel.LETTER))
    assert loopback.asked[1].path == "/v2/notifications/letter"
    body = loopback.asked[1].json()
    assert set(body) == {"reference", "content"}
    assert base64.b64decode(body["content"]) == b"%PDF-1.7 Ada"


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_notify_has_already_is_never_handed_over_again(loopback: Loopback, channel: Channel) -> None:
    loopback.answer = having("created")
    delivery = provider(channel, loopback.url).send(an_outgoing(channel))
    assert (delivery.verdict, delivery.provider_id) == (Verdict.ACCEPTED, NAME)
    assert [asked.method for asked in loopback.asked] == ["GET"]


def test_a_search_that_does_not_filter_loses_no_message(loopback: Loopback) -> None:
    # Taken at its word, somebody else's letter would make hers look posted.
    loopback.answer = lambda asked: having("received", "another") if asked.method == "GET" else TAKEN
    delivery = provider(Channel.LETTER, loopback.url).send(an_outgoing(Channel.LETTER))
    assert delivery.verdict is Verdict.ACCEPTED
    assert [asked.method for asked in loopback.asked] == ["GET", "POST"]


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(status=200, body=b"[]"), Answer(status=403), Break.BY_A_RESET]
)
def test_what_cannot_be_asked_about_is_not_handed_over(loopback: Loopback, answer: Answer | Break) -> None:
    # So an outage leaves nothing whose fate nobody knows.
    loopback.answer = answer
    delivery = provider(Channel.LETTER, loopback.url).send(an_outgoing(Channel.LETTER))
    assert delivery.verdict is Verdict.NOT_TRIED
    assert [asked.method for asked in loopback.asked] == ["GET"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (429, Verdict.NOT_TRIED),
        (403, Verdict.NOT_TRIED),
        (401, Verdict.NOT_TRIED),
        (400, Verdict.REJECTED),
        (500, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
        (200, Verdict.UNKNOWN),
        (204, Verdict.UNKNOWN),
        (302, Verdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_only_what_proves_that_it_was_not_taken_is_tried_again(
    loopback: Loopback, channel: Channel, status: int, verdict: Verdict
) -> None:
    loopback.answer = after_asking(error(status, "BadRequestError"))
    delivery = provider(channel, loopback.url).send(an_outgoing(channel))
    assert delivery.verdict is verdict
    assert "ada" not in delivery.why.casefold()


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("RateLimitError", timedelta(minutes=1)), ("TooManyRequestsError", timedelta(hours=1))],
)
def test_the_limit_of_a_minute_and_that_of_a_day_are_waited_for_differently(
    loopback: Loopback, kind: str, wait: timedelta
) -> None:
    loopback.answer = error(429, kind)
    delivery = provider(Channel.TEXT, loopback.url).send(an_outgoing(Channel.TEXT))
    assert (delivery.verdict, delivery.retry_after) == (Verdict.NOT_TRIED, wait)


@pytest.mark.parametrize(
    ("kind", "message", "report"),
    [
        ("ValidationError", "phone_number Not a UK mobile number", DeliveryReport.BOUNCED),
        ("ValidationError", "email_address Not a valid email address", DeliveryReport.BOUNCED),
        ("ValidationError", "template_id is not a valid UUID", None),
        ("BadRequestError", "Can not send to this recipient when service is in trial mode", None),
    ],
)
def test_a_refusal_is_of_the_address_or_of_us(
    loopback: Loopback, kind: str, message: str, report: DeliveryReport | None
) -> None:
    loopback.answer = after_asking(error(400, kind, message))
    delivery = provider(Channel.TEXT, loopback.url).send(an_outgoing(Channel.TEXT))
    assert (delivery.verdict, delivery.report) == (Verdict.REJECTED, report)


@pytest.mark.parametrize("how", [how for how in Break if how is not Break.NOT_IN_TIME])
def test_a_connection_that_breaks_after_the_words_were_said_leaves_their_fate_unknown(
    loopback: Loopback, how: Break
) -> None:
    loopback.answer = after_asking(how)
    assert provider(Channel.TEXT, loopback.url).send(an_outgoing(Channel.TEXT)).verdict is Verdict.UNKNOWN
    assert len(loopback.asked) == 2


def test_no_answer_in_time_is_unknown(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_govuk, "TIMEOUT_SECONDS", 0.3)
    loopback.answer = after_asking(Break.NOT_IN_TIME)
    began = time.monotonic()
    delivery = provider(Channel.TEXT, loopback.url).send(an_outgoing(Channel.TEXT))
    assert time.monotonic() - began < 3, "it waited longer than its timeout"
    assert delivery.verdict is Verdict.UNKNOWN


def test_a_letter_taken_before_the_connection_broke_is_found_and_not_posted_twice(loopback: Loopback) -> None:
    taken: list[Asked] = []

    def answer(asked: Asked) -> Answer | Break:
        if asked.method == "GET":
            return having("pending-virus-check") if taken else NOTHING
        taken.append(asked)
        return Break.BY_A_RESET

    loopback.answer = answer
    letters = provider(Channel.LETTER, loopback.url)
    assert letters.send(an_outgoing(Channel.LETTER)).verdict is Verdict.UNKNOWN
    assert letters.reconcile(KEY).verdict is Verdict.ACCEPTED
    assert letters.send(an_outgoing(Channel.LETTER)).verdict is Verdict.ACCEPTED
    assert len(taken) == 1


def test_what_notify_does_not_have_had_not_left(loopback: Loopback) -> None:
    loopback.answer = NOTHING
    assert provider(Channel.LETTER, loopback.url).reconcile(KEY).verdict is Verdict.NOT_TRIED


@pytest.mark.parametrize("answer", [Answer(status=429), Answer(status=403), Break.WITHOUT_A_WORD])
def test_what_cannot_be_asked_about_stays_unknown(loopback: Loopback, answer: Answer | Break) -> None:
    # Here the question comes after somebody tried, so that nothing is proved by having no answer.
    loopback.answer = answer
    assert provider(Channel.LETTER, loopback.url).reconcile(KEY).verdict is Verdict.UNKNOWN


def test_nobody_there_to_ask_leaves_it_unknown_and_nobody_there_to_take_it_proves_it_was_not() -> None:
    letters = provider(Channel.LETTER, f"http://127.0.0.1:{free_port()}")
    assert letters.reconcile(KEY).verdict is Verdict.UNKNOWN
    assert letters.send(an_outgoing(Channel.LETTER)).verdict is Verdict.NOT_TRIED
    assert letters.reports(KEY) == ()


@pytest.mark.parametrize(
    ("channel", "status", "report"),
    [
        (Channel.LETTER, "validation-failed", DeliveryReport.FAILED),
        (Channel.EMAIL, "permanent-failure", DeliveryReport.BOUNCED),
        (Channel.TEXT, "temporary-failure", DeliveryReport.UNDELIVERED),
    ],
)
def test_what_notify_had_and_failed_with_is_not_on_its_way(
    loopback: Loopback, channel: Channel, status: str, report: DeliveryReport
) -> None:
    loopback.answer = having(status)
    delivery = provider(channel, loopback.url).reconcile(KEY)
    assert (delivery.verdict, delivery.report, delivery.provider_id) == (Verdict.REJECTED, report, NAME)


@pytest.mark.parametrize(
    ("status", "report"),
    [
        ("created", DeliveryReport.ACCEPTED),
        ("sending", DeliveryReport.ACCEPTED),
        ("pending-virus-check", DeliveryReport.ACCEPTED),
        ("accepted", DeliveryReport.ACCEPTED),
        ("received", DeliveryReport.SENT),
        ("cancelled", DeliveryReport.FAILED),
        ("technical-failure", DeliveryReport.FAILED),
        ("permanent-failure", DeliveryReport.FAILED),
        ("virus-scan-failed", DeliveryReport.FAILED),
        ("validation-failed", DeliveryReport.FAILED),
        ("returned-letter", DeliveryReport.RETURNED),
    ],
)
def test_every_state_of_a_letter_is_a_report(loopback: Loopback, status: str, report: DeliveryReport) -> None:
    loopback.answer = having(status, completed_at="2026-11-23T17:45:00.000000Z")
    [told] = provider(Channel.LETTER, loopback.url).reports(KEY)
    assert told.report is report
    assert (told.event_id, told.provider_id, told.message_key) == (f"{NAME}:{status}", NAME, KEY)
    assert told.at == datetime(2026, 11, 23, 17, 45, tzinfo=UTC)


def test_a_state_nobody_has_heard_of_says_nothing(loopback: Loopback) -> None:
    loopback.answer = having("on-the-moon")
    letters = provider(Channel.LETTER, loopback.url)
    assert letters.reports(KEY) == ()
    assert letters.reconcile(KEY).verdict is Verdict.ACCEPTED


def test_the_client_writes_nothing_of_an_error_into_a_log(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    loopback.answer = after_asking(error(400, "BadRequestError"))
    provider(Channel.EMAIL, loopback.url).send(an_outgoing(Channel.EMAIL))
    assert "ada@example.org" not in caplog.text
    assert logging.getLogger("notifications_python_client.base").level >= logging.CRITICAL


def test_the_key_is_not_shown_when_the_account_is() -> None:
    assert SECRET not in repr(NotifyAccount(api_key=f"k-{SERVICE}-{SECRET}", base_url="https://n.example"))
