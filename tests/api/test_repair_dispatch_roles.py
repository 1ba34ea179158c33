"""Who may do what about repairs: staff alone, money managers alone, and nobody without a token."""

import pytest

OPEN = {"kinds": ["board_up"], "urgency": "open_property"}
NOBODY = "5b1d6f3e-0000-4000-8000-000000000001"
OF_STAFF = [
    ("POST", "/referrals/{referral}/repairs", OPEN, 201),
    ("GET", "/referrals/{referral}/repairs", None, 200),
    ("GET", "/repairs", None, 200),
    ("GET", "/repairs/{repair}", None, 200),
    ("GET", "/repairs/{repair}/photos/" + NOBODY, None, 404),
    ("POST", "/repairs/{repair}/decisions", {"decision": "look_again"}, 200),
    ("POST", "/repairs/{repair}/answers", {"offer": NOBODY, "answer": "accepted"}, 422),
    ("POST", "/repairs/{repair}/confirmation", {"secure": True}, 409),
]
OF_MANAGERS = [
    ("GET", "/repairs/spend", None, 200),
    ("GET", "/repairs/statistics", None, 200),
    ("POST", "/repairs/{repair}/spend", {"pence": 5, "reason": "It was more."}, 409),
]
ROLES = ("police", "system", "coordinator", "manager")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", [*OF_STAFF, *OF_MANAGERS], ids=lambda route: " ".join(route[:2]))
async def test_a_route_is_for_those_it_is_for(officer, coordinator, somebody, repairs, role, route):
    method, path, body, expected = route
    repairs.register("Kay Hill")
    referral = await officer.refer()
    made = await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN)
    address = path.format(referral=referral["id"], repair=made.json()["id"])
    may = {"manager"} if route in OF_MANAGERS else {"coordinator", "manager"}
    person = somebody(role, "Example Constabulary" if role in {"police", "system"} else None)
    answer = await (person.get(address) if method == "GET" else person.post(address, body))
    assert answer.status_code == (expected if role in may else 403), answer.text
    if role not in may:
        assert answer.json()["type"] == "urn:holdfast:problem:role-not-allowed"


@pytest.mark.parametrize(("method", "path", "body", "expected"), [*OF_STAFF, *OF_MANAGERS])
async def test_nobody_comes_in_without_a_token(client, method, path, body, expected):
    address = "/api/v1" + path.format(referral=NOBODY, repair=NOBODY)
    answer = await client.request(method, address, json=body)
    assert answer.status_code == 401


async def test_a_referrer_is_not_told_whether_there_is_a_repair(officer, coordinator, repairs):
    referral = await officer.refer()
    await coordinator.post(f"/referrals/{referral['id']}/repairs", OPEN)
    status = (await officer.get(f"/referrals/{referral['id']}")).text
    assert "repair" not in status
