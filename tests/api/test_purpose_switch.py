import pytest

from domain.vocabulary import Purpose

ADDRESS = "/purpose-switches/contact_unanswered"
OFF = {"on": False, "reason": "The telephone number is wrong."}


@pytest.fixture
def put(client):
    async def put(person, body, address: str = ADDRESS):
        return await client.put(f"/api/v1{address}", headers=person.headers, json=body)

    return put


async def test_every_purpose_is_on_until_somebody_switches_it_off(coordinator) -> None:
    listed = (await coordinator.get("/purpose-switches")).json()["items"]
    assert [(one["purpose"], one["on"], one["off_since"]) for one in listed] == [
        (purpose, True, None) for purpose in Purpose
    ]


async def test_a_manager_switches_a_purpose_off_and_everybody_sees_since_when_and_why(
    manager, coordinator, put
) -> None:
    answer = await put(manager, OFF)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["on"], told["by"], told["reason"]) == (False, "a manager", OFF["reason"])
    assert told["off_since"] == told["changed_at"]
    assert told in (await coordinator.get("/purpose-switches")).json()["items"]
    assert (await put(manager, {**OFF, "reason": "Still."})).json() == told, "it was off already"
    on = (await put(manager, {"on": True})).json()
    assert (on["on"], on["off_since"], on["reason"]) == (True, None, None)


@pytest.mark.parametrize("role", ["coordinator", "police", "system"])
async def test_nobody_but_a_manager_turns_a_switch(somebody, manager, put, role) -> None:
    assert (await put(somebody(role), OFF)).status_code == 403
    assert all(one["on"] for one in (await manager.get("/purpose-switches")).json()["items"])


@pytest.mark.parametrize("role", ["police", "system"])
async def test_referrers_do_not_see_the_switches(somebody, role) -> None:
    assert (await somebody(role).get("/purpose-switches")).status_code == 403


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"on": False}, "reason"),
        ({"on": False, "reason": "  "}, "reason"),
        ({"reason": "Why not."}, "on"),
        ({"on": "no", "reason": "Why not."}, "on"),
        ({**OFF, "until": "tomorrow"}, "until"),
    ],
)
async def test_a_body_that_is_not_right_is_refused_with_the_place(manager, put, body, path) -> None:
    answer = await put(manager, body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert (await put(manager, OFF, "/purpose-switches/everything")).status_code == 422


async def test_the_switches_are_described(client) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths["/api/v1/purpose-switches"]) == {"get"}
    assert paths["/api/v1/purpose-switches/{purpose}"]["put"]["security"] == [{"HTTPBearer": []}]
