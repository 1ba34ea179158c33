import pytest

from api.correction import checked_patch
from api.problems import Problem
from tests.api.people import a_referral


async def correct(person, referral, **patch):
    return await person.post(f"/referrals/{referral['id']}/corrections", patch)


async def test_a_corrected_phone_is_the_one_that_is_rung(officer, coordinator):
    referral = await officer.refer()
    answer = await correct(officer, referral, victim={"phones": [{"number": "07700 900124", "safe": "yes"}]})
    assert answer.status_code == 200
    assert "victim" not in answer.json()
    seen = await coordinator.see(referral)
    assert seen["next_action"]["number"] == "+447700900124"
    assert seen["victim"]["phones"] == [{"number": "+447700900124", "safe": "yes", "voicemail": "neutral"}]
    assert seen["victim"]["family_name"] == "Example"


async def test_null_removes_and_the_rest_stays(officer, coordinator):
    referral = await officer.refer(victim__preferred_name="Addie")
    await correct(officer, referral, victim={"preferred_name": None, "address": None}, suspects=None)
    seen = await coordinator.see(referral)
    assert "preferred_name" not in seen["victim"]
    assert "address" not in seen["victim"]
    assert seen["suspects"] == []
    assert seen["victim"]["given_name"] == "Ada"


async def test_a_victim_who_becomes_a_suspect_is_held(officer, coordinator):
    referral = await officer.refer()
    answer = await correct(officer, referral, flags=["counter_allegation"])
    assert (answer.json()["stage"], answer.json()["hold"]["kind"]) == ("held", "counter_allegation")


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({}, ""),
        ({"lane": None}, "lane"),
        ({"lane": "fast"}, "lane"),
        ({"victim": None}, "victim"),
        ({"victim": {"given_name": None, "family_name": None}}, "victim"),
        ({"victim": {"phones": [{"number": "1"}]}}, "victim.phones[0].number"),
        ({"victim": "gone"}, "victim"),
        ({"incident": None}, "incident.kind"),
        ({"source": {"organisation": "Another"}}, "source.organisation"),
        ({"source": {"reference": None}}, "source.reference"),
        ({"source": {"person_reference": "2"}}, "source.person_reference"),
        ({"source": {"kind": "self"}}, "source.kind"),
        ({"source": None}, "source.kind"),
        ({"source": 5}, "source"),
        ({"weather": "wet"}, "weather"),
    ],
)
async def test_a_correction_that_makes_no_referral_is_refused_by_name(officer, patch, path):
    referral = await officer.refer()
    answer = await correct(officer, referral, **patch)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert (await officer.see(referral))["revision"] == referral["revision"]


async def test_the_officer_and_the_address_for_replies_may_change(officer, coordinator):
    referral = await officer.refer()
    source = {"officer": "PC 99", "reply_to": "desk@force.example"}
    assert (await correct(officer, referral, source=source)).status_code == 200
    assert (await coordinator.see(referral))["source"]["officer"] == "PC 99"


async def test_a_correction_after_the_source_was_sent_again_does_not_conflict(officer):
    document = a_referral()
    referral = (await officer.post("/referrals", document)).json()
    await correct(officer, referral, notes="two people in the house")
    again = await officer.post("/referrals", document)
    assert (again.status_code, again.json()["id"]) == (200, referral["id"])


async def test_two_corrections_while_temporal_is_away_are_both_applied_in_order(
    officer, coordinator, temporal
):
    referral = await officer.refer()
    temporal.away = True
    for number in ("+447700900124", "+447700900125"):
        answer = await correct(officer, referral, victim={"phones": [{"number": number, "safe": "yes"}]})
        assert answer.status_code == 202
        assert (await officer.get(answer.headers["location"])).json()["state"] == "pending"
    temporal.away = False
    await correct(officer, referral, victim={"family_name": "Changed"})
    seen = await coordinator.see(referral)
    assert seen["victim"]["phones"][0]["number"] == "+447700900125"
    assert seen["victim"]["family_name"] == "Changed"


async def test_a_merge_patch_may_be_called_one(officer):
    referral = await officer.refer()
    answer = await officer.client.post(
        f"/api/v1/referrals/{referral['id']}/corrections",
        headers=officer.headers | {"Content-Type": "application/merge-patch+json"},
        content=b'{"notes": "x"}',
    )
    assert answer.status_code == 200


def test_a_patch_is_kept_in_the_form_referrals_are_kept_in():
    document = a_referral()
    patch = {"victim": {"phones": [{"number": "07700 900124"}], "preferred_name": " "}, "notes": None}
    assert checked_patch(document, patch, region="GB") == {
        "victim": {
            "phones": [{"number": "+447700900124", "safe": "unknown", "voicemail": "neutral"}],
            "preferred_name": None,
        },
        "notes": None,
    }
    with pytest.raises(Problem):
        checked_patch(document, {}, region="GB")


SAID = {"texts": "no", "withhold_number": "yes", "who_may_answer": "her mother"}


async def test_sending_the_numbers_again_takes_back_nothing_that_was_said_of_them(officer, coordinator):
    mobile = {"number": "+447700900123", "safe": "yes", "voicemail": "none"}
    referral = await officer.refer(victim__phones=[mobile | SAID])
    new = {"number": "07700 900124", "safe": "yes"}
    again = {"number": "07700 900123", "safe": "yes", "texts": None}
    await correct(officer, referral, victim={"phones": [new, again]})
    added, kept = (await coordinator.see(referral))["victim"]["phones"]
    assert SAID.items() <= kept.items()
    assert kept["voicemail"] == "neutral"
    assert added == {"number": "+447700900124", "safe": "yes", "voicemail": "neutral"}


async def test_what_a_correction_still_on_its_way_says_of_a_number_is_not_taken_back_by_the_next(
    officer, coordinator, temporal
):
    referral = await officer.refer()
    temporal.away = True
    for said in (SAID, {}):
        phone = {"number": "+447700900124", "safe": "yes"}
        answer = await correct(officer, referral, victim={"phones": [phone | said]})
        assert answer.status_code == 202
    temporal.away = False
    await correct(officer, referral, notes="x")
    (kept,) = (await coordinator.see(referral))["victim"]["phones"]
    assert SAID.items() <= kept.items()


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": "the person asked us to"}])
async def test_a_withdrawal_needs_no_words(officer, body):
    referral = await officer.refer()
    answer = await officer.post(f"/referrals/{referral['id']}/withdrawal", body)
    assert answer.status_code == 200
    assert (answer.json()["stage"], answer.json()["outcome"]) == ("closed", "withdrawn")


async def test_a_withdrawal_of_somebody_reached_is_held_for_a_person(officer, coordinator):
    referral = await officer.refer()
    await coordinator.ring(referral, "answered")
    answer = await officer.post(f"/referrals/{referral['id']}/withdrawal", {"reason": "a mistake"})
    assert (answer.json()["stage"], answer.json()["hold"]["kind"]) == ("held", "withdrawal")
    assert (await officer.post(f"/referrals/{referral['id']}/withdrawal", {"why": "x"})).status_code == 422
