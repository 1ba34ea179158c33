import re

import pytest

from api.inbound_text_page_shown import MEANINGS, field_of
from domain.vocabulary import TextMeaning
from tests.api.browser import Browser
from tests.api.people import STRANGER

XSS = '<script>alert("x")</script>'


def test_every_meaning_has_its_words() -> None:
    assert set(MEANINGS) == set(TextMeaning)


async def test_a_text_that_needs_a_person_stands_first_with_what_to_do(desk: Browser, comes, officer) -> None:
    await officer.refer(victim__phones=[{"number": "+447700900321"}])
    comes("Thank you", "+447700900321")
    comes("Is that about Ada?")
    page = await desk.open("/texts")
    assert page.status_code == 200
    waiting, others = page.text.split("All others, newest first")
    assert "Is that about Ada?" in waiting
    assert "No referral that listens has this number." in waiting
    assert "Thank you" in others


async def test_whoever_hears_the_page_is_told_which_text_each_button_is_for(desk: Browser, comes) -> None:
    # All texts have the same three labels.
    for number in ("+447700900321", "+447700900322"):
        comes("Is that about Ada?", number)
    page = await desk.open("/texts")
    for label in ("Reference of its referral", "Give it to this referral", "Dealt with"):
        named = re.findall(
            label + r'<span class="govuk-visually-hidden">: text of (\+\d+), ([^<]+)</span>', page.text
        )
        assert {number for number, _ in named} == {"+447700900321", "+447700900322"}, label
        assert all(time for _, time in named)


async def test_a_text_is_given_to_its_referral(desk: Browser, comes, officer, services) -> None:
    referral = await officer.refer()
    address = f"/texts/{comes()}/assignment"
    answer = await desk.send(await desk.open("/texts"), address, reference=referral["reference"].lower())
    assert answer.status_code == 303
    page = await desk.open(answer.headers["location"])
    assert f"The text is with referral {referral['reference']}" in page.text
    assert "Dealt with by Sam" in page.text
    assert services.referrals.view(referral["id"]).next_kind == "call"


async def test_the_only_referral_with_this_number_is_offered(desk: Browser, comes, officer, services) -> None:
    # A closed one that was never texted twice over: the person only has to press.
    first = await officer.refer(victim__phones=[{"number": STRANGER}])
    comes("STOP")
    assert services.inbound_texts.waiting() == 0
    other = await officer.refer(victim__phones=[{"number": STRANGER}])
    comes("call me")
    page = await desk.open("/texts")
    assert first["reference"] in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert other["reference"] in page.text
    assert "has this number; live" in page.text


async def test_a_text_is_dealt_with_by_name(desk: Browser, comes) -> None:
    address = f"/texts/{comes()}/dealt-with"
    answer = await desk.send(await desk.open("/texts"), address)
    page = await desk.open(answer.headers["location"])
    assert "The text is dealt with." in page.text
    assert "Dealt with by Sam" in page.text


@pytest.mark.parametrize(
    ("typed", "told"), [("", "Enter the reference"), ("XXXX-XXXX", "There is no referral of this reference")]
)
async def test_a_wrong_reference_is_kept_and_said_at_its_text(
    desk: Browser, comes, typed: str, told: str
) -> None:
    text_id = comes()
    comes("another")
    address = f"/texts/{text_id}/assignment"
    page = await desk.send(await desk.open("/texts"), address, reference=typed)
    assert page.status_code == 422
    assert page.text.count(told) == 2  # in the summary and at the field
    assert f'href="#{field_of(text_id)}"' in page.text
    assert "<title>Error: " in page.text


async def test_what_was_written_is_shown_as_text(desk: Browser, comes) -> None:
    text_id = comes(XSS, XSS)
    page = await desk.open("/texts")
    assert "<script>alert" not in page.text
    page = await desk.send(page, f"/texts/{text_id}/assignment", reference=XSS[:60])
    assert "<script>alert" not in page.text


async def test_only_staff_see_the_page(app, issue, comes) -> None:
    comes("Is that about Ada?")
    browser = Browser(app)
    assert (await browser.open("/texts")).status_code == 401
    await browser.sign_in(issue("police"))
    page = await browser.open("/texts")
    assert page.status_code == 403
    assert "Ada" not in page.text


async def test_a_form_from_elsewhere_changes_nothing(desk: Browser, comes, services) -> None:
    text_id = comes()
    answer = await desk.post(f"/texts/{text_id}/dealt-with", {}, origin="https://elsewhere.example")
    assert answer.status_code == 403
    assert services.inbound_texts.get(text_id).needs_person


async def test_older_texts_are_a_page_further(desk: Browser, comes, services) -> None:
    from store.tokens import Maker

    sam = Maker(token_id="t", role="coordinator", name="Sam")
    for _ in range(3):
        services.inbound_texts.deal_with(comes(), by=sam, now=services.clock())
    page = await desk.open("/texts?limit=2")
    assert "Older texts" in page.text
