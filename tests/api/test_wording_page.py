"""What staff see before a message ever leaves: its words, its price, and who has checked the translation."""

import html
import re
from dataclasses import replace

import pytest
import pytest_asyncio

from store.wording_check import WordingCheckStore
from tests.api.browser import Browser, form_of
from wiring.writer import MessageWriter

ATTACK = "<script>alert(1)</script>"
CHECK = "/wording/check"
WELSH = "/wording/contact_unanswered/letter?language=cy"


@pytest.fixture
def profile(profile):
    return replace(profile, languages=("en", "cy", "mi"))


@pytest.fixture(autouse=True)
def _live(services, profile) -> None:
    """Letters and texts really leave; e-mail is simulated."""
    from domain.vocabulary import Channel

    writer = MessageWriter(profile, checks=WordingCheckStore(services.engine), simulated=[Channel.EMAIL])
    object.__setattr__(services, "writer", writer)
    object.__setattr__(services, "simulated", frozenset({Channel.EMAIL}))


@pytest_asyncio.fixture
async def manager(app, issue) -> Browser:
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


def words(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


async def test_everything_that_is_written_is_listed_and_opens(desk: Browser) -> None:
    page = await desk.open("/wording")
    addresses = {
        html.unescape(address) for address in re.findall(r'href="(/wording/[^"]+\?[^"]*)"', page.text)
    }
    # Two purposes by letter and e-mail, ordinary and neutral, and as texts; a question; an answer; a visit: three
    # languages.
    assert len(addresses) == (2 * 5 + 3) * 3
    for address in addresses:
        shown = await desk.open(address)
        assert shown.status_code == 200
        assert "cannot be written" not in shown.text
    assert "Welsh : Nobody answered our calls, Letter, ordinary (not checked)" in words(page)


async def test_a_text_is_shown_as_a_telephone_shows_it_with_what_it_costs(desk: Browser) -> None:
    page = await desk.open("/wording/who_we_are/text?language=en")
    assert 'class="hf-bubble"' in page.text
    said = words(page)
    assert "Parts 1 Characters 75 Encoding GSM-7" in said
    dear = words(await desk.open("/wording/contact_unanswered/text?language=mi"))
    assert re.search(r"Parts 3 Characters \d+ Encoding UCS-2: 70 characters in a part, because of: ē", dear)


async def test_a_letter_is_shown_as_it_is_printed(desk: Browser) -> None:
    page = await desk.open(WELSH)
    address = html.unescape(re.search(r'href="(/wording/[^"]+letter.pdf[^"]*)"', page.text)[1])
    pdf = await desk.open(address)
    assert pdf.content.startswith(b"%PDF")
    assert b"/Lang(cy)" in pdf.content.replace(b" ", b"")


@pytest.mark.parametrize("reader", ["", "&large=yes", "&easy=yes", "&large=yes&easy=yes"])
async def test_large_print_and_plain_words_have_a_look_of_their_own(desk: Browser, reader) -> None:
    page = await desk.open(f"/wording/information/letter?language=en{reader}")
    assert page.status_code == 200
    assert ("This letter is to tell you" in page.text) == ("easy" in reader)


async def test_an_email_is_shown_alone_with_its_own_styles_and_nothing_else(desk: Browser) -> None:
    page = await desk.open("/wording/information/email.html?language=mi&large=yes")
    assert "Tēnā koe, Ada" in page.text
    assert "font-size:24px" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


@pytest.mark.parametrize(
    "address",
    [
        "/wording/who_we_are/letter?language=en",
        "/wording/safe_channel_asked/text?language=en",
        "/wording/information/letter?language=pl",
        "/wording/information/letter.pdf?language=../../etc",
    ],
)
async def test_what_is_never_written_is_not_shown(desk: Browser, address) -> None:
    assert (await desk.open(address)).status_code == 404


async def test_a_manager_marks_a_translation_and_is_named(manager: Browser, services) -> None:
    page = await manager.open(WELSH)
    assert "English is used instead until a manager marks these words" in words(page)
    action = next(
        html.unescape(found) for found in re.findall(r'action="([^"]+)"', page.text) if "checked" in found
    )
    assert (await manager.send(page, action)).status_code == 303
    assert "Checked Sam marked these words as checked" in words(await manager.open(WELSH))
    assert "Not checked" in words(await manager.open(WELSH.replace("letter", "text")))


async def test_words_that_changed_while_a_manager_read_are_not_marked(manager: Browser) -> None:
    page = await manager.open(WELSH)
    action = next(
        html.unescape(found) for found in re.findall(r'action="([^"]+)"', page.text) if "checked" in found
    )
    refused = await manager.send(page, action, seen="0" * 64)
    assert refused.status_code == 409
    assert "Read the words again" in words(refused)
    assert "Not checked" in words(await manager.open(WELSH))


async def test_english_cannot_be_marked(manager: Browser) -> None:
    page = await manager.open(WELSH)
    fields = form_of(page, html.unescape(re.search(r'action="(/wording[^"]+)"', page.text)[1])).fields
    refused = await manager.post("/wording/information/letter/checked?language=en", fields)
    assert refused.status_code == 409
    assert "no translation here" in refused.text


async def test_a_coordinator_reads_and_does_not_mark(desk: Browser, manager: Browser) -> None:
    page = await desk.open(WELSH)
    assert "A manager can mark it" in words(page)
    assert "/checked?" not in page.text
    token = form_of(page, "/sign-out").fields
    assert (
        await desk.post("/wording/contact_unanswered/letter/checked?language=cy", token)
    ).status_code == 403


async def test_the_wordings_are_for_staff(app, issue) -> None:
    nobody, officer = Browser(app), Browser(app)
    await officer.sign_in(issue("police"))
    for address in ("/wording", WELSH, CHECK, "/wording/information/letter.pdf?language=en"):
        assert (await nobody.open(address)).status_code == 401
        assert (await officer.open(address)).status_code == 403


async def judged(desk: Browser, text: str):
    return await desk.send(await desk.open(CHECK), CHECK, words=text)


async def test_words_are_counted_before_they_are_used(desk: Browser) -> None:
    page = await judged(
        desk, "Hello {{ preferred_name }}, this is {{ neutral_name }}. Ring {{ telephone | unbroken }}."
    )
    said = words(page)
    assert "Hello Ada, this is The Hub. Ring 0808 157 0192." in said
    assert "Parts 1 Characters 47 Encoding GSM-7" in said
    assert "No forbidden word is in it" in said


async def test_a_macron_makes_three_parts_of_one(desk: Browser) -> None:
    plain = "Kia ora. " + "We are here. " * 10
    assert "Parts 1 " in words(await judged(desk, plain))
    assert "Parts 3 " in words(await judged(desk, plain + "Mā te wā."))


@pytest.mark.parametrize("telling", ["police", "heddlu", "pirihimana"])
async def test_a_forbidden_word_is_named_in_any_language(desk: Browser, telling) -> None:
    assert f"may never be in a text: {telling}" in words(await judged(desk, f"Neges: {telling}."))


async def test_what_stands_in_braces_is_looked_up_and_never_run(desk: Browser) -> None:
    page = await judged(desk, "{{ 7 * 191 }} {{ ''.__class__ }} {{ service_name }}")
    assert "1337" not in page.text
    assert "Nobody fills these in: 7 * 191, ''.__class__, service_name" in words(page)


@pytest.mark.parametrize("typed", ["", "x" * 2_001])
async def test_nothing_and_too_much_are_asked_for_again(desk: Browser, typed) -> None:
    page = await judged(desk, typed)
    assert page.status_code == 422
    assert "There is a problem" in page.text


async def test_pasted_words_cannot_become_a_script(desk: Browser) -> None:
    assert ATTACK not in (await judged(desk, ATTACK)).text


async def test_the_post_room_says_why_a_message_is_not_in_the_readers_language(
    desk: Browser, services
) -> None:
    from tests.store.lives import Office, another_person

    office = Office(services.engine, services.keyring)
    life = office.begins(another_person(1, victim__language="cy")).is_silent()
    [message] = office.messages.of_referral(life.id)
    said = words(await desk.open(f"/post-room/{message.id}"))
    assert "Nobody has checked the words in Welsh yet: it was written in English." in said
