import base64

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import TypeAdapter

from api.tradesperson.fields_in import document_of, read_tradesperson
from api.tradesperson.fields_out import TradespersonOut
from api.tradesperson.plain_words import CHANGES, CHANNELS, FIELDS, PAPERS, SKILLS, column_in_words
from api.tradesperson.sheet import HEADER
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import Paper
from domain.tradesperson_import import RowChange
from tests.tradespeople import a_tradesperson, registers

SAM = {
    "name": "Sam Example",
    "firm": "Example Locks",
    "phone": "07700 900801",
    "channel": "api",
    "firm_id": "Firm-01",
    "skills": ["locks", "board_up", "locks"],
    "base": "ct1",
    "areas": ["CT1", "ct2", "CT1"],
    "most_km": 25,
    "hours": [{"days": ["tue", "mon"], "from": "08:00", "to": "18:00"}],
    "on_call": [{"from": "18:00", "to": "24:00"}],
    "vetting_until": "2030-12-31",
    "insurance_until": "2030-12-31",
    "safeguarding_until": "2030-12-31",
    "capacity": 2,
    "languages": ["en", "PL"],
}
REGISTER = "/tradespeople"


@pytest.fixture
def patch(client):
    async def patch(person, entry, body, **headers: str):
        address = f"/api/v1{REGISTER}/{entry['id']}"
        return await client.patch(address, headers=person.headers | headers, json=body)

    return patch


async def added(manager, **changes):
    answer = await manager.post(REGISTER, SAM | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_manager_adds_somebody_and_everybody_of_staff_reads_them(manager, coordinator) -> None:
    answer = await manager.post(REGISTER, SAM)
    sam = answer.json()
    assert answer.headers["location"] == f"/api/v1{REGISTER}/{sam['id']}"
    assert answer.headers["etag"] == '"1"'
    read = await coordinator.get(f"{REGISTER}/{sam['id']}")
    assert read.json() == sam
    assert read.headers["cache-control"] == "no-store"
    assert (await coordinator.get(REGISTER)).json()["items"] == [sam]
    TypeAdapter(TradespersonOut).validate_python(sam)


async def test_what_is_written_in_many_ways_is_kept_in_one(manager) -> None:
    sam = await added(manager)
    assert sam["phone"] == "+447700900801"
    assert (sam["base"], sam["areas"], sam["firm_id"]) == ("CT1", ["CT1", "CT2"], "firm-01")
    assert (sam["skills"], sam["languages"]) == (["board_up", "locks"], ["en", "pl"])
    assert sam["hours"] == [{"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}]
    assert sam["on_call"][0]["days"] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert sam["on_call"][0]["to"] == "24:00"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "  "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": "ring Sam"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"channel": "fax"}, "channel"),
        ({"firm_id": None}, "firm_id"),
        ({"firm_id": "no code"}, "firm_id"),
        ({"channel": "text"}, "firm_id"),
        ({"skills": []}, "skills"),
        ({"skills": ["plumbing"]}, "skills[0]"),
        ({"base": "CT1 2AB"}, "base"),
        ({"areas": ["CT1", "Kent"]}, "areas[1]"),
        ({"most_km": 0}, "most_km"),
        ({"most_km": 301}, "most_km"),
        ({"hours": [{"from": "08:00", "to": "08:00"}]}, "hours[0]"),
        ({"hours": [], "on_call": []}, "on_call"),
        ({"vetting_until": "2030-02-30"}, "vetting_until"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 51}, "capacity"),
        ({"languages": ["Polish!"]}, "languages[0]"),
        ({"active": "yes"}, "active"),
        ({"rating": 5}, "rating"),
    ],
)
async def test_what_is_not_right_is_refused_with_its_place(manager, changes, path) -> None:
    answer = await manager.post(REGISTER, SAM | changes)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert (await manager.get(REGISTER)).json()["items"] == []


async def test_whoever_is_on_call_only_needs_no_working_hours(manager) -> None:
    assert (await added(manager, hours=[]))["hours"] == []


async def test_nobody_is_added_twice_and_the_answer_says_why_without_saying_who(manager) -> None:
    await added(manager)
    same_number = await manager.post(REGISTER, SAM | {"firm_id": "firm-02"})
    same_code = await manager.post(REGISTER, SAM | {"phone": "07700 900802"})
    assert [answer.status_code for answer in (same_number, same_code)] == [409, 409]
    assert [answer.json()["errors"][0]["path"] for answer in (same_number, same_code)] == ["phone", "firm_id"]
    assert "Sam" not in same_number.text + same_code.text


async def test_the_same_key_adds_somebody_once(manager) -> None:
    first = await manager.post(REGISTER, SAM, key="a")
    again = await manager.post(REGISTER, SAM, key="a")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert (await manager.post(REGISTER, SAM | {"capacity": 3}, key="a")).status_code == 422


async def test_a_change_takes_effect_at_once_and_leaves_the_rest(manager, patch) -> None:
    sam = await added(manager)
    assert sam["may_be_sent"]
    answer = await patch(manager, sam, {"vetting_until": "2020-01-01"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["may_be_sent"], told["expired_papers"], told["revision"]) == (False, ["vetting"], 2)
    assert answer.headers["etag"] == '"2"'
    kept = {"vetting_until", "may_be_sent", "expired_papers", "revision", "changed_at"}
    assert {name for name in sam if sam[name] != told[name]} == kept
    gone = (await patch(manager, sam, {"vetting_until": None, "insurance_until": None})).json()
    assert gone["expired_papers"] == ["vetting", "insurance"], "never seen"


async def test_a_change_of_an_entry_nobody_has_seen_is_refused(manager, patch) -> None:
    sam = await added(manager)
    assert (await patch(manager, sam, {"capacity": 3}, **{"If-Match": '"1"'})).status_code == 200
    stale = await patch(manager, sam, {"capacity": 4}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:holdfast:problem:changed-meanwhile")
    assert (await patch(manager, sam, {"capacity": 4}, **{"If-Match": "*"})).status_code == 200


async def test_a_change_is_judged_as_a_whole(manager, patch) -> None:
    sam = await added(manager)
    assert (await patch(manager, sam, {"channel": "text"})).json()["errors"][0]["path"] == "firm_id"
    changed = await patch(manager, sam, {"channel": "text", "firm_id": None})
    assert (changed.status_code, changed.json()["firm_id"]) == (200, None)
    assert (await patch(manager, sam, {"name": None})).status_code == 422
    assert (await patch(manager, sam, {"id": sam["id"]})).status_code == 422
    assert (await patch(manager, sam, {"active": None})).status_code == 422, "nobody comes back by a blank"


@pytest.mark.parametrize("role", ["police", "system"])
async def test_referrers_see_nothing_of_the_register(somebody, manager, role) -> None:
    sam = await added(manager)
    for address in (REGISTER, f"{REGISTER}/{sam['id']}", f"{REGISTER}/export.csv"):
        assert (await somebody(role).get(address)).status_code == 403


async def test_a_coordinator_reads_and_does_not_write(coordinator, manager, patch) -> None:
    sam = await added(manager)
    assert (await coordinator.post(REGISTER, SAM)).status_code == 403
    assert (await patch(coordinator, sam, {"capacity": 9})).status_code == 403
    assert (await coordinator.get(f"{REGISTER}/export.csv")).status_code == 403
    assert (
        await coordinator.post(f"{REGISTER}/import", headers={"content-type": "text/csv"})
    ).status_code == 403


async def test_nobody_has_an_id_that_is_none(manager, patch) -> None:
    assert (await manager.get(f"{REGISTER}/nobody")).status_code == 404
    assert (await patch(manager, {"id": a_tradesperson().id}, {"capacity": 9})).status_code == 404


async def test_the_list_is_divided_and_narrowed(manager) -> None:
    for number in range(1, 6):
        await added(
            manager,
            phone=f"07700 90080{number}",
            firm_id=f"firm-0{number}",
            base=f"CT{number}",
            areas=[],
            skills=["glazing"] if number == 3 else ["locks"],
            vetting_until=None if number == 4 else "2030-12-31",
        )
    first = await manager.get(REGISTER, params={"limit": 3})
    following = first.headers["link"].split(">")[0].lstrip("<")
    rest = await manager.get(following)
    bases = [one["base"] for answer in (first, rest) for one in answer.json()["items"]]
    assert bases == ["CT1", "CT2", "CT3", "CT4", "CT5"]

    async def found(**query: str) -> list[str]:
        answer = await manager.get(REGISTER, params=query)
        assert answer.status_code == 200, answer.text
        return [one["base"] for one in answer.json()["items"]]

    assert await found(skill="glazing") == ["CT3"]
    assert await found(area="ct5") == ["CT5"]
    assert await found(papers="expired") == ["CT4"]
    assert await found(active="false") == []
    assert (await manager.get(REGISTER, params={"area": "Kent"})).status_code == 422
    assert (await manager.get(REGISTER, params={"cursor": "bm9uZQ=="})).status_code == 422


@pytest.mark.parametrize("base", ["\x00", "x" * 100, "ct1", "Kent", ""], ids=ascii)
async def test_a_cursor_that_somebody_tampered_with_is_refused(manager, desk, base) -> None:
    place = f"{base}|5b1d6f3e-0000-4000-8000-000000000001"
    cursor = base64.b64encode(place.encode(), altchars=b"-_").decode()
    assert (await manager.get(REGISTER, params={"cursor": cursor})).status_code == 422
    assert (await desk.client.get(REGISTER, params={"cursor": cursor})).status_code == 422


async def test_the_register_is_described(client) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in ("", "/{entry_id}", "/import", "/export.csv"):
        for route in paths[f"/api/v1{REGISTER}{path}"].values():
            assert route["security"] == [{"HTTPBearer": []}]
            assert "application/problem+json" in route["responses"]["401"]["content"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(registers())
def test_an_entry_that_was_shown_is_read_as_the_same_entry(services, register) -> None:
    for who in register:
        assert read_tradesperson(services, document_of(who), entry_id=who.id) == who


def test_every_word_of_every_list_has_its_words_on_the_pages() -> None:
    assert (set(SKILLS), set(CHANNELS)) == (set(Skill), set(TradeChannel))
    assert (set(PAPERS), set(CHANGES)) == (set(Paper), set(RowChange))
    assert all(column_in_words(column) for column in (*HEADER, "", "papers"))
    assert all(words.ask and words.name for words in FIELDS.values())
