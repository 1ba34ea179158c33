import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.referral_out import ReferralInFull
from store.contact_plan import says
from store.encryption import cipher_of
from store.referral_row import REFERRAL
from tests.api.people import a_referral

NUMBER = "+447700900123"
BESIDES = "+447700900124"
PLAN = {
    "if_someone_else_answers": "Say that it is the library.",
    "on_ring_back": "A library that is closed.",
    "safe_word": "Bluebell wood",
    "duress_word": "Aunt May",
    "interpreter_needed": {"language": "Polish", "gender": "woman"},
    "relay": "Text relay, 18001 first",
    "text_windows": [{"days": ["mon"], "from": "10:00", "to": "12:00"}],
    "caller_display": "neutral",
    "until": "2027-03-31",
}

FROM_REFERRER = {name: said for name, said in PLAN.items() if not name.endswith("_word")}


async def change(person, referral, **patch):
    at = f"/api/v1/referrals/{referral['id']}/contact-plan"
    return await person.client.patch(at, json=patch, headers=person.headers)


async def plan_of(person, referral):
    answer = await person.get(f"/referrals/{referral['id']}/contact-plan")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def correct(person, referral, **patch):
    return await person.post(f"/referrals/{referral['id']}/corrections", patch)


def line_of(plan, channel, place=0):
    return [line for line in plan["channels"] if line["channel"] == channel][place]


# What is read.


async def test_every_way_to_reach_the_person_has_a_line_of_its_own(officer, coordinator) -> None:
    referral = await officer.refer(
        victim__phones=[{"number": NUMBER, "safe": "yes", "texts": "no", "who_may_answer": "my sister"}],
        victim__call_windows=[{"days": ["mon"], "from": "18:00", "to": "20:00"}],
    )
    plan = await plan_of(coordinator, referral)
    assert [(line["channel"], line["safe"]) for line in plan["channels"]] == [
        ("phone", "yes"),
        ("text", "no"),
        ("email", "unknown"),
        ("letter", "yes"),
    ]
    call = line_of(plan, "phone")
    assert (call["voicemail"], call["who_may_answer"]) == ("neutral", "my sister")
    assert call["windows"] == [{"days": ["mon"], "from": "18:00", "to": "20:00"}]
    assert (plan["set_by"], plan["has_run_out"]) == ("The referrer", False)


async def test_a_text_is_never_safer_than_the_call_and_none_goes_to_a_landline(officer, coordinator) -> None:
    phones = [{"number": NUMBER, "safe": "no", "texts": "yes"}, {"number": "+441632960001", "safe": "yes"}]
    plan = await plan_of(coordinator, await officer.refer(victim__phones=phones))
    assert [line_of(plan, "text", place)["safe"] for place in (0, 1)] == ["no", "no"]


async def test_a_number_that_hides_ours_is_rung_so_whatever_the_plan_says_in_general(
    officer, coordinator
) -> None:
    phones = [{"number": NUMBER, "safe": "yes", "withhold_number": "yes"}, {"number": BESIDES, "safe": "yes"}]
    referral = await officer.refer(victim__phones=phones, victim__contact_plan={"caller_display": "service"})
    plan = await plan_of(coordinator, referral)
    assert [line_of(plan, "phone", place)["caller_display"] for place in (0, 1)] == ["withheld", "service"]


async def test_only_staff_read_or_change_a_plan(officer) -> None:
    referral = await officer.refer()
    assert (await officer.get(f"/referrals/{referral['id']}/contact-plan")).status_code == 403
    assert (await change(officer, referral, preferred_name="Addie")).status_code == 403


async def test_a_plan_of_no_referral_is_not_found(coordinator) -> None:
    nobody = {"id": "5b1d6f3e-0000-4000-8000-000000000001"}
    assert (await coordinator.get(f"/referrals/{nobody['id']}/contact-plan")).status_code == 404
    assert (await change(coordinator, nobody, preferred_name="Addie")).status_code == 404


# What is changed.


async def test_a_change_holds_at_once_and_says_who_set_it_and_when(officer, coordinator, services) -> None:
    referral = await officer.refer()
    answer = await change(coordinator, referral, preferred_name="Addie", contact_plan=PLAN)
    assert answer.status_code == 200, answer.text
    ReferralInFull.model_validate(answer.json())
    kept = services.referrals.view(referral["id"]).document["victim"]["contact_plan"]
    assert kept["set_by"] == {"role": "coordinator", "name": "a coordinator"}
    assert datetime.fromisoformat(kept["set_at"]).tzinfo is not None
    plan = await plan_of(coordinator, referral)
    assert plan["set_by"] == "a coordinator (coordinator)"
    assert plan["until"] == "2027-03-31T23:00:00Z", "the last day holds to its end on the service's clock"
    assert plan["interpreter_needed"] == {"language": "Polish", "gender": "woman", "not_a_relative": True}
    assert line_of(plan, "text")["windows"] == [{"days": ["mon"], "from": "10:00", "to": "12:00"}]
    assert plan["preferred_name"] == "Addie"


async def test_what_a_change_does_not_name_stays_and_null_takes_away(officer, coordinator) -> None:
    referral = await officer.refer(victim__preferred_name="Addie")
    await change(coordinator, referral, contact_plan=PLAN)
    await change(coordinator, referral, contact_plan={"safe_word": None, "until": None})
    plan = await plan_of(coordinator, referral)
    assert (plan["safe_word"], plan["until"], plan["preferred_name"]) == (None, None, "Addie")
    assert plan["if_someone_else_answers"] == PLAN["if_someone_else_answers"]


async def test_a_plan_that_is_taken_away_whole_still_says_who_did_that(
    officer, coordinator, services
) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    assert (await change(coordinator, referral, contact_plan=None)).status_code == 200
    kept = services.referrals.view(referral["id"]).document["victim"]["contact_plan"]
    assert set(kept) == {"set_by", "set_at"}


async def test_a_change_by_staff_says_exactly_what_holds(officer, coordinator, services) -> None:
    """A number they leave out of `texts` is not silently kept from texts: that rule is for referrers."""
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "no", "texts": "no"}])
    await change(coordinator, referral, phones=[{"number": NUMBER, "safe": "yes"}])
    (phone,) = services.referrals.view(referral["id"]).document["victim"]["phones"]
    assert phone == {"number": NUMBER, "safe": "yes", "voicemail": "neutral"}


async def test_the_number_that_is_rung_changes_with_the_plan(officer, coordinator) -> None:
    referral = await officer.refer(
        victim__phones=[{"number": NUMBER, "safe": "yes"}, {"number": BESIDES, "safe": "yes"}]
    )
    phones = [{"number": NUMBER, "safe": "no"}, {"number": BESIDES, "safe": "yes"}]
    answer = await change(coordinator, referral, phones=phones)
    assert answer.json()["next_action"]["number"] == BESIDES


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({}, ""),
        ({"lane": "information"}, "lane"),
        ({"given_name": "Eve"}, "given_name"),
        ({"guardian": {"phones": []}}, "guardian"),
        ({"guardian": None}, "guardian"),
        ({"phones": [{"number": "1"}]}, "phones[0].number"),
        ({"phones": [{"number": NUMBER, "safe": "perhaps"}]}, "phones[0].safe"),
        ({"contact_plan": {"until": "2020-01-01"}}, "contact_plan.until"),
        ({"contact_plan": {"until": "soon"}}, "contact_plan.until"),
        ({"contact_plan": {"set_by": {"role": "manager", "name": "Eve"}}}, "contact_plan.set_by"),
        ({"contact_plan": {"set_at": "2026-01-01T00:00:00Z"}}, "contact_plan.set_at"),
        ({"contact_plan": {"safe_word": "!!"}}, "contact_plan.safe_word"),
        ({"contact_plan": {"safe_word": "blue bell", "duress_word": "BLUE-BELL"}}, "contact_plan"),
        ({"contact_plan": {"safe_word": "blue bell", "duress_word": "bell"}}, "contact_plan"),
        (
            {"contact_plan": {"interpreter_needed": {"gender": "woman"}}},
            "contact_plan.interpreter_needed.language",
        ),
        (
            {"contact_plan": {"text_windows": [{"from": "9", "to": "10:00"}]}},
            "contact_plan.text_windows[0].from",
        ),
        ({"contact_plan": {"caller_display": "loud"}}, "contact_plan.caller_display"),
        ({"contact_plan": "none"}, "contact_plan"),
        ({"guardian": {"given_name": "Eve"}}, "guardian.given_name"),
    ],
)
async def test_what_is_no_plan_is_refused_by_the_path_that_was_sent(
    officer, coordinator, patch, path
) -> None:
    referral = await officer.refer()
    answer = await change(coordinator, referral, **patch)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert "Eve" not in answer.text


async def test_a_guardians_numbers_are_part_of_the_plan(officer, coordinator) -> None:
    guardian = {"given_name": "Bo", "phones": [{"number": BESIDES, "safe": "yes"}]}
    referral = await officer.refer(victim__guardian=guardian, flags=["child"])
    changed = await change(coordinator, referral, guardian={"phones": [{"number": BESIDES, "safe": "no"}]})
    assert changed.status_code == 200, changed.text
    plan = await plan_of(coordinator, referral)
    assert [line["safe"] for line in plan["channels"] if line["of_guardian"]] == ["no", "no"]
    assert (await coordinator.see(referral))["victim"]["guardian"]["given_name"] == "Bo"


async def test_while_the_workflow_engine_is_away_a_change_is_stored_and_said_to_be(
    officer, coordinator, temporal
) -> None:
    referral = await officer.refer()
    temporal.away = True
    answer = await change(coordinator, referral, preferred_name="Addie")
    assert answer.status_code == 202
    assert answer.json()["state"] == "pending"


async def test_a_plan_that_has_run_out_is_said_to_count_for_nothing(officer, coordinator, services) -> None:
    referral = await officer.refer()
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await change(coordinator, referral, contact_plan={"until": soon})
    object.__setattr__(services, "clock", lambda: datetime.now(UTC) + timedelta(hours=2))
    plan = await plan_of(coordinator, referral)
    assert plan["has_run_out"]
    assert {(line["safe"], line["counts_as"]) for line in plan["channels"]} >= {("yes", "unknown")}


async def test_a_referrer_may_correct_something_else_after_the_plan_has_run_out(
    officer, coordinator, services
) -> None:
    """The time that is over is nobody's mistake: without this no officer could correct anything any more."""
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan={"until": "2027-03-31"})
    with services.engine.begin() as connection:
        _run_out(connection, services, referral["id"])
    assert (await correct(officer, referral, notes="He is on bail.")).status_code == 200


def _run_out(connection, services, referral_id) -> None:
    row = connection.execute(REFERRAL.select().where(REFERRAL.c.id == referral_id)).one()
    cipher = cipher_of(services.keyring, referral_id, row.wrapped_key)
    document = services.referrals.view(referral_id).document
    document["victim"]["contact_plan"]["until"] = "2020-01-01T00:00:00Z"
    sealed = cipher.seal_json("referral.document_enc", referral_id, document)
    connection.execute(REFERRAL.update().where(REFERRAL.c.id == referral_id).values(document_enc=sealed))


# What the timeline says.


async def test_the_timeline_says_what_was_changed_and_by_whom_without_number_address_or_own_words(
    officer, coordinator
) -> None:
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "yes"}])
    await change(
        coordinator,
        referral,
        phones=[{"number": NUMBER, "safe": "yes", "texts": "no"}, {"number": BESIDES, "safe": "yes"}],
        emails=[{"address": "ada@example.org", "safe": "no"}],
        contact_plan=PLAN,
    )
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    (line,) = [line for line in lines if line["what"] == "The contact plan was changed."]
    assert line["by"] == "a coordinator (coordinator)"
    for said in (
        "text to the first number: no (was not said)",
        "the second number is new",
        "writing to the first e-mail address: no (was unknown)",
        "what to say if someone else answers was changed",
        "the words agreed with the person were changed",
        "holds until: 31 March 2027 (was further notice)",
        "interpreter: Polish, a woman, never a relative (was none)",
    ):
        assert said in line["words"], line["words"]
    everything = json.dumps(lines)
    for personal in ("7700900", "ada@", "library", "Bluebell", "Aunt May", "18001"):
        assert personal not in everything


# What a referrer may not undo.


async def test_a_referrers_later_yes_does_not_open_a_number_the_plan_closed(officer, coordinator) -> None:
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "yes"}])
    await change(coordinator, referral, phones=[{"number": NUMBER, "safe": "no", "voicemail": "none"}])
    phones = [
        {"number": NUMBER, "safe": "yes", "voicemail": "named", "texts": "yes"},
        {"number": BESIDES, "safe": "yes"},
    ]
    await correct(officer, referral, victim={"phones": phones})
    seen = await coordinator.see(referral)
    old, new = seen["victim"]["phones"]
    assert (old["safe"], old["voicemail"]) == ("no", "none")
    assert new["safe"] == "yes", "a new number is the referrer's to give"
    assert seen["next_action"]["number"] == BESIDES


async def test_a_closed_number_that_is_left_out_and_given_again_stays_closed(officer, coordinator) -> None:
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "yes"}])
    await change(coordinator, referral, phones=[{"number": NUMBER, "safe": "no"}])
    await correct(officer, referral, victim={"phones": [{"number": BESIDES, "safe": "yes"}]})
    await correct(officer, referral, victim={"phones": [{"number": NUMBER, "safe": "yes"}]})
    seen = await coordinator.see(referral)
    assert [phone["safe"] for phone in seen["victim"]["phones"] if phone["number"] == NUMBER] == ["no"]


async def test_a_referrer_may_warn_of_what_the_plan_calls_safe(officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan={"safe_word": "bluebell"})
    await correct(
        officer,
        referral,
        victim={"phones": [{"number": NUMBER, "safe": "no"}], "address": {"safe": "no"}},
    )
    victim = (await coordinator.see(referral))["victim"]
    assert (victim["phones"][0]["safe"], victim["address"]["safe"]) == ("no", "no")


async def test_the_plan_itself_is_out_of_a_referrers_reach(officer, coordinator) -> None:
    referral = await officer.refer()
    await change(
        coordinator,
        referral,
        call_windows=[{"days": ["mon"], "from": "18:00", "to": "20:00"}],
        contact_plan=PLAN,
    )
    before = await plan_of(coordinator, referral)
    wider = [{"days": [], "from": "00:00", "to": "24:00"}]
    plan = {"relay": "other", "until": "2029-01-01", "text_windows": wider}
    assert (
        await correct(officer, referral, victim={"call_windows": wider, "contact_plan": plan})
    ).status_code == 200
    assert (await correct(officer, referral, victim={"contact_plan": None})).status_code == 200
    assert await plan_of(coordinator, referral) == before


@pytest.mark.parametrize("lines", [["1 Example Street", "Cambridge"], ["1 EXAMPLE ST."]])
async def test_an_address_marked_unsafe_stays_so_however_the_street_is_spelt(
    officer, coordinator, lines
) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, address={"safe": "no"})
    address = {"lines": lines, "postcode": "cb12ab", "safe": "yes"}
    await correct(officer, referral, victim={"address": address})
    assert (await coordinator.see(referral))["victim"]["address"]["safe"] == "no"


async def test_another_address_is_the_referrers_to_give(officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, address={"safe": "no"})
    address = {"lines": ["2 Refuge Road"], "postcode": "PE1 1AA", "safe": "yes"}
    await correct(officer, referral, victim={"address": address})
    assert (await coordinator.see(referral))["victim"]["address"]["safe"] == "yes"


async def test_without_a_plan_of_the_persons_own_the_referrers_last_word_holds(officer, coordinator) -> None:
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "no"}])
    await correct(officer, referral, victim={"phones": [{"number": NUMBER, "safe": "yes"}]})
    assert (await coordinator.see(referral))["victim"]["phones"][0]["safe"] == "yes"


# A referral that brings a plan with it.


async def test_a_referral_may_bring_a_plan_and_the_same_sent_again_is_the_same(officer, coordinator) -> None:
    document = a_referral(victim__contact_plan=FROM_REFERRER)
    referral = (await officer.post("/referrals", document)).json()
    again = await officer.post("/referrals", document)
    assert (again.status_code, again.json()["id"]) == (200, referral["id"])
    plan = await plan_of(coordinator, referral)
    assert (plan["relay"], plan["set_by"]) == (PLAN["relay"], "The referrer")


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        ({"set_by": {"role": "manager", "name": "Eve"}}, "victim.contact_plan.set_by"),
        ({"colour": "red"}, "victim.contact_plan.colour"),
        ({"until": "2020-01-01"}, "victim.contact_plan.until"),
    ],
)
async def test_a_referrers_plan_is_checked_like_everything_else(officer, plan, path) -> None:
    answer = await officer.post("/referrals", a_referral(victim__contact_plan=plan))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


# The duress word.


@pytest.mark.parametrize(
    ("said", "is_it"),
    [
        ("Aunt May", True),
        ("aunt-may", True),
        ("She said AUNT  MAY twice", True),
        ("áunt may", True),
        ("aunt", False),
        ("Aunt Mayor", False),
        ("", False),
    ],
)
def test_a_word_is_heard_however_it_is_written_down(said, is_it) -> None:
    assert says("Aunt May", said) is is_it


async def test_the_duress_word_is_in_no_answer_of_the_api(officer, coordinator, manager) -> None:
    referral = await officer.refer()
    answers = [await change(coordinator, referral, contact_plan=PLAN)]
    answers.append(await coordinator.ring(referral, "answered", word="aunt may"))
    for person in (coordinator, manager, officer):
        at = f"/referrals/{referral['id']}"
        answers += [await person.get(f"{at}{where}") for where in ("", "/contact-plan", "/timeline")]
        answers.append(await person.get("/referrals"))
    answers.append(await coordinator.get("/worklist"))
    for answer in answers:
        assert "aunt may" not in answer.text.casefold(), answer.url
    assert (await plan_of(coordinator, referral))["has_duress_word"] is True


async def test_the_word_that_was_said_is_kept_nowhere(officer, coordinator, services) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    command = (await coordinator.ring(referral, "answered", word="marigold aunt may")).headers["location"]
    command_id = command.rpartition("/")[2]
    assert services.commands.get(command_id).event.duress
    assert services.commands.words(command_id) == {}
    with services.engine.connect() as connection:
        rows = connection.execute(text("SELECT c::text FROM command c")).scalars().all()
    assert not [row for row in rows if "marigold" in row]


@pytest.mark.parametrize("word", ["bluebell wood", "something else", None])
async def test_the_safe_word_or_any_other_alerts_nobody(officer, coordinator, services, word) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    answer = await coordinator.ring(referral, "answered", **({"word": word} if word else {}))
    command_id = answer.headers["location"].rpartition("/")[2]
    assert not services.commands.get(command_id).event.duress
    assert (await coordinator.see(referral))["escalation"] is None


async def test_where_no_word_was_agreed_no_word_is_one(officer, coordinator, services) -> None:
    referral = await officer.refer()
    answer = await coordinator.ring(referral, "answered", word="help")
    assert answer.status_code == 201
    command_id = answer.headers["location"].rpartition("/")[2]
    assert not services.commands.get(command_id).event.duress


async def test_the_duress_word_in_a_reply_that_came_without_a_call_is_heard_too(
    officer, coordinator, services
) -> None:
    heard = []
    for word in ("aunt may", "bluebell wood", None):
        referral = await officer.refer()
        await change(coordinator, referral, contact_plan=PLAN)
        reply = {"channel": "letter_code"} | ({"word": word} if word else {})
        answer = await coordinator.post(f"/referrals/{referral['id']}/replies", reply)
        assert answer.status_code == 200, answer.text
        command = services.commands.get(answer.headers["location"].rpartition("/")[2])
        heard.append(command.event.duress)
        assert services.commands.words(command.id) == {}
        assert "aunt may" not in answer.text.casefold()
    assert heard == [True, False, False]
    nobody = "/referrals/5b1d6f3e-0000-4000-8000-000000000001/replies"
    assert (await coordinator.post(nobody, {"channel": "text", "word": "x"})).status_code == 404


async def test_a_number_that_turned_out_wrong_is_not_shown_as_safe(officer, coordinator) -> None:
    referral = await officer.refer()
    await coordinator.ring(referral, "wrong_number")
    plan = (await coordinator.get(f"/referrals/{referral['id']}/contact-plan")).json()
    call = next(line for line in plan["channels"] if line["channel"] == "phone")
    assert (call["safe"], call["counts_as"], call["not_used"]) == ("yes", "no", True)
    assert any(line["not_used"] is False for line in plan["channels"])
