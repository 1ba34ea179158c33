"""Twilio's status callbacks and the texts that come in, signed here as Twilio signs them."""

import base64
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.twilio_callbacks import TwilioCallbacks
from tests.builders import NOW
from tests.providers.loopback import MESSAGE_ID

TOKEN = "t0ken"
READER = TwilioCallbacks(TOKEN)
INBOUND = "https://hub.example/webhooks/twilio"
STATUS = f"{INBOUND}/status/{MESSAGE_ID}"
SID = "SM" + "1" * 32


def signature(url: str, pairs: list[tuple[str, str]], token: str = TOKEN) -> str:
    """As Twilio documents it: the address, then each name with its value, sorted."""
    said = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()


def signed(pairs: list[tuple[str, str]], *, url: str = INBOUND, signed_url: str | None = None, **path: str):
    return Callback(
        body=urlencode(pairs).encode(),
        headers={"x-twilio-signature": signature(signed_url or url, pairs)},
        url=url,
        received_at=NOW,
        path=path,
    )


def a_status(status: str, **more: str) -> Callback:
    fields = {"MessageSid": SID, "MessageStatus": status, "SmsStatus": status, "To": "+447700900123", **more}
    return signed(list(fields.items()), url=STATUS, message_id=MESSAGE_ID)


def a_text(words: str, **more: str) -> Callback:
    fields = {"MessageSid": SID, "SmsStatus": "received", "From": "+447700900123", "Body": words, **more}
    return signed(list(fields.items()))


def test_a_status_finds_its_message_by_the_address_it_was_sent_to() -> None:
    assert READER.read(a_status("delivered", RawDlrDoneDate="2611230900")) == (
        ProviderReport(
            event_id=f"{SID}:delivered",
            channel=Channel.TEXT,
            report=DeliveryReport.DELIVERED,
            message_id=MESSAGE_ID,
            provider_id=SID,
        ),
    )


@pytest.mark.parametrize(
    ("status", "code", "report"),
    [
        ("accepted", "", DeliveryReport.ACCEPTED),
        ("scheduled", "", DeliveryReport.ACCEPTED),
        ("queued", "", DeliveryReport.ACCEPTED),
        ("sending", "", DeliveryReport.ACCEPTED),
        ("sent", "", DeliveryReport.SENT),
        ("delivered", "", DeliveryReport.DELIVERED),
        ("read", "", DeliveryReport.DELIVERED),
        ("undelivered", "30003", DeliveryReport.UNDELIVERED),
        ("undelivered", "30005", DeliveryReport.BOUNCED),
        ("undelivered", "30006", DeliveryReport.BOUNCED),
        ("undelivered", "30008", DeliveryReport.UNDELIVERED),
        ("failed", "21610", DeliveryReport.COMPLAINED),
        ("failed", "21614", DeliveryReport.BOUNCED),
        ("failed", "30001", DeliveryReport.FAILED),
        ("failed", "", DeliveryReport.FAILED),
        ("failed", "soon", DeliveryReport.FAILED),
        ("canceled", "", DeliveryReport.FAILED),
        ("delivered", "30005", DeliveryReport.DELIVERED),
    ],
)
def test_every_status_is_a_report(status: str, code: str, report: DeliveryReport) -> None:
    [told] = READER.read(a_status(status, **({"ErrorCode": code} if code else {})))
    assert isinstance(told, ProviderReport)
    assert told.report is report


def test_a_status_nobody_has_heard_of_says_nothing() -> None:
    assert READER.read(a_status("partially_delivered")) == ()


@pytest.mark.parametrize("words", ["STOP", "", "Kia ora, kei te pēhea koe? 😀", "a=b&c=d\r\nsecond line "])
def test_a_text_comes_in_word_for_word(words: str) -> None:
    assert READER.read(a_text(words, NumMedia="0")) == (
        InboundText(event_id=SID, sender="+447700900123", words=words, received_at=NOW),
    )


def test_empty_fields_and_repeated_ones_are_part_of_what_is_signed() -> None:
    pairs = [
        ("MessageSid", SID),
        ("From", "+447700900123"),
        ("Body", "STOP"),
        ("ToCity", ""),
        ("Tag", "b"),
        ("Tag", "a"),
        ("Tag", "b"),
    ]
    [text] = READER.read(signed(pairs))
    assert isinstance(text, InboundText)
    assert text.words == "STOP"


def test_the_signature_is_over_the_public_address_whatever_the_proxy_calls_us_by() -> None:
    fields = [("MessageSid", SID), ("From", "+447700900123"), ("Body", "STOP")]
    with pytest.raises(NotGenuine):
        READER.read(signed(fields, url="http://10.0.0.7:8000/webhooks/twilio", signed_url=INBOUND))
    # Twilio may sign with the port or without.
    assert READER.read(signed(fields, signed_url="https://hub.example:443/webhooks/twilio"))


def test_a_status_signed_for_one_message_is_not_believed_of_another() -> None:
    genuine = a_status("delivered")
    moved = Callback(
        body=genuine.body,
        headers=genuine.headers,
        url=f"{INBOUND}/status/another",
        received_at=NOW,
        path={"message_id": "another"},
    )
    with pytest.raises(NotGenuine):
        READER.read(moved)


@pytest.mark.parametrize("given_", [None, "", "x", "é", signature(INBOUND, [], "another")])
def test_what_is_not_signed_as_it_should_be_is_not_believed(given_: str | None) -> None:
    headers = {} if given_ is None else {"x-twilio-signature": given_}
    with pytest.raises(NotGenuine):
        READER.read(Callback(body=b"Body=STOP", headers=headers, url=INBOUND, received_at=NOW))


def test_without_a_token_nobody_is_believed() -> None:
    with pytest.raises(NotGenuine):
        TwilioCallbacks(None).read(a_text("STOP"))


def test_bytes_that_are_no_form_are_not_believed() -> None:
    with pytest.raises(NotGenuine):
        READER.read(
            Callback(
                body=b"Body=%ff\xff",
                headers={"x-twilio-signature": signature(INBOUND, [])},
                url=INBOUND,
                received_at=NOW,
            )
        )


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("CallSid", "CA1")],
        [("Body", "STOP"), ("From", "+447700900123")],
        [("Body", "STOP"), ("MessageSid", SID)],
        [("MessageStatus", "delivered")],
    ],
)
def test_what_is_signed_and_neither_a_status_nor_a_text_is_not_understood(
    fields: list[tuple[str, str]],
) -> None:
    with pytest.raises(NotUnderstood):
        READER.read(signed(fields))


@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(["MessageSid", "MessageStatus", "Body", "From", "ErrorCode", "X"]),
            st.text(max_size=8),
        ),
        max_size=8,
    )
)
def test_no_genuine_call_makes_it_stumble(pairs: list[tuple[str, str]]) -> None:
    try:
        told = READER.read(signed(pairs))
    except NotUnderstood:
        return
    assert all(one.event_id for one in told)
