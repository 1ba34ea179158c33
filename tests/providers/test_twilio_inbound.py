"""Twilio is asked which texts came, because it calls for each of them once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from providers.twilio_inbound import TwilioInbound
from simulator.kept import Answer as Written
from simulator.running import Simulator, running
from simulator.script import Provider
from simulator.world import Outage
from tests.providers.loopback import Answer, Loopback
from tests.servers import free_port

ADA, BERT = "+447700900123", "+447700900124"
LATELY = timedelta(days=3)


@pytest.fixture(scope="module")
def nobody_listens() -> Iterator[Simulator]:
    """A simulator that calls back a service whose door is closed."""
    with running(public_url=f"http://127.0.0.1:{free_port()}") as simulator:
        yield simulator


def asked(simulator: Simulator, **changes: str) -> TwilioInbound:
    keys = simulator.keys
    named = {
        "account_sid": keys.twilio_account_sid,
        "auth_token": keys.twilio_auth_token,
        "number": keys.twilio_from,
        "base_url": simulator.providers[Provider.TWILIO],
    }
    return TwilioInbound(**(named | changes))


def test_what_could_not_be_brought_to_us_is_listed_oldest_first(nobody_listens: Simulator) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    stop = nobody_listens.write(ADA, "STOP")
    assert not stop.arrived.startswith("2")
    reply = nobody_listens.write(BERT, "Please ring me")
    of_notify = Written(id=str(UUID(int=1)), sender=BERT, words="Of Notify's", written_at=datetime.now(UTC))
    nobody_listens.world.kept.keep(of_notify)
    texts = asked(nobody_listens).texts_since(before - LATELY)
    assert [(one.event_id, one.sender, one.words) for one in texts] == [
        (stop.id, ADA, "STOP"),
        (reply.id, BERT, "Please ring me"),
    ]
    assert all(before <= one.received_at <= datetime.now(UTC) for one in texts)
    assert asked(nobody_listens).texts_since(before + timedelta(hours=1)) == ()


def test_texts_to_another_number_are_not_ours(nobody_listens: Simulator) -> None:
    nobody_listens.write(ADA, "STOP")
    assert asked(nobody_listens, number="+447700900555").texts_since(datetime.now(UTC) - LATELY) == ()


def test_a_provider_that_does_not_say_is_asked_again_later(nobody_listens: Simulator) -> None:
    since = datetime.now(UTC) - LATELY
    assert asked(nobody_listens, auth_token="wrong").texts_since(since) == ()
    assert asked(nobody_listens, base_url=f"http://127.0.0.1:{free_port()}").texts_since(since) == ()
    nobody_listens.outage(Provider.TWILIO, Outage.UNAVAILABLE)
    try:
        assert asked(nobody_listens).texts_since(since) == ()
    finally:
        nobody_listens.outage(Provider.TWILIO, None)


@pytest.mark.parametrize(
    "listed",
    [
        {"direction": "outbound-api", "from": ADA},
        {"direction": "inbound", "from": "+4477009XXXXX"},
        {"direction": "inbound", "from": "The Bank"},
        {"direction": "inbound", "from": None},
        {"direction": "inbound", "from": ADA, "date_sent": None, "date_created": None},
    ],
)
def test_what_is_no_text_of_a_number_we_could_know_is_left_out(loopback: Loopback, listed: dict) -> None:
    one = {"sid": "SM1", "to": "+447700900000", "body": "x", "date_sent": "Fri, 20 Nov 2026 10:00:00 +0000"}
    loopback.answer = Answer.of(200, {"messages": [one | listed], "next_page_uri": None, "page_size": 1000})
    account = {"account_sid": "AC1", "auth_token": "t", "number": "+447700900000", "base_url": loopback.url}
    assert TwilioInbound(**account).texts_since(datetime(2026, 11, 20, tzinfo=UTC)) == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"messages": [7]}'])
def test_an_answer_nobody_can_read_is_no_answer(loopback: Loopback, body: bytes) -> None:
    loopback.answer = Answer(status=200, body=body)
    account = {"account_sid": "AC1", "auth_token": "t", "number": "+447700900000", "base_url": loopback.url}
    assert TwilioInbound(**account).texts_since(datetime(2026, 11, 20, tzinfo=UTC)) == ()
