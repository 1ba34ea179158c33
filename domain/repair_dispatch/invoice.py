"""The reference of an invoice: a number, never a sentence, because the ledger that keeps it is only ever added to.

Source: docs/repairs.md#spend.
"""

import re
from typing import Final

LONGEST_REFERENCE: Final = 40
"""Characters."""
REFERENCE_PATTERN: Final = r"^(?=[^0-9]*[0-9])[A-Za-z0-9][A-Za-z0-9/._#\-]*(?: [A-Za-z0-9/._#\-]+){0,2}$"
"""At least one digit, and at most three words: what names a person or tells of them has no number, or is longer.

As ECMA 262 reads it, too, for descriptions of our APIs.
"""
_REFERENCE: Final = re.compile(REFERENCE_PATTERN)


def is_invoice_reference(text: str) -> bool:
    """Whether a text is fit to be kept as the reference of an invoice."""
    return len(text) <= LONGEST_REFERENCE and not text.endswith("\n") and _REFERENCE.match(text) is not None
