"""The page of a referral asks for a repair in one step, and shows how each stands."""

import html
import re

import pytest

from tests.api.browser import Browser, form_of

WHAT = {"kinds[]": ["board_up", "locks"], "urgency": "open_property"}


async def opened(desk, referral):
    page = await desk.open(f"/referrals/{referral['id']}")
    assert page.status_code == 200
    return page


async def ask(desk, referral, **typed):
    page = await opened(desk, referral)
    return await desk.send(page, f"/referrals/{referral['id']}/repairs", **WHAT | typed)


def words(page) -> str:
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", page.text)).replace("\u00a0", " ")


async def test_one_form_asks_and_the_page_says_who_has_been_asked(officer, coordinator, desk, repairs):
    repairs.register("Kay Hill", firm="Hill Glazing")
    repairs.register("Lou Marsh")
    referral = await officer.refer()
    sent = await ask(desk, referral, code_word="copper lantern", access="Through the yard")
    assert sent.status_code == 303
    page = words(await desk.open(sent.headers["location"]))
    assert "Kay Hill (Hill Glazing)" in page
    assert "Lou Marsh" in page
    assert "Tell the person the word at the door: copper lantern." in page
    assert re.search(r"\d+ (second|minute)s left", page)
    (repair,) = (await coordinator.get(f"/referrals/{referral['id']}/repairs")).json()["items"]
    assert repair["kinds"] == ["board_up", "locks"]
    assert repair["job"]["access"] == "Through the yard"
    assert repair["reference"] in page


async def test_words_that_tell_are_pointed_out_to_whoever_has_just_written_them(officer, desk, repairs):
    referral = await officer.refer()
    sent = await ask(desk, referral, access="Ask for Ada. The police have the key.")
    page = words(await desk.open(sent.headers["location"]))
    assert "Look again at how to get in" in page
    sent = await ask(desk, referral, access="Through the yard")
    assert "Look again at how" not in words(await desk.open(sent.headers["location"]))


async def test_what_is_likely_is_filled_in_so_that_it_is_quick(officer, desk, repairs):
    referral = await officer.refer(requests=["board_up", "goods"])
    page = await opened(desk, referral)
    form = form_of(page, f"/referrals/{referral['id']}/repairs")
    assert form.fields["kinds[]"] == ["board_up"]
    assert form.fields["urgency"] == ["open_property"]
    assert form.fields["permission"] == ["unknown"]
    assert form.fields["suspect_tenure"] == ["unknown"]
    assert form.fields["police_release"] == ["not_needed"]
    assert len(form.fields["code_word"][0].split()) == 2
    assert "1 Example Street, Cambridge, CB1 2AB" in words(page)


async def test_everything_that_is_typed_is_taken_in(officer, coordinator, desk, repairs):
    referral = await officer.refer()
    sent = await ask(
        desk,
        referral,
        **{"address.lines[0]": "9 Mill Lane", "address.lines[1]": "Ely", "address.postcode": "CB7 4AA"},
        permission="yes",
        police_release="given",
        suspect_tenure="no",
        pets="A cat",
        who_may_be_home="Her sister",
        estimate_pence="£1,120.50",
        tells_victim="yes",
        notes="Ask for Lou",
    )
    assert sent.status_code == 303
    (repair,) = (await coordinator.get(f"/referrals/{referral['id']}/repairs")).json()["items"]
    assert repair["job"]["address"] == {"lines": ["9 Mill Lane", "Ely"], "postcode": "CB7 4AA"}
    assert (repair["permission"], repair["police_release"], repair["suspect_tenure"]) == (
        "yes",
        "given",
        "no",
    )
    assert (repair["estimate_pence"], repair["tells_victim"]) == (112_050, True)
    assert (repair["job"]["pets"], repair["job"]["who_may_be_home"]) == ("A cat", "Her sister")
    assert repair["job"]["notes"] == "Ask for Lou"


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ({"kinds[]": []}, "Choose what is to be done"),
        ({"urgency": ""}, "Choose how urgent it is"),
        ({"estimate_pence": "about 100"}, "Enter the estimate as an amount, such as 120 or 120.50"),
        ({"estimate_pence": "-5"}, "Enter the estimate"),
        ({"address.postcode": "CB1 2AB"}, "Enter the house and street"),
        ({"pets": "x" * 201}, "Pets"),
        ({"permission": "perhaps"}, "Choose whether they agree"),
    ],
)
async def test_a_mistake_is_shown_with_how_to_mend_it_and_nothing_typed_is_lost(
    officer, coordinator, desk, repairs, typed, mend
):
    referral = await officer.refer()
    again = await ask(desk, referral, access="Through <the> yard", **typed)
    assert again.status_code == 422
    page = words(again)
    assert "There is a problem" in page
    assert mend in page
    assert "Through &lt;the&gt; yard" in again.text
    (link,) = re.findall(r'<a href="#(repair-[^"]+)"', again.text)[:1]
    assert f'id="{link}"' in again.text
    assert (await coordinator.get(f"/referrals/{referral['id']}/repairs")).json()["items"] == []


async def test_a_referral_without_an_address_asks_for_one(officer, desk, repairs):
    referral = await officer.refer(victim__address=None)
    assert "No address is known" in words(await opened(desk, referral))
    again = await ask(desk, referral)
    assert again.status_code == 422
    assert "Enter the house and street: nobody knows where to go" in words(again)


async def test_a_form_sent_twice_is_one_repair(officer, coordinator, desk, repairs):
    referral = await officer.refer()
    page = await opened(desk, referral)
    address = f"/referrals/{referral['id']}/repairs"
    for _ in range(2):
        assert (await desk.send(page, address, **WHAT)).status_code == 303
    assert len((await coordinator.get(address)).json()["items"]) == 1


async def test_what_holds_a_repair_is_said_with_what_lifts_it(officer, desk, repairs):
    repairs.register("Kay Hill")
    referral = await officer.refer()
    sent = await ask(desk, referral, police_release="awaited")
    page = words(await desk.open(sent.headers["location"]))
    assert "The police have not examined the scene" in page
    assert "Lift it when the police say that the scene is released." in page
    assert "Kay Hill" not in page


async def test_while_temporal_is_away_the_page_says_that_it_is_stored(officer, desk, repairs, temporal):
    referral = await officer.refer()
    page = await opened(desk, referral)
    temporal.away = True
    sent = await desk.send(page, f"/referrals/{referral['id']}/repairs", **WHAT)
    assert sent.status_code == 303
    shown = words(await desk.open(sent.headers["location"]))
    assert "Stored. A repair is asked for: board up a window or door, change locks." in shown
    assert "do not send it again" in shown


async def test_what_a_person_typed_is_never_markup(officer, desk, repairs):
    repairs.register("<b>Kay</b>", firm="<i>Hill</i>")
    referral = await officer.refer()
    nasty = "<script>alert(1)</script>"
    sent = await ask(
        desk, referral, code_word="<u>x</u>", access=nasty, pets=nasty, notes=nasty, who_may_be_home=nasty
    )
    page = await desk.open(sent.headers["location"])
    for markup in ("<script>alert", "<b>Kay", "<i>Hill", "<u>x"):
        assert markup not in page.text
    assert "&lt;b&gt;Kay" in page.text


async def test_a_form_of_another_site_or_an_old_page_asks_nobody(officer, coordinator, desk, repairs):
    referral = await officer.refer()
    address = f"/referrals/{referral['id']}/repairs"
    fields = form_of(await opened(desk, referral), address).fields | WHAT
    fields = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    wrong = await desk.post(address, fields | {"form_token": ["0" * 64]})
    assert wrong.status_code == 403
    other = await desk.post(address, fields, origin="https://elsewhere.test")
    assert other.status_code == 403
    assert (await coordinator.get(address)).json()["items"] == []


async def test_only_staff_who_have_signed_in_ask(officer, app, issue, repairs):
    referral = await officer.refer()
    address = f"/referrals/{referral['id']}/repairs"
    stranger = Browser(app)
    assert (await stranger.post(address, {"urgency": ["today"]})).status_code == 401
    force = Browser(app)
    await force.sign_in(issue("police"))
    assert (await force.post(address, {"urgency": ["today"]})).status_code == 403


async def test_a_repair_of_no_referral_is_not_found(desk, officer, repairs):
    referral = await officer.refer()
    page = await opened(desk, referral)
    fields = form_of(page, f"/referrals/{referral['id']}/repairs").fields
    nobody = "/referrals/5b1d6f3e-0000-4000-8000-000000000001/repairs"
    sent = {**fields, "kinds[]": ["locks"], "urgency": ["today"]}
    assert (await desk.post(nobody, sent)).status_code == 404
