"""Pictures of the pages, made by the tests for docs/pages.md."""

from playwright.async_api import Page

from tests.servers import REPOSITORY

FOLDER = REPOSITORY / "docs" / "screenshots"


NAMES = frozenset(
    {
        "contact-plan",
        "front-page",
        "get-support",
        "get-support-sent",
        "police",
        "practical-help",
        "practical-helps",
        "post-room",
        "referral",
        "repair",
        "repairs",
        "sign-in",
        "statistics",
        "stop",
        "switches",
        "texts",
        "tradespeople",
        "tradespeople-import",
        "trades-confirmed",
        "trades-offered",
        "returned-mail",
        "print-batch",
        "wording",
        "wordings",
        "worklist",
    }
)
"""Every picture that is taken, and shown."""
TALLEST = 1600
"""CSS pixels: what is further down a long page is left out."""


async def take(page: Page, name: str, *, whole: bool = True) -> None:
    """Take a picture of a page.

    Args:
        page: As the test has made it.
        name: Under which docs/pages.md shows it.
        whole: Not only what one sees without scrolling.
    """
    assert name in NAMES, name
    FOLDER.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    height = await page.evaluate("() => document.documentElement.scrollHeight") if whole else size["height"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, TALLEST)}
    await page.screenshot(
        path=FOLDER / f"{name}.png", full_page=True, clip=clip, animations="disabled", caret="hide"
    )
