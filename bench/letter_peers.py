"""The peers of letters: WeasyPrint, and Chromium's own printing, given the same letter as HTML.

Each is used as kindly as we know how: what can be made once is made once (template, style sheet, font, the browser and
its one page), and each makes a tagged PDF, as ours is.  None of them measures what it printed.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import jinja2
from playwright.async_api import async_playwright

from templates.letter import FONTS

HERE: Final = Path(__file__).parent
FONT_FILE: Final = FONTS / "NotoSans[wdth,wght].ttf"
STYLE: Final = (HERE / "letter.css").read_text().replace("FONT_FILE", FONT_FILE.as_uri())

_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
_SHOW: Final = """async words => {
    const letter = new DOMParser().parseFromString(words, "text/html");
    document.title = letter.title;
    document.documentElement.lang = letter.documentElement.lang;
    document.body.replaceWith(letter.body);
    await document.fonts.ready;
}"""
"""Changes the letter on the page that is open: quicker than opening another, and the font stays."""

Print = Callable[[dict[str, Any]], Awaitable[bytes]]
"""From what our own layout is given (`templates.letter`) to a PDF."""


class NotInstalled(Exception):
    """A peer is not on this machine; the text says how it gets there."""


def _template() -> jinja2.Template:
    rooms = jinja2.FileSystemLoader(HERE)
    made = jinja2.Environment(loader=rooms, autoescape=True, undefined=jinja2.StrictUndefined)
    return made.get_template("letter.html")


@asynccontextmanager
async def weasyprint() -> AsyncIterator[tuple[str, Print]]:
    """WeasyPrint with its version, in this process.  Raises `NotInstalled`."""
    try:
        import weasyprint as weasy
        from weasyprint.text.fonts import FontConfiguration
    except (ImportError, OSError) as error:
        raise NotInstalled("WeasyPrint or its Pango is missing: `make bench` installs both") from error
    template, fonts = _template(), FontConfiguration()
    style = weasy.CSS(string=STYLE, font_config=fonts)

    async def print_(letter: dict[str, Any]) -> bytes:
        page = weasy.HTML(string=template.render(letter))
        pdf: bytes = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
        return pdf

    yield f"WeasyPrint {weasy.__version__}", print_


@asynccontextmanager
async def chromium() -> AsyncIterator[tuple[str, Print]]:
    """Chromium with its version, in processes of its own.  Raises `NotInstalled`."""
    program = shutil.which("chromium")
    if program is None:
        raise NotInstalled("Chromium is missing: `make bench` installs Debian's, or put one on the PATH")
    template = _template()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        page = await browser.new_page()
        # A page that is a file may read the font, which is a file too.
        await page.goto((HERE / "letter.html").as_uri())

        async def print_(letter: dict[str, Any]) -> bytes:
            await page.evaluate(_SHOW, template.render(letter))
            return await page.pdf(prefer_css_page_size=True, tagged=True)

        await page.add_style_tag(content=STYLE)
        yield f"Chromium {browser.version}", print_
        await browser.close()


PEERS: Final = (weasyprint, chromium)
