"""What Notify asks of a precompiled letter when it is handed over."""

import base64
import binascii
from typing import Any

from simulator.govuk_notify_refused import VALIDATION, CannotBeTaken

POSTAGE = ("first", "second", "economy")
_LARGEST = 2_000_000
"""Bytes of one PDF."""


def precompiled(told: dict[str, Any]) -> tuple[bytes, str]:
    """Read a letter and how it is posted.

    Raises:
        CannotBeTaken: It is refused.
    """
    if not told.get("reference"):
        raise CannotBeTaken("reference is a required property", VALIDATION)
    if not told.get("content"):
        raise CannotBeTaken("content is a required property", VALIDATION)
    postage = told.get("postage") or "second"
    if postage not in POSTAGE:
        raise CannotBeTaken(f"postage invalid. It must be one of {', '.join(POSTAGE)}.", VALIDATION)
    try:
        pdf = base64.b64decode(str(told["content"]), validate=True)
    except binascii.Error:
        raise CannotBeTaken("Cannot decode letter content (invalid base64 encoding)") from None
    if not pdf.startswith(b"%PDF-") or len(pdf) > _LARGEST:
        raise CannotBeTaken("Letter content is not a valid PDF")
    return pdf, str(postage)
