import asyncio
import time
from datetime import timedelta

import pytest

from tests.api.people import FORCE, a_referral

STATUS = {
    "id", "reference", "stage", "outcome", "attempts_counted", "reached", "sensitive", "next_action", "hold",
    "revision", "received_at", "closed_at",
}  # fmt: skip


async def test_a_referral_whose_workflow_runs_is_answered_201_with_its_address(officer, temporal):
    answer = await officer.post("/referrals", a_referral())
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/referrals/{answer.json()['id']}"
    assert temporal.started == [answer.json()["id"]]


async def test_a_referral_is_accepted_with_202_while_temporal_is_away(officer, temporal):
    temporal.away = True
    answer = await officer.post("/referrals", a_referral())
    assert answer.status_code == 202
    assert answer.json()["stage"] == "received"
    assert answer.json()["next_action"]["kind"] == "wait"
    assert (await officer.get(answer.headers["location"])).status_code == 200


async def test_a_referral_is_accepted_within_three_seconds_while_temporal_is_frozen(officer, temporal):
    temporal.away, temporal.freezes_for = True, timedelta(seconds=60)
    began = time.monotonic()
    assert (await officer.post("/referrals", a_referral())).status_code == 202
    assert time.monotonic() - began < 3


async def test_the_referrer_is_shown_the_status_and_nothing_of_the_person(officer):
    referral = await officer.refer()
    assert set(referral) == STATUS
    assert set(referral["next_action"]) == {"kind", "due_at", "reason"}


async def test_a_coordinator_is_shown_the_person_and_the_number_to_ring(officer, coordinator):
    referral = await coordinator.see(await officer.refer())
    assert set(referral) >= STATUS
    assert referral["victim"]["given_name"] == "Ada"
    assert referral["next_action"]["number"] == "+447700900123"
    assert "close" in referral["allowed_decisions"]


async def test_the_same_referral_again_is_the_same_referral(officer):
    document = a_referral()
    first = await officer.post("/referrals", document)
    again = await officer.post("/referrals", {**document, "notes": None, "flags": []})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]


async def test_other_content_under_the_same_reference_is_a_conflict(officer):
    document = a_referral()
    await officer.post("/referrals", document)
    answer = await officer.post("/referrals", document | {"lane": "information"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:holdfast:problem:source-conflict"


async def test_two_people_of_one_crime_are_two_referrals(officer):
    first = a_referral()
    second = {**first, "source": first["source"] | {"person_reference": "2"}}
    answers = [await officer.post("/referrals", document) for document in (first, second)]
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_somebody_elses_reference_is_a_conflict_that_shows_nothing(officer, somebody):
    document = a_referral()
    referral = (await officer.post("/referrals", document)).json()
    answer = await somebody("police", "Another Constabulary").post("/referrals", document)
    assert answer.status_code == 409
    assert referral["id"] not in answer.text


async def test_referrals_that_come_at_the_same_moment_are_one(officer):
    document = a_referral()
    answers = await asyncio.gather(*(officer.post("/referrals", document) for _ in range(8)))
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert max(answer.status_code for answer in answers) == 201


async def test_a_key_gets_the_same_answer_again(officer, coordinator):
    document = a_referral()
    first = await officer.post("/referrals", document, key="k 1")
    await coordinator.ring(first.json(), "no_answer")
    again = await officer.post("/referrals", document, key="k 1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]


async def test_a_key_with_another_body_is_refused(officer):
    await officer.post("/referrals", a_referral(), key="k")
    answer = await officer.post("/referrals", a_referral(), key="k")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:holdfast:problem:idempotency-conflict"


async def test_a_key_belongs_to_its_token(officer, somebody):
    other = somebody("police", "Another Constabulary")
    assert (await officer.post("/referrals", a_referral(), key="k")).status_code == 201
    document = a_referral(source__organisation="Another Constabulary")
    assert (await other.post("/referrals", document, key="k")).status_code == 201


async def test_one_key_at_the_same_moment_makes_one_referral_and_one_answer(officer):
    document = a_referral(source__reference=None)
    answers = await asyncio.gather(*(officer.post("/referrals", document, key="k") for _ in range(8)))
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}


async def test_a_crash_before_the_answer_was_kept_does_not_make_a_second_referral(
    officer, services, monkeypatch
):
    document = a_referral(source__reference=None)

    def crash(*_, **__):
        raise OSError("the process is gone")

    with monkeypatch.context() as patched:
        patched.setattr(services.idempotency, "complete", crash)
        assert (await officer.post("/referrals", document, key="k")).status_code == 500
    again = await officer.post("/referrals", document, key="k")
    assert again.status_code == 201
    assert len((await officer.get("/referrals")).json()["items"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tkey"])
async def test_a_key_that_cannot_be_kept_is_refused(officer, key):
    answer = await officer.post("/referrals", a_referral(), headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "Idempotency-Key"


async def test_referrers_list_their_own_organisations_referrals(officer, somebody, coordinator):
    mine = await officer.refer()
    colleague, stranger = somebody("system", FORCE), somebody("police")
    theirs = await stranger.refer(source__organisation="Elsewhere")
    assert [r["id"] for r in (await colleague.get("/referrals")).json()["items"]] == [mine["id"]]
    assert [r["id"] for r in (await stranger.get("/referrals")).json()["items"]] == [theirs["id"]]
    assert len((await coordinator.get("/referrals")).json()["items"]) == 2
    assert (await officer.get(f"/referrals/{theirs['id']}")).status_code == 404


async def test_lists_are_read_page_by_page_without_gaps(officer, coordinator):
    made = [(await officer.refer())["id"] for _ in range(5)]
    path, seen = "/referrals?limit=2&stage=contacting", []
    while path:
        answer = await coordinator.get(path)
        seen += [referral["id"] for referral in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert seen == made[::-1]


async def test_lists_are_filtered(officer, coordinator):
    await officer.refer()
    away = await officer.refer(incident__kind="antisocial_behaviour", victim__address__postcode="YO1 1AA")
    closed = (await coordinator.get("/referrals?stage=closed&outcome=&due_before=")).json()["items"]
    assert [referral["id"] for referral in closed] == [away["id"]]
    due = await coordinator.get("/referrals", params={"due_before": "2099-01-01T00:00:00+00:00"})
    assert due.status_code == 422
    due = await coordinator.get("/referrals?due_before=2027-01-01T00:00:00+00:00")
    assert len(due.json()["items"]) == 1


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("stage=nowhere", "stage"),
        ("outcome=nothing", "outcome"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("cursor=%C3%A4", "cursor"),
        ("cursor=bm90IGEgcGxhY2U=", "cursor"),
        ("due_before=2026-11-20T22:10:00", "due_before"),
        ("stgae=held", "stgae"),
    ],
)
async def test_a_parameter_that_means_nothing_is_refused_by_name(coordinator, query, path):
    answer = await coordinator.get(f"/referrals?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize(
    "referral_id", ["6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11", "not-an-id", "%00", "1" * 300]
)
async def test_an_unknown_referral_is_404(coordinator, referral_id):
    answer = await coordinator.get(f"/referrals/{referral_id}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_referrer_is_not_told_a_persons_own_word_for_a_hold(officer, coordinator):
    referral = await officer.refer()
    held = await coordinator.decide(referral, "hold", kind="brother_rang")
    assert held.json()["hold"]["kind"] == "brother_rang"
    status = await officer.see(referral)
    assert status["hold"]["kind"] == "other"
    assert "brother" not in str(status)


async def test_likely_duplicates_are_shown_to_staff_alone(officer, coordinator):
    first, second = await officer.refer(), await officer.refer()
    assert [link["id"] for link in (await coordinator.see(second))["links"]] == [first["id"]]
    assert "links" not in await officer.see(second)
