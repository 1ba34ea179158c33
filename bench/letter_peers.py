"""The peers of letters: WeasyPrint, and Chromium's own printing, given the same letter as HTML.

Each is used as kindly as we know how: what can be made once is made once (template, style sheet, font, the browser and
its one page), and each makes a tagged PDF, as ours is.  Neither of them measures what it printed.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import jinja2
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from playwright.async_api import async_playwright

from templates.letter import FONTS

HERE: Final = Path(__file__).parent
FONT: Final = FONTS / "NotoSans[wdth,wght].ttf"
WEIGHTS: Final = (400, 600)
"""Of the words, and of what stands out."""

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


@contextmanager
def still_style() -> Iterator[str]:
    """The style sheet, with our font as one file for each weight.

    Ours is one file of every weight.  WeasyPrint would work a weight out of it for every letter, at 45 ms each.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        faces = [_face(weight, Path(room) / f"{weight}.ttf") for weight in WEIGHTS]
        yield "\n".join([*faces, (HERE / "letter.css").read_text()])


def _face(weight: int, file: Path) -> str:
    with TTFont(FONT) as font:
        instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=True)
        font.save(file)
    return f'@font-face {{ font-family: "Noto Sans"; font-weight: {weight}; src: url("{file.as_uri()}"); }}'


def _template() -> jinja2.Template:
    rooms = jinja2.FileSystemLoader(HERE)
    made = jinja2.Environment(loader=rooms, autoescape=True, undefined=jinja2.StrictUndefined)
    return made.get_template("letter.html")


@asynccontextmanager
async def weasyprint(style: str) -> AsyncIterator[tuple[str, Print]]:
    """WeasyPrint with its version, in this process.  Raises `NotInstalled`."""
    try:
        weasy, texts = import_module("weasyprint"), import_module("weasyprint.text.fonts")
    except OSError as error:
        raise NotInstalled("WeasyPrint finds no Pango: `make bench` installs Debian's") from error
    template, fonts = _template(), texts.FontConfiguration()
    sheet = weasy.CSS(string=style, font_config=fonts)

    async def print_(letter: dict[str, Any]) -> bytes:
        page = weasy.HTML(string=template.render(letter))
        pdf: bytes = page.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")
        return pdf

    yield f"WeasyPrint {weasy.__version__}", print_


@asynccontextmanager
async def chromium(style: str) -> AsyncIterator[tuple[str, Print]]:
    """Chromium with its version, in processes of its own.  Raises `NotInstalled`."""
    program = shutil.which("chromium")
    if program is None:
        raise NotInstalled("There is no Chromium: `make bench` installs Debian's, or put one on the PATH")
    template = _template()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        page = await browser.new_page()
        # Only a page that is a file may read the font, which is a file too.
        await page.goto((HERE / "letter.html").as_uri())
        await page.add_style_tag(content=style)

        async def print_(letter: dict[str, Any]) -> bytes:
            await page.evaluate(_SHOW, template.render(letter))
            return await page.pdf(prefer_css_page_size=True, tagged=True)

        yield f"Chromium {browser.version}", print_
        await browser.close()


PEERS: Final = (weasyprint, chromium)
