from datetime import UTC, datetime, timedelta


async def test_whoever_is_due_is_on_the_list_with_number_reason_and_name(officer, coordinator):
    referral = await officer.refer(victim__preferred_name="Addie", victim__interpreter="Polish")
    (item,) = (await coordinator.get("/worklist")).json()["items"]
    assert item["referral"] == referral["id"]
    assert (item["kind"], item["number"], item["name"]) == ("call", "+447700900123", "Addie")
    assert (item["language"], item["interpreter"]) == ("en", "Polish")
    assert item["reason"]
    assert not item["promised"]


async def test_danger_comes_first_and_a_call_for_later_not_at_all(officer, coordinator):
    later, ordinary, danger = [await officer.refer() for _ in range(3)]
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await coordinator.decide(later, "change_due", due_at=at)
    await coordinator.ring(danger, "immediate_danger")
    items = (await coordinator.get("/worklist")).json()["items"]
    assert [item["referral"] for item in items] == [danger["id"], ordinary["id"]]
    assert items[0]["in_danger"]
    assert items[0]["escalated"]
    assert items[0]["escalation"]


async def test_the_list_is_read_page_by_page(officer, coordinator):
    made = {(await officer.refer())["id"] for _ in range(5)}
    path, seen = "/worklist?limit=2", []
    while path:
        answer = await coordinator.get(path)
        seen += [item["referral"] for item in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert len(seen) == 5
    assert set(seen) == made
    assert (await coordinator.get("/worklist?cursor=LTE=")).status_code == 422
