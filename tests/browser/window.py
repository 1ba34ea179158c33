"""One person's browser window, which tells of everything that goes wrong behind its page."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response

PHONE = MappingProxyType({"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True})
DESK = MappingProxyType({"viewport": {"width": 1000, "height": 800}})
NARROWEST = 320
"""CSS pixels.  Source: WCAG 2.2, 1.4.10 Reflow."""
WITHOUT_SCRIPTS = MappingProxyType({"java_script_enabled": False})

_OF_THE_ANSWER = "Failed to load resource"
"""What Chromium says of every answer with a status from 400 on, a form's mistakes included."""


class Window:
    """A window, its page, and its complaints: errors, refused content, and whatever was asked of strangers."""

    def __init__(self, context: BrowserContext, page: Page, base_url: str, ways_out: frozenset[str]) -> None:
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        self._home = urlsplit(base_url).netloc
        self._ways_out = ways_out
        context.on("request", self._note_request)
        context.on("response", self._note_response)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.complaints.append(f"a script failed: {error.error}"))

    @classmethod
    async def open(cls, context: BrowserContext, base_url: str, ways_out: frozenset[str]) -> "Window":
        context.set_default_timeout(10_000)
        return cls(context, await context.new_page(), base_url, ways_out)

    async def close(self) -> None:
        await self.context.close()

    async def cookies(self) -> Mapping[str, str]:
        """The cookies of the service; a window has no others."""
        return {cookie["name"]: cookie["value"] for cookie in await self.context.cookies()}

    async def text(self) -> str:
        """What the page says."""
        return await self.page.locator("body").inner_text()

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        is_way_out = request.is_navigation_request() and address.netloc in self._ways_out
        if address.scheme in {"http", "https"} and address.netloc != self._home and not is_way_out:
            self.complaints.append(f"it asked a stranger: {request.url}")

    def _note_response(self, response: Response) -> None:
        is_page = response.request.resource_type == "document" and urlsplit(response.url).netloc == self._home
        if is_page and response.headers.get("cache-control") != "no-store":
            self.complaints.append(f"the browser may keep {response.url}")
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status} for {response.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _OF_THE_ANSWER not in message.text:
            self.complaints.append(f"the console says: {message.text}")
