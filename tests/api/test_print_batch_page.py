"""The pages of whoever prints and posts the letters."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.vocabulary import MessageState, PrintedBy
from tests.api.browser import Browser
from tests.api.test_print_batch import queued, stop
from tests.store.lives import Office

PAGE = "/post-room/batches"


@pytest.fixture
def office(services) -> Office:
    return Office(services.engine, services.keyring)


@pytest.fixture
def profile(profile):
    return replace(profile, printed_by=PrintedBy.SERVICE)


def words(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


async def make(desk: Browser):
    done = await desk.send(await desk.open(PAGE), PAGE)
    assert done.status_code == 303
    return await desk.open(done.headers["location"]), done.headers["location"]


async def test_the_days_batch_is_made_printed_and_posted(desk: Browser, office) -> None:
    lives = [queued(office, number) for number in (1, 2)]
    assert "2 letters wait to be printed" in words(await desk.open(PAGE))
    page, address = await make(desk)
    said = words(page)
    assert "2 letters, 2 pages, made by Sam" in said
    assert "Print on one side of the paper" in said
    assert all(life.view.reference in said for life in lives)
    assert "Given1" not in page.text
    pdf = await desk.open(f"{address}/letters.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    done = await desk.send(page, f"{address}/posted")
    assert done.headers["location"] == address
    assert "Posted" in words(await desk.open(address))
    assert {life.message_state for life in lives} == {MessageState.SENT}


async def test_a_letter_taken_out_is_ticked(desk: Browser, office) -> None:
    life, other = queued(office, 1), queued(office, 2)
    page, address = await make(desk)
    await desk.send(page, f"{address}/posted", **{"letter.1": "pulled"})
    assert {life.message_state, other.message_state} == {MessageState.RECALLED, MessageState.SENT}
    assert "Taken out before posting" in words(await desk.open(address))


async def test_a_stopped_letter_is_shown_in_red_and_has_to_be_accounted_for(desk: Browser, office) -> None:
    stopped = queued(office, 1, victim__address__lines=["1 Example Street", "Cambridge"])
    other = queued(office, 2, victim__address__lines=["2 Example Street", "Cambridge"])
    _, address = await make(desk)
    stop(stopped)
    page = await desk.open(address)
    assert "Pull this letter out before posting: letter 1" in words(page)
    assert 'class="hf-danger"' in page.text
    refused = await desk.send(page, f"{address}/posted")
    assert refused.status_code == 409
    assert "Say what became of letter 1" in words(refused)
    assert 'href="#letter-1"' in refused.text
    assert refused.text.count('id="letter-1"') == 1
    assert other.message_state is MessageState.SENDING
    await desk.send(refused, f"{address}/posted", **{"letter.1": "in_the_box"})
    assert "Posted, though it had been stopped" in words(await desk.open(address))


async def test_pressing_twice_makes_one_batch_and_posts_it_once(desk: Browser, office) -> None:
    queued(office, 1)
    page = await desk.open(PAGE)
    first = await desk.send(page, PAGE)
    second = await desk.send(page, PAGE)
    assert first.headers["location"] != second.headers["location"]
    assert "No letter waits" in words(await desk.open(second.headers["location"]))
    address = first.headers["location"]
    batch = await desk.open(address)
    for _ in range(2):
        assert (await desk.send(batch, f"{address}/posted")).status_code == 303


async def test_letters_left_out_are_named_on_the_page_of_the_batch(desk: Browser, office) -> None:
    queued(office, 1)
    stop(queued(office, 2))
    page, _ = await make(desk)
    assert "Left out when the batch was made A letter : Everything was stopped." in words(page)


async def test_what_is_behind_is_said_here_and_in_the_post_room(app, issue, office, services) -> None:
    life = queued(office, 1)

    async def at(when) -> Browser:
        """A coordinator signs in at this moment."""
        object.__setattr__(services, "clock", lambda: when)
        browser = Browser(app)
        await browser.sign_in(issue())
        return browser

    desk = await at(life.now + timedelta(minutes=59))
    assert "make the batch" not in words(await desk.open("/post-room"))
    desk = await at(life.now + timedelta(hours=1))
    for page in ("/post-room", PAGE):
        assert "Letters have waited for more than an hour" in words(await desk.open(page))
    _, address = await make(desk)
    assert "nobody has said" not in words(await desk.open("/post-room"))
    desk = await at(life.now + timedelta(days=1))
    for page in ("/post-room", PAGE, address):
        assert "nobody has said that it was posted" in words(await desk.open(page))


async def test_the_batches_are_for_staff(app, issue) -> None:
    nobody, officer = Browser(app), Browser(app)
    await officer.sign_in(issue("police"))
    assert (await nobody.open(PAGE)).status_code == 401
    for address in (PAGE, f"{PAGE}/x", f"{PAGE}/x/letters.pdf"):
        assert (await officer.open(address)).status_code == 403


async def test_a_form_without_our_token_makes_nothing(desk: Browser, office) -> None:
    life = queued(office, 1)
    page = await desk.open(PAGE)
    assert (await desk.send(page, PAGE, form_token="x")).status_code == 403
    assert life.message_state is MessageState.RESERVED


async def test_a_batch_nobody_made_is_not_found(desk: Browser) -> None:
    assert (await desk.open(f"{PAGE}/5b1d6f3e-0000-4000-8000-000000000001")).status_code == 404


async def test_with_temporal_away_a_batch_is_posted_all_the_same(desk: Browser, office, temporal) -> None:
    temporal.away = True
    life = queued(office, 1)
    page, address = await make(desk)
    await desk.send(page, f"{address}/posted")
    assert life.message_state is MessageState.SENT


async def test_where_a_provider_prints_nobody_is_asked_to(desk: Browser, services, profile) -> None:
    object.__setattr__(services, "profile", replace(profile, printed_by=PrintedBy.PROVIDER))
    said = words(await desk.open(PAGE))
    assert "printed by its provider" in said
    assert "Make the batch" not in said
    assert "Print and post" not in words(await desk.open("/post-room"))
