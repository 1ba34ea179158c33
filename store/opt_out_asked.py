"""Opt-outs by somebody who has not signed in: with the reference of a letter, or one click in an e-mail.

The same is asked often, by machines, too: what stands already, or waits to be taken in, is not asked again.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, bindparam, select

from domain.events import OptedIn, OptedOut
from domain.identifiers import referral_workflow_id
from domain.vocabulary import CommandState, ContactChannel
from store.command import NewCommand, place
from store.command_row import COMMAND
from store.encryption import cipher_of
from store.json_form import event_from_json
from store.keyring import Keyring
from store.referral_row import REFERRAL, state_of
from store.tokens import Maker

READER = Maker(token_id="reader", role="public", name="Whoever read our message")  # noqa: S106  # it has no secret
"""Who asks, for the timeline: it need not be the victim."""

_THIS: BindParameter[str] = bindparam("this")
_BY_REFERENCE = select(REFERRAL.c.id).where(REFERRAL.c.reference == _THIS)
_LOCKED = (
    select(REFERRAL.c.wrapped_key, REFERRAL.c.state_enc)
    .where(REFERRAL.c.id == _THIS)
    .with_for_update(key_share=True)
)
_PENDING = (
    select(COMMAND.c.id, COMMAND.c.event_enc)
    .where(COMMAND.c.target_id == bindparam("target"), COMMAND.c.state == CommandState.PENDING)
    .order_by(COMMAND.c.ordinal)
)


class OptOutRequests:
    """Takes in what readers ask."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def referral_of(self, reference: str) -> str | None:
        """The referral of a reference, if there is one."""
        with self._engine.connect() as connection:
            return connection.scalar(_BY_REFERENCE, {"this": reference})

    def ask(self, referral_id: str, event: OptedOut, *, now: datetime) -> bool:
        """Store an opt-out unless it stands already; say whether it was news."""
        with self._engine.begin() as connection:
            row = connection.execute(_LOCKED, {"this": referral_id}).first()
            if row is None or self._stands(connection, referral_id, row, event.channel):
                return False
            new = NewCommand(
                id=str(uuid.uuid4()),
                referral_id=referral_id,
                kind=event.type,
                event=event,
                by=READER,
                made_at=now,
                at_once=True,
            )
            return place(connection, self._keyring, new) is not None

    def _stands(self, connection: Connection, referral_id: str, row: Any, channel: ContactChannel) -> bool:
        cipher = cipher_of(self._keyring, referral_id, row.wrapped_key)
        state = state_of(cipher, referral_id, row.state_enc)
        stands = state is not None and channel in state.opted_out
        for waiting in connection.execute(_PENDING, {"target": referral_workflow_id(referral_id)}):
            event = event_from_json(cipher.open("command.event_enc", waiting.id, waiting.event_enc))
            if isinstance(event, OptedOut | OptedIn) and event.channel is channel:
                stands = isinstance(event, OptedOut)
        return stands
