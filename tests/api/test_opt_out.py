import pytest

from tests.api.people import Person


@pytest.mark.parametrize("channel", ["phone", "text", "email", "letter"])
async def test_a_channel_somebody_asked_us_to_stop_stops_and_a_person_decides(
    officer: Person, coordinator: Person, channel: str
) -> None:
    referral = await officer.refer()
    body = {"channel": channel, "way": "phone", "note": "She asked on the phone."}
    answer = await coordinator.post(f"/referrals/{referral['id']}/opt-outs", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["stage"], answer.json()["outcome"]) == ("contacting", None)
    assert answer.json()["next_action"]["kind"] == "decide"


async def test_an_earlier_opt_out_is_shown_when_the_same_number_is_referred_again(
    officer: Person, coordinator: Person
) -> None:
    # Rule 11: shown, never obeyed blindly.
    first = await officer.refer()
    await coordinator.post(f"/referrals/{first['id']}/opt-outs", {"channel": "text"})
    again = await officer.refer()
    shown = await coordinator.see(again)
    assert shown["known_opt_outs"] == ["text"]
    assert shown["stage"] == "contacting"
    assert "known_opt_outs" not in (await officer.see(again))


async def test_at_the_victims_word_the_channel_is_open_again(officer: Person, coordinator: Person) -> None:
    referral = await officer.refer()
    for path in ("opt-outs", "opt-ins"):
        answer = await coordinator.post(f"/referrals/{referral['id']}/{path}", {"channel": "email"})
        assert answer.status_code == 200, answer.text
    assert (await coordinator.see(referral))["known_opt_outs"] == []


async def test_while_temporal_is_away_it_is_kept_and_known(
    officer: Person, coordinator: Person, temporal
) -> None:
    referral = await officer.refer()
    temporal.away = True
    answer = await coordinator.post(f"/referrals/{referral['id']}/opt-outs", {"channel": "letter"})
    assert answer.status_code == 202
    assert (await coordinator.see(referral))["known_opt_outs"] == ["letter"]


async def test_the_same_request_under_one_key_is_one(officer: Person, coordinator: Person) -> None:
    referral = await officer.refer()
    answers = [
        await coordinator.post(f"/referrals/{referral['id']}/opt-outs", {"channel": "text"}, key="k")
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    "body", [{}, {"channel": "fax"}, {"channel": "text", "way": "pigeon"}, {"channel": "text", "more": 1}]
)
@pytest.mark.parametrize("path", ["opt-outs", "opt-ins"])
async def test_what_is_no_opt_out_is_refused(
    officer: Person, coordinator: Person, path: str, body: dict
) -> None:
    referral = await officer.refer()
    assert (await coordinator.post(f"/referrals/{referral['id']}/{path}", body)).status_code == 422


@pytest.mark.parametrize("path", ["opt-outs", "opt-ins"])
async def test_only_staff_record_it(officer: Person, path: str) -> None:
    referral = await officer.refer()
    assert (await officer.post(f"/referrals/{referral['id']}/{path}", {"channel": "text"})).status_code == 403
