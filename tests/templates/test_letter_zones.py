"""The linter finds every way in which a letter can miss its envelope."""

import ctypes
import io

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import typst

from templates.letter import FONTS
from templates.letter_zones import MOST_BYTES, Box, zone_faults

RECIPIENT = ("Ada Example", "1 Example Street", "CB1 2AB")
ADDRESS = "".join(
    f'#place(top + left, dx: 25mm, dy: {41 + 5 * at}mm, "{line}")\n' for at, line in enumerate(RECIPIENT)
)


def at(x: float, y: float, words: str = "Words") -> str:
    return f'#place(top + left, dx: {x}mm, dy: {y}mm, "{words}")\n'


def drawn(marks: str, *, page: str = 'paper: "a4"') -> bytes:
    source = f'#set page({page}, margin: 0mm)\n#set text(font: "Noto Sans", size: 11pt, top-edge: "bounds")\n{marks}'
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(font_paths=fonts).compile(input=source.encode(), format="pdf")


def codes(pdf: bytes, recipient=RECIPIENT) -> set[str]:
    return {fault.code for fault in zone_faults(pdf, recipient=recipient)}


GOOD = ADDRESS + at(25, 15, "Logo") + at(130, 20, "Sender") + at(25, 98, "Body")


def test_a_good_letter_has_no_faults():
    assert zone_faults(drawn(GOOD), recipient=RECIPIENT) == []


BROKEN = {
    "content-outside-printable-area": {
        "text in the left margin": GOOD + at(13, 120),
        "text off the right edge": GOOD + at(187, 120, "Much too far right"),
        "text in the foot": GOOD + at(25, 291.5),
        "a line drawn to the edge": GOOD + "#place(top + left, dx: 10mm, dy: 200mm, line(length: 50mm))",
        "a picture over the edge": GOOD + "#place(top + left, dx: 190mm, dy: 200mm, rect(width: 9mm))",
    },
    "content-crosses-the-window": {
        "a sender too far left": GOOD + at(115, 45, "The service"),
        "a heading that falls into the window": GOOD + at(60, 65),
        "a line across the window": GOOD + "#place(top + left, dx: 20mm, dy: 50mm, line(length: 120mm))",
    },
    "content-between-zones": {
        "a body that begins too high": GOOD + at(25, 93.5),
        "a logo too low": GOOD + at(25, 31),
        "a sender too low": GOOD + at(130, 94),
    },
    "other-text-in-window": {"a reference behind the window": GOOD + at(80, 55, "Ref 1")},
    "address-outside-window": {
        "a lost line": GOOD.replace("1 Example Street", ""),
        "a line elsewhere": GOOD.replace("dy: 46mm", "dy: 120mm"),
    },
    "address-is-empty": {"no address at all": at(25, 98, "Body")},
    "notify-tag-found-in-content": {"text where the printer puts a tag": GOOD + at(1.8, 1.8, "NOTIFY")},
    "letter-too-long": {"eleven pages": GOOD + "#pagebreak()" * 10},
}
CASES = [
    pytest.param(code, marks, id=name) for code, letters in BROKEN.items() for name, marks in letters.items()
]


@pytest.mark.parametrize(("code", "marks"), CASES)
def test_a_broken_letter_is_caught(code, marks):
    also = {"other-text-in-window"} if code == "content-crosses-the-window" else set()
    assert {code} <= codes(drawn(marks)) <= {code} | also


@pytest.mark.parametrize("page", ['paper: "a4", flipped: true', 'paper: "us-letter"', 'paper: "a5"'])
def test_a_page_that_is_not_a4_upright_is_caught(page):
    assert "letter-not-a4-portrait-oriented" in codes(drawn(ADDRESS, page=page))


def test_the_second_page_may_use_the_whole_printable_area():
    assert codes(drawn(GOOD + "#pagebreak()" + at(25, 50) + at(25, 31))) == set()
    assert codes(drawn(GOOD + "#pagebreak()" + at(13, 50))) == {"content-outside-printable-area"}


def test_a_font_that_is_not_embedded_is_caught():
    document = pypdfium2.PdfDocument(drawn(GOOD))
    page = document[0]
    words = pdfium.FPDFPageObj_NewTextObj(document.raw, b"Helvetica", 12)
    pdfium.FPDFText_SetText(words, _utf16("Body"))
    pdfium.FPDFPageObj_Transform(words, 1, 0, 0, 1, 100, 300)
    pdfium.FPDFPage_InsertObject(page.raw, words)
    page.gen_content()
    saved = io.BytesIO()
    document.save(saved)
    document.close()
    assert codes(saved.getvalue()) == {"font-not-embedded"}


def _utf16(words: str):
    return ctypes.cast(ctypes.c_char_p(words.encode("utf-16-le") + b"\0\0"), ctypes.POINTER(ctypes.c_ushort))


def test_a_file_too_big_or_not_a_pdf_is_caught():
    assert codes(drawn(GOOD) + b"\0" * MOST_BYTES) == {"letter-too-big"}
    assert codes(b"Dear Ada") == {"unable-to-read-the-file"}


def test_a_fault_says_where_and_never_what():
    fault = zone_faults(drawn(GOOD + at(13, 120, "Secret")), recipient=RECIPIENT)[0]
    assert (fault.page, round(fault.box.left), round(fault.box.top)) == (1, 13, 120)
    assert "Secret" not in repr(fault)


def test_the_zones_are_the_published_millimetres():
    from templates import letter_zones

    assert Box(left=24.60, top=39.50, right=120.00, bottom=66.30) == letter_zones.WINDOW
    assert Box(left=15, top=5, right=195, bottom=292) == letter_zones.PRINTABLE
    assert letter_zones.BODY.top == 95
