"""Events of the tradesperson API: each is stored once, with the command it leads to, in one transaction.

The same event again has the same id and says the same.  An id that comes again with other words is another event:
somebody's counter began anew, and what they say must not be lost.  One that comes again, or later than one it should
have come before, changes nothing by itself: what a repair makes of it is for its heart.
Source: docs/trades-api.md#what-you-tell-us.
"""

import json
import uuid
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import BindParameter, Connection, Engine, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.callback_ports import TradeCallback
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.kinds import TradeChannel, TradeVia
from store.columns import AnyRow, is_uuid
from store.command import NewCommand, StoredCommand, place
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, TRADE_EVENT
from store.tokens import Maker

FIRM = Maker(token_id="trades-api", role="system", name="Tradesperson, by their own system")  # noqa: S106  # it has no secret
"""Who answers, for the timeline."""
KIND = "trade_answer"
"""Of the command, for its reader."""

_THIS: BindParameter[str] = bindparam("this")
_OFFER = (
    select(REPAIR_OFFER.c.id, REPAIR_OFFER.c.repair_id, REPAIR.c.referral_id)
    .join(REPAIR, REPAIR.c.id == REPAIR_OFFER.c.repair_id)
    .where(REPAIR_OFFER.c.id == _THIS, REPAIR_OFFER.c.channel == TradeChannel.API)
)
"""Only of those who were asked by the API: nobody answers through it for somebody who has a link."""
_LOCKED = select(REFERRAL.c.id).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
_NOTED = insert(TRADE_EVENT).on_conflict_do_nothing().returning(TRADE_EVENT.c.event_hash)


class TradeEventStore:
    """Takes events in."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def take_in(self, told: TradeCallback, *, now: datetime) -> StoredCommand | None:
        """Store an event with its command.

        Returns:
            The command, to be handed over; `None` for an event that was stored before, and for one of an offer that
            is none of ours, or no more: it is noted, and leads to nothing.
        """
        event_hash = self._keyring.lookup_hash("trade_event", _written(told))
        with self._engine.begin() as connection:
            offer = _locked(connection, told.offer_id)
            command_id = str(uuid.uuid5(uuid.UUID(offer.id), event_hash)) if offer else None
            noted = {
                "event_hash": event_hash,
                "offer_id": offer.id if offer else None,
                "command_id": command_id,
                "received_at": now,
            }
            if connection.scalar(_NOTED, noted) is None or offer is None or command_id is None:
                return None
            return place(connection, self._keyring, _command(told, offer, command_id, now))


def _written(told: TradeCallback) -> str:
    """What an event is known by: its id and all that it says, but not when this very call was signed."""
    said = asdict(told)
    del said["at"]
    return json.dumps(said, default=str, sort_keys=True)


def _locked(connection: Connection, offer_id: str) -> AnyRow | None:
    """Lock the referral first, as everybody does."""
    offer = connection.execute(_OFFER, {"this": offer_id}).first() if is_uuid(offer_id) else None
    if offer is None or connection.scalar(_LOCKED, {"this": offer.referral_id}) is None:
        return None
    return offer


def _command(told: TradeCallback, offer: AnyRow, command_id: str, now: datetime) -> NewCommand:
    return NewCommand(
        id=command_id,
        referral_id=offer.referral_id,
        kind=KIND,
        event=TradeAnswered(
            offer_id=offer.id,
            answer=told.answer,
            via=TradeVia.API,
            eta_at=told.eta_at,
            reason=told.reason,
            cost_pence=told.cost_pence,
            invoice_reference=told.invoice_reference,
        ),
        by=FIRM,
        made_at=now,
        target_id=repair_workflow_id(offer.repair_id),
    )
