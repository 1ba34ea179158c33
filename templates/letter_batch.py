"""The letters of one day as one PDF, in post order, to be printed on one side of the paper.

The same letters make the same bytes whenever and wherever they are put together, so that the checksum taken when
the batch was made can be compared with what somebody fetches weeks later.
"""

import hashlib
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import pypdfium2

from templates.letter_zones import ONE_AT_A_TIME

_MADE: Final = re.compile(rb"/CreationDate\(D:[^)]*\)")
_IDS: Final = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")
"""What PDFium fills in by the clock and by chance; both stay as long as they are, so that nothing moves."""


def put_together(letters: Sequence[bytes], made_at: datetime) -> bytes:
    """Put letters behind each other.

    Args:
        letters: Finished PDFs, in the order in which they are to come out of the printer.
        made_at: An aware time: when the batch was made, whenever this is called.
    """
    merged = _merged(letters)
    name = hashlib.sha256(b"".join(hashlib.sha256(letter).digest() for letter in letters)).hexdigest()
    made = f"/CreationDate(D:{made_at.astimezone(UTC):%Y%m%d%H%M%S}+00'00')".encode()
    identity = name[:32].upper().encode()
    merged = _MADE.sub(lambda found: made.ljust(len(found[0]))[: len(found[0])], merged)
    return _IDS.sub(b"/ID[<%b><%b>]" % (identity, identity), merged)


def pages_of(pdf: bytes) -> int:
    """Count the pages of a finished letter."""
    with ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return len(document)
        finally:
            document.close()


def _merged(letters: Sequence[bytes]) -> bytes:
    with ONE_AT_A_TIME:
        whole = pypdfium2.PdfDocument.new()
        try:
            for letter in letters:
                document = pypdfium2.PdfDocument(letter)
                whole.import_pages(document)
                document.close()
            written = io.BytesIO()
            whole.save(written)
            return written.getvalue()
        finally:
            whole.close()
