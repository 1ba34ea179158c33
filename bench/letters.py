"""Letters per second and per core, from a draft to the PDF, beside the typst compiler alone on the same layout."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, process_time

import typst
from typing_extensions import override

from bench.table import Table
from domain.ports import Draft
from domain.vocabulary import Channel, MessageState, Purpose
from store import message_content
from store.encryption import new_person_key
from store.keyring import KEY_BYTES, Keyring
from templates import letter
from templates.letter import LetterPrinter, recipient_lines
from templates.letter_zones import measure as zones_of
from templates.render import TEMPLATES
from tests.servers import REHEARSAL
from wiring.profile import load_profile
from wiring.writer import MessageWriter

LETTERS = 300
"""Of each way in one round."""
ROUNDS = 3
"""Of each way, one way after the other."""
COLD = 5
"""Fresh processes that print one letter."""
CORES = os.cpu_count() or 1
ON = dt.date(2026, 11, 23)

Way = Callable[[Draft], object]


@dataclass(slots=True, kw_only=True)
class Pace:
    """How fast one way is."""

    letters: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def take(self, way: Way, drafts: list[Draft]) -> None:
        """Make these letters, one after the other."""
        began, spent = perf_counter(), process_time()
        for draft in drafts:
            way(draft)
        self.seconds += perf_counter() - began
        self.cpu += process_time() - spent
        self.letters += len(drafts)

    def take_at_once(self, way: Way, drafts: list[Draft]) -> None:
        """The same on as many threads as the machine has cores."""
        began, spent = perf_counter(), process_time()
        with ThreadPoolExecutor(CORES) as threads:
            list(threads.map(way, drafts))
        self.seconds += perf_counter() - began
        self.cpu += process_time() - spent
        self.letters += len(drafts)

    def row(self, name: str) -> tuple[str, ...]:
        """Its line of the table."""
        each = self.cpu / self.letters
        return (name, f"{self.letters / self.seconds:.0f}", f"{1 / each:.0f}", f"{each * 1000:.2f}")


async def measure() -> Table:
    """Print the same people's letters each way in turn."""
    ways = _ways()
    paces, at_once = {name: Pace() for name in ways}, Pace()
    for round_ in range(ROUNDS):
        drafts = [draft(number) for number in range(round_ * LETTERS + 1, (round_ + 1) * LETTERS + 1)]
        for name, way in ways.items():
            # A new compiler for each letter is slow enough to be sure of with fewer.
            paces[name].take(way, drafts[: LETTERS // 10] if name == _ANEW else drafts)
        at_once.take_at_once(
            ways[_WHOLE], [draft(10_000 * (round_ + 1) + number) for number in range(LETTERS)]
        )
    whole, alone = paces[_WHOLE], paces[_ALONE]
    cold = sorted(_cold() for _ in range(COLD))[COLD // 2]
    return Table(
        title="Letters",
        head=("letters/s", "letters/s of one core", "processor ms each"),
        rows=(
            *(pace.row(name) for name, pace in paces.items()),
            at_once.row(f"the first on {CORES} threads"),
        ),
        notes=(
            (
                f"the writer against typst alone: {(alone.cpu / alone.letters) / (whole.cpu / whole.letters):.2f}"
                " by processor time"
            ),
            f"the first letter of a fresh process, its imports and profile included: {cold:.2f} s",
        ),
    )


def draft(number: int) -> Draft:
    """An invented person's letter after three unanswered calls; no two alike."""
    return Draft(
        key=f"{number}:contact_unanswered:1",
        referral_id=str(number),
        reference=f"K7PM-{number:04}",
        channel=Channel.LETTER,
        purpose=Purpose.CONTACT_UNANSWERED,
        state=MessageState.RESERVED,
        neutral=False,
        name=f"Ada{number}",
        addressee=f"Ada{number} Example",
        language="en",
        address_lines=(f"{number} Example Street", "Cambridge"),
        postcode="CB1 2AB",
    )


_WHOLE = "draft to PDF, measured"
_ALONE = "typst alone, same letters"
_ANEW = "typst alone, a new compiler each"
_MEASURING = "of the first: measuring the page"
_SEALING = "beside it: sealing words and PDF"


def _ways() -> dict[str, Way]:
    writer, printer = MessageWriter(load_profile(REHEARSAL)), _Remembering()
    writer._printer = printer  # noqa: SLF001 - to give typst alone exactly what the writer gives it
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
    """The printer, keeping what it gave typst for the last letter."""

    letter: str
    printed_at: dt.datetime | None

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
