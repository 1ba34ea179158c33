"""One Chromium for all, a window for each person, and the whole service behind them."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from api.pages import ASSETS
from tests.browser.elsewhere import Elsewhere, another_site
from tests.browser.hands import Pointer
from tests.browser.window import DESK, Window
from tests.journeys.people import Coordinator, Force, Manager, People
from tests.servers import REHEARSAL, REPOSITORY, Tree
from wiring.profile import load_profile

NewContext = Callable[..., Awaitable[BrowserContext]]
"""Make a browser with cookies and a history of its own."""
OpenWindow = Callable[..., Awaitable[Window]]
"""Open a window as nobody, or as one who has signed in: `await open_window("manager", **PHONE)`."""


@pytest.fixture(scope="session")
def people(shared_tree: Tree) -> Iterator[People]:
    assert (ASSETS / "holdfast.css").exists(), (
        "the pages have no styles and scripts: `make assets` builds them"
    )
    everybody = People.of(shared_tree)
    yield everybody
    everybody.leave()


@pytest.fixture(scope="session")
def force(people: People) -> Force:
    return people.force


@pytest.fixture(scope="session")
def coordinator(people: People) -> Coordinator:
    return people.coordinator


@pytest.fixture(scope="session")
def manager(people: People) -> Manager:
    return people.manager


@pytest.fixture(scope="session")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """The site to which people leave quickly."""
    name = urlsplit(load_profile(REPOSITORY / REHEARSAL).exit_to).netloc
    with another_site(name, tmp_path_factory.mktemp("elsewhere")) as site:
        yield site


@pytest_asyncio.fixture(scope="session")
async def chromium(weather: Elsewhere) -> AsyncIterator[Browser]:
    """Debian's Chromium.  It knows two names: this machine, and the weather."""
    program = shutil.which("chromium")
    assert program, (
        "There is no Chromium: `make test` installs Debian's, or put one on the PATH as `chromium`"
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            ignore_default_args=[
                "--disable-back-forward-cache"
            ],  # people have it, and it must not show too much
            args=[
                "--no-sandbox",
                "--lang=en-GB",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--host-resolver-rules=MAP {weather.name} {weather.address},MAP * ~NOTFOUND,EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def new_context(chromium: Browser, shared_tree: Tree) -> NewContext:
    """Make a browser with cookies and a history of its own."""

    async def make(**options: Any) -> BrowserContext:
        return await chromium.new_context(
            base_url=shared_tree.base_url,
            locale="en-GB",
            timezone_id="Europe/London",
            ignore_https_errors=True,  # the weather's certificate is of our making
            **{**DESK, **options},
        )

    return make


@pytest_asyncio.fixture(scope="session")
async def session_of(new_context: NewContext, people: People) -> Callable[[str], Awaitable[Any]]:
    """Give what a browser keeps of somebody who has signed in; each signs in once."""
    tokens = {
        "officer": people.force.token,
        "coordinator": people.coordinator.token,
        "manager": people.manager.token,
    }
    begun: dict[str, Any] = {}

    async def session_of(who: str) -> Any:
        if who not in begun:
            context = await new_context()
            await sign_in(await context.new_page(), tokens[who])
            begun[who] = await context.storage_state()
            await context.close()
        return begun[who]

    return session_of


@pytest_asyncio.fixture
async def open_window(
    new_context: NewContext,
    session_of: Callable[[str], Awaitable[Any]],
    shared_tree: Tree,
    weather: Elsewhere,
) -> AsyncIterator[OpenWindow]:
    """Open windows; in the end all close, and none may have had anything to complain of."""
    opened: list[Window] = []

    async def open_(who: str | None = None, **options: Any) -> Window:
        if who is not None:
            options["storage_state"] = await session_of(who)
        context = await new_context(**options)
        opened.append(await Window.open(context, shared_tree.base_url, frozenset({weather.name})))
        return opened[-1]

    yield open_
    for window in opened:
        await window.close()
    assert [complaint for window in opened for complaint in window.complaints] == []


async def sign_in(page: Page, token: str) -> None:
    """Sign in by hand."""
    await page.goto("/sign-in")
    hands = Pointer(page)
    await hands.write("Token", token)
    await hands.press("Sign in")
    await page.get_by_text("Signed in as").wait_for()
