"""Asking for a repair over the API, while the victim is on the line."""

import asyncio
import base64

import pytest
from pydantic import TypeAdapter

from api.repair_dispatch.repair_out import RepairList, RepairOut, RepairsOfReferral
from api.repair_dispatch.spend import MonthOut
from api.repair_dispatch.statistics import RepairStatisticsOut
from store.repair_dispatch.photo import NewPhoto

OPEN = {"kinds": ["board_up"], "urgency": "open_property"}
NOBODY = "5b1d6f3e-0000-4000-8000-000000000001"


async def test_who_asks_is_told_at_once_who_has_been_asked(officer, coordinator, repairs):
    repairs.register("Kay Hill", firm="Hill Glazing")
    repairs.register("Lou Marsh")
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/api/v1/repairs/{body['id']}"
    assert [(asked["name"], asked["firm"], asked["channel"]) for asked in body["asked"]] == [
        ("Kay Hill", "Hill Glazing", "text"),
        ("Lou Marsh", "", "text"),
    ]
    assert all(asked["answer_by"] for asked in body["asked"])
    assert (body["stage"], body["holds"], body["warnings"]) == ("looking", [], [])


async def test_only_what_and_how_urgent_is_needed_and_unknown_permission_never_blocks(
    officer, coordinator, repairs
):
    repairs.register("Kay Hill")
    body = await asked_for(officer, coordinator)
    assert (body["permission"], body["police_release"], body["suspect_tenure"]) == (
        "unknown",
        "not_needed",
        "unknown",
    )
    assert body["job"]["address"] == {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB"}
    assert body["area"] == "CB1"
    assert body["estimate_pence"] == 0
    assert len(body["asked"]) == 1


async def test_a_word_for_the_door_is_made_where_none_was_agreed(officer, coordinator, repairs):
    made = (await asked_for(officer, coordinator))["job"]["code_word"]
    assert len(made.split()) == 2
    agreed = (await asked_for(officer, coordinator, code_word="blue kettle"))["job"]["code_word"]
    assert agreed == "blue kettle"


async def test_everything_that_was_said_is_kept_and_shown_to_staff(officer, coordinator, repairs):
    said = {
        "who_may_be_home": "Her sister, after six.",
        "pets": "A dog, it barks",
        "access": "Through the yard.\nRing twice.",
        "notes": "She would like a woman.",
    }
    place = {"lines": ["Flat 2", "9 Mill Lane"], "postcode": "CB2 1AA"}
    body = await asked_for(
        officer, coordinator, address=place, estimate_pence=12_000, tells_victim=True, **said
    )
    assert {name: body["job"][name] for name in said} == said
    assert body["job"]["address"] == place
    assert (body["area"], body["estimate_pence"], body["tells_victim"]) == ("CB2", 12_000, True)
    assert body["committed_pence"] == 12_000
    assert [(line["kind"], line["pence"]) for line in body["spend"]] == [("committed", 12_000)]


@pytest.mark.parametrize(
    ("said", "hold"),
    [
        ({"police_release": "awaited"}, "police_release"),
        ({"permission": "no"}, "permission_refused"),
        ({"kinds": ["locks"], "suspect_tenure": "yes"}, "suspect_tenure"),
        ({"urgency": "today", "estimate_pence": 9_000_000}, "spend"),
    ],
)
async def test_what_holds_a_repair_is_said_in_words_and_nobody_is_asked(
    officer, coordinator, repairs, said, hold
):
    repairs.register("Kay Hill")
    body = await asked_for(officer, coordinator, **said)
    assert (body["stage"], body["asked"], body["offers"]) == ("held", [], [])
    (held,) = body["holds"]
    assert held["hold"] == hold
    assert held["reason"]
    assert held["lifted_when"]
    assert held["lifted_by_role"] == ("manager" if hold == "spend" else "coordinator")


async def test_locks_of_a_sensitive_referral_wait_while_nobody_knows_who_owns_the_place(
    officer, coordinator, repairs
):
    repairs.register("Kay Hill")
    referral = await officer.refer(flags=["domestic_abuse"], incident__kind="domestic_abuse")
    answer = await coordinator.post(
        f"/referrals/{referral['id']}/repairs", {"kinds": ["locks"], "urgency": "today"}
    )
    holds = {held["hold"] for held in answer.json()["holds"]}
    assert "suspect_tenure" in holds


async def test_another_repair_of_the_same_kind_at_the_same_address_is_pointed_out(
    officer, coordinator, repairs
):
    first = await asked_for(officer, coordinator, estimate_pence=5_000)
    second = await asked_for(officer, coordinator)
    (warning,) = second["warnings"]
    assert (warning["kind"], warning["repair"], warning["reference"]) == (
        "duplicate",
        first["id"],
        first["reference"],
    )
    assert warning["committed_pence"] == 5_000
    elsewhere = {"lines": ["7 Other Road"], "postcode": "CB1 2AB"}
    assert (await asked_for(officer, coordinator, address=elsewhere))["warnings"] == []


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"access": "Ask for Ada at the side door."}, ["access"]),
        ({"access": "The key is with the police.", "pets": "Mr Example's dog"}, ["access", "pets"]),
        ({"code_word": "burglary"}, ["code_word"]),
        ({"access": "Tell Ex-Ample nothing, ring twice.", "notes": "Ada is afraid of the police."}, []),
        ({"access": "By the side door. Ring twice."}, []),
    ],
    ids=["a name", "two fields", "the word", "for staff alone", "nothing"],
)
async def test_words_that_tell_a_tradesperson_something_are_pointed_out_and_never_refused(
    officer, coordinator, repairs, said, fields
):
    repair = await asked_for(officer, coordinator, **said)
    found = [warning for warning in repair["warnings"] if warning["kind"] == "telling_words"]
    assert [warning["fields"] for warning in found] == ([fields] if fields else [])
    TypeAdapter(RepairOut).validate_python(repair)


async def test_a_referral_without_an_address_needs_one_said(officer, coordinator, repairs):
    referral = await officer.refer(victim__address=None)
    path = f"/referrals/{referral['id']}/repairs"
    answer = await coordinator.post(path, OPEN)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "address.lines"
    said = OPEN | {"address": {"lines": ["2 Mill Lane"], "postcode": "CB2 1AA"}}
    assert (await coordinator.post(path, said)).status_code == 201


async def test_a_place_nobody_knows_asks_a_person_instead_of_failing(officer, coordinator, repairs):
    body = await asked_for(officer, coordinator, address={"lines": ["The old mill"], "postcode": None})
    assert (body["stage"], body["area"]) == ("asked", "")
    assert "place_unknown" in {asked["ask"] for asked in body["asks"]}


async def test_the_same_key_is_one_repair_and_one_answer(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/repairs"
    first = await coordinator.post(path, OPEN, key="k")
    again = await coordinator.post(path, OPEN, key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert (await coordinator.post(path, OPEN | {"urgency": "today"}, key="k")).status_code == 422
    assert len((await coordinator.get(path)).json()["items"]) == 1


async def test_the_same_key_pressed_twice_at_once_is_one_repair(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    path = f"/referrals/{(await officer.refer())['id']}/repairs"
    answers = await asyncio.gather(*(coordinator.post(path, OPEN, key="k") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await coordinator.get(path)).json()["items"]) == 1


async def test_while_temporal_is_away_it_is_stored_and_answered_202(officer, coordinator, repairs, temporal):
    repairs.register("Kay Hill")
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/repairs"
    temporal.away = True
    answer = await coordinator.post(path, OPEN)
    assert answer.status_code == 202
    assert (await coordinator.get(path)).json()["items"] == []  # nothing half done
    temporal.away = False
    await coordinator.ring(referral, "no_answer")  # whatever reaches the workflow next brings it, in order
    command = (await coordinator.get(answer.headers["location"])).json()
    assert (command["state"], command["kind"]) == ("applied", "repair")
    (item,) = (await coordinator.get(path)).json()["items"]
    assert len(item["asked"]) == 1


async def test_a_repair_that_is_not_taken_up_in_time_is_shown_all_the_same(officer, coordinator, repairs):
    repairs.is_slow = True
    body = await asked_for(officer, coordinator)
    assert (body["stage"], body["asked"], body["revision"]) == ("looking", [], 0)
    assert not body["on_site"]["is_broken"]


async def test_a_closed_referral_can_have_a_repair(officer, coordinator, repairs, temporal):
    repairs.register("Kay Hill")
    referral = await officer.refer()
    await temporal.closes(referral["id"])
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN)
    assert answer.status_code == 201
    assert len(answer.json()["asked"]) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "kinds"),
        ({"kinds": ["locks"]}, "urgency"),
        ({"urgency": "today"}, "kinds"),
        (OPEN | {"kinds": []}, "kinds"),
        (OPEN | {"kinds": ["moat"]}, "kinds[0]"),
        (OPEN | {"kinds": "locks"}, "kinds"),
        (OPEN | {"urgency": "yesterday"}, "urgency"),
        (OPEN | {"permission": "maybe"}, "permission"),
        (OPEN | {"police_release": "yes"}, "police_release"),
        (OPEN | {"suspect_tenure": True}, "suspect_tenure"),
        (OPEN | {"estimate_pence": -1}, "estimate_pence"),
        (OPEN | {"estimate_pence": 1.5}, "estimate_pence"),
        (OPEN | {"estimate_pence": 10**9}, "estimate_pence"),
        (OPEN | {"tells_victim": "yes"}, "tells_victim"),
        (OPEN | {"code_word": "x" * 61}, "code_word"),
        (OPEN | {"pets": "a\x00b"}, "pets"),
        (OPEN | {"address": {"lines": []}}, "address.lines"),
        (OPEN | {"address": {"lines": ["1 Street"], "city": "Ely"}}, "address.city"),
        (OPEN | {"address": "1 Street"}, "address"),
        (OPEN | {"colour": "blue"}, "colour"),
    ],
)
async def test_a_request_that_cannot_be_understood_is_422_by_name(officer, coordinator, repairs, body, path):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["path"] == path
    assert (await coordinator.get(f"/referrals/{referral['id']}/repairs")).json()["items"] == []


async def test_closed_lists_are_named_where_they_are_missed(officer, coordinator, repairs):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN | {"urgency": "soon"})
    assert answer.json()["errors"][0]["allowed"] == ["open_property", "today", "planned"]


async def test_a_repair_of_no_referral_is_404(coordinator, repairs):
    for referral_id in (NOBODY, "nobody", "%00"):
        path = f"/referrals/{referral_id}/repairs"
        assert (await coordinator.post(path, OPEN)).status_code == 404
        assert (await coordinator.get(path)).status_code == 404


async def test_repairs_are_listed_page_by_page_newest_first_without_anything_personal(
    officer, coordinator, repairs
):
    made = [(await asked_for(officer, coordinator, code_word="blue kettle"))["id"] for _ in range(3)]
    seen, address = [], "/repairs?limit=2"
    while address:
        answer = await coordinator.get(address)
        assert answer.status_code == 200
        assert not [word for word in ("Ada", "Example Street", "blue kettle") if word in answer.text]
        seen += [item["id"] for item in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url")
    assert seen == made[::-1]


async def test_repairs_are_listed_by_where_they_stand_and_what_is_asked(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    looking = (await asked_for(officer, coordinator))["id"]
    held = (await asked_for(officer, coordinator, police_release="awaited"))["id"]
    off = (await asked_for(officer, coordinator, police_release="awaited"))["id"]
    await coordinator.post(f"/repairs/{off}/decisions", {"decision": "cancel", "reason": "Not wanted."})

    async def listed(query: str) -> set[str]:
        return {item["id"] for item in (await coordinator.get(f"/repairs?{query}")).json()["items"]}

    assert await listed("stage=looking") == {looking}
    assert await listed("asks=hold") == {held}
    assert await listed("live=true") == {looking, held}
    assert await listed("live=false") == {off}
    assert await listed("live=true&stage=cancelled") == set()


@pytest.mark.parametrize(
    "query", ["stage=lost", "asks=why", "live=maybe", "limit=0", "limit=500", "cursor=x", "colour=blue"]
)
async def test_a_list_that_cannot_be_understood_is_422_by_name(coordinator, query):
    answer = await coordinator.get(f"/repairs?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "place", ["2026-01-01T00:00:00|" + NOBODY, "x|" + NOBODY, "2026-01-01T00:00:00+00:00|x"]
)
async def test_a_cursor_that_is_not_ours_is_422(coordinator, place):
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    answer = await coordinator.get("/repairs", params={"cursor": cursor})
    assert answer.status_code == 422


async def test_a_repair_is_shown_with_its_version(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    made = await asked_for(officer, coordinator)
    answer = await coordinator.get(f"/repairs/{made['id']}")
    assert answer.status_code == 200
    assert answer.json() == made
    before = answer.headers["etag"]
    await coordinator.post(
        f"/repairs/{made['id']}/decisions", {"decision": "change_urgency", "urgency": "today"}
    )
    assert (await coordinator.get(f"/repairs/{made['id']}")).headers["etag"] != before


async def test_a_repair_that_is_not_there_is_404(coordinator, repairs):
    for repair_id in (NOBODY, "x", "%00"):
        assert (await coordinator.get(f"/repairs/{repair_id}")).status_code == 404
        assert (await coordinator.get(f"/repairs/{repair_id}/photos/{NOBODY}")).status_code == 404


async def asked_for(officer, coordinator, **said):
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN | said)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_photos_of_the_work_are_listed_and_given_to_staff(
    officer, coordinator, repairs, services, client
):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator)
    picture = b"\xff\xd8 the pixels of a lock"
    new = NewPhoto(offer_id=repair["offers"][0]["id"], content=picture, width=640, height=480)
    services.repair_photos.keep(new, now=services.clock())
    shown = await coordinator.get(f"/repairs/{repair['id']}")
    (photo,) = shown.json()["photos"]
    assert (photo["offer"], photo["width"], photo["height"]) == (new.offer_id, 640, 480)
    answer = await coordinator.get(photo["url"])
    assert (answer.status_code, answer.content) == (200, picture)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert (await officer.get(photo["url"])).status_code == 403
    assert (await client.get(photo["url"])).status_code == 401
    other = await asked_for(officer, coordinator)  # a photo is found under its own repair alone
    assert (await coordinator.get(f"/repairs/{other['id']}/photos/{photo['id']}")).status_code == 404


async def test_the_statistics_count_what_was_asked_for_and_whether_it_was_in_time(
    officer, coordinator, manager, repairs
):
    repairs.register("Kay Hill", firm="Hill Glazing")
    done = await asked_for(officer, coordinator, kinds=["board_up", "window"])
    offer = done["offers"][0]["id"]
    for said in ("accepted", "arrived", "completed"):
        await coordinator.post(f"/repairs/{done['id']}/answers", {"offer": offer, "answer": said})
    await asked_for(officer, coordinator, urgency="planned", kinds=["locks"])
    body = (await manager.get("/repairs/statistics")).json()
    assert (body["all"]["asked"], body["all"]["live"]) == (2, 2)
    assert body["all"]["done"] == {"kept": 1, "broken": 0, "share": 1.0}
    assert body["all"]["to_done"]["count"] == 1
    assert set(body["by_kind"]) == {"board_up", "window", "locks"}
    assert set(body["by_urgency"]) == {"open_property", "planned"}
    assert body["by_area"]["CB1"]["asked"] == 2
    (trade,) = body["by_trade"]
    assert (trade["name"], trade["firm"], trade["asked"]) == ("Kay Hill", "Hill Glazing", 1)
    assert (await manager.get("/repairs/statistics?to=2020-01-01")).json()["all"]["asked"] == 0
    assert (await manager.get("/repairs/statistics?from=soon")).status_code == 422


async def test_answers_are_what_the_schema_promises(officer, coordinator, manager, repairs):
    repairs.register("Kay Hill")
    repair = await asked_for(officer, coordinator, estimate_pence=5_000)
    await asked_for(officer, coordinator, police_release="awaited")
    offer = repair["offers"][0]["id"]
    path = f"/repairs/{repair['id']}"
    told = await coordinator.post(f"{path}/answers", {"offer": offer, "answer": "accepted"})
    for body in (repair, told.json(), (await coordinator.get(path)).json()):
        TypeAdapter(RepairOut).validate_python(body)
    of_referral = await coordinator.get(f"/referrals/{repair['referral']}/repairs")
    TypeAdapter(RepairsOfReferral).validate_python(of_referral.json())
    TypeAdapter(RepairList).validate_python((await coordinator.get("/repairs")).json())
    TypeAdapter(MonthOut).validate_python((await manager.get("/repairs/spend")).json())
    TypeAdapter(RepairStatisticsOut).validate_python((await manager.get("/repairs/statistics")).json())


async def test_the_schema_describes_every_route_of_repairs(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in (
        "/referrals/{referral_id}/repairs",
        "/repairs",
        "/repairs/spend",
        "/repairs/statistics",
        "/repairs/{repair_id}",
        "/repairs/{repair_id}/photos/{photo_id}",
        "/repairs/{repair_id}/decisions",
        "/repairs/{repair_id}/confirmation",
        "/repairs/{repair_id}/answers",
        "/repairs/{repair_id}/spend",
    ):
        for route in paths[f"/api/v1{path}"].values():
            assert route["security"] == [{"HTTPBearer": []}]
            assert "application/problem+json" in route["responses"]["403"]["content"]
    asked = paths["/api/v1/referrals/{referral_id}/repairs"]["post"]
    assert asked["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/RepairIn")


async def test_the_answer_waits_a_moment_until_somebody_has_been_asked(officer, coordinator, repairs):
    # Without it the coordinator, with the victim on the line, would be told nothing and have to look again.
    repairs.register("Kay Hill")
    repairs.is_slow = True
    path = f"/referrals/{(await officer.refer())['id']}/repairs"
    asking = asyncio.create_task(coordinator.post(path, OPEN))
    while not (items := (await coordinator.get(path)).json()["items"]):
        assert not asking.done()
    repairs.is_slow = False
    await asyncio.to_thread(repairs.begin, items[0]["id"])
    assert [asked["name"] for asked in (await asking).json()["asked"]] == ["Kay Hill"]


async def test_an_answer_that_was_lost_on_the_way_is_read_from_the_tables(
    officer, coordinator, repairs, temporal
):
    repairs.register("Kay Hill")
    temporal.loses_answers = True
    body = await asked_for(officer, coordinator)
    assert len(body["asked"]) == 1
