"""The phone, the inbox and the letter box: what a visitor reads, and what comes of her answers."""

import re
import shutil
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright
from sendgrid.helpers.mail import Header

from simulator.running import Simulator
from simulator.script import Provider, Trouble
from simulator.trades_boing_book import Job
from tests.browser import checks
from tests.browser.window import NARROWEST
from tests.simulator.service import Service
from tests.simulator.test_email_sendgrid import client as mail_client
from tests.simulator.test_email_sendgrid import mail
from tests.simulator.test_govuk_notify import PDF, letter
from tests.simulator.test_govuk_notify import text as notify_text
from tests.simulator.test_text_twilio import ADA
from tests.simulator.test_text_twilio import send as send_text


@pytest.fixture
def browser(simulator: Simulator) -> httpx2.Client:
    """A browser without scripts."""
    with httpx2.Client(base_url=simulator.address, trust_env=False, follow_redirects=True) as made:
        yield made


def link(page: str, words: str) -> str:
    """Where a link leads, by its words."""
    found = re.search(rf'<a href="([^"]+)">{re.escape(words)}</a>', page)
    assert found, f"no link {words!r}"
    return found[1]


def offering(service: Service) -> object:
    made = mail()
    made.add_header(Header("List-Unsubscribe", f"<{service.url}/u/abc>"))
    made.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return made


def test_at_first_there_is_nothing_and_the_page_says_so(browser: httpx2.Client) -> None:
    page = browser.get("/").text
    for nothing in ("No text has come", "No e-mail has come", "No letter has come"):
        assert nothing in page


def test_an_answer_typed_on_the_phone_reaches_the_service_as_a_text_of_that_number(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    send_text(simulator, service)
    where = link(browser.get("/").text, ADA)
    assert ADA.removeprefix("+") not in where, "a number stands in no address"
    assert "Please ring The Hub." in browser.get(where).text
    page = browser.post(where, data={"words": "Call me at noon"})
    assert page.status_code == 200
    assert "Call me at noon" in page.text
    assert "arrived" in page.text
    [answered] = [call.form for call in service.to("/webhooks/twilio") if "Body" in call.form]
    assert (answered["From"], answered["Body"]) == (ADA, "Call me at noon")


def test_an_answer_the_service_refused_is_shown_as_refused(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    simulator.next(Provider.TWILIO, Trouble.SILENT)
    send_text(simulator, service)
    service.answers.append(403)
    page = browser.post(link(browser.get("/").text, ADA), data={"words": "Hello"}).text
    assert "the service refused it (403)" in page


def test_a_text_from_notify_is_answered_to_notify(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    simulator.next(Provider.NOTIFY, Trouble.SILENT)
    notify_text(simulator)
    browser.post(link(browser.get("/").text, ADA), data={"words": "Hello"})
    assert service.wait_for("/webhooks/notify")[0].json["message"] == "Hello"


def test_an_empty_answer_is_not_sent(simulator: Simulator, service: Service, browser: httpx2.Client) -> None:
    simulator.next(Provider.TWILIO, Trouble.SILENT)
    send_text(simulator, service)
    page = browser.post(link(browser.get("/").text, ADA), data={"words": "  "})
    assert page.status_code == 422
    assert "Write a text" in page.text
    assert service.calls == []


def test_anybody_may_write_from_a_number_the_service_does_not_know(
    service: Service, browser: httpx2.Client
) -> None:
    page = browser.post("/texts", data={"number": "+44 7700 900555", "words": "Who is this?"})
    assert "Who is this?" in page.text
    assert service.to("/webhooks/twilio")[0].form["From"] == "+447700900555"
    assert browser.post("/texts", data={"number": "5", "words": "x"}).status_code == 422


def test_an_e_mail_is_shown_where_nothing_in_it_can_run(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    wicked = offering(service)
    wicked.contents[1]._content = "<p>Hello</p><script>fetch('/texts')</script>"
    mail_client(simulator).send(wicked)
    where = link(browser.get("/").text, "A message from The Hub")
    page = browser.get(where)
    assert '<iframe sandbox title="' in page.text
    assert "<script" not in page.text
    words = browser.get(f"{where}/html")
    assert "sandbox" in words.headers["Content-Security-Policy"]
    assert "default-src 'none'" in words.headers["Content-Security-Policy"]


def test_the_unsubscribe_button_is_pressed_once_and_says_what_came_of_it(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    mail_client(simulator).send(offering(service))
    where = link(browser.get("/").text, "A message from The Hub")
    assert "The service has taken it." in browser.post(f"{where}/unsubscribe").text
    assert len(service.to("/u/abc")) == 1
    mail_client(simulator).send(mail())
    plain = link(browser.get("/").text, "A message from The Hub")
    assert plain != where
    assert browser.post(f"{plain}/unsubscribe").status_code == 409


def test_a_letter_can_be_read_and_sent_back(
    simulator: Simulator, service: Service, browser: httpx2.Client
) -> None:
    letter(simulator)
    where = re.search(r'href="(/letters/\d+)"', browser.get("/").text)[1]
    shown = browser.get(where)
    assert (shown.content, shown.headers["Content-Type"]) == (PDF, "application/pdf")
    assert "returned to the sender" in browser.post(f"{where}/return").text
    assert service.to("/webhooks/notify")[0].json["reference"] == "m-1"


def test_words_are_shown_as_words(simulator: Simulator, service: Service, browser: httpx2.Client) -> None:
    send_text(simulator, service, body="<b>loud</b>")
    page = browser.get(link(browser.get("/").text, ADA)).text
    assert "&lt;b&gt;loud&lt;/b&gt;" in page


@pytest.mark.parametrize("path", ["/", "/simulator.css"])
def test_every_answer_says_strictly_what_a_browser_may_do(browser: httpx2.Client, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_what_is_not_there_is_not_found(browser: httpx2.Client) -> None:
    for path in ("/texts/9", "/emails/9", "/emails/9/html", "/letters/9", "/nothing"):
        assert browser.get(path).status_code == 404


def test_a_page_from_elsewhere_cannot_answer_for_the_reader(service: Service, browser: httpx2.Client) -> None:
    asked = {"number": ADA, "words": "STOP"}
    assert browser.post("/texts", data=asked, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert service.calls == []


@pytest_asyncio.fixture
async def page(simulator: Simulator) -> AsyncIterator[Page]:
    """Debian's Chromium, without scripts of the page; axe brings its own."""
    program = shutil.which("chromium")
    assert program, "There is no Chromium: `make test` installs Debian's"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        made = await browser.new_page(base_url=simulator.address, viewport={"width": 1000, "height": 800})
        yield made
        await browser.close()


async def test_everybody_can_use_the_pages(simulator: Simulator, service: Service, page: Page) -> None:
    # axe at a desk, twice the text, the narrowest screen, the keyboard.
    send_text(simulator, service)
    mail_client(simulator).send(offering(service))
    letter(simulator)
    simulator.world.boing.keep(Job(offer_id="o-1", firm_id="firm-01", reference="K7PM-4T2Q", area="CT1"))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto("/")
    for words in (None, ADA, "A message from The Hub", "Repairs"):
        if words:
            await page.goto("/")
            await page.get_by_role("link", name=words, exact=True).click()
        await checks.assert_well_made(page)
        await checks.assert_accessible(page)
        await checks.assert_text_may_double(page)
        await checks.assert_keyboard_walks(page)
        await page.set_viewport_size({"width": NARROWEST, "height": 667})
        await checks.assert_fits(page)
        await page.set_viewport_size({"width": 1000, "height": 800})
    await page.goto("/")
    await page.get_by_role("link", name=ADA, exact=True).click()
    await page.get_by_label("Your answer").fill("Please ring after six")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("arrived").wait_for()
    assert complaints == []
