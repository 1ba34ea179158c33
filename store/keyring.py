"""The service's keys, and what is derived from them: never one key for two purposes.

Rotation: put a new key first and keep the old ones.  What is written from then on is sealed with the new
key; what was sealed with an old one still opens.  Keyed hashes come from the *oldest* key, so that a lookup
finds what was hashed before a rotation: the oldest key is therefore never dropped while its rows live.
Source: docs/reference/environment.md, `HOLDFAST_KEYS`.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import CannotBeOpened, KeyNotFound

KEY_BYTES = 32
"""AES-256 and HMAC-SHA256."""
KEY_ID_BYTES = 4
"""Enough to tell a handful of keys apart."""
NONCE_BYTES = 12
"""Of AES-GCM: 96 random bits for every sealing."""
HASH_BYTES = 16
"""What is kept of a keyed hash: 128 bits, so that two people never meet by chance."""
VERSION = b"\x01"
"""The first byte of everything sealed: AES-256-GCM."""


@dataclass(frozen=True, slots=True, repr=False)
class DerivedKey:
    """A key for one purpose, with the id of the service key it comes from."""

    id: bytes
    key: bytes


class Keyring:
    """Every configured key, newest first."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyNotFound(f"keys must be given, each {KEY_BYTES} bytes long")
        self._keys = keys
        self._derived: dict[str, tuple[DerivedKey, ...]] = {}

    def derive(self, purpose: str) -> tuple[DerivedKey, ...]:
        """Give one key for each service key, for this purpose alone, newest first."""
        found = self._derived.get(purpose)
        if found is None:
            found = tuple(DerivedKey(_id_of(key), _hkdf(key, purpose)) for key in self._keys)
            self._derived[purpose] = found
        return found

    def seal(self, purpose: str, content: bytes, *, place: str) -> bytes:
        """Encrypt with the newest key.

        Args:
            purpose: Which derived key.
            content: What to hide.
            place: Where it will lie ("table.column:row id"); it opens nowhere else.
        """
        newest = self.derive(purpose)[0]
        return VERSION + newest.id + encrypt(newest.key, content, place)

    def open(self, purpose: str, sealed: bytes, *, place: str) -> bytes:
        """Decrypt with whichever key it was sealed with.

        Raises:
            KeyNotFound: That key is not configured.
            CannotBeOpened: It was changed or moved.
        """
        key_id = sealed[1 : 1 + KEY_ID_BYTES]
        for derived in self.derive(purpose):
            if derived.id == key_id and sealed[:1] == VERSION:
                return decrypt(derived.key, sealed[1 + KEY_ID_BYTES :], place)
        raise KeyNotFound(f"{place} was sealed with key {key_id.hex()}, which is not configured")

    def lookup_hash(self, kind: str, value: str) -> str:
        """Hash a value for exact lookup, so that only the service can tell what is alike."""
        oldest = self.derive("lookup")[-1].key
        return hmac.digest(oldest, f"{kind}\x00{value}".encode(), hashlib.sha256)[:HASH_BYTES].hex()

    def fingerprint(self, content: bytes) -> str:
        """Hash a whole content, to tell whether it is the same again."""
        return hmac.digest(self.derive("fingerprint")[-1].key, content, hashlib.sha256).hex()


def encrypt(key: bytes, content: bytes, place: str) -> bytes:
    """AES-GCM under a fresh nonce, which goes first; bound to its place."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, place.encode())


def decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    """Undo `encrypt`.  Raises `CannotBeOpened`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise CannotBeOpened(f"{place} cannot be opened") from None


@lru_cache(maxsize=16)
def _id_of(key: bytes) -> bytes:
    return _hkdf(key, "key id")[:KEY_ID_BYTES]


def _hkdf(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"holdfast {purpose} v1".encode())
    return derivation.derive(key)
