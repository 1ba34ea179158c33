"""Prints a letter: words and an address become a PDF that fits a window envelope.

The layout is `letter_layout.typ`, set by typst inside this process.  Words reach it as data, never as
markup.  Every finished letter is measured by `letter_zones` before anyone gets it, and a letter that cannot
be printed well is not printed: a person is asked instead.
"""

import datetime as dt
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final, Self, cast

import fontpkg_noto_sans
import typst

from domain.telling_words import tells_something
from templates.languages import language_of, primary
from templates.letter_address import FEWEST_LINES, MOST_LINES, address_lines, folded
from templates.letter_zones import MOST_PAGES, measure
from templates.passages import one_line, passages
from templates.render import TEMPLATES
from templates.words import LetterWords, SenderBlock

LAYOUT: Final = (TEMPLATES / "letter_layout.typ").read_bytes()

FONTS: Final = fontpkg_noto_sans.ROOT / "files"
"""Noto Sans: macrons, Welsh accents, Greek, Cyrillic, Vietnamese and Devanagari.  Never committed."""

PDF_STANDARD: Final = "ua-1"
"""Letters are tagged, titled and have a language, so that a screen reader can read a copy."""

PROBE: Final = b'#set text(font: "Noto Sans", fallback: false)\n#set document(title: "-")\n#sys.inputs.text'
"""Sets one part of a letter alone, to find out which one has a character the font lacks."""

ADDRESS_FAULTS: Final = frozenset(
    {"content-crosses-the-window", "address-outside-window", "content-between-zones", "other-text-in-window"}
)
"""What the linter finds when only the address is too big."""

UNKNOWN_CHARACTER: Final = "\N{REPLACEMENT CHARACTER}"
"""What a badly copied name has in it.  The font can print it; nobody should."""


class Unprintable(StrEnum):
    """Why a letter was not printed."""

    NAME_MISSING = "name_missing"
    ADDRESS_EMPTY = "address_empty"
    ADDRESS_TOO_SHORT = "address_too_short"
    ADDRESS_DOES_NOT_FIT = "address_does_not_fit"
    TELLING_NAME = "telling_name"
    GLYPH_MISSING = "glyph_missing"
    LETTER_TOO_LONG = "letter_too_long"
    LAYOUT_FAULT = "layout_fault"


class UnprintableLetter(Exception):
    """A letter that a person must look at.

    Attributes:
        reason_code: One of `Unprintable`.
    """

    def __init__(self, reason_code: str, message: str) -> None:
        """Say why, in words that carry nothing of what the letter says."""
        super().__init__(message)
        self.reason_code = reason_code


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterContent:
    """Everything on a letter."""

    recipient_lines: tuple[str, ...]
    """Name, address and postcode, as `recipient_lines` makes them."""
    title: str
    body: str
    """Plain passages with an empty line between them; see `templates.passages`."""
    sender: SenderBlock
    reference: str
    date: dt.date
    """The day printed on the letter; also the time of the PDF, so that equal letters are equal bytes."""
    language: str
    large: bool = False
    """Whether it is set in large print; the address keeps the size its window allows."""

    @classmethod
    def of(
        cls,
        words: LetterWords,
        *,
        recipient_lines: tuple[str, ...],
        reference: str,
        on: dt.date,
        large: bool = False,
    ) -> Self:
        """Address the words of a letter to somebody."""
        return cls(
            recipient_lines=recipient_lines,
            title=words.title,
            body=words.body,
            sender=words.sender,
            reference=reference,
            date=on,
            language=words.language,
            large=large,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PrintedLetter:
    """A letter ready for the post room."""

    pdf: bytes
    pages: int


def recipient_lines(name: str, lines: Sequence[str], postcode: str = "") -> tuple[str, ...]:
    """Make the lines in the window: the name first, the postcode (if there is one) last.

    Args:
        name: The person's full name.  Everyone at the address may read it.
        lines: The address without its postcode; empty lines are left out.
        postcode: May be empty; then the last line of the address stays last.

    Raises:
        UnprintableLetter: There is no name, or no address, or the name tells something.
    """
    if not one_line(name):
        raise UnprintableLetter(Unprintable.NAME_MISSING, "a letter without a name may be opened by anybody")
    _require_a_quiet_name(one_line(name))
    if not any(one_line(line) for line in lines):
        raise UnprintableLetter(Unprintable.ADDRESS_EMPTY, "there is no address to write to")
    return folded(address_lines(name, lines, postcode))


class LetterPrinter:
    """Prints letters, one at a time, from any thread."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
        self._typst = typst.Compiler(input=LAYOUT, root=str(TEMPLATES), font_paths=fonts)

    def print(self, content: LetterContent) -> PrintedLetter:
        """Print a letter, measured and found good.

        Raises:
            UnprintableLetter: It cannot be printed well; the message names the part at fault, not its words.
        """
        recipient = folded([line for line in map(one_line, content.recipient_lines) if line])
        _require_an_address(recipient)
        pdf = self._set(content, recipient)
        if pdf is None:
            raise self._why_not_set(content, recipient)
        measured = measure(pdf, recipient=recipient)
        if measured.faults:
            raise _why_not_good({fault.code for fault in measured.faults})
        return PrintedLetter(pdf=pdf, pages=measured.pages)

    def _set(self, content: LetterContent, recipient: Sequence[str]) -> bytes | None:
        """Set the letter; nothing when typst cannot, since its error would quote the letter."""
        if any(UNKNOWN_CHARACTER in text for text in _fields(content, recipient).values()):
            return None
        printed_at = dt.datetime.combine(content.date, dt.time(), tzinfo=dt.UTC)
        return self._compiled(LAYOUT, {"letter": _layout_data(content, recipient)}, printed_at)

    def _why_not_set(self, content: LetterContent, recipient: Sequence[str]) -> UnprintableLetter:
        """Find the part that cannot be printed, by setting each alone."""
        for field, text in _fields(content, recipient).items():
            if UNKNOWN_CHARACTER in text or self._compiled(PROBE, {"text": text}) is None:
                return UnprintableLetter(
                    Unprintable.GLYPH_MISSING, f"the {field} has a character that the font cannot print"
                )
        return UnprintableLetter(Unprintable.LAYOUT_FAULT, "the letter could not be set")

    def _compiled(
        self, source: bytes, inputs: Mapping[str, str], printed_at: dt.datetime | None = None
    ) -> bytes | None:
        with self._one_at_a_time, suppress(typst.TypstError, UnicodeEncodeError):
            pdf = self._typst.compile(
                input=source,
                format="pdf",
                sys_inputs=dict(inputs),
                pdf_standards=PDF_STANDARD,
                timestamp=printed_at,
            )
            return cast("bytes", pdf)
        return None


def _require_an_address(recipient: Sequence[str]) -> None:
    if not recipient:
        raise UnprintableLetter(Unprintable.ADDRESS_EMPTY, "there is no address to write to")
    if len(recipient) < FEWEST_LINES:
        raise UnprintableLetter(Unprintable.ADDRESS_TOO_SHORT, "the address is too short to be delivered")
    if len(recipient) > MOST_LINES:
        raise UnprintableLetter(Unprintable.ADDRESS_DOES_NOT_FIT, "the address does not fit in the window")
    _require_a_quiet_name(recipient[0])


def _require_a_quiet_name(name: str) -> None:
    """The postman reads the name, and so does everybody at the address."""
    if tells_something(name):
        raise UnprintableLetter(Unprintable.TELLING_NAME, "the name on the envelope would tell something")


def _fields(content: LetterContent, recipient: Sequence[str]) -> dict[str, str]:
    """Every part of a letter that somebody wrote, by the name a coordinator knows it by."""
    address = {f"address line {number}": line for number, line in enumerate(recipient[1:], start=1)}
    return {
        "name": recipient[0],
        **address,
        "title": content.title,
        "body": content.body,
        "name of the service": f"{content.sender.name} {content.sender.masthead}",
        "telephone": content.sender.telephone,
        "hours": content.sender.hours,
        "reference": content.reference,
    }


def _layout_data(content: LetterContent, recipient: Sequence[str]) -> str:
    """The letter as the layout reads it."""
    day, tag = content.date, primary(content.language)
    language = language_of(tag)
    return json.dumps(
        {
            "recipient": list(recipient),
            "title": one_line(content.title),
            "passages": [asdict(passage) for passage in passages(content.body)],
            "sender": asdict(content.sender),
            "reference": content.reference,
            "date": {"year": day.year, "month": day.month, "day": day.day},
            "day": language.day(day),
            "words": {"reference": language.reference, "page": language.page.split("{}")},
            "language": tag,
            "large": content.large,
        }
    )


def _why_not_good(codes: set[str]) -> UnprintableLetter:
    """Translate what the linter found."""
    if "letter-too-long" in codes:
        return UnprintableLetter(Unprintable.LETTER_TOO_LONG, f"the letter has more than {MOST_PAGES} pages")
    if codes <= ADDRESS_FAULTS:
        return UnprintableLetter(Unprintable.ADDRESS_DOES_NOT_FIT, "the address does not fit in the window")
    return UnprintableLetter(
        Unprintable.LAYOUT_FAULT, f"the letter does not fit its zones: {', '.join(sorted(codes))}"
    )
