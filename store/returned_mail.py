"""Letters that came back, weeks later: which referral and which letter an envelope belongs to."""

import re
from dataclasses import dataclass

from sqlalchemy import BindParameter, Engine, bindparam, select

from domain.errors import HoldfastError
from domain.vocabulary import Channel, MessageState
from store.columns import is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE
from store.referral_document import Document, addresses, number_id, post_id_of
from store.referral_row import REFERRAL, document_of

_MAY_HAVE_LEFT = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN, MessageState.REJECTED)
_HALF = 4
"""Letters on each side of the hyphen of a reference."""
_THIS: BindParameter[str] = bindparam("this")
_REFERRAL = select(REFERRAL.c.id, REFERRAL.c.wrapped_key, REFERRAL.c.document_enc).where(
    REFERRAL.c.id == _THIS
)
_BY_REFERENCE = select(REFERRAL.c.id).where(REFERRAL.c.reference.in_(bindparam("references", expanding=True)))
_LETTERS = (
    select(MESSAGE.c.id, MESSAGE.c.key, MESSAGE.c.address_id)
    .where(
        MESSAGE.c.referral_id == _THIS,
        MESSAGE.c.channel == Channel.LETTER,
        MESSAGE.c.state.in_(_MAY_HAVE_LEFT),
    )
    .order_by(MESSAGE.c.made_at)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLetter:
    """What came back, in opaque ids."""

    key: str
    """Of the message; empty: nobody knows which."""
    address_id: str
    """Where it had been sent; empty: the referral has no postal address."""


class NoLetterLeft(HoldfastError):
    """None of this referral's letters was handed over, or not this one: nothing of it can have come back."""


class ReturnedMailStore:
    """Finds what an envelope belongs to.  Reads only: that it came back is a command."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def referral_of(self, reference: str) -> str | None:
        """Find the referral of a reference as somebody typed it: small letters, spaces, no hyphen."""
        letters = re.sub(r"[^A-Z0-9]", "", reference.upper())
        references = [reference.strip(), f"{letters[:_HALF]}-{letters[_HALF:]}"]
        with self._engine.connect() as connection:
            found = connection.execute(_BY_REFERENCE, {"references": references}).first()
        return str(found.id) if found else None

    def letter(self, referral_id: str, message_id: str | None) -> ReturnedLetter | None:
        """Say which letter came back and to which address it had gone.

        Args:
            referral_id: Whose.
            message_id: The public id of the letter; `None`: the one letter that left, if there is just one.

        Returns:
            `None`: there is no such referral.

        Raises:
            NoLetterLeft: None of its letters left, or not this one.
        """
        if not is_uuid(referral_id):
            return None
        with self._engine.connect() as connection:
            referral = connection.execute(_REFERRAL, {"this": referral_id}).first()
            letters = connection.execute(_LETTERS, {"this": referral_id}).all()
        if referral is None:
            return None
        meant = [letter for letter in letters if message_id in {None, letter.id}]
        if not meant:
            raise NoLetterLeft("no letter of this referral may have left")
        cipher = cipher_of(self._keyring, referral.id, referral.wrapped_key)
        now = self._address_of(document_of(cipher, referral.id, referral.document_enc))
        if len(meant) == 1:
            return ReturnedLetter(key=meant[0].key, address_id=meant[0].address_id or now)
        return ReturnedLetter(key="", address_id=now)

    def _address_of(self, document: Document) -> str:
        """The postal address as it stands: the victim's, else the guardian's."""
        name = post_id_of(number_id(self._keyring))
        victim = document["victim"]
        entries = (*addresses(victim), *addresses(victim.get("guardian") or {}))
        return name(entries[0]) if entries else ""
