"""Letters per second and per core: beside the typst compiler alone, and beside WeasyPrint and Chromium.

typst is given what our layout is given; the other two the same words as HTML, in the same places and the same font.
"""

import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import pypdfium2
import typst
from typing_extensions import override

from bench.letter_peers import PEERS, NotInstalled, Print, still_style
from bench.pace import CORES, Pace
from bench.table import Table
from bench.unanswered import ON, draft
from domain.message_ports import Draft
from store import message_content
from store.encryption import new_person_key
from store.keyring import KEY_BYTES, Keyring
from templates import letter
from templates.letter import LetterContent, LetterPrinter, PrintedLetter, recipient_lines
from templates.letter_zones import measure as zones_of
from templates.letter_zones import zone_faults
from templates.render import TEMPLATES
from tests.servers import REHEARSAL
from wiring.profile import load_profile
from wiring.writer import MessageWriter

LETTERS = 300
"""Of each way in one round."""
OF_PEERS = 40
"""Of each peer, which are slow enough to be sure of with fewer, and of ours beside them."""
ROUNDS = 3
"""Of each way, one way after the other."""
COLD = 5
"""Fresh processes that print one letter."""

Way = Callable[[Draft], object]


async def measure() -> Table:
    """Print the same people's letters each way in turn."""
    press, missing = Press(), []
    ways = _ways(press)
    async with AsyncExitStack() as open_:
        peers: dict[str, Print] = {}
        style = open_.enter_context(still_style())
        for peer in PEERS:
            try:
                name, print_ = await open_.enter_async_context(peer(style))
                peers[f"{name}, the same letter"] = print_
            except NotInstalled as error:
                missing.append(str(error))
        await _check(press, peers)
        paces = {name: Pace() for name in (_PRINTING, *peers, *ways, _AT_ONCE)}
        for round_ in range(ROUNDS):
            drafts = [draft(round_ * LETTERS + number + 1) for number in range(LETTERS)]
            given = [press.given(one) for one in drafts[:OF_PEERS]]
            paces[_PRINTING].take(press.print, given)
            for name, print_ in peers.items():
                await paces[name].take_each(print_, [one.data for one in given])
            for name, way in ways.items():
                paces[name].take(way, drafts[:OF_PEERS] if name == _ANEW else drafts)
            paces[_AT_ONCE].take_at_once(
                ways[_WHOLE], [draft(10_000 * (round_ + 1) + number) for number in range(LETTERS)]
            )
    cold = sorted(_cold() for _ in range(COLD))[COLD // 2]
    return Table(
        title="Letters",
        head=("letters/s", "letters/s of one core", "processor ms each"),
        ratios=(
            *(_ratio(_PRINTING, name, paces) for name in peers),
            _ratio(_WHOLE, _ALONE, paces),
        ),
        rows=tuple(pace.row(name) for name, pace in paces.items()),
        notes=(
            "all say the same words and keep the zones of the envelope (checked once); only ours measures every letter",
            f"the first letter of a fresh process, its imports and profile included: {cold:.2f} s",
            *missing,
        ),
    )


def _ratio(ours: str, peer: str, paces: dict[str, Pace]) -> str:
    by_time, by_processor = paces[ours].rate / paces[peer].rate, paces[peer].each / paces[ours].each
    return f"{ours}: {by_time:.2f} times {peer}; by processor time {by_processor:.2f}"


async def _check(press: "Press", peers: dict[str, Print]) -> None:
    """All print the same words, each inside the zones of the envelope; and what is made once is made."""
    given = press.given(draft(0))
    ours = press.print(given).pdf
    for name, print_ in peers.items():
        theirs = await print_(given.data)
        more, less = _words(theirs) - _words(ours), _words(ours) - _words(theirs)
        assert not more, f"{name} says more: {more}"
        assert not less, f"{name} says less: {less}"
        assert not zone_faults(theirs, recipient=given.content.recipient_lines), name


def _words(pdf: bytes) -> Counter[str]:
    """Every word of a letter, in any order: each engine stores its blocks in its own."""
    return Counter(
        word for page in pypdfium2.PdfDocument(pdf) for word in page.get_textpage().get_text_range().split()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One letter before it is printed, as every printer is given it."""

    content: LetterContent
    data: dict[str, Any]
    """What our layout reads."""


class Press:
    """Our writer and its printer."""

    def __init__(self) -> None:
        self.writer, self.printer = MessageWriter(load_profile(REHEARSAL)), _Remembering()
        self.writer._printer = self.printer  # noqa: SLF001 - to give the peers exactly what the writer gives typst

    def given(self, draft: Draft) -> Given:
        """Write a letter's words."""
        self.writer.write(draft, ON)
        return Given(content=self.printer.content, data=json.loads(self.printer.letter))

    def print(self, given: Given) -> PrintedLetter:
        """Print and measure it."""
        return self.printer.print(given.content)


_PRINTING = "words to PDF, measured"
_WHOLE = "draft to PDF, measured"
_ALONE = "typst alone, same letters"
_ANEW = "typst alone, a new compiler each"
_MEASURING = "of it: measuring the page"
_SEALING = "beside it: sealing words and PDF"
_AT_ONCE = f"draft to PDF, on {CORES} threads"


def _ways(press: Press) -> dict[str, Way]:
    writer, printer = press.writer, press.printer
    written = writer.write(draft(0), ON)
    window = recipient_lines("Ada0 Example", ("0 Example Street", "Cambridge"), "CB1 2AB")
    cipher, _ = new_person_key(Keyring((bytes(KEY_BYTES),)), "bench")
    compiler, given, printed_at = _compiler(), printer.letter, printer.printed_at

    def alone(draft: Draft, compiler: typst.Compiler) -> object:
        return compiler.compile(
            input=letter.LAYOUT,
            format="pdf",
            sys_inputs={"letter": given.replace("Ada0", draft.name)},
            pdf_standards=letter.PDF_STANDARD,
            timestamp=printed_at,
        )

    return {
        _WHOLE: lambda draft: writer.write(draft, ON),
        _ALONE: lambda draft: alone(draft, compiler),
        _ANEW: lambda draft: alone(draft, _compiler()),
        _MEASURING: lambda _: zones_of(written.pdf, recipient=window),
        _SEALING: lambda draft: message_content.seal(cipher, draft.key, written),
    }


class _Remembering(LetterPrinter):
    """The printer, keeping what it was given and what it gave typst for the last letter."""

    content: LetterContent
    letter: str
    printed_at: dt.datetime | None

    @override
    def print(self, content: LetterContent) -> PrintedLetter:
        self.content = content
        return super().print(content)

    @override
    def _compiled(
        self, source: bytes, inputs: Mapping[str, str], printed_at: dt.datetime | None = None
    ) -> bytes | None:
        self.letter, self.printed_at = inputs["letter"], printed_at
        return super()._compiled(source, inputs, printed_at)


def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(letter.FONTS)]
    )
    return typst.Compiler(input=letter.LAYOUT, root=str(TEMPLATES), font_paths=fonts)


def _cold() -> float:
    """Seconds from the start of a process until it has printed a letter."""
    began = perf_counter()
    subprocess.run([sys.executable, "-m", "bench.first_letter"], check=True)
    return perf_counter() - began
