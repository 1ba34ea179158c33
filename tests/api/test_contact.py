import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.people import a_referral

UNKNOWN = "6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11"


def in_(**how_long) -> str:
    return (datetime.now(UTC) + timedelta(**how_long)).isoformat()


async def test_an_unanswered_call_counts_and_the_answer_says_so(officer, coordinator):
    referral = await officer.refer()
    answer = await coordinator.ring(referral, "no_answer")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["counted"], body["why_not_counted"], body["attempts_counted"]) == (True, None, 1)
    assert body["revision"] > referral["revision"]
    seen = await coordinator.see(referral)
    assert (seen.pop("links"), seen.pop("known_opt_outs")) == ([], [])
    assert body == {**seen, "counted": True, "why_not_counted": None}


async def test_an_engaged_line_does_not_count_and_the_answer_says_why(officer, coordinator):
    body = (await coordinator.ring(await officer.refer(), "engaged")).json()
    assert body["counted"] is False
    assert "nobody answered" in body["why_not_counted"]


async def test_a_call_is_recorded_also_while_it_is_inconvenient(officer, coordinator):
    referral = await officer.refer()
    await coordinator.decide(referral, "hold")
    answer = await coordinator.ring(referral, "no_answer")
    assert (answer.status_code, answer.json()["counted"]) == (201, False)


async def test_a_call_on_a_closed_referral_is_409(officer, coordinator):
    referral = await officer.refer()
    await coordinator.decide(referral, "close", outcome="moved_away")
    answer = await coordinator.ring(referral, "no_answer")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:holdfast:problem:not-possible-now"
    assert "closed" in answer.json()["detail"]


async def test_a_victim_who_rings_back_reopens(officer, coordinator):
    referral = await officer.refer()
    await coordinator.decide(referral, "close", outcome="moved_away")
    answer = await coordinator.ring(referral, "answered", direction="inbound")
    assert (answer.status_code, answer.json()["stage"]) == (201, "contacting")


async def test_a_wrong_number_closes_that_number_however_it_is_written(officer, coordinator):
    phones = [{"number": "+447700900123", "safe": "yes"}, {"number": "+447700900124", "safe": "yes"}]
    referral = await officer.refer(victim__phones=phones)
    answer = await coordinator.ring(referral, "wrong_number", number="07700 900124")
    assert answer.json()["next_action"]["number"] == "+447700900123"
    answer = await coordinator.ring(referral, "wrong_number")
    assert answer.json()["stage"] == "writing"


async def test_a_number_the_referral_does_not_know_closes_nothing(officer, coordinator):
    answer = await coordinator.ring(await officer.refer(), "wrong_number", number="+447700900999")
    assert answer.json()["next_action"]["number"] == "+447700900123"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "outcome"),
        ({"outcome": "gone_fishing"}, "outcome"),
        ({"outcome": "no_answer", "direction": "sideways"}, "direction"),
        ({"outcome": "no_answer", "made_at": "2026-11-20T10:00:00"}, "made_at"),
        ({"outcome": "no_answer", "made_at": in_(minutes=10)}, "made_at"),
        ({"outcome": "no_answer", "callback_at": "tomorrow"}, "callback_at"),
        ({"outcome": "no_answer", "number": "12"}, "number"),
        ({"outcome": "no_answer", "notes": "?"}, "notes"),
        ({"outcome": "no_answer", "note": "x" * 4001}, "note"),
        ({"outcome": "no_answer", "note": "\x00"}, "note"),
    ],
)
async def test_a_call_that_cannot_be_understood_is_422_by_name(officer, coordinator, body, path):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/contact-attempts", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert (await coordinator.see(referral))["revision"] == referral["revision"]


async def test_a_promised_call_is_due_when_it_was_promised(officer, coordinator):
    at = in_(hours=3)
    answer = await coordinator.ring(await officer.refer(), "callback_requested", callback_at=at)
    due = datetime.fromisoformat(answer.json()["next_action"]["due_at"])
    assert due == datetime.fromisoformat(at)
    assert answer.json()["reached"] is True


async def test_an_unknown_referral_cannot_be_rung(coordinator):
    for more in ({}, {"number": "+447700900123"}):
        assert (await coordinator.ring({"id": UNKNOWN}, "no_answer", **more)).status_code == 404
        assert (await coordinator.ring({"id": "x"}, "no_answer", **more)).status_code == 404


async def test_one_call_sent_twice_under_a_key_counts_once(officer, coordinator):
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/contact-attempts"
    body = {"outcome": "no_answer"}
    answers = await asyncio.gather(*(coordinator.post(path, body, key="k") for _ in range(6)))
    assert len({answer.content for answer in answers}) == 1
    assert (await coordinator.see(referral))["attempts_counted"] == 1
    assert (await coordinator.post(path, {"outcome": "engaged"}, key="k")).status_code == 422


async def test_a_call_is_kept_with_202_while_temporal_is_away_and_applied_later(
    officer, coordinator, temporal, services
):
    referral = await officer.refer()
    temporal.away = True
    answer = await coordinator.ring(referral, "no_answer")
    assert answer.status_code == 202
    assert answer.json()["state"] == "pending"
    assert answer.headers["location"] == f"/api/v1/commands/{answer.json()['id']}"
    temporal.away = False
    later = await coordinator.ring(referral, "engaged")
    assert later.json()["attempts_counted"] == 1
    assert (await coordinator.get(answer.headers["location"])).json()["state"] == "applied"


async def test_a_lost_answer_is_read_from_the_tables(officer, coordinator, temporal):
    referral = await officer.refer()
    temporal.loses_answers = True
    answer = await coordinator.ring(referral, "no_answer")
    assert (answer.status_code, answer.json()["counted"]) == (201, True)


async def test_a_reply_recalls_the_letter_and_promises_a_call(officer, coordinator):
    referral = await officer.refer()
    await coordinator.decide(referral, "write_now")
    answer = await coordinator.post(
        f"/referrals/{referral['id']}/replies", {"channel": "text", "note": "hello"}
    )
    assert answer.status_code == 200
    assert answer.json()["next_action"]["kind"] == "call"
    messages = (await coordinator.get(f"/messages?referral={referral['id']}")).json()["items"]
    assert [message["state"] for message in messages] == ["recalled"]
    refused = await coordinator.post(f"/referrals/{referral['id']}/replies", {"channel": "pigeon"})
    assert refused.json()["errors"][0]["allowed"] == ["text", "email", "letter_code", "web"]


async def test_the_note_is_in_the_timeline_and_nowhere_in_the_event(officer, coordinator, services):
    referral = await officer.refer()
    answer = await coordinator.ring(referral, "no_answer", note="rang the doorbell too")
    stored = services.commands.get(answer.headers["location"].rsplit("/", 1)[-1])
    assert "doorbell" not in repr(stored.event)
    timeline = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert [line["words"] for line in timeline if line["words"]] == ["rang the doorbell too"]


async def test_a_referral_that_has_no_triage_yet_takes_calls_in_order(officer, coordinator, temporal):
    temporal.away = True
    referral = (await officer.post("/referrals", a_referral())).json()
    first = await coordinator.ring(referral, "no_answer")
    temporal.away = False
    second = await coordinator.ring(referral, "engaged")
    assert (first.status_code, second.status_code) == (202, 201)
    assert second.json()["stage"] == "contacting"
