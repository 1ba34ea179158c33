"""What GOV.UK Notify calls us with, in the shapes it documents."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.notify_callbacks import NotifyCallbacks
from tests.builders import NOW
from tests.providers.loopback import KEY

TOKEN = "a-token-we-chose"
READER = NotifyCallbacks(TOKEN)
NAME = "740e5834-3a29-46b4-9a6f-16142fde533a"


def a_call(body: object, authorization: str | None = f"Bearer {TOKEN}") -> Callback:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if authorization is None else {"authorization": authorization}
    return Callback(body=raw, headers=headers, url="https://hub.example/webhooks/notify", received_at=NOW)


def a_receipt(status: str, kind: str = "email", **more: object) -> dict:
    return {
        "id": NAME,
        "reference": KEY,
        "to": "ada@example.org",
        "status": status,
        "created_at": "2026-11-23T09:00:00.000000Z",
        "completed_at": "2026-11-23T09:00:05.500000Z",
        "sent_at": "2026-11-23T09:00:01.000000Z",
        "notification_type": kind,
        "template_id": "t",
        "template_version": 1,
        **more,
    }


A_TEXT = {
    "id": NAME,
    "source_number": "447700900123",
    "destination_number": "07700900000",
    "message": "STOP",
    "date_received": "2026-11-23T09:00:00.000000Z",
}
RETURNED = {
    "notification_id": NAME,
    "reference": KEY,
    "date_sent": "2026-10-23T17:40:00.000000Z",
    "sent_by": "API",
    "template_name": None,
    "template_id": "None",
    "template_version": None,
    "spreadsheet_file_name": None,
    "spreadsheet_row_number": None,
    "upload_letter_file_name": None,
}


def test_a_receipt_names_its_message_by_our_key_and_by_theirs() -> None:
    assert READER.read(a_call(a_receipt("delivered"))) == (
        ProviderReport(
            event_id=f"{NAME}:delivered",
            channel=Channel.EMAIL,
            report=DeliveryReport.DELIVERED,
            at=datetime(2026, 11, 23, 9, 0, 5, 500_000, tzinfo=UTC),
            message_key=KEY,
            provider_id=NAME,
        ),
    )


@pytest.mark.parametrize("kind", ["email", "sms"])
@pytest.mark.parametrize(
    ("status", "report"),
    [
        ("created", DeliveryReport.ACCEPTED),
        ("sending", DeliveryReport.ACCEPTED),
        ("pending", DeliveryReport.ACCEPTED),
        ("sent", DeliveryReport.SENT),
        ("delivered", DeliveryReport.DELIVERED),
        ("permanent-failure", DeliveryReport.BOUNCED),
        ("temporary-failure", DeliveryReport.UNDELIVERED),
        ("technical-failure", DeliveryReport.FAILED),
    ],
)
def test_every_status_is_a_report(kind: str, status: str, report: DeliveryReport) -> None:
    [told] = READER.read(a_call(a_receipt(status, kind)))
    assert isinstance(told, ProviderReport)
    assert (told.report, told.channel.value) == (report, {"email": "email", "sms": "text"}[kind])


def test_a_letter_that_cannot_be_printed_says_nothing_of_the_address() -> None:
    [told] = READER.read(a_call(a_receipt("permanent-failure", "letter")))
    assert isinstance(told, ProviderReport)
    assert (told.channel, told.report) == (Channel.LETTER, DeliveryReport.FAILED)


def test_a_letter_that_came_back_is_found_again_weeks_later() -> None:
    assert READER.read(a_call(RETURNED)) == (
        ProviderReport(
            event_id=f"{NAME}:returned-letter",
            channel=Channel.LETTER,
            report=DeliveryReport.RETURNED,
            message_key=KEY,
            provider_id=NAME,
        ),
    )


def test_a_complaint_is_one() -> None:
    body = {
        "notification_id": NAME,
        "complaint_id": "c1",
        "reference": KEY,
        "to": "ada@example.org",
        "complaint_date": "2026-11-23T09:00:00.000000Z",
    }
    [told] = READER.read(a_call(body))
    assert isinstance(told, ProviderReport)
    assert (told.report, told.at, told.event_id) == (DeliveryReport.COMPLAINED, NOW, f"{NAME}:c1")


@pytest.mark.parametrize(
    ("number", "sender"),
    [
        ("447700900123", "+447700900123"),
        ("07700900123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("GOVUK", "GOVUK"),
    ],
)
def test_a_text_that_came_in_has_its_number_in_full(number: str, sender: str) -> None:
    assert READER.read(a_call({**A_TEXT, "source_number": number})) == (
        InboundText(event_id=NAME, sender=sender, words="STOP", received_at=NOW),
    )


def test_a_status_nobody_has_heard_of_says_nothing() -> None:
    assert READER.read(a_call(a_receipt("on-the-moon"))) == ()


def test_a_receipt_of_another_program_of_the_service_names_no_message_of_ours() -> None:
    [told] = READER.read(a_call(a_receipt("delivered", reference=None, completed_at=None, sent_at=7)))
    assert isinstance(told, ProviderReport)
    assert (told.message_key, told.at) == ("", NOW)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer another",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        "Bearer é",
    ],
)
def test_whoever_has_not_the_token_is_not_believed(authorization: str | None) -> None:
    with pytest.raises(NotGenuine):
        READER.read(a_call(RETURNED, authorization))


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_nobody_is_believed(token: str | None) -> None:
    with pytest.raises(NotGenuine):
        NotifyCallbacks(token).read(a_call(RETURNED, "Bearer "))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        [],
        "delivered",
        {},
        {"status": "delivered"},
        {"id": NAME, "status": "delivered"},
        {**A_TEXT, "message": None},
        a_receipt("delivered", "fax"),
        {"notification_id": 7},
    ],
)
def test_what_has_the_token_and_no_shape_we_know_is_not_understood(body: object) -> None:
    with pytest.raises(NotUnderstood):
        READER.read(a_call(body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    body=st.sampled_from([A_TEXT, RETURNED, a_receipt("delivered"), a_receipt("received", "letter")]),
    changes=st.dictionaries(st.sampled_from(sorted({*A_TEXT, *RETURNED, *a_receipt("")})), json_values),
)
def test_no_genuine_call_makes_it_stumble(body: dict, changes: dict) -> None:
    try:
        told = READER.read(a_call(body | changes))
    except NotUnderstood:
        return
    assert all(isinstance(one.event_id, str) for one in told)
