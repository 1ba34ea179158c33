import pytest

from tests.api.people import a_referral


async def test_the_funnel_balances_at_every_moment(officer, coordinator, manager, temporal):
    await officer.refer(lane="information")
    await officer.refer(incident__kind="antisocial_behaviour", victim__address__postcode="YO1 1AA")
    held, undecided, single = [await officer.refer() for _ in range(3)]
    await coordinator.decide(held, "hold")
    await coordinator.ring(undecided, "answered")
    await coordinator.ring(single, "answered")
    await coordinator.decide(single, "single_call")
    temporal.away = True
    await officer.post("/referrals", a_referral())
    funnel = (await manager.get("/statistics")).json()
    assert funnel["received"] == 6
    assert funnel["received"] == funnel["referred"] + funnel["information"]
    diverted = sum(funnel["diverted"].values())
    assert funnel["referred"] == diverted + sum(
        funnel[place] for place in ("waiting", "held", "undecided", "contacted", "not_reached")
    )
    assert (funnel["held"], funnel["undecided"], funnel["single_call"], diverted) == (1, 1, 1, 1)
    assert funnel["supported"] == funnel["contacted"] == 1
    assert funnel["letters_sent"] == funnel["emails_sent"] == funnel["texts_sent"] == 0
    assert funnel["as_of"]


async def test_only_referrals_of_the_time_asked_for_are_counted(officer, manager):
    await officer.refer()
    for query, received in (
        ("from=2026-01-01", 1),
        ("from=2026-01-01&to=2026-01-02", 0),
        ("to=2026-01-01T00:00:00+00:00", 0),
        ("from=&to=", 1),
    ):
        answer = await manager.get(f"/statistics?{query}")
        assert (answer.status_code, answer.json().get("received")) == (200, received), query


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-13-01", "from=2026-01-01T00:00:00", "since=2026-01-01"]
)
async def test_a_time_that_means_nothing_is_refused(manager, query):
    answer = await manager.get(f"/statistics?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]
