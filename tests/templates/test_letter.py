# ruff: noqa: RUF001 - typographic marks are what we write with
"""A letter is printed well, or a person is asked."""

import datetime as dt
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.letter import (
    LetterContent,
    LetterPrinter,
    PrintedLetter,
    Unprintable,
    UnprintableLetter,
    recipient_lines,
)
from templates.letter_zones import WINDOW, zone_faults
from templates.words import WordsContext, words_for

ADA = WordsContext(
    preferred_name="Ada",
    service_name="Cambridgeshire Victims’ Hub",
    neutral_name="The Hub",
    telephone="01223 000 000",
    hours="Monday to Friday, 9am to 5pm",
    reference="K7M2QX4P",
)
LETTERS = ("contact_unanswered", "information")
ADDRESS = recipient_lines("Ada Example", ["1 Example Street", "Cambridge"], "CB1 2AB")


@pytest.fixture(scope="module")
def printer() -> LetterPrinter:
    return LetterPrinter()


def letter(purpose="contact_unanswered", *, neutral=False, context=ADA, to=ADDRESS) -> LetterContent:
    words = words_for(purpose, "letter", neutral=neutral, language="en", context=context)
    return LetterContent.of(words, recipient_lines=to, reference=context.reference, on=dt.date(2026, 11, 21))


def text_of(pdf: bytes, box=None) -> str:
    document = pypdfium2.PdfDocument(pdf)
    words = ""
    for page in document:
        text = page.get_textpage()
        words += text.get_text_bounded(*(box or ())) + "\n"
    document.close()
    return words.replace("\r\n", "\n")


def why(printer, content) -> UnprintableLetter:
    with pytest.raises(UnprintableLetter) as refused:
        printer.print(content)
    return refused.value


@pytest.mark.parametrize(("purpose", "neutral"), list(product(LETTERS, (False, True))))
def test_every_letter_fits_on_one_page_and_in_its_envelope(printer, purpose, neutral):
    content = letter(purpose, neutral=neutral)
    printed = printer.print(content)
    assert printed.pages == 1
    assert zone_faults(printed.pdf, recipient=content.recipient_lines) == []


@pytest.mark.parametrize("neutral", [False, True])
def test_only_the_name_and_address_are_seen_through_the_window(printer, neutral):
    mm, height = 72 / 25.4, 297 * 72 / 25.4
    window = (WINDOW.left * mm, height - WINDOW.bottom * mm, WINDOW.right * mm, height - WINDOW.top * mm)
    seen = text_of(printer.print(letter(neutral=neutral)).pdf, window)
    assert seen.split("\n")[:4] == list(ADDRESS)
    assert seen.strip().count("\n") == 3


def test_a_neutral_letter_never_names_the_service(printer):
    pdf = printer.print(letter(neutral=True)).pdf
    assert "Victims" not in text_of(pdf)
    assert b"Victims" not in pdf


def test_a_screen_reader_can_read_a_copy(printer):
    pdf = printer.print(letter()).pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    document = pypdfium2.PdfDocument(pdf)
    assert document.get_metadata_value("Title") == "Would you like some support?"
    assert pdfium.FPDFCatalog_IsTagged(document.raw)
    assert b"/Lang(en)" in pdf.replace(b" ", b"")
    document.close()


def test_every_font_is_embedded(printer):
    document = pypdfium2.PdfDocument(printer.print(letter()).pdf)
    fonts = [
        pdfium.FPDFTextObj_GetFont(ink.raw) for ink in document[0].get_objects([pdfium.FPDF_PAGEOBJ_TEXT])
    ]
    assert fonts
    assert all(pdfium.FPDFFont_GetIsEmbedded(font) == 1 for font in fonts)
    document.close()


def test_equal_letters_are_equal_bytes(printer):
    assert printer.print(letter()).pdf == printer.print(letter()).pdf == LetterPrinter().print(letter()).pdf
    other_day = replace(letter(), date=dt.date(2026, 11, 22))
    assert printer.print(other_day).pdf != printer.print(letter()).pdf


NAMES = [
    "Mārama Tūī",
    "Siân Ŵyn ŷ ẁ",
    "Łukasz Żółć",
    "Nguyễn Thị Ánh",
    "Ольга",
    "Ελένη",
    "Zoë O’Neill–Smith",
    "Þórdís Ð",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_its_owner_spells_it(printer, name):
    content = letter(context=replace(ADA, preferred_name=name), to=(name, *ADDRESS[1:]))
    assert f"Dear {name}," in text_of(printer.print(content).pdf)


MARKUP = [
    '#read("/etc/passwd")',
    "#pagebreak()",
    "*bold* _it_ $x$ `c`",
    "= Heading",
    "<a> @b \\ #include",
    "// gone",
]


@pytest.mark.parametrize("markup", MARKUP)
def test_what_looks_like_markup_is_printed_as_it_stands(printer, markup):
    content = replace(letter(), title=markup, body=f"{markup}\n\n- {markup}", reference="R")
    content = replace(content, recipient_lines=("Ada Example", markup, "CB1 2AB"))
    printed = printer.print(content)
    assert printed.pages == 1
    assert text_of(printed.pdf).count(markup) == 4


UNPRINTABLE_NAMES = {
    "chinese": "陳大文",
    "arabic": "ليلى",
    "emoji": "Ada 😀",
    "badly copied": "Zo\ufffd",
    "private": "\ue000",
}


@pytest.mark.parametrize("name", UNPRINTABLE_NAMES.values(), ids=UNPRINTABLE_NAMES)
def test_a_character_the_font_lacks_asks_a_person_and_names_the_field_only(printer, name):
    refused = why(printer, letter(to=(name, *ADDRESS[1:])))
    assert refused.reason_code == Unprintable.GLYPH_MISSING
    assert "the name has" in str(refused)
    told = "".join(traceback.format_exception(refused)) + repr(refused.__context__) + repr(refused.__cause__)
    assert name not in told
    assert printer.print(letter()).pages == 1


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("address line 1", replace(letter(), recipient_lines=("Ada", "北京路 1", "CB1 2AB"))),
        ("body", replace(letter(), body="Dear 陳,")),
        ("title", replace(letter(), title="你好")),
        ("reference", replace(letter(), reference="號")),
        ("hours", replace(letter(), sender=replace(letter().sender, hours="週一"))),
    ],
)
def test_the_field_with_the_missing_character_is_named(printer, field, content):
    assert f"the {field} has" in str(why(printer, content))


def test_an_address_without_a_postcode_is_printed(printer):
    to = recipient_lines("Ada Example", ["Narrowboat Ada", "Jesus Lock", "Cambridge"])
    assert "Jesus Lock\nCambridge" in text_of(printer.print(letter(to=to)).pdf)


def test_a_long_address_is_made_to_fit(printer):
    lines = [
        "Flat 12, The Old Maltings Residential Home for Retired Seafarers",
        "Rear of 144 Upper Long Street",
    ]
    lines += [
        "Little Snoring on the Marsh",
        "Great Wymondley",
        "Hemingford Grey",
        "Near St Ives",
        "Cambridgeshire",
    ]
    to = recipient_lines("Mr Bartholomew Fotherington-Thomas-Worthington", lines, "CB1 2AB")
    text = text_of(printer.print(letter(to=to)).pdf)
    assert all(word in text for line in lines for word in line.split())


REFUSED = {
    "too wide": (Unprintable.ADDRESS_DOES_NOT_FIT, ("Ada", "W" * 60, "CB1 2AB")),
    "too many long lines": (
        Unprintable.ADDRESS_DOES_NOT_FIT,
        ("Ada", *("Somewhere quite far away " * 2,) * 9, "CB1 2AB"),
    ),
    "only a name": (Unprintable.ADDRESS_TOO_SHORT, ("Ada",)),
    "no town": (Unprintable.ADDRESS_TOO_SHORT, ("Ada", "1 Example Street")),
    "nothing": (Unprintable.ADDRESS_EMPTY, ("", " ")),
    "a telling name": (Unprintable.TELLING_NAME, ("Ada (victim)", "1 Example Street", "CB1 2AB")),
}


@pytest.mark.parametrize(("reason", "to"), REFUSED.values(), ids=REFUSED)
def test_an_address_that_cannot_be_used_asks_a_person(printer, reason, to):
    assert why(printer, letter(to=to)).reason_code == reason


def test_a_street_may_be_called_what_a_name_may_not(printer):
    assert printer.print(letter(to=("Ada", "The Old Police House", "Ely"))).pages == 1


@pytest.mark.parametrize(
    ("reason", "name", "lines"),
    [(Unprintable.NAME_MISSING, " ", ["1 Example Street"]), (Unprintable.ADDRESS_EMPTY, "Ada", ["", "\t"])],
)
def test_a_letter_needs_a_name_and_an_address(reason, name, lines):
    with pytest.raises(UnprintableLetter) as refused:
        recipient_lines(name, lines, "CB1 2AB")
    assert refused.value.reason_code == reason


def test_a_longer_letter_has_numbered_pages(printer):
    printed = printer.print(replace(letter(), body="\n\n".join(["It is never too late to ring."] * 60)))
    assert printed.pages > 1
    assert f"Page 2 of {printed.pages}" in text_of(printed.pdf)
    assert "Page 1" not in text_of(printer.print(letter()).pdf)


def test_a_letter_longer_than_ten_pages_asks_a_person(printer):
    endless = replace(letter(), body="\n\n".join(["It is never too late to ring."] * 300))
    assert why(printer, endless).reason_code == Unprintable.LETTER_TOO_LONG


def test_letters_printed_at_once_do_not_get_into_each_others_envelopes(printer):
    names = [f"Ada Number {number}" for number in range(24)]
    letters = [letter(to=(name, *ADDRESS[1:])) for name in names]
    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(printer.print, letters))
    for name, one in zip(names, printed, strict=True):
        assert f"{name}\n" in text_of(one.pdf)


def printed_or_asked(printer, name, lines, postcode) -> PrintedLetter | UnprintableLetter:
    try:
        return printer.print(letter(to=recipient_lines(name, lines, postcode)))
    except UnprintableLetter as refused:
        return refused


LATIN = st.text(
    st.characters(max_codepoint=0x17F, exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=55,
)


@settings(max_examples=40, deadline=None)
@given(
    name=LATIN,
    lines=st.lists(LATIN, min_size=1, max_size=9),
    postcode=st.sampled_from(["", "CB1 2AB", "8011"]),
)
def test_any_address_is_printed_within_the_window_or_asks_a_person(printer, name, lines, postcode):
    match printed_or_asked(printer, name, lines, postcode):
        case PrintedLetter(pdf=pdf):
            assert zone_faults(pdf, recipient=recipient_lines(name, lines, postcode)) == []
        case UnprintableLetter(reason_code=reason):
            assert reason not in {Unprintable.LAYOUT_FAULT, Unprintable.LETTER_TOO_LONG}


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_any_name_at_all_is_printed_or_asks_a_person(printer, name):
    match printed_or_asked(printer, name, ["1 Example Street", "Cambridge"], "CB1 2AB"):
        case PrintedLetter(pages=pages):
            assert pages == 1
        case UnprintableLetter(reason_code=reason):
            assert reason in set(Unprintable) - {Unprintable.LETTER_TOO_LONG}


def test_nothing_personal_is_in_the_repr_of_a_letter(printer):
    assert "Ada" not in repr(letter()) + repr(printer.print(letter()))
