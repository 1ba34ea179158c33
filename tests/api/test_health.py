import re
from dataclasses import replace

import pytest
from sqlalchemy import text


async def test_a_living_process_says_so_to_everybody(client):
    assert (await client.get("/healthz")).json() == {"status": "alive"}


async def test_ready_means_that_referrals_can_be_taken_in(client, temporal):
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"database": True, "temporal": True, "rehearsal": True},
    )
    temporal.away = True
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["temporal"]) == (200, False)


@pytest.mark.parametrize("rehearses", [True, False])
async def test_a_service_says_whether_it_is_a_rehearsal_so_that_nobody_plays_with_a_real_one(
    client, services, rehearses
):
    object.__setattr__(services, "profile", replace(services.profile, rehearsal=rehearses))
    assert (await client.get("/readyz")).json()["rehearsal"] is rehearses


async def test_an_unmigrated_or_unreachable_database_is_not_ready(client, services):
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


async def test_a_database_of_a_later_version_is_ready(client, services):
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    assert (await client.get("/readyz")).status_code == 200


async def test_metrics_count_by_route_and_name_nobody(officer, coordinator, client):
    referral = await officer.refer()
    await coordinator.see(referral)
    await coordinator.get("/referrals/somebody-in-particular")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    told = answer.text
    assert 'holdfast_referrals{stage="contacting"} 1.0' in told
    assert (
        'holdfast_requests_total{method="GET",route="/api/v1/referrals/{referral_id}",status="200"} 1.0'
        in told
    )
    assert referral["id"] not in told
    assert "somebody" not in told
    assert not re.search(r"ada|example|7700 ?900", told, re.IGNORECASE)


async def test_an_address_nobody_knows_is_counted_without_being_named(client):
    await client.get("/secret-path")
    told = (await client.get("/metrics")).text
    assert 'route="unknown"' in told
    assert "secret" not in told
