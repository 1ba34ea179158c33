"""A text comes in at the provider's door and is in the right place a moment later."""

import itertools
from datetime import UTC, datetime

import httpx2
import pytest

from tests.journeys.people import Coordinator, Force, eventually
from tests.servers import NOTIFY_TOKEN, Tree

_events = itertools.count(1)


@pytest.fixture
def comes(shared_tree: Tree):
    """Let a text come in as GOV.UK Notify tells it."""

    def come(sender: str, words: str, *, token: str = NOTIFY_TOKEN) -> int:
        text = {
            "id": f"11111111-0000-4000-8000-{next(_events):012}",
            "source_number": sender.removeprefix("+"),
            "destination_number": "447700900000",
            "message": words,
            "date_received": datetime.now(UTC).isoformat(),
        }
        address = f"{shared_tree.base_url}/webhooks/notify"
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.post(address, json=text, headers=headers).status_code

    return come


def refer(force: Force, number: str) -> str:
    return force.refer(victim__given_name="Tess", victim__phones=[{"number": number, "safe": "yes"}])


def test_a_text_wakes_its_referral(force: Force, coordinator: Coordinator, comes) -> None:
    referral = refer(force, "+447700900741")
    coordinator.wait_for(referral, stage="contacting", next="call")
    assert comes("+447700900741", "Please ring me after six") == 204
    eventually(lambda: "A text that came in" in coordinator.story(referral))
    [line] = [line for line in coordinator.timeline(referral) if line["words"] == "Please ring me after six"]
    assert line["what"]


def test_a_stop_stops_texts_and_asks_a_person(force: Force, coordinator: Coordinator, comes) -> None:
    referral = refer(force, "+447700900742")
    coordinator.wait_for(referral, stage="contacting", next="call")
    assert comes("+447700900742", "STOP") == 204
    shown = coordinator.wait_for(referral, stage="contacting", next="decide")
    assert shown["outcome"] is None
    assert coordinator.see(referral)["known_opt_outs"] == ["text"]


def test_a_forged_text_is_refused(comes) -> None:
    assert comes("+447700900741", "Please ring me", token="another") == 403
