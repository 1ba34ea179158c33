"""Two people change one plan: nobody undoes what they have not seen."""

import pytest

from tests.api.test_contact_plan import BESIDES, NUMBER, change, correct, line_of, plan_of
from tests.api.test_contact_plan_page import at, said

PHONE = {"number": NUMBER, "safe": "yes", "voicemail": "neutral"}


async def read(person, referral):
    answer = await person.get(f"/referrals/{referral['id']}/contact-plan")
    return answer.headers["etag"], answer.json()


async def change_seen(person, referral, tag, **patch):
    path = f"/api/v1/referrals/{referral['id']}/contact-plan"
    return await person.client.patch(path, json=patch, headers=person.headers | {"If-Match": tag})


async def test_a_number_closed_while_the_engine_was_away_stays_closed_after_a_change_of_something_else(
    desk, officer, coordinator, temporal
) -> None:
    """The page sends whole lists: without this the second change opens the number that the first closed."""
    referral = await officer.refer()
    temporal.away = True
    closing = await change(coordinator, referral, phones=[PHONE | {"safe": "no"}])
    assert closing.status_code == 202
    page = await desk.open(at(referral))
    assert "is stored and not applied yet" in said(page)
    answer = await desk.send(page, at(referral), **{"phones[0].voicemail": "none"})
    assert answer.status_code == 303
    temporal.away = False
    await correct(officer, referral, notes="He is on bail.")
    plan = await plan_of(coordinator, referral)
    assert (line_of(plan, "phone")["safe"], line_of(plan, "phone")["voicemail"]) == ("no", "none")
    assert plan["changes_waiting"] == 0
    assert "is stored and not applied yet" not in said(await desk.open(at(referral)))


async def test_who_confirms_what_is_about_to_change_is_not_said_to_have_found_everything_as_it_was(
    desk, officer, coordinator, temporal
) -> None:
    referral = await officer.refer()
    temporal.away = True
    await change(coordinator, referral, phones=[PHONE | {"safe": "no"}])
    await desk.send(await desk.open(at(referral)), at(referral))
    temporal.away = False
    await change(coordinator, referral, preferred_name="Addie")
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert "Asked again: nothing was changed by this; another change was on its way." in {
        line["words"] for line in lines
    }
    assert line_of(await plan_of(coordinator, referral), "phone")["safe"] == "no"


async def test_of_two_lists_made_upon_one_view_neither_is_lost(officer, coordinator, temporal) -> None:
    referral = await officer.refer()
    temporal.away = True
    await change(coordinator, referral, phones=[PHONE, {"number": BESIDES, "safe": "no"}])
    await change(coordinator, referral, phones=[PHONE | {"texts": "no"}])
    temporal.away = False
    await change(coordinator, referral, preferred_name="Addie")
    plan = await plan_of(coordinator, referral)
    assert [line_of(plan, channel, place)["safe"] for channel, place in (("phone", 1), ("text", 0))] == [
        "no",
        "no",
    ]


async def test_a_plan_changed_since_it_was_read_is_not_overwritten(officer, coordinator) -> None:
    referral = await officer.refer()
    tag, _ = await read(coordinator, referral)
    first = await change_seen(coordinator, referral, tag, phones=[PHONE | {"safe": "no"}])
    assert first.status_code == 200
    second = await change_seen(coordinator, referral, tag, phones=[PHONE | {"voicemail": "none"}])
    assert (second.status_code, second.json()["type"]) == (412, "urn:holdfast:problem:changed-meanwhile")
    assert line_of(await plan_of(coordinator, referral), "phone")["safe"] == "no"
    tag, _ = await read(coordinator, referral)
    third = await change_seen(coordinator, referral, f'"other", {tag}', preferred_name="Addie")
    assert third.status_code == 200


@pytest.mark.parametrize("tag", ["*", None])
async def test_who_names_no_state_is_refused_nothing(officer, coordinator, tag) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, preferred_name="Addie")
    answer = (
        await change_seen(coordinator, referral, tag, preferred_name="Ada")
        if tag
        else await change(coordinator, referral, preferred_name="Ada")
    )
    assert answer.status_code == 200


async def test_a_change_on_its_way_makes_what_was_read_old(officer, coordinator, temporal) -> None:
    referral = await officer.refer()
    tag, plan = await read(coordinator, referral)
    assert plan["changes_waiting"] == 0
    temporal.away = True
    await correct(officer, referral, victim={"phones": [PHONE | {"safe": "no"}]})
    now, plan = await read(coordinator, referral)
    assert (plan["changes_waiting"], now != tag) == (1, True)
    assert (await change_seen(coordinator, referral, tag, preferred_name="Addie")).status_code == 412
    assert (await change_seen(coordinator, referral, now, preferred_name="Addie")).status_code == 202


async def test_a_call_does_not_make_what_was_read_old(officer, coordinator) -> None:
    referral = await officer.refer()
    tag, _ = await read(coordinator, referral)
    await coordinator.ring(referral, "no_answer")
    assert (await read(coordinator, referral))[0] == tag


async def test_a_change_sent_again_under_its_key_is_answered_as_before(officer, coordinator) -> None:
    referral = await officer.refer()
    tag, _ = await read(coordinator, referral)
    headers = coordinator.headers | {"If-Match": tag, "Idempotency-Key": "one change"}
    path = f"/api/v1/referrals/{referral['id']}/contact-plan"
    answers = [
        await coordinator.client.patch(path, json={"preferred_name": "Addie"}, headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
