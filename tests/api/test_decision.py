from datetime import UTC, datetime, timedelta

import pytest


def in_(**how_long) -> str:
    return (datetime.now(UTC) + timedelta(**how_long)).isoformat()


async def reached(officer, coordinator):
    referral = await officer.refer()
    assert (await coordinator.ring(referral, "answered")).status_code == 201
    return referral


async def test_a_single_call_closes_a_referral_that_was_reached(officer, coordinator):
    answer = await coordinator.decide(
        await reached(officer, coordinator), "single_call", reason="Advice was enough."
    )
    assert answer.status_code == 200
    body = answer.json()
    assert (body["stage"], body["outcome"], body["next_action"]) == ("closed", "single_call", None)
    assert body["closed_at"]


async def test_ongoing_support_begins_with_what_is_said_and_the_profiles_defaults(officer, coordinator):
    referral = await reached(officer, coordinator)
    support = {"kind": "volunteer", "owner": "team-a", "first_contact_on": None}
    body = (await coordinator.decide(referral, "ongoing_support", support=support)).json()
    assert body["stage"] == "supporting"
    assert body["support"]["kind"] == "volunteer"
    assert body["next_action"]["kind"] == "review"
    assert body["next_action"]["due_at"]


async def test_declining_takes_who_and_why(officer, coordinator):
    referral = await reached(officer, coordinator)
    answer = await coordinator.decide(referral, "declined", by="guardian", decline_reason="no_need")
    assert answer.json()["outcome"] == "declined_by_guardian"


async def test_what_the_stage_table_does_not_know_is_409_with_the_reason(officer, coordinator):
    answer = await coordinator.decide(await officer.refer(), "single_call")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:holdfast:problem:not-possible-now"
    assert answer.json()["detail"]


async def test_closing_without_an_outcome_is_422(officer, coordinator):
    answer = await coordinator.decide(await officer.refer(), "close")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:holdfast:problem:incomplete"


async def test_a_hold_of_a_supervisor_is_not_released_by_a_coordinator(officer, coordinator, manager):
    referral = await officer.refer()
    held = (await coordinator.ring(referral, "victim_has_died")).json()
    assert held["hold"]["release_by_role"] == "manager"
    answer = await coordinator.decide(referral, "release")
    assert answer.status_code == 403
    assert (await manager.decide(referral, "release")).json()["hold"] is None


async def test_holds_add_up_and_are_all_shown(officer, coordinator):
    referral = await officer.refer()
    await coordinator.decide(referral, "hold", kind="away_until_monday", review_at=in_(days=3))
    body = (await coordinator.decide(referral, "hold", kind="other")).json()
    assert {hold["kind"] for hold in body["holds"]} == {"away_until_monday", "other"}
    body = (await coordinator.decide(referral, "release", kind="other")).json()
    assert body["hold"]["kind"] == "away_until_monday"


async def test_a_call_is_due_when_a_person_says(officer, coordinator):
    at = in_(hours=5)
    body = (await coordinator.decide(await officer.refer(), "change_due", due_at=at)).json()
    assert datetime.fromisoformat(body["next_action"]["due_at"]) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "decision"),
        ({"decision": "shrug"}, "decision"),
        ({"decision": "single_call", "outcome": "died"}, "outcome"),
        ({"decision": "hold", "due_at": in_(days=1)}, "due_at"),
        ({"decision": "hold", "kind": "Two Words"}, "kind"),
        ({"decision": "hold", "review_at": "2020-01-01T00:00:00Z"}, "review_at"),
        ({"decision": "change_due", "reason": "She asked."}, "due_at"),
        ({"decision": "change_due", "due_at": "2030-01-01T09:00:00Z"}, "reason"),
        ({"decision": "write_now", "reason": " "}, "reason"),
        ({"decision": "change_due", "due_at": "2026-12-24"}, "due_at"),
        ({"decision": "close", "outcome": "vanished"}, "outcome"),
        ({"decision": "ongoing_support", "support": {"kind": "wizard"}}, "support.kind"),
        (
            {"decision": "ongoing_support", "support": {"first_contact_on": "soon"}},
            "support.first_contact_on",
        ),
        ({"decision": "declined", "by": "neighbour"}, "by"),
        ({"decision": "reopen", "because": "x"}, "because"),
    ],
)
async def test_a_decision_that_cannot_be_understood_is_422_by_name(officer, coordinator, body, path):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/decisions", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


async def test_a_field_that_is_null_belongs_to_every_decision(officer, coordinator):
    answer = await coordinator.decide(await officer.refer(), "attempt_again", outcome=None, support=None)
    assert answer.status_code == 200


async def test_the_offered_decisions_are_those_that_would_be_taken(officer, coordinator):
    referral = await coordinator.see(await officer.refer())
    more = {"close": {"outcome": "moved_away"}, "change_due": {"due_at": in_(hours=1)}}
    for kind in ("single_call", "reopen", "promote", "confirm_safe", "release"):
        assert kind not in referral["allowed_decisions"]
        assert (await coordinator.decide(referral, kind)).status_code == 409
    for kind in referral["allowed_decisions"]:
        another = await officer.refer()
        assert (await coordinator.decide(another, kind, **more.get(kind, {}))).status_code == 200, kind
