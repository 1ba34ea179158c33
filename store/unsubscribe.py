"""The one-click address of each e-mail: a token nobody can guess, and only its hash is kept.

It is derived from the message's id with a key of the service, so that it is the same however often the e-mail is
drafted; whoever has it may stop e-mails to one person, and can do nothing else.  Source: RFC 8058.
"""

import base64
import hashlib
import hmac
import re

from sqlalchemy import BindParameter, Engine, bindparam, select

from store.keyring import Keyring
from store.message_row import MESSAGE

TOKEN_BYTES = 18
"""144 bits, and no padding in an address."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")
_HASH: BindParameter[str] = bindparam("this")
_FOUND = select(MESSAGE.c.referral_id).where(MESSAGE.c.unsubscribe_hash == _HASH)


class UnsubscribeStore:
    """Finds whose e-mails a token stops."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def referral_of(self, token: str) -> str | None:
        """The referral an e-mail was sent for; `None` for a token that was never ours, or is erased."""
        if not _TOKEN.fullmatch(token):
            return None
        with self._engine.connect() as connection:
            return connection.scalar(_FOUND, {"this": unsubscribe_hash(self._keyring, token)})


def unsubscribe_token(keyring: Keyring, message_id: str) -> str:
    """Make the token of one message: always the same, and from the oldest key, which is never dropped."""
    key = keyring.derive("unsubscribe")[-1].key
    made = hmac.digest(key, message_id.encode(), hashlib.sha256)[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(made).decode()


def unsubscribe_hash(keyring: Keyring, token: str) -> str:
    """What is kept of a token."""
    return keyring.lookup_hash("unsubscribe", token)
