"""What staff tell a repair: decisions, what a tradesperson said by telephone, the victim's word, the money."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.repair_dispatch.kinds import RepairDecisionKind, TradeAnswer

OPEN = {"kinds": ["board_up"], "urgency": "open_property"}
NOBODY = "5b1d6f3e-0000-4000-8000-000000000001"
WHY = {"reason": "It is right here."}


async def asked_for(officer, coordinator, **said):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN | said)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def decide(person, repair, decision, **more):
    return await person.post(f"/repairs/{repair['id']}/decisions", {"decision": decision, **more})


async def says(person, repair, answer, offer=None, **more):
    offer = offer or repair["offers"][0]["id"]
    return await person.post(f"/repairs/{repair['id']}/answers", {"offer": offer, "answer": answer, **more})


async def finished(officer, coordinator, repairs, **said):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, **said)
    await says(coordinator, repair, "accepted")
    await says(coordinator, repair, "arrived")
    answer = await says(coordinator, repair, "completed", cost_pence=9_000, invoice_reference="INV 7")
    assert answer.json()["stage"] == "finished"
    return repair


async def test_a_hold_is_lifted_with_a_reason_and_somebody_is_asked(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, police_release="awaited")
    answer = await decide(coordinator, repair, "lift", hold="police_release", **WHY)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["stage"], body["holds"]) == ("looking", [])
    assert [asked["name"] for asked in body["asked"]] == ["Kay Hill"]
    timeline = (await coordinator.get(f"/referrals/{repair['referral']}/timeline")).json()["items"]
    assert any(line["words"] == WHY["reason"] for line in timeline), timeline


async def test_what_costs_too_much_is_approved_by_a_manager_and_by_nobody_else(
    officer, coordinator, manager, repairs
):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, urgency="today", estimate_pence=9_000_000)
    answer = await decide(coordinator, repair, "lift", hold="spend", **WHY)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:holdfast:problem:role-not-allowed"
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json()["stage"] == "held"
    assert (await decide(manager, repair, "lift", hold="spend", **WHY)).json()["stage"] == "looking"


async def test_money_that_was_spent_to_make_safe_is_approved_and_corrected_by_a_manager_alone(
    officer, coordinator, manager, repairs
):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, estimate_pence=9_000_000)
    assert (repair["stage"], len(repair["asked"])) == (
        "looking",
        1,
    )  # an open property does not wait for money
    assert "spend" in {asked["ask"] for asked in repair["asks"]}
    await says(coordinator, repair, "accepted")
    await says(coordinator, repair, "made_safe", cost_pence=9_000_000)
    for said in (
        {"decision": "settle_ask", "ask": "spend"},
        {"decision": "correct_spend", "pence": -100, **WHY},
    ):
        path = f"/repairs/{repair['id']}/decisions"
        assert (await coordinator.post(path, said)).status_code == 403
        assert (await manager.post(path, said)).status_code == 200


async def test_what_the_repair_has_no_step_for_is_409_with_the_reason(officer, coordinator, repairs):
    repair = await asked_for(officer, coordinator)
    answer = await decide(coordinator, repair, "reassign", **WHY)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:holdfast:problem:not-possible-now"
    assert answer.json()["detail"] == "Nobody has the job."


async def test_a_coordinator_chooses_whom_to_ask(officer, coordinator, repairs):
    repair = await asked_for(officer, coordinator)
    chosen = repairs.register("Lou Marsh", is_free=False)
    body = (await decide(coordinator, repair, "offer_to", trade_id=chosen, **WHY)).json()
    assert [asked["name"] for asked in body["asked"]] == ["Lou Marsh"]


async def test_somebody_who_is_in_no_register_cannot_be_asked(officer, coordinator, repairs):
    repair = await asked_for(officer, coordinator)
    for nobody in ("x", NOBODY):
        answer = await decide(coordinator, repair, "offer_to", trade_id=nobody, **WHY)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "trade_id"


async def test_what_a_tradesperson_says_by_telephone_counts_like_their_own_answer(
    officer, coordinator, repairs
):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    eta = (datetime.now(UTC) + timedelta(minutes=9)).isoformat()
    body = (await says(coordinator, repair, "accepted", eta_at=eta, note="Rang me back.")).json()
    assert (body["stage"], body["confirmed"]["name"]) == ("accepted", "Kay Hill")
    assert datetime.fromisoformat(body["eta_at"]) == datetime.fromisoformat(eta)
    assert (await says(coordinator, repair, "on_the_way", eta_at=eta)).json()["stage"] == "on_the_way"
    assert (await says(coordinator, repair, "arrived")).json()["stage"] == "arrived"
    body = (await says(coordinator, repair, "completed", cost_pence=8_000, invoice_reference="INV 1")).json()
    assert (body["stage"], body["confirmed"], body["committed_pence"]) == ("finished", None, 8_000)
    assert body["offers"][0]["state"] == "done"
    assert body["done"]["kept_at"]
    assert [line["invoice_reference"] for line in body["spend"]] == ["INV 1"]


async def test_who_is_too_late_is_told_409_taken(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    repairs.register("Lou Marsh")
    repair = await asked_for(officer, coordinator)
    first, second = (offer["id"] for offer in repair["offers"])
    assert (await says(coordinator, repair, "accepted", first)).status_code == 200
    answer = await says(coordinator, repair, "accepted", second)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:holdfast:problem:taken"
    body = (await coordinator.get(f"/repairs/{repair['id']}")).json()
    assert [offer["state"] for offer in body["offers"]].count("confirmed") == 1


async def test_two_who_say_yes_at_once_are_never_both_confirmed(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    repairs.register("Lou Marsh")
    repair = await asked_for(officer, coordinator)
    answers = await asyncio.gather(
        *(says(coordinator, repair, "accepted", offer["id"]) for offer in repair["offers"])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_an_answer_to_an_offer_of_another_repair_is_refused_by_name(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    other = await asked_for(officer, coordinator)
    repair = await asked_for(officer, coordinator)
    for offer in (other["offers"][0]["id"], NOBODY, "x"):
        answer = await says(coordinator, repair, "accepted", offer)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "offer"
    assert (await coordinator.get(f"/repairs/{other['id']}")).json()["confirmed"] is None


async def test_the_victims_word_ends_it_or_opens_it_again_before_all_others(officer, coordinator, repairs):
    repair = await finished(officer, coordinator, repairs)
    path = f"/repairs/{repair['id']}/confirmation"
    repairs.register("Lou Marsh")
    body = (await coordinator.post(path, {"secure": False, "note": "The lock sticks."})).json()
    assert (body["stage"], body["urgency"], body["reopened"]) == ("looking", "open_property", 1)
    assert "not_secure" in {asked["ask"] for asked in body["asks"]}
    other = await finished(officer, coordinator, repairs)
    body = (await coordinator.post(f"/repairs/{other['id']}/confirmation", {"secure": True})).json()
    assert body["stage"] == "secure"
    assert body["ended_at"]


async def test_nobody_confirms_what_is_not_done(officer, coordinator, repairs):
    repair = await asked_for(officer, coordinator)
    answer = await coordinator.post(f"/repairs/{repair['id']}/confirmation", {"secure": True})
    assert answer.status_code == 409


async def test_the_ledger_is_corrected_by_a_manager_with_a_reason_and_always_adds_up(
    officer, coordinator, manager, repairs
):
    repair = await finished(officer, coordinator, repairs, estimate_pence=12_000)
    path = f"/repairs/{repair['id']}/spend"
    assert (await coordinator.post(path, {"pence": 100, **WHY})).status_code == 403
    answer = await manager.post(path, {"pence": -1_500, "reason": "Charged twice."})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["committed_pence"] == 7_500 == sum(line["pence"] for line in body["spend"])
    last = body["spend"][-1]
    assert (last["kind"], last["reason"], last["by"]) == ("corrected", "Charged twice.", "a manager")
    assert (await manager.post(path, {"pence": -100_000, **WHY})).status_code == 409


async def test_a_correction_sent_twice_under_one_key_is_one(officer, coordinator, manager, repairs):
    repair = await finished(officer, coordinator, repairs)
    path, said = f"/repairs/{repair['id']}/spend", {"pence": 500, **WHY}
    first = await manager.post(path, said, key="k")
    assert (await manager.post(path, said, key="k")).json() == first.json()
    assert (await manager.get(f"/repairs/{repair['id']}")).json()["committed_pence"] == 9_500


async def test_the_month_is_shown_to_managers_and_is_the_sum_of_its_lines(
    officer, coordinator, manager, repairs, services
):
    await finished(officer, coordinator, repairs, estimate_pence=12_000)
    await finished(officer, coordinator, repairs)
    month = datetime.now(services.zone).strftime("%Y-%m")
    body = (await manager.get(f"/repairs/spend?month={month}")).json()
    assert body["pence"] == 18_000 == sum(line["pence"] for line in body["items"])
    assert (body["month"], body["repairs"]) == (month, 2)
    assert body["cap_pence"] == services.profile.repairs.month_cap_pence
    assert [found["invoice_reference"] for found in body["repeated_invoices"]] in (["INV 7"], [])
    assert (await manager.get("/repairs/spend")).json()["pence"] == 18_000
    assert (await manager.get("/repairs/spend?month=2020-01")).json()["items"] == []
    assert (await coordinator.get("/repairs/spend")).status_code == 403


@pytest.mark.parametrize("month", ["november", "2026-13", "2026-1", "0001-01", "9999-12", "2026-11-01"])
async def test_a_month_that_is_none_is_422_by_name(manager, month):
    answer = await manager.get(f"/repairs/spend?month={month}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "month"


async def test_a_decision_under_a_key_is_one_decision(officer, coordinator, repairs):
    repair = await asked_for(officer, coordinator, police_release="awaited")
    path = f"/repairs/{repair['id']}/decisions"
    said = {"decision": "lift", **WHY}
    first = await coordinator.post(path, said, key="k")
    again = await coordinator.post(path, said, key="k")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


async def test_while_temporal_is_away_a_decision_is_stored_and_applied_later(
    officer, coordinator, repairs, temporal
):
    repair = await asked_for(officer, coordinator, police_release="awaited")
    temporal.away = True
    answer = await decide(coordinator, repair, "lift", **WHY)
    assert answer.status_code == 202
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json() == repair
    temporal.away = False
    later = await decide(coordinator, repair, "change_urgency", urgency="today")
    assert later.status_code == 200
    assert later.json()["holds"] == []  # in the order in which they were made
    assert (await coordinator.get(answer.headers["location"])).json()["state"] == "applied"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "decision"),
        ({"decision": "shrug"}, "decision"),
        ({"decision": "lift"}, "reason"),
        ({"decision": "lift", "hold": "weather", **WHY}, "hold"),
        ({"decision": "lift", "secure": True, **WHY}, "secure"),
        ({"decision": "offer_to", **WHY}, "trade_id"),
        ({"decision": "reassign", "reason": "  "}, "reason"),
        ({"decision": "change_urgency"}, "urgency"),
        ({"decision": "change_urgency", "urgency": "soon"}, "urgency"),
        ({"decision": "cancel", "by_victim": "yes", **WHY}, "by_victim"),
        ({"decision": "cancel"}, "reason"),
        ({"decision": "confirm_secure"}, "secure"),
        ({"decision": "settle_ask"}, "ask"),
        ({"decision": "settle_ask", "ask": "everything"}, "ask"),
        ({"decision": "correct_spend", "pence": 1.5, **WHY}, "pence"),
        ({"decision": "look_again", "because": "x"}, "because"),
    ],
)
async def test_a_decision_that_cannot_be_understood_is_422_by_name(officer, coordinator, repairs, body, path):
    repair = await asked_for(officer, coordinator)
    answer = await coordinator.post(f"/repairs/{repair['id']}/decisions", body)
    assert answer.status_code == 422
    assert path in {error["path"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"answer": "accepted", "offer": None}, "offer"),
        ({"answer": "perhaps"}, "answer"),
        ({"answer": "accepted", "cost_pence": 1}, "cost_pence"),
        ({"answer": "declined", "eta_at": "2030-01-01T00:00:00Z"}, "eta_at"),
        ({"answer": "declined", "reason": "weather"}, "reason"),
        ({"answer": "accepted", "eta_at": "at nine"}, "eta_at"),
        ({"answer": "completed", "cost_pence": -1}, "cost_pence"),
        ({"answer": "arrived", "via": "link"}, "via"),
    ],
)
async def test_an_answer_that_cannot_be_understood_is_422_by_name(officer, coordinator, repairs, body, path):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    said = {"offer": repair["offers"][0]["id"], **body}
    answer = await coordinator.post(f"/repairs/{repair['id']}/answers", said)
    assert answer.status_code == 422
    assert path in {error["path"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "path"), [({}, "secure"), ({"secure": "yes"}, "secure"), ({"secure": True, "x": 1}, "x")]
)
async def test_a_confirmation_that_cannot_be_understood_is_422_by_name(
    officer, coordinator, repairs, body, path
):
    repair = await asked_for(officer, coordinator)
    answer = await coordinator.post(f"/repairs/{repair['id']}/confirmation", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"pence": 0, **WHY}, "pence"),
        ({"pence": 5}, "reason"),
        (WHY, "pence"),
        ({"pence": "5", **WHY}, "pence"),
    ],
)
async def test_a_correction_that_cannot_be_understood_is_422_by_name(
    officer, coordinator, manager, repairs, body, path
):
    repair = await asked_for(officer, coordinator)
    answer = await manager.post(f"/repairs/{repair['id']}/spend", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("route", ["decisions", "answers", "confirmation", "spend"])
async def test_nothing_is_told_to_a_repair_that_is_not_there(manager, repairs, route):
    body = {
        "decisions": {"decision": "look_again"},
        "answers": {"offer": NOBODY, "answer": "accepted"},
        "confirmation": {"secure": True},
        "spend": {"pence": 5, **WHY},
    }[route]
    for repair_id in (NOBODY, "x"):
        assert (await manager.post(f"/repairs/{repair_id}/{route}", body)).status_code == 404


@pytest.mark.parametrize("kind", RepairDecisionKind)
async def test_every_decision_there_is_can_be_taken_or_is_refused_with_a_reason(
    officer, coordinator, manager, repairs, kind
):
    repairs.register("Kay Hill")
    chosen = repairs.register("Lou Marsh", is_free=False)
    repair = await asked_for(officer, coordinator)
    more = {
        "offer_to": {"trade_id": chosen, **WHY},
        "change_urgency": {"urgency": "planned"},
        "confirm_secure": {"secure": True},
        "settle_ask": {"ask": "follow_up"},
        "correct_spend": {"pence": 100, **WHY},
        "change_job": {"access": "By the side gate.", **WHY},
        "look_again": {},
    }
    answer = await decide(manager, repair, kind, **more.get(kind, WHY))
    assert answer.status_code in {200, 409}, answer.text
    assert answer.status_code == 200 or answer.json()["detail"]


@pytest.mark.parametrize("said", TradeAnswer)
async def test_every_answer_there_is_can_be_written_down(officer, coordinator, repairs, said):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    await says(coordinator, repair, "accepted")
    assert (await says(coordinator, repair, said)).status_code == 200


async def test_how_to_get_in_is_changed_and_whoever_has_the_job_is_told_again(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, access="By the front door.", pets="A dog.")
    await says(coordinator, repair, "accepted")
    place = {"lines": ["9 New Road"], "postcode": "CB1 9ZZ"}
    said = {"access": "By the side gate.", "code_word": "Heron", "address": place, **WHY}
    answer = await decide(coordinator, repair, "change_job", **said)
    assert answer.status_code == 200, answer.text
    job = answer.json()["job"]
    assert (job["access"], job["code_word"], job["pets"]) == ("By the side gate.", "Heron", "A dog.")
    assert job["address"] == place
    told = [notice["kind"] for notice in answer.json()["notices"]]
    assert told.count("confirmation") == 2


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (WHY, "access"),
        ({"access": "By the side gate."}, "reason"),
        ({"urgency": "today", "access": "x", **WHY}, "urgency"),
        ({"address": {"lines": []}, **WHY}, "address.lines"),
        ({"offer": NOBODY, "access": "x", **WHY}, "offer"),
    ],
    ids=["nothing", "no reason", "another's field", "no address", "somebody's job"],
)
async def test_a_change_of_the_job_that_cannot_be_understood_is_422_by_name(
    officer, coordinator, repairs, said, path
):
    repair = await asked_for(officer, coordinator)
    answer = await decide(coordinator, repair, "change_job", **said)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("decision", ["reassign", "cancel"])
async def test_the_job_is_taken_from_nobody_but_whom_the_person_saw(officer, coordinator, repairs, decision):
    repairs.register("Kay Hill")
    repairs.register("Lou Marsh")
    repair = await asked_for(officer, coordinator)
    first, second = (offer["id"] for offer in repair["offers"])
    await says(coordinator, repair, "accepted", first)
    answer = await decide(coordinator, repair, decision, offer=second, **WHY)
    assert answer.status_code == 409
    body = (await coordinator.get(f"/repairs/{repair['id']}")).json()
    assert (body["stage"], body["confirmed"]["offer"]) == ("accepted", first)
    assert (await decide(coordinator, repair, decision, offer=first, **WHY)).status_code == 200


@pytest.mark.parametrize("words", ["Mrs Ada Example, beaten by her husband", "Mrs Example hurt", "9" * 41])
async def test_words_about_a_person_are_no_invoice_because_the_ledger_keeps_them_for_ever(
    officer, coordinator, repairs, words
):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    await says(coordinator, repair, "accepted")
    answer = await says(coordinator, repair, "completed", cost_pence=500, invoice_reference=words)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "invoice_reference"
    assert "Example" not in answer.text


@pytest.mark.parametrize("away", [timedelta(days=-2), timedelta(days=91), timedelta(days=-365 * 90)], ids=str)
async def test_a_time_of_arrival_that_nobody_can_mean_is_refused(officer, coordinator, repairs, away):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    eta = (datetime.now(UTC) + away).isoformat()
    answer = await says(coordinator, repair, "accepted", eta_at=eta)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "eta_at"
    assert (await coordinator.get(f"/repairs/{repair['id']}")).json()["confirmed"] is None
