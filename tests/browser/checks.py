"""What must hold on every page, whatever it is for."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.browser import focus
from tests.browser.window import NARROWEST, Window

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.2 A and AA, and what axe's authors advise besides."""
EXIT_SKIP_LINK = ".govuk-js-exit-this-page-skiplink"
"""Stands before every landmark, as the component's authors want it; axe's advice `region` does not know of it.
Source: https://design-system.service.gov.uk/patterns/exit-a-page-quickly/"""

_axe = Axe()
_SUMMARY = """() => [...document.querySelectorAll('[role="alert"] a[href^="#"]')]
  .filter((link) => !document.getElementById(link.hash.slice(1))).map((link) => link.outerHTML)"""
_TWICE = """() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place); }"""
_WIDTH = "() => document.documentElement.scrollWidth"
_WIDE = """(width) => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > width + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 200))"""
_LARGER = "(size) => { document.documentElement.style.fontSize = size; }"


async def assert_accessible(page: Page) -> None:
    """axe finds nothing."""
    excluded = [[EXIT_SKIP_LINK]] if await page.locator(EXIT_SKIP_LINK).count() else []
    context = {"exclude": excluded} if excluded else None
    options = {"runOnly": list(RULES), "resultTypes": ["violations"]}
    found = (await _axe.run(page, context=context, options=options)).response["violations"]
    assert not found, "\n".join(_in_words(violation) for violation in found)


async def assert_well_made(page: Page) -> None:
    """What axe does not look at: one heading, errors that lead to their fields, ids of their own."""
    headings = await page.locator("h1").all_inner_texts()
    assert len(headings) == 1, headings
    title = await page.title()
    has_errors = await page.get_by_text("There is a problem", exact=True).count() > 0
    assert title.startswith("Error: ") == has_errors, title
    _none(await page.evaluate(_TWICE), "an id stands twice")
    _none(await page.evaluate(_SUMMARY), "an error leads nowhere")


async def assert_fits(page: Page, width: int = NARROWEST) -> None:
    """Nothing makes one scroll sideways."""
    wide = await page.evaluate(_WIDTH)
    assert wide <= width, f"{wide} px wide: {await page.evaluate(_WIDE, width)}"


async def assert_text_may_double(page: Page) -> None:
    """With text of twice the size nothing makes one scroll sideways.  Source: WCAG 2.2, 1.4.4."""
    await page.evaluate(_LARGER, "200%")
    await assert_fits(page, page.viewport_size["width"])
    await page.evaluate(_LARGER, "")


async def assert_keyboard_walks(page: Page) -> None:
    """Tab leads through the page in its order, and one always sees where it is."""
    halts = await focus.walk(page)
    assert halts, "Tab leads nowhere"
    assert "Skip to main content" in halts[0].where
    _none([halt.where for halt in halts if not halt.is_marked], "one cannot see the focus")
    _none([halt.where for halt in halts if not halt.is_uncovered], "the focus lies under something")


async def assert_good(window: Window) -> None:
    """All of it, at a desk, on a phone and on the narrowest screen."""
    page = window.page
    await assert_well_made(page)
    await assert_accessible(page)
    await assert_text_may_double(page)
    await page.set_viewport_size({"width": 375, "height": 667})
    await assert_accessible(page)
    await assert_keyboard_walks(page)
    await page.set_viewport_size({"width": NARROWEST, "height": 667})
    await assert_fits(page)
    _none(window.complaints, "it went wrong behind the page")


def _none(found: list[str], what: str) -> None:
    assert not found, f"{what}: " + "\n    ".join(found)


def _in_words(violation: dict) -> str:
    places = "".join(
        f"\n    {node['html'][:200]}\n      {(node['failureSummary'] or '').replace(chr(10), ' ')[:300]}"
        for node in violation["nodes"][:4]
    )
    return f"{violation['id']} ({violation['impact']}): {violation['help']}{places}"
