"""A key for each person, and what it hides.

Every referral has a random key of its own, kept in its row wrapped by the service's newest key.  Forgetting
that one column makes everything personal of that referral unreadable, in every table and every backup.
"""

import json
import os
import zlib
from typing import Any

from domain.errors import CannotBeOpened
from store.keyring import KEY_BYTES, VERSION, Keyring, decrypt, encrypt

_WRAPPING = "person key"
_PLACE = "referral.wrapped_key:"


class PersonCipher:
    """Seals and opens what belongs to one referral.  Held for one call only, never kept or logged."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, column: str, row_id: object, content: bytes) -> bytes:
        """Encrypt for one place: `column` is "table.column"."""
        return VERSION + encrypt(self._key, content, f"{column}:{row_id}")

    def open(self, column: str, row_id: object, sealed: bytes) -> bytes:
        """Decrypt.  Raises `CannotBeOpened` if it was changed, or sealed for another place or person."""
        if sealed[:1] != VERSION:
            raise CannotBeOpened(f"{column}:{row_id} has an unknown version")
        return decrypt(self._key, sealed[1:], f"{column}:{row_id}")

    def seal_text(self, column: str, row_id: object, text: str) -> bytes:
        """Encrypt a short text."""
        return self.seal(column, row_id, text.encode())

    def open_text(self, column: str, row_id: object, sealed: bytes | None) -> str:
        """Decrypt a short text; nothing sealed is nothing said."""
        return "" if sealed is None else self.open(column, row_id, sealed).decode()

    def seal_packed(self, column: str, row_id: object, content: bytes) -> bytes:
        """Encrypt something long and repetitive, packed first so that a row stays on its page."""
        return self.seal(column, row_id, zlib.compress(content, 1))

    def open_packed(self, column: str, row_id: object, sealed: bytes) -> bytes:
        """Undo `seal_packed`."""
        return zlib.decompress(self.open(column, row_id, sealed))

    def seal_json(self, column: str, row_id: object, document: dict[str, Any]) -> bytes:
        """Encrypt a JSON-ready document."""
        packed = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return self.seal_packed(column, row_id, packed)

    def open_json(self, column: str, row_id: object, sealed: bytes) -> dict[str, Any]:
        """Undo `seal_json`."""
        document: dict[str, Any] = json.loads(self.open_packed(column, row_id, sealed))
        return document


def new_person_key(keyring: Keyring, referral_id: str) -> tuple[PersonCipher, bytes]:
    """Draw a key for a new referral: its cipher, and the key as its row keeps it."""
    key = os.urandom(KEY_BYTES)
    return PersonCipher(key), keyring.seal(_WRAPPING, key, place=_PLACE + referral_id)


def cipher_of(keyring: Keyring, referral_id: str, wrapped_key: bytes) -> PersonCipher:
    """Unwrap a referral's key.  Raises `KeyNotFound`, `CannotBeOpened`."""
    return PersonCipher(keyring.open(_WRAPPING, wrapped_key, place=_PLACE + referral_id))
