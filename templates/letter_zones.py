"""Measures a finished letter against the zones of a window envelope.

What counts is where ink is on the page, not what the layout meant: every text, line and picture of the PDF is
measured in millimetres from the top left corner.

Source: GOV.UK Notify letter specification 2.4 and the constants of its template preview; where Notify has a
name for a fault, it is used here.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

import pypdfium2
import pypdfium2.raw as pdfium

MM_PER_POINT: Final = 25.4 / 72

HAIR: Final = 0.02
"""Millimetres by which a measurement may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on the page, in millimetres from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Box") -> bool:
        """Say whether another box is wholly inside this one."""
        return (
            other.left >= self.left - HAIR
            and other.right <= self.right + HAIR
            and other.top >= self.top - HAIR
            and other.bottom <= self.bottom + HAIR
        )

    def touches(self, other: "Box") -> bool:
        """Say whether another box has any part in common with this one."""
        return (
            other.left < self.right
            and other.right > self.left
            and other.top < self.bottom
            and other.bottom > self.top
        )


PAGE: Final = Box(left=0, top=0, right=210, bottom=297)
PRINTABLE: Final = Box(left=15, top=5, right=195, bottom=292)
WINDOW: Final = Box(left=24.60, top=39.50, right=120.00, bottom=66.30)
LOGO: Final = Box(left=15, top=5, right=125, bottom=30)
SENDER: Final = Box(left=125, top=5, right=195, bottom=95)
BODY: Final = Box(left=15, top=95, right=195, bottom=292)
NOTIFY_TAG: Final = Box(left=0, top=0, right=15, bottom=5)
"""Where printers put their own tag, at 1.8 mm from both edges."""

MOST_PAGES: Final = 10
MOST_BYTES: Final = 2_000_000
A4_TOLERANCE: Final = 0.5
"""Millimetres."""

DEEPEST_GROUP: Final = 8
"""How deep fonts are looked for in groups within groups."""

ONE_AT_A_TIME = threading.Lock()
"""PDFium is not thread-safe: whoever uses it holds this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFault:
    """One thing wrong with a letter.  Carries places, never words."""

    code: str
    page: int
    """From 1; 0 for the letter as a whole."""
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a letter turned out to be."""

    pages: int
    faults: tuple[ZoneFault, ...] = ()
    """Page by page; empty for a good letter."""


def measure(pdf: bytes, *, recipient: Sequence[str]) -> Measured:
    """Measure a letter against every zone.

    Args:
        pdf: The finished letter.
        recipient: The lines that must be in the window, and nothing else.
    """
    if len(pdf) > MOST_BYTES:
        return Measured(pages=0, faults=(ZoneFault(code="letter-too-big", page=0),))
    with ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError:
            return Measured(pages=0, faults=(ZoneFault(code="unable-to-read-the-file", page=0),))
        try:
            return Measured(pages=len(document), faults=tuple(_faults(document, recipient)))
        finally:
            document.close()


def zone_faults(pdf: bytes, *, recipient: Sequence[str]) -> list[ZoneFault]:
    """What is wrong with a letter; empty for a good one."""
    return list(measure(pdf, recipient=recipient).faults)


def _faults(document: pypdfium2.PdfDocument, recipient: Sequence[str]) -> Iterator[ZoneFault]:
    if len(document) > MOST_PAGES:
        yield ZoneFault(code="letter-too-long", page=0)
        return
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        yield from _page_faults(page, number)
        if number == 1:
            yield from _window_faults(page, recipient)


def _page_faults(page: pypdfium2.PdfPage, number: int) -> Iterator[ZoneFault]:
    width, height = (side * MM_PER_POINT for side in page.get_size())
    if abs(width - PAGE.right) > A4_TOLERANCE or abs(height - PAGE.bottom) > A4_TOLERANCE:
        yield ZoneFault(code="letter-not-a4-portrait-oriented", page=number)
        return
    for ink in page.get_objects(max_depth=DEEPEST_GROUP):
        box = _box(ink, page.get_height())
        if ink.type == pdfium.FPDF_PAGEOBJ_TEXT and not _is_font_embedded(ink):
            yield ZoneFault(code="font-not-embedded", page=number, box=box)
        code = _misplaced(box, number) if _is_on_the_page(ink, box) else None
        if code is not None:
            yield ZoneFault(code=code, page=number, box=box)


def _is_on_the_page(ink: pypdfium2.PdfObject, box: Box) -> bool:
    """Leave out spaces, and what lies in a group: the group is measured as a whole."""
    return ink.level == 0 and (box.right > box.left or box.bottom > box.top)


def _misplaced(box: Box, number: int) -> str | None:
    """What is wrong with ink at this place, if anything."""
    if box.touches(NOTIFY_TAG):
        return "notify-tag-found-in-content"
    if not PRINTABLE.holds(box):
        return "content-outside-printable-area"
    if number > 1 or any(zone.holds(box) for zone in (WINDOW, LOGO, SENDER, BODY)):
        return None
    return "content-crosses-the-window" if box.touches(WINDOW) else "content-between-zones"


def _window_faults(page: pypdfium2.PdfPage, recipient: Sequence[str]) -> Iterator[ZoneFault]:
    """Compare what is in the window with the address, letter for letter but in any order.

    Order is left out because a PDF stores some scripts in the order of their shapes.
    """
    expected, found = _letters(" ".join(recipient)), _letters(_text_in(page, WINDOW))
    if not found:
        yield ZoneFault(code="address-is-empty", page=1, box=WINDOW)
    elif expected - found:
        yield ZoneFault(code="address-outside-window", page=1, box=WINDOW)
    elif found - expected:
        yield ZoneFault(code="other-text-in-window", page=1, box=WINDOW)


def _letters(words: str) -> Counter[str]:
    return Counter(each for each in normalize("NFKD", words).casefold() if each.isalnum())


def _text_in(page: pypdfium2.PdfPage, box: Box) -> str:
    height = page.get_height()
    text = page.get_textpage()
    words: str = text.get_text_bounded(
        left=box.left / MM_PER_POINT,
        right=box.right / MM_PER_POINT,
        top=height - box.top / MM_PER_POINT,
        bottom=height - box.bottom / MM_PER_POINT,
    )
    return words


def _box(ink: pypdfium2.PdfObject, page_height: float) -> Box:
    left, bottom, right, top = ink.get_bounds()
    return Box(
        left=left * MM_PER_POINT,
        right=right * MM_PER_POINT,
        top=(page_height - top) * MM_PER_POINT,
        bottom=(page_height - bottom) * MM_PER_POINT,
    )


def _is_font_embedded(ink: pypdfium2.PdfObject) -> bool:
    return bool(pdfium.FPDFFont_GetIsEmbedded(pdfium.FPDFTextObj_GetFont(ink.raw)) == 1)
