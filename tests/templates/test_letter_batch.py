"""One PDF for the printer, the same whenever it is put together."""

import datetime as dt
import subprocess
import sys

import pypdfium2
import pytest

from templates.letter import LetterContent, LetterPrinter, recipient_lines
from templates.letter_batch import pages_of, put_together
from templates.words import WordsContext, words_for

MADE_AT = dt.datetime(2026, 11, 23, 17, 45, tzinfo=dt.UTC)
NAMES = ("Ada Example", "Bo Ŵyn", "Mārama Rāpata")


@pytest.fixture(scope="module")
def letters() -> list[bytes]:
    printer = LetterPrinter()
    context = WordsContext(
        preferred_name="Ada",
        service_name="Example Support",
        neutral_name="The Hub",
        telephone="01223 000 000",
        hours="Monday to Friday, 9am to 5pm",
        reference="K7PM-4T2Q",
    )
    words = words_for("information", "letter", neutral=False, language="en", context=context)

    def printed(name: str) -> bytes:
        lines = recipient_lines(name, ["1 Example Street", "Cambridge"], "CB1 2AB")
        content = LetterContent.of(
            words, recipient_lines=lines, reference="K7PM-4T2Q", on=MADE_AT.date(), large=name == NAMES[1]
        )
        return printer.print(content).pdf

    return [printed(name) for name in NAMES]


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return pages


def test_the_letters_come_out_in_the_order_given_and_none_is_cut(letters):
    pages = text_of(put_together(letters, MADE_AT))
    assert [pages_of(letter) for letter in letters] == [1, 2, 1]
    assert pages == [page for letter in letters for page in text_of(letter)]


def test_the_same_letters_are_the_same_bytes(letters):
    whole = put_together(letters, MADE_AT)
    assert put_together(letters, MADE_AT) == whole
    assert put_together(letters[::-1], MADE_AT) != whole
    assert put_together(letters[:-1], MADE_AT) != whole


def test_another_process_makes_the_same_bytes(letters, tmp_path):
    # The checksum of a batch is compared weeks later, after a deployment.
    for number, letter in enumerate(letters):
        (tmp_path / f"{number}.pdf").write_bytes(letter)
    program = (
        "import sys, hashlib, datetime as dt, pathlib\n"
        "from templates.letter_batch import put_together\n"
        "letters = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).glob('*.pdf'))]\n"
        "whole = put_together(letters, dt.datetime.fromisoformat(sys.argv[2]))\n"
        "print(hashlib.sha256(whole).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), MADE_AT.isoformat()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    import hashlib

    assert done.stdout.strip() == hashlib.sha256(put_together(letters, MADE_AT)).hexdigest()


def test_a_batch_says_when_it_was_made_and_not_when_it_was_fetched(letters):
    whole = put_together(letters, MADE_AT)
    document = pypdfium2.PdfDocument(whole)
    assert document.get_metadata_value("CreationDate").startswith("D:20261123174500")
    document.close()
