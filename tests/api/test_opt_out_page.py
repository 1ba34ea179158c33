import re
import time
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from api import opt_out_page
from api.opt_out_page import reference_in
from domain.events import OptedOut
from domain.vocabulary import ContactChannel, OptOutWay
from store.message_row import MESSAGE
from store.unsubscribe import unsubscribe_hash, unsubscribe_token
from tests.api.browser import Browser, form_of
from tests.api.people import Person

TELLING = re.compile(r"victim|police|crime|abuse|support service|safe", re.IGNORECASE)
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}
CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits in these tests, but for the one about waiting."""
    monkeypatch.setattr(opt_out_page, "ANSWERS_AFTER", timedelta(milliseconds=1))


@pytest.fixture
def browser(app) -> Browser:
    return Browser(app)


def told(services, referral) -> list[OptedOut]:
    return [command.event for command in services.commands.pending(f"referral-{referral['id']}")]


async def asks(browser: Browser, reference: str, *channels: str, address: str = "/stop"):
    page = await browser.open(address)
    return await browser.send(page, "/stop", **{"reference": reference, "channels[]": list(channels)})


async def test_whoever_reads_a_letter_stops_what_they_choose(
    browser: Browser, officer: Person, services
) -> None:
    referral = await officer.refer()
    page = await asks(browser, referral["reference"], "text", "phone")
    assert page.status_code == 200
    assert told(services, referral) == [
        OptedOut(channel=channel, way=OptOutWay.WEB)
        for channel in (ContactChannel.PHONE, ContactChannel.TEXT)
    ]


async def test_the_address_in_a_letter_says_that_it_was_a_letter(
    browser: Browser, officer: Person, services
) -> None:
    referral = await officer.refer()
    await asks(browser, referral["reference"], "letter", address="/stop?from=letter")
    assert told(services, referral) == [OptedOut(channel=ContactChannel.LETTER, way=OptOutWay.LETTER_CODE)]


@pytest.mark.parametrize(
    "typed", ["k7pm4t2q", " K7PM 4T2Q ", "K7PM-4T2Q", "k7pm \N{EN DASH} 4t2q", "K7PM_4T2Q."]
)
def test_a_reference_is_read_as_people_copy_it(typed: str) -> None:
    assert reference_in(typed) == "K7PM-4T2Q"


async def test_the_answer_is_the_same_for_a_reference_nobody_knows(
    browser: Browser, officer: Person, services
) -> None:
    # Rule 8: whoever tries references learns nothing.
    referral = await officer.refer()
    pages = [await asks(browser, reference, "email") for reference in (referral["reference"], "XXXX-XXXX")]
    assert pages[0].status_code == pages[1].status_code == 200
    assert pages[0].text == pages[1].text
    assert "If we know this reference" in pages[0].text


async def test_the_answer_takes_as_long_for_a_reference_nobody_knows(
    browser: Browser, officer: Person, services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_out_page, "ANSWERS_AFTER", timedelta(milliseconds=250))
    ask = services.opt_out_requests.ask

    def slowly(*asked: object, **named: object) -> bool:
        time.sleep(0.1)
        return ask(*asked, **named)

    monkeypatch.setattr(services.opt_out_requests, "ask", slowly)
    referral, took = await officer.refer(), []
    page = await browser.open("/stop")
    for reference in (referral["reference"], "XXXX-XXXX"):
        began = time.monotonic()
        await browser.send(page, "/stop", **{"reference": reference, "channels[]": ["email"]})
        took.append(time.monotonic() - began)
    assert len(told(services, referral)) == 1
    assert min(took) >= 0.25
    assert abs(took[0] - took[1]) < 0.1, took


async def test_who_wants_no_more_letters_has_one_in_hand(browser: Browser, officer: Person, services) -> None:
    # The address printed on a letter is typed by hand, without what would say that it was a letter.
    referral = await officer.refer()
    await asks(browser, referral["reference"], "letter", "email")
    assert {event.channel: event.way for event in told(services, referral)} == {
        ContactChannel.LETTER: OptOutWay.LETTER_CODE,
        ContactChannel.EMAIL: OptOutWay.WEB,
    }


async def test_nothing_on_these_pages_leads_to_a_page_that_says_what_we_do(
    browser: Browser, services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rule 12: the front page speaks of crime and police, one press away.  A button to leave quickly tells, too.
    pages = [await browser.open(address) for address in ("/stop", "/stop?again=yes", "/unsubscribe/abc")]
    pages.append(await asks(browser, "XXXX-XXXX", "text"))
    pages.append(await asks(browser, "", "text"))
    pages.append(await browser.post("/stop", {"reference": ["x"]}, origin="https://elsewhere.example"))
    pages.append(await browser.post("/unsubscribe/abc", {"other": ["x"]}))
    pages.append(await browser.open("/stop/nothing"))
    stale = form_of(await browser.open("/stop"), "/stop").fields | {"form_token": ["stale"]}
    pages.append(await browser.post("/stop", stale | {"reference": ["K7PM-4T2Q"]}))
    assert "Send it once more" in pages[-1].text
    for page in pages:
        ways = set(re.findall(r'href="([^"]*)"', page.text))
        assert all(way.startswith(("#", "tel:", "/assets/")) for way in ways), (page.url, ways)
        assert not TELLING.search(page.text), TELLING.search(page.text)


async def test_staff_keep_their_way_back(desk: Browser) -> None:
    assert 'href="/worklist"' in (await desk.open("/stop")).text


async def test_nothing_on_these_pages_says_what_we_do(browser: Browser, officer: Person) -> None:
    # Rule 12: it may be read by whoever opened the letter.
    pages = [await browser.open(address) for address in ("/stop", "/unsubscribe/abc")]
    pages.append(await asks(browser, "XXXX-XXXX", "text"))
    pages.append(await asks(browser, "", "text"))
    for page in pages:
        assert not TELLING.search(page.text), TELLING.search(page.text)
        assert "/sign-in" not in page.text


async def test_looking_changes_nothing(browser: Browser, officer: Person, services) -> None:
    referral = await officer.refer()
    await browser.open(f"/stop?reference={referral['reference']}&channels[]=text")
    assert told(services, referral) == []


async def test_what_is_missing_is_said_and_what_was_typed_is_kept(browser: Browser) -> None:
    page = await asks(browser, "K7PM-4T2Q")
    assert page.status_code == 422
    assert "Choose what we should stop" in page.text
    assert 'value="K7PM-4T2Q"' in page.text
    page = await asks(browser, "", "text")
    assert "Enter the reference" in page.text
    assert (await asks(browser, "x" * 61, "text")).status_code == 422


async def test_what_was_typed_is_shown_as_text(browser: Browser) -> None:
    page = await asks(browser, '"><script>alert(1)</script>')
    assert "<script>alert" not in page.text
    page = await browser.open('/stop?from="><script>alert(1)</script>')
    assert "<script>alert" not in page.text


async def test_a_form_from_elsewhere_stops_nothing(browser: Browser, officer: Person, services) -> None:
    referral = await officer.refer()
    fields = {"reference": [referral["reference"]], "channels[]": ["text"]}
    assert (await browser.post("/stop", fields, origin="https://elsewhere.example")).status_code == 403
    answer = await browser.post("/stop", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stop?again=yes")
    assert "Nothing has been sent yet" in (await browser.open("/stop?again=yes")).text
    assert told(services, referral) == []


async def test_a_script_that_tries_references_is_slowed_down(browser: Browser) -> None:
    statuses = [(await asks(browser, "XXXX-XXXX", "text")).status_code for _ in range(21)]
    assert (statuses[:20], statuses[20]) == ([200] * 20, 429)


async def test_while_the_database_is_away_nothing_typed_is_lost(
    browser: Browser, services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select 1", {}, Exception("away"))

    monkeypatch.setattr(services.opt_out_requests, "referral_of", away)
    page = await asks(browser, "K7PM-4T2Q", "text")
    assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    assert 'value="K7PM-4T2Q"' in page.text


async def emailed(officer: Person, coordinator: Person, services) -> tuple[dict, str]:
    """A referral to which an e-mail left, and the token in it."""
    referral = await officer.refer()
    await coordinator.decide(referral, "write_now")
    [message] = services.messages.of_referral(referral["id"])
    token = unsubscribe_token(services.keyring, message.id)
    with services.engine.begin() as connection:
        hashed = unsubscribe_hash(services.keyring, token)
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == message.id).values(unsubscribe_hash=hashed))
    return referral, token


STOPS_EMAILS = OptedOut(channel=ContactChannel.EMAIL, way=OptOutWay.EMAIL)


async def test_one_click_of_a_mail_program_stops_e_mails(officer, coordinator, services, client) -> None:
    # RFC 8058: no cookies, no page before it, no redirect after it.
    referral, token = await emailed(officer, coordinator, services)
    answer = await client.post(f"/unsubscribe/{token}", content=CLICK, headers=ONE_CLICK)
    assert answer.status_code == 200
    assert told(services, referral) == [STOPS_EMAILS]


async def test_one_click_may_come_in_parts(officer, coordinator, services, client) -> None:
    referral, token = await emailed(officer, coordinator, services)
    parts = {"List-Unsubscribe": (None, "One-Click")}
    assert (await client.post(f"/unsubscribe/{token}", files=parts)).status_code == 200
    assert told(services, referral) == [STOPS_EMAILS]


async def test_many_clicks_are_one(officer, coordinator, services, client) -> None:
    referral, token = await emailed(officer, coordinator, services)
    for _ in range(3):
        await client.post(f"/unsubscribe/{token}", content=CLICK, headers=ONE_CLICK)
    assert told(services, referral) == [STOPS_EMAILS]


async def test_opening_the_address_only_offers_a_button(officer, coordinator, services, browser) -> None:
    # Mail programs and virus scanners open every address by themselves.
    referral, token = await emailed(officer, coordinator, services)
    page = await browser.open(f"/unsubscribe/{token}")
    assert told(services, referral) == []
    action = f"/unsubscribe/{token}"
    answer = await browser.post(action, {"List-Unsubscribe": ["One-Click"]}, origin="null")
    assert "List-Unsubscribe" in page.text
    assert answer.status_code == 200
    assert told(services, referral) == [STOPS_EMAILS]


@pytest.mark.parametrize("token", ["A" * 24, "short", "%22%3E%3Cscript%3E", "%00", "é" * 24])
async def test_a_token_that_was_never_ours_is_answered_alike(
    officer, coordinator, services, client, token
) -> None:
    referral, own = await emailed(officer, coordinator, services)
    answers = [
        await client.post(f"/unsubscribe/{one}", content=CLICK, headers=ONE_CLICK) for one in (own, token)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert len(told(services, referral)) == 1
    assert (await client.get(f"/unsubscribe/{token}")).status_code == 200


async def test_a_press_that_does_not_say_so_stops_nothing(officer, coordinator, services, client) -> None:
    referral, token = await emailed(officer, coordinator, services)
    for body in (b"", b"List-Unsubscribe=", b"x" * 5000):
        assert (await client.post(f"/unsubscribe/{token}", content=body)).status_code in {400, 413}
    assert told(services, referral) == []
