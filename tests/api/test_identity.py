from datetime import UTC, datetime

import pytest

from tests.api.people import Person

UNKNOWN = "6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}],
)
async def test_without_a_valid_token_nobody_comes_in(client, headers):
    for answer in (
        await client.get("/api/v1/referrals", headers=headers),
        await client.post("/api/v1/referrals", headers=headers, content=b"not even json"),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_revoked_token_ends_at_once(services, client):
    token = services.tokens.issue(role="coordinator", name="Sam", organisation=None, now=datetime.now(UTC))
    sam = Person(client, token)
    assert (await sam.get("/referrals")).status_code == 200
    services.tokens.revoke(services.tokens.list()[0].id, now=datetime.now(UTC))
    assert (await sam.get("/referrals")).status_code == 401


@pytest.mark.parametrize("role", ["police", "system"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/referrals/{UNKNOWN}/timeline"),
        ("POST", f"/referrals/{UNKNOWN}/contact-attempts"),
        ("POST", f"/referrals/{UNKNOWN}/replies"),
        ("POST", f"/referrals/{UNKNOWN}/decisions"),
        ("GET", "/worklist"),
        ("GET", "/statistics"),
        ("GET", f"/messages?referral={UNKNOWN}"),
        ("GET", f"/messages/{UNKNOWN}/letter.pdf"),
    ],
)
async def test_a_route_outside_the_role_is_403(somebody, role, method, path):
    caller = somebody(role)
    answer = await (caller.get(path) if method == "GET" else caller.post(path, {}))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:holdfast:problem:role-not-allowed"


async def test_coordinators_see_everything_but_statistics(coordinator, manager):
    for path in ("/referrals", "/worklist", "/messages"):
        assert (await coordinator.get(path)).status_code == 200
        assert (await manager.get(path)).status_code == 200
    assert (await coordinator.get("/statistics")).status_code == 403
    assert (await manager.get("/statistics")).status_code == 200


async def test_without_an_organisation_a_token_owns_its_own_referrals_alone(somebody):
    mine, other = somebody("police"), somebody("police")
    referral = await mine.refer()
    assert (await mine.get(f"/referrals/{referral['id']}")).status_code == 200
    assert (await other.get(f"/referrals/{referral['id']}")).status_code == 404
    for act, body in (("corrections", {"notes": "x"}), ("withdrawal", {})):
        assert (await other.post(f"/referrals/{referral['id']}/{act}", body)).status_code == 404
