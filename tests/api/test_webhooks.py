import logging
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from api.services import Services
from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from store.inbound_text_row import INBOUND_TEXT
from store.provider_report_row import PROVIDER_REPORT

ADDRESSES = ("/webhooks/sendgrid", "/webhooks/twilio", "/webhooks/twilio/status/m-1", "/webhooks/notify")
HER_NUMBER = "+447700900123"
REPORT = ProviderReport(
    event_id="e-1", channel=Channel.EMAIL, report=DeliveryReport.DELIVERED, provider_id="p-1"
)


class Reader:
    """A fake of every provider's: believes the body `signed`, and tells what it was told to."""

    def __init__(self, *tells: ProviderReport | InboundText) -> None:
        self.tells = tells
        self.calls: list[Callback] = []

    def read(self, callback: Callback) -> tuple[ProviderReport | InboundText, ...]:
        self.calls.append(callback)
        if callback.body == b"odd":
            raise NotUnderstood("no list of events")
        if callback.body != b"signed":
            raise NotGenuine("a wrong signature")
        return self.tells


@pytest.fixture
def reader(services: Services) -> Reader:
    made = Reader(REPORT)
    object.__setattr__(services, "callback_readers", dict.fromkeys(("sendgrid", "twilio", "notify"), made))
    return made


def kept(services: Services) -> tuple[int, int]:
    with services.engine.connect() as connection:
        reports = connection.scalar(select(func.count()).select_from(PROVIDER_REPORT))
        texts = connection.scalar(select(func.count()).select_from(INBOUND_TEXT))
    return reports, texts


def a_text(words: str = "Please ring me", event_id: str = "SM1") -> InboundText:
    return InboundText(event_id=event_id, sender=HER_NUMBER, words=words, received_at=datetime.now(UTC))


@pytest.mark.parametrize("address", [*ADDRESSES, "/webhooks/notify/returned"])
async def test_what_a_provider_signed_is_stored_before_it_is_answered(
    client: httpx2.AsyncClient, services: Services, reader: Reader, address: str
) -> None:
    answer = await client.post(address, content=b"signed")
    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(services) == (1, 0)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("body", [b"", b"forged", b"signed "])
async def test_what_nobody_signed_is_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, services: Services, reader: Reader, address: str, body: bytes
) -> None:
    answer = await client.post(address, content=body)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:holdfast:problem:not-genuine"
    assert kept(services) == (0, 0)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_without_a_key_nobody_is_believed(
    client: httpx2.AsyncClient, services: Services, address: str
) -> None:
    assert (await client.post(address, content=b"signed")).status_code == 403
    assert kept(services) == (0, 0)


async def test_a_genuine_call_of_an_unknown_shape_is_refused_aloud(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    # With a 2xx it would be lost without a word.
    answer = await client.post("/webhooks/sendgrid", content=b"odd")
    assert answer.status_code == 422
    assert kept(services) == (0, 0)


async def test_a_call_sent_again_changes_nothing(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    reader.tells = (REPORT, REPORT, a_text())
    for _ in range(3):
        assert (await client.post("/webhooks/twilio", content=b"signed")).status_code == 204
    assert kept(services) == (1, 1)


async def test_the_signature_is_checked_over_the_public_address_and_the_very_bytes(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    # Behind a proxy the request knows another host and scheme; Twilio signed the public ones.
    object.__setattr__(services, "public_url", "https://holdfast.example/")
    await client.post(
        "/webhooks/twilio/status/m-1?bodySHA256=ab%20c",
        content=b"a=1&b=\r\n",
        headers={"X-Twilio-Signature": "s", "X-Forwarded-Host": "elsewhere.example"},
    )
    [callback] = reader.calls
    assert callback.url == "https://holdfast.example/webhooks/twilio/status/m-1?bodySHA256=ab%20c"
    assert callback.body == b"a=1&b=\r\n"
    assert callback.headers["x-twilio-signature"] == "s"
    assert callback.path == {"message_id": "m-1"}
    assert callback.received_at.tzinfo is not None


async def test_while_the_database_is_away_the_provider_is_told_to_come_again(
    client: httpx2.AsyncClient, services: Services, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("away"))

    monkeypatch.setattr(services.reports, "take_in", away)
    answer = await client.post("/webhooks/sendgrid", content=b"signed")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_neither_a_session_nor_another_origin_stands_in_the_way(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    headers = {"Origin": "https://provider.example", "Sec-Fetch-Site": "cross-site", "Cookie": "session=x"}
    assert (await client.post("/webhooks/twilio", content=b"signed", headers=headers)).status_code == 204


async def test_a_body_without_end_is_not_read(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    answer = await client.post("/webhooks/sendgrid", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert reader.calls == []


async def test_a_full_batch_of_events_is_read(
    client: httpx2.AsyncClient, services: Services, reader: Reader
) -> None:
    await client.post("/webhooks/sendgrid", content=b"x" * (768 * 1024))
    assert len(reader.calls) == 1


async def test_nothing_of_a_text_is_in_the_logs_or_the_answer(
    client: httpx2.AsyncClient, services: Services, reader: Reader, caplog: pytest.LogCaptureFixture, capfd
) -> None:
    caplog.set_level(logging.DEBUG)
    reader.tells = (a_text("He is at 77 Hidden Lane"),)
    for body in (b"signed", b"From=%2B447700900123&Body=77+Hidden+Lane", b"odd"):
        answer = await client.post("/webhooks/twilio", content=body)
        assert "Hidden" not in answer.text
    said = caplog.text + "".join(capfd.readouterr())
    assert "callback_refused" in said
    assert "Hidden" not in said
    assert "7700900123" not in said


async def test_a_text_wakes_its_referral_through_the_relay(
    client: httpx2.AsyncClient, services: Services, reader: Reader, officer, coordinator, temporal
) -> None:
    referral = await officer.refer()
    reader.tells = (a_text(),)
    await client.post("/webhooks/twilio", content=b"signed")
    [waiting] = services.commands.pending(f"referral-{referral['id']}")
    await temporal.send_command(waiting.target_id, waiting.command, within=timedelta(seconds=1))
    shown = await coordinator.see(referral)
    assert (shown["next_action"]["kind"], shown["stage"]) == ("call", "contacting")
    timeline = await coordinator.get(f"/referrals/{referral['id']}/timeline")
    assert "Please ring me" in timeline.text
