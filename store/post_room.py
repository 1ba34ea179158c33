"""What the post room reads of messages: lists, counts, and what was handed over."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, func, select, tuple_

from domain.message_ports import Written
from domain.vocabulary import MessageState
from store import message_content
from store.columns import is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, NOT_HANDED_OVER, WITHOUT_CONTENT, MessageView, view_of
from store.referral_row import REFERRAL


def of_message(*columns: Any) -> Select[Any]:
    """Messages with the referrals they belong to."""
    return select(*columns).join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)


_COUNTED = select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state)
"""Read from the index `message_state` alone."""


class PostRoom:
    """Reads everything sent or about to be sent."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def of_referral(self, referral_id: str) -> list[MessageView]:
        """Everything made for a referral, oldest first."""
        if not is_uuid(referral_id):
            return []
        mine = of_message(*WITHOUT_CONTENT).where(MESSAGE.c.referral_id == referral_id)
        return self._views(mine.order_by(MESSAGE.c.made_at, MESSAGE.c.key))

    def get(self, message_id: str) -> MessageView | None:
        """Read one message by its public id."""
        if not is_uuid(message_id):
            return None
        found = self._views(of_message(*WITHOUT_CONTENT).where(MESSAGE.c.id == message_id))
        return found[0] if found else None

    def recent(
        self,
        *,
        state: MessageState | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[MessageView]:
        """The post room: everything made, newest first.

        Args:
            state: Only what is in this state.
            after: When the last one of the page before was made, and its id: several may be made at one moment.
            limit: How many.
        """
        statement = of_message(*WITHOUT_CONTENT)
        if state is not None:
            statement = statement.where(MESSAGE.c.state == state)
        if after is not None:
            statement = statement.where(tuple_(MESSAGE.c.made_at, MESSAGE.c.id) < after)
        return self._views(statement.order_by(MESSAGE.c.made_at.desc(), MESSAGE.c.id.desc()).limit(limit))

    def counts(self) -> dict[MessageState, int]:
        """How many messages are in each state."""
        with self._engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(_COUNTED)}
        return {state: found.get(state, 0) for state in MessageState}

    def content(self, message_id: str) -> Written | None:
        """What was handed over, and so left or may have left; `None` before that."""
        if not is_uuid(message_id):
            return None
        content = (MESSAGE.c.state, MESSAGE.c.words_enc, MESSAGE.c.pdf_enc)
        columns = (MESSAGE.c.key, MESSAGE.c.referral_id, REFERRAL.c.wrapped_key, *content)
        with self._engine.connect() as connection:
            row = connection.execute(of_message(*columns).where(MESSAGE.c.id == message_id)).first()
        if row is None or row.words_enc is None or row.state in NOT_HANDED_OVER:
            return None
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return message_content.open_sealed(cipher, row.key, row.words_enc, row.pdf_enc)

    def _views(self, statement: Select[Any]) -> list[MessageView]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [view_of(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row) for row in rows]
