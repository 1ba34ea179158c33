"""Notify's own client against the simulator: each trouble there is, once."""

import io
import time
from uuid import UUID

import pytest
from notifications_python_client import NotificationsAPIClient
from notifications_python_client.errors import HTTPError

from cli.processes import wait_until
from simulator.running import Simulator
from simulator.script import Provider, Script, Trouble
from simulator.world import Outage
from tests.simulator.service import Called, Service

NOTIFY = Provider.NOTIFY
HOOK = "/webhooks/notify"
ADA = "+447700900123"
PDF = b"%PDF-1.7\nan invented letter\n%%EOF\n"


def client(simulator: Simulator, key: str | None = None) -> NotificationsAPIClient:
    return NotificationsAPIClient(
        key or simulator.keys.notify_api_key, base_url=simulator.providers[NOTIFY], timeout=5
    )


def text(simulator: Simulator, reference: str = "m-1") -> dict:
    return client(simulator).send_sms_notification(
        ADA, simulator.keys.notify_text_template_id, {"body": "Please ring The Hub."}, reference
    )


def letter(simulator: Simulator, reference: str = "m-1", pdf: bytes = PDF, postage: str = "second") -> dict:
    return client(simulator).send_precompiled_letter_notification(reference, io.BytesIO(pdf), postage)


def state(simulator: Simulator, which: str) -> str:
    return client(simulator).get_notification_by_id(which)["status"]


def is_genuine(simulator: Simulator, call: Called) -> bool:
    return call.headers["Authorization"] == f"Bearer {simulator.keys.notify_callback_token}"


def error(refused: pytest.ExceptionInfo[HTTPError]) -> str:
    return refused.value.message[0]["error"]


def test_a_text_is_taken_and_its_receipt_carries_our_reference_and_the_token(
    simulator: Simulator, service: Service
) -> None:
    taken = text(simulator)
    assert UUID(taken["id"])
    assert taken["reference"] == "m-1"
    assert taken["content"]["body"] == "Please ring The Hub."
    assert taken["template"]["version"] == 1
    [receipt] = service.wait_for(HOOK)
    assert is_genuine(simulator, receipt)
    assert receipt.json["id"] == taken["id"]
    assert (receipt.json["reference"], receipt.json["status"]) == ("m-1", "delivered")
    assert (receipt.json["notification_type"], receipt.json["to"]) == ("sms", ADA)
    assert receipt.json["template_id"] == simulator.keys.notify_text_template_id
    assert state(simulator, taken["id"]) == "delivered"


def test_an_e_mail_is_taken_with_its_subject_and_its_way_out(simulator: Simulator, service: Service) -> None:
    taken = client(simulator).send_email_notification(
        "ada@example.org",
        simulator.keys.notify_email_template_id,
        {"subject": "A message", "body": "Hello"},
        "m-2",
        one_click_unsubscribe_url=f"{service.url}/u/abc",
    )
    assert (taken["content"]["subject"], taken["content"]["body"]) == ("A message", "Hello")
    assert service.wait_for(HOOK)[0].json["notification_type"] == "email"
    [message] = simulator.messages()
    assert simulator.unsubscribe(message) == "204"
    assert service.to("/u/abc")


def test_of_a_letter_on_its_way_nobody_is_told_but_it_can_be_asked_for_by_our_reference(
    simulator: Simulator, service: Service
) -> None:
    simulator.follow(Script(pace=0.2))
    taken = letter(simulator, postage="first")
    assert (taken["reference"], taken["postage"]) == ("m-1", "first")
    seen = []

    def is_received() -> bool:
        [found] = client(simulator).get_all_notifications(reference="m-1")["notifications"]
        seen.append(found["status"])
        return found["status"] == "received"

    assert wait_until(is_received, seconds=10)
    assert list(dict.fromkeys(seen)) == ["pending-virus-check", "accepted", "received"]
    assert client(simulator).get_pdf_for_letter(taken["id"]).read() == PDF
    assert service.calls == []
    assert client(simulator).get_all_notifications(reference="m-9")["notifications"] == []


def test_the_same_reference_twice_is_two_letters(simulator: Simulator) -> None:
    # Notify knows no idempotency: whoever sends again without asking first posts a second letter.
    letter(simulator)
    letter(simulator)
    assert len(list(client(simulator).get_all_notifications_iterator(reference="m-1"))) == 2


def test_more_than_a_page_of_messages_can_be_read(simulator: Simulator) -> None:
    for number in range(252):
        simulator.next(NOTIFY, Trouble.SILENT)
        letter(simulator, f"m-{number}")
    found = [one["reference"] for one in client(simulator).get_all_notifications_iterator()]
    assert found == [f"m-{number}" for number in reversed(range(252))]


def test_a_returned_letter_is_reported_whenever_it_comes_back(simulator: Simulator, service: Service) -> None:
    taken = letter(simulator)
    simulator.wait_until_told()
    [message] = simulator.messages()
    assert simulator.return_letter(message) == "204"
    [call] = service.to(HOOK)
    assert is_genuine(simulator, call)
    assert (call.json["notification_id"], call.json["reference"]) == (taken["id"], "m-1")


@pytest.mark.parametrize(
    ("fate", "status", "calls"),
    [
        (Trouble.UNPRINTABLE, "validation-failed", 0),
        (Trouble.FAILED, "technical-failure", 0),
        (Trouble.BOUNCED, "received", 1),
    ],
)
def test_what_becomes_of_a_letter(
    simulator: Simulator, service: Service, fate: Trouble, status: str, calls: int
) -> None:
    simulator.next(NOTIFY, fate)
    taken = letter(simulator)
    simulator.wait_until_told()
    assert state(simulator, taken["id"]) == status
    assert len(service.calls) == calls


@pytest.mark.parametrize(
    ("fate", "status"),
    [
        (Trouble.BOUNCED, "permanent-failure"),
        (Trouble.OPTED_OUT, "permanent-failure"),
        (Trouble.FAILED, "temporary-failure"),
        (Trouble.DEFERRED, "delivered"),
    ],
)
def test_what_becomes_of_a_text(simulator: Simulator, service: Service, fate: Trouble, status: str) -> None:
    simulator.next(NOTIFY, fate)
    text(simulator)
    assert [call.json["status"] for call in service.wait_for(HOOK)] == [status]


@pytest.mark.parametrize(
    ("trouble", "status", "name"),
    [
        (Trouble.RATE_LIMITED, 429, "RateLimitError"),
        (Trouble.SERVER_ERROR, 500, "Exception"),
        (Trouble.REFUSED, 400, "BadRequestError"),
    ],
)
def test_what_is_not_taken_leaves_no_trace(
    simulator: Simulator, trouble: Trouble, status: int, name: str
) -> None:
    simulator.next(NOTIFY, trouble)
    with pytest.raises(HTTPError) as refused:
        letter(simulator)
    assert (refused.value.status_code, error(refused)) == (status, name)
    assert client(simulator).get_all_notifications(reference="m-1")["notifications"] == []


def test_a_bad_number_is_refused_in_words_that_name_the_field(simulator: Simulator) -> None:
    simulator.next(NOTIFY, Trouble.REFUSED)
    with pytest.raises(HTTPError) as refused:
        text(simulator)
    assert (refused.value.status_code, error(refused)) == (400, "ValidationError")
    assert refused.value.message[0]["message"].startswith("phone_number ")


def test_a_complaint_follows_the_receipt_of_an_e_mail(simulator: Simulator, service: Service) -> None:
    simulator.next(NOTIFY, Trouble.COMPLAINED)
    template = simulator.keys.notify_email_template_id
    words = {"subject": "A message", "body": "Hello"}
    taken = client(simulator).send_email_notification("ada@example.org", template, words, "m-2")
    receipt, complaint = service.wait_for(HOOK, 2)
    assert receipt.json["status"] == "delivered"
    assert complaint.json["notification_id"] == taken["id"]
    assert is_genuine(simulator, complaint)


def test_a_reset_after_acceptance_is_found_by_our_reference(simulator: Simulator, service: Service) -> None:
    simulator.next(NOTIFY, Trouble.RESET_AFTER_ACCEPTANCE)
    with pytest.raises(HTTPError) as broken:
        text(simulator)
    assert broken.value.response is None, "there was no answer at all"
    [found] = client(simulator).get_all_notifications(reference="m-1")["notifications"]
    assert service.wait_for(HOOK)[0].json["id"] == found["id"]


def test_a_reset_before_acceptance_is_not_found(simulator: Simulator) -> None:
    simulator.next(NOTIFY, Trouble.RESET_BEFORE_ACCEPTANCE)
    with pytest.raises(HTTPError):
        text(simulator)
    assert client(simulator).get_all_notifications(reference="m-1")["notifications"] == []


def test_a_duplicate_says_the_same_again(simulator: Simulator, service: Service) -> None:
    simulator.next(NOTIFY, Trouble.DUPLICATED)
    text(simulator)
    one, other = service.wait_for(HOOK, 2)
    assert one.json["id"] == other.json["id"]
    assert one.json["status"] == other.json["status"]


def test_a_reordered_receipt_overtakes_the_answer(simulator: Simulator, service: Service) -> None:
    simulator.next(NOTIFY, Trouble.REORDERED)
    text(simulator)
    assert len(service.calls) == 1, "the receipt was there before we knew that it was taken"


def test_a_delayed_receipt_comes_later(simulator: Simulator, service: Service) -> None:
    simulator.next(NOTIFY, Trouble.DELAYED)
    began = time.monotonic()
    text(simulator)
    service.wait_for(HOOK)
    assert time.monotonic() - began > 0.3


def test_a_text_to_the_service_at_notify_carries_the_token(simulator: Simulator, service: Service) -> None:
    simulator.write(ADA, "Please ring me", provider=NOTIFY)
    [call] = service.to(HOOK)
    assert is_genuine(simulator, call)
    assert (call.json["source_number"], call.json["message"]) == (ADA.removeprefix("+"), "Please ring me")


@pytest.mark.parametrize("part", ["service", "secret"])
def test_a_wrong_key_is_refused(simulator: Simulator, part: str) -> None:
    own = simulator.keys
    other = "00000000-0000-4000-8000-000000000000"
    key = f"x-{other}-{own.notify_secret}" if part == "service" else f"x-{own.notify_service_id}-{other}"
    with pytest.raises(HTTPError) as refused:
        client(simulator, key).get_all_notifications()
    assert (refused.value.status_code, error(refused)) == (403, "AuthError")


@pytest.mark.parametrize(
    ("reference", "pdf", "postage", "why"),
    [
        ("", PDF, "second", "reference"),
        ("m-1", b"<p>a page</p>", "second", "not a valid PDF"),
        ("m-1", PDF, "pigeon", "postage"),
    ],
)
def test_a_letter_notify_would_not_take_is_refused(
    simulator: Simulator, reference: str, pdf: bytes, postage: str, why: str
) -> None:
    with pytest.raises(HTTPError) as refused:
        letter(simulator, reference, pdf, postage)
    assert refused.value.status_code == 400
    assert why in refused.value.message[0]["message"]


def test_an_unknown_message_is_not_found(simulator: Simulator) -> None:
    with pytest.raises(HTTPError) as refused:
        state(simulator, "00000000-0000-4000-8000-000000000000")
    assert (refused.value.status_code, error(refused)) == (404, "NoResultFound")


def test_a_provider_that_is_away_cannot_be_asked_either(simulator: Simulator) -> None:
    simulator.outage(NOTIFY, Outage.UNAVAILABLE)
    with pytest.raises(HTTPError) as away:
        client(simulator).get_all_notifications()
    assert away.value.status_code == 503
