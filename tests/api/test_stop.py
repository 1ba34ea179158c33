import pytest

from tests.api.people import Person


async def test_one_press_holds_the_referral_for_a_supervisor(officer: Person, coordinator: Person) -> None:
    referral = await officer.refer()
    body = {"cause": "somebody_else_answered", "note": "A man picked up."}
    answer = await coordinator.post(f"/referrals/{referral['id']}/stop", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["stage"], answer.json()["hold"]["kind"]) == ("held", "third_party_answered")
    assert answer.json()["hold"]["release_by_role"] == "manager"


async def test_a_stop_holds_while_temporal_is_away(
    officer: Person, coordinator: Person, temporal, services
) -> None:
    # What waits may be sent by a worker that still runs: the stop is in the tables before the answer.
    referral = await officer.refer()
    await coordinator.decide(referral, "write_now")
    temporal.away = True
    answer = await coordinator.post(f"/referrals/{referral['id']}/stop", {"cause": "immediate_danger"})
    assert answer.status_code == 202
    messages = await coordinator.get(f"/messages?referral={referral['id']}")
    [message] = messages.json()["items"]
    assert message["stopped"] is True


@pytest.mark.parametrize("cause", [None, "", "boredom", 1])
async def test_a_cause_is_one_of_the_list(officer: Person, coordinator: Person, cause) -> None:
    referral = await officer.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/stop", {"cause": cause})
    assert answer.status_code == 422


async def test_only_staff_press_it(officer: Person) -> None:
    referral = await officer.refer()
    answer = await officer.post(f"/referrals/{referral['id']}/stop", {"cause": "immediate_danger"})
    assert answer.status_code == 403


async def test_of_no_referral_nothing_is_stopped(coordinator: Person) -> None:
    answer = await coordinator.post("/referrals/none/stop", {"cause": "immediate_danger"})
    assert answer.status_code == 404
