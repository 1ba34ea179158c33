"""The link of each offer to a tradesperson: a token nobody can guess, and only its hash is kept.

It is derived from the offer's id with a key of the service, so that a text that is sent again carries the same link;
whoever has it may answer this one offer, and can do nothing else.  Source: docs/repairs.md#the-link.
"""

import base64
import hashlib
import hmac
import re

from store.keyring import Keyring

TOKEN_BYTES = 18
"""144 bits, and no padding in an address."""
_PURPOSE = "repair offer"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")


def offer_token(keyring: Keyring, offer_id: str) -> str:
    """Make the token of one offer: always the same, and from the oldest key, which is never dropped."""
    key = keyring.derive(_PURPOSE)[-1].key
    made = hmac.digest(key, offer_id.encode(), hashlib.sha256)[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(made).decode()


def offer_token_hash(keyring: Keyring, token: str) -> str:
    """What is kept of a token."""
    return keyring.lookup_hash(_PURPOSE, token)


def may_be_token(token: str) -> bool:
    """Whether it has the shape of a token of ours at all."""
    return _TOKEN.fullmatch(token) is not None
