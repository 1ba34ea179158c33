"""SendGrid's Signed Event Webhook, signed here as SendGrid signs it."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from domain.callback_ports import Callback, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.sendgrid_events import SendGridEvents
from tests.builders import MINUTE, NOW
from tests.providers.loopback import KEY

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
READER = SendGridEvents(PUBLIC)
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def signed(
    body: bytes, *, at: datetime = NOW, received_at: datetime = NOW, key: ec.EllipticCurvePrivateKey = PRIVATE
) -> Callback:
    timestamp = str(int(at.timestamp()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}
    return Callback(
        body=body, headers=headers, url="https://hub.example/webhooks/sendgrid", received_at=received_at
    )


def with_headers(callback: Callback, **headers: str | None) -> Callback:
    changed = {**callback.headers, **headers}
    kept = {name: value for name, value in changed.items() if value is not None}
    return Callback(body=callback.body, headers=kept, url=callback.url, received_at=callback.received_at)


def an_event(event: str, **more: object) -> dict:
    return {
        "email": "ada@example.org",
        "timestamp": int(NOW.timestamp()),
        "sg_event_id": f"event-{event}",
        "sg_message_id": "sg-1.recvd-6b8d-1.0",
        "event": event,
        "key": KEY,
        **more,
    }


def read(*events: object) -> tuple[ProviderReport, ...]:
    # SendGrid ends each event's line with CR and LF, over which it signs too.
    return READER.read(signed(json.dumps(events).encode().replace(b", {", b",\r\n{") + b"\r\n"))


def test_an_event_names_its_message_by_our_key_and_by_theirs() -> None:
    [report] = read(an_event("delivered"))
    assert report == ProviderReport(
        event_id="event-delivered",
        channel=Channel.EMAIL,
        report=DeliveryReport.DELIVERED,
        at=NOW,
        message_key=KEY,
        provider_id="sg-1",
    )


@pytest.mark.parametrize(
    ("event", "report"),
    [
        (an_event("processed"), DeliveryReport.ACCEPTED),
        (an_event("deferred"), DeliveryReport.DEFERRED),
        (an_event("delivered"), DeliveryReport.DELIVERED),
        (an_event("bounce", type="bounce"), DeliveryReport.BOUNCED),
        (an_event("bounce", type="blocked"), DeliveryReport.UNDELIVERED),
        (an_event("dropped", reason="Bounced Address"), DeliveryReport.BOUNCED),
        (an_event("dropped", reason="Invalid"), DeliveryReport.BOUNCED),
        (an_event("dropped", reason="Unsubscribed Address"), DeliveryReport.COMPLAINED),
        (an_event("dropped", reason="Spam Reporting Address"), DeliveryReport.COMPLAINED),
        (an_event("dropped", reason="Spam Content (if spam checker app enabled)"), DeliveryReport.FAILED),
        (an_event("dropped", reason="Invalid SMTPAPI header"), DeliveryReport.FAILED),
        (an_event("dropped", reason="Recipient List over Package Quota"), DeliveryReport.FAILED),
        (an_event("spamreport"), DeliveryReport.COMPLAINED),
        (an_event("unsubscribe"), DeliveryReport.COMPLAINED),
        (an_event("group_unsubscribe"), DeliveryReport.COMPLAINED),
    ],
)
def test_every_event_of_a_delivery_is_a_report(event: dict, report: DeliveryReport) -> None:
    assert [told.report for told in read(event)] == [report]


def test_what_tells_nothing_of_a_delivery_is_left_out() -> None:
    told = read(
        an_event("open"),
        an_event("click"),
        an_event("delivered"),
        an_event("moonrise"),
        an_event(event=7),
        {},
    )
    assert [report.event_id for report in told] == ["event-delivered"]


def test_an_event_of_another_sender_on_the_same_account_names_no_message_of_ours() -> None:
    event = an_event("delivered")
    del event["key"], event["sg_message_id"]
    [report] = read(event)
    assert (report.message_key, report.provider_id) == ("", "")


def test_what_was_signed_before_a_long_outage_of_ours_is_believed_after_it() -> None:
    # SendGrid repeats for a day; each event is stored once, so that nobody gains by repeating a call.
    callback = signed(json.dumps([an_event("bounce")]).encode(), received_at=NOW + timedelta(hours=23))
    [report] = READER.read(callback)
    assert report.report is DeliveryReport.BOUNCED


@pytest.mark.parametrize("minutes", [-6, 24 * 60 + 1])
def test_a_call_kept_and_repeated_later_is_not_believed(minutes: int) -> None:
    callback = signed(b"[]", received_at=NOW + minutes * MINUTE)
    with pytest.raises(NotGenuine):
        READER.read(callback)


def test_clocks_that_differ_by_a_few_minutes_do_no_harm() -> None:
    assert READER.read(signed(b"[]", received_at=NOW + timedelta(minutes=4))) == ()
    assert READER.read(signed(b"[]", received_at=NOW - timedelta(minutes=4))) == ()


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: None},
        {TIMESTAMP: None},
        {SIGNATURE: ""},
        {SIGNATURE: "a"},
        {SIGNATURE: "not base64 at all!"},
        {SIGNATURE: base64.b64encode(b"no signature").decode()},
        {SIGNATURE: "sécret"},
        {TIMESTAMP: "soon"},
        {TIMESTAMP: "9" * 40},
        {TIMESTAMP: str(int(NOW.timestamp()) + 1)},
    ],
)
def test_what_is_not_signed_as_it_should_be_is_not_believed(headers: dict[str, str | None]) -> None:
    with pytest.raises(NotGenuine):
        READER.read(with_headers(signed(b"[]"), **headers))


def test_one_changed_byte_is_noticed() -> None:
    callback = signed(json.dumps([an_event("bounce")]).encode())
    changed = Callback(
        body=callback.body + b"\n", headers=callback.headers, url=callback.url, received_at=NOW
    )
    with pytest.raises(NotGenuine):
        READER.read(changed)


def test_another_key_is_not_believed_and_without_a_key_nobody_is() -> None:
    with pytest.raises(NotGenuine):
        READER.read(signed(b"[]", key=ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(NotGenuine):
        SendGridEvents(None).read(signed(b"[]"))


def test_a_key_that_is_none_is_refused_when_the_service_starts() -> None:
    with pytest.raises(ValueError):
        SendGridEvents("not a key")


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'["delivered"]', b"[[]]", b"[{]", b"[" * 100_000])
def test_what_is_signed_and_no_list_of_events_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        READER.read(signed(body))


def test_bytes_that_are_no_text_are_not_believed() -> None:
    with pytest.raises(NotGenuine):
        READER.read(signed(b"\xff\xfe"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(["bounce", "dropped", "delivered", "open"]) | json_values,
        "sg_event_id": json_values,
        "sg_message_id": json_values,
        "timestamp": json_values,
        "type": json_values,
        "reason": json_values,
        "key": json_values,
    },
)


@given(events=st.lists(fields, max_size=3))
def test_no_genuine_call_makes_it_stumble(events: list[dict]) -> None:
    for report in READER.read(signed(json.dumps(events).encode())):
        assert report.event_id
        assert report.at is None or report.at.tzinfo is UTC
