from tests.api.people import FORCE

UNKNOWN = "6a5bbf7c-0a5e-4d4a-9d6e-2f7f4c3f0c11"


async def test_a_command_is_shown_to_staff_and_to_who_made_it(officer, coordinator, manager, somebody):
    referral = await officer.refer()
    answer = await officer.post(f"/referrals/{referral['id']}/corrections", {"notes": "x"})
    location = answer.headers["location"]
    for person in (officer, somebody("system", FORCE), coordinator, manager):
        seen = (await person.get(location)).json()
        assert (seen["state"], seen["kind"], seen["referral"]) == ("applied", "correction", referral["id"])
        assert seen["made_at"]
        assert seen["settled_at"]
    assert (await somebody("police", "Elsewhere").get(location)).status_code == 404
    of_coordinator = (await coordinator.ring(referral, "no_answer")).headers["location"]
    assert (await officer.get(of_coordinator)).status_code == 404


async def test_a_refused_command_says_why(officer, coordinator, services, temporal):
    referral = await officer.refer()
    temporal.away = True
    pending = await coordinator.decide(referral, "single_call")
    assert (await coordinator.get(pending.headers["location"])).json()["state"] == "pending"
    temporal.away = False
    await coordinator.ring(referral, "no_answer")
    seen = (await coordinator.get(pending.headers["location"])).json()
    assert seen["state"] == "refused"
    assert "reached" in seen["why"] or "spoken" in seen["why"]


async def test_an_unknown_command_is_404(coordinator):
    for command in (UNKNOWN, "x", "%00"):
        assert (await coordinator.get(f"/commands/{command}")).status_code == 404


async def test_a_refusal_is_kept_under_its_key(officer, coordinator):
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/decisions"
    first = await coordinator.post(path, {"decision": "single_call"}, key="k")
    await coordinator.ring(referral, "answered")
    again = await coordinator.post(path, {"decision": "single_call"}, key="k")
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content
    assert again.headers["content-type"] == "application/problem+json"


async def test_a_crash_before_the_answer_was_kept_does_not_apply_a_command_twice(
    officer, coordinator, services, monkeypatch
):
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/contact-attempts"

    def crash(*_, **__):
        raise OSError("the process is gone")

    with monkeypatch.context() as patched:
        patched.setattr(services.idempotency, "complete", crash)
        assert (await coordinator.post(path, {"outcome": "no_answer"}, key="k")).status_code == 500
    again = await coordinator.post(path, {"outcome": "no_answer"}, key="k")
    assert (again.status_code, again.json()["attempts_counted"]) == (201, 1)
