"""What referrers cannot do to a plan that is the person's own, nor learn of it."""

import pytest

from tests.api.people import FORCE, a_referral
from tests.api.test_contact_plan import NUMBER, PLAN, change, correct, line_of, plan_of

OPEN = {"number": NUMBER, "safe": "yes", "texts": "yes", "voicemail": "named", "withhold_number": "no"}
ADDRESS = {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB"}
LEFT_OUT = {"phones": [{"number": "+447700900124", "safe": "yes"}], "emails": [], "address": None}
GIVEN_BACK = {
    "phones": [OPEN],
    "emails": [{"address": "ada@example.org", "safe": "yes"}],
    "address": ADDRESS | {"safe": "yes"},
}


async def test_two_corrections_do_not_undo_the_victims_no(officer, coordinator) -> None:
    """The first leaves everything out, the second gives it back: ringing, texts, e-mail and post were all safe then."""
    referral = await officer.refer()
    await change(
        coordinator,
        referral,
        phones=[
            {"number": NUMBER, "safe": "no", "texts": "no", "voicemail": "none", "withhold_number": "yes"}
        ],
        emails=[{"address": "ada@example.org", "safe": "no"}],
        address={"safe": "no"},
    )
    for patch in (LEFT_OUT, GIVEN_BACK):
        assert (await correct(officer, referral, victim=patch)).status_code == 200
    plan = await plan_of(coordinator, referral)
    call = next(line for line in plan["channels"] if line["to"] == NUMBER)
    assert (call["safe"], call["voicemail"], call["caller_display"]) == ("no", "none", "withheld")
    assert {line["safe"] for line in plan["channels"] if line["to"] != "+447700900124"} == {"no"}


async def test_texts_and_voicemail_are_remembered_of_a_number_that_may_be_rung(officer, coordinator) -> None:
    referral = await officer.refer()
    phone = {"number": NUMBER, "safe": "yes", "texts": "no", "voicemail": "none"}
    await change(coordinator, referral, phones=[phone], address={"safe": "unknown"})
    for patch in (LEFT_OUT, GIVEN_BACK):
        await correct(officer, referral, victim=patch)
    plan = await plan_of(coordinator, referral)
    assert (line_of(plan, "phone")["voicemail"], line_of(plan, "text")["safe"]) == ("none", "no")
    assert line_of(plan, "letter")["safe"] == "unknown"


@pytest.mark.parametrize(
    "victim",
    [
        {"contact_plan": {"safe_word": "marigold"}},
        {"contact_plan": {"duress_word": "bluebell"}},
        {"contact_plan": {"safe_word": "Aunt May"}},
        {"contact_plan": {"interpreter_needed": {"gender": "woman"}}},
        {"contact_plan": {"relay": "18001"}},
        {"contact_plan": {"relay": None}},
        {"contact_plan": {"interpreter_needed": {"language": None}}},
        {"contact_plan": None},
        {"contact_plan": {}},
    ],
)
async def test_the_answer_to_a_correction_does_not_depend_on_the_plan_that_is_stored(
    officer, coordinator, victim
) -> None:
    """Without this a referrer finds the duress word by sending one word after the other."""
    answers = []
    for plan in ({"relay": "x"}, PLAN, {"duress_word": "marigold"}, {"safe_word": "bluebell"}, None):
        referral = await officer.refer()
        if plan is not None:
            await change(coordinator, referral, contact_plan=plan)
        answer = await correct(officer, referral, victim=victim)
        answers.append((answer.status_code, answer.json().get("errors")))
    assert [answer for answer in answers if answer != answers[0]] == []


async def test_a_referrer_writes_nothing_of_a_plan_that_a_coordinator_set(officer, coordinator) -> None:
    referral = await officer.refer(victim__access=["relay"])
    await change(coordinator, referral, preferred_name="Addie", access=["relay", "large_print"])
    before = await plan_of(coordinator, referral)
    victim = {
        "contact_plan": {"caller_display": "service", "on_ring_back": "The police."},
        "preferred_name": "Ada",
        "language": "fr",
        "interpreter": "Her brother.",
        "access": ["easy_read"],
    }
    assert (await correct(officer, referral, victim=victim)).status_code == 200
    after = await plan_of(coordinator, referral)
    assert after.pop("access") == ["relay", "large_print", "easy_read"]
    assert before.pop("access") == ["relay", "large_print"]
    assert after == before


@pytest.mark.parametrize("word", ["safe_word", "duress_word"])
async def test_the_words_agreed_with_the_person_are_no_referrers_to_give(
    officer, somebody, coordinator, word
) -> None:
    path = f"victim.contact_plan.{word}"
    for referrer in (officer, somebody("system", FORCE)):
        for kind in ("police", "third_party", "self"):
            document = a_referral(source__kind=kind, victim__contact_plan={word: "bluebell"})
            answer = await referrer.post("/referrals", document)
            assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    referral = await officer.refer()
    answer = await correct(officer, referral, victim={"contact_plan": {word: "bluebell"}})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    document = a_referral(victim__contact_plan={word: "bluebell"})
    assert (await coordinator.post("/referrals", document)).status_code == 201


async def test_before_there_is_a_plan_of_hers_a_referrer_may_take_back_what_they_said(
    officer, coordinator
) -> None:
    referral = await officer.refer(victim__contact_plan={"relay": "18001", "on_ring_back": "A library."})
    assert (await correct(officer, referral, victim={"contact_plan": {"relay": None}})).status_code == 200
    plan = await plan_of(coordinator, referral)
    assert (plan["relay"], plan["on_ring_back"]) == (None, "A library.")


async def test_a_long_list_of_unsafe_numbers_stands_in_no_corrections_way(officer, coordinator) -> None:
    """Numbers marked `no` stay in the list: without this more than ten of them would refuse every correction."""
    referral = await officer.refer()
    unsafe = [{"number": f"+4477009001{n:02}", "safe": "no"} for n in range(10)]
    await change(coordinator, referral, phones=unsafe)
    fresh = [{"number": f"+4477009002{n:02}", "safe": "yes"} for n in range(10)]
    assert (await correct(officer, referral, victim={"phones": fresh})).status_code == 200
    assert (await correct(officer, referral, notes="He is on bail.")).status_code == 200
    assert (await change(coordinator, referral, preferred_name="Addie")).status_code == 200


async def test_what_is_remembered_is_in_no_answer(officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, emails=[])
    for path in ("", "/contact-plan", "/timeline"):
        answer = await coordinator.get(f"/referrals/{referral['id']}{path}")
        assert "ada@example.org" not in answer.text
