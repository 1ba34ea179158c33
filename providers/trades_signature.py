"""The one secret a firm and we have, with which each side signs what it says: Standard Webhooks.

Source: docs/trades-api.md#signatures.
"""

import base64
import binascii
from typing import Final

from standardwebhooks import Webhook

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how a secret begins is none
"""How a secret begins that is written in base64, as Standard Webhooks does."""
LEAST_BYTES: Final = 24
"""Of a secret.  Source: the specification of Standard Webhooks."""


class UnusableKey(ValueError):
    """A key cannot sign; the text says why, never what it is."""


def signature_of(key: str) -> Webhook:
    """Make what signs and verifies.

    Args:
        key: `whsec_` and the secret in base64; anything else is the secret itself, as UTF-8.

    Raises:
        UnusableKey: It is no base64, or too short.
    """
    secret = _secret(key)
    if len(secret) < LEAST_BYTES:
        raise UnusableKey(f"it has to hold at least {LEAST_BYTES} bytes")
    return Webhook(secret)


def _secret(key: str) -> bytes:
    """Strictly: the library would pass over what is no base64, and sign with what is left."""
    if not key.startswith(SECRET_PREFIX):
        return key.encode()
    written = key.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey(f"what follows {SECRET_PREFIX} is no base64") from None
