"""What one turn of a repair changes in the tables: its row, its offers, what is to be told, the ledger."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from domain.repair_dispatch.kinds import OfferState
from domain.repair_dispatch.ports import RepairProjection
from domain.repair_dispatch.spend import SpendEntry, SpendKind, total
from domain.repair_dispatch.state import Notice, Offer, RepairState
from domain.vocabulary import Role
from store.columns import AnyRow
from store.command_row import COMMAND, words_of
from store.encryption import PersonCipher
from store.keyring import Keyring
from store.repair_dispatch.json_form import seal_state
from store.repair_dispatch.measured import measured
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, REPAIR_SPEND, TRADE_NOTICE, notice_id
from store.repair_dispatch.token import offer_token, offer_token_hash

_STAFF = frozenset({Role.COORDINATOR, Role.MANAGER})
_ANSWERED = ("state", "made_at", "answer_by", "settled_at", "reason")
"""What a turn may change of an offer; the rest is the offer desk's."""
_OFFERED = insert(REPAIR_OFFER)
_OFFERS_AS_THEY_STAND = _OFFERED.on_conflict_do_update(
    index_elements=[REPAIR_OFFER.c.id],
    set_={name: _OFFERED.excluded[name] for name in _ANSWERED},
    where=or_(*(REPAIR_OFFER.c[name].is_distinct_from(_OFFERED.excluded[name]) for name in _ANSWERED)),
)
_TOLD_OF = insert(TRADE_NOTICE).on_conflict_do_nothing(index_elements=[TRADE_NOTICE.c.key])
_ENTERED = insert(REPAIR_SPEND).on_conflict_do_nothing(index_elements=[REPAIR_SPEND.c.id])
_BY = select(COMMAND.c.by_role, COMMAND.c.by_name, COMMAND.c.words_enc).where(
    COMMAND.c.id == bindparam("this")
)


def repair_values(cipher: PersonCipher, projection: RepairProjection) -> dict[str, Any]:
    """The row's columns for a turn: what the board and the statistics ask for in clear, the rest sealed."""
    state, effects = projection.state, projection.effects
    confirmed = state.offer(state.confirmed)
    return {
        "state_enc": seal_state(cipher, state),
        "turn": state.turn,
        "revision": state.revision,
        "stage": state.stage,
        "urgency": state.urgency,
        "holds": list(state.holds),
        "asks": [asked.kind for asked in state.asks],
        "asks_since": min((asked.since for asked in state.asks), default=None),
        "wants": state.wants,
        "waiting_since": state.queued_since,
        "clock_from": state.clock_from,
        "on_site_by": state.on_site_by,
        "done_by": state.done_by,
        "offered_at": min((offer.made_at for offer in state.offers), default=None),
        "accepted_at": state.accepted_at,
        "eta_at": state.eta_at,
        "arrived_at": state.arrived_at,
        "made_safe_at": state.made_safe_at,
        "finished_at": state.finished_at,
        "follow_up_at": state.follow_up_at,
        "ended_at": state.ended_at,
        "confirmed_offer": state.confirmed,
        "confirmed_trade": confirmed.trade_id if confirmed else None,
        "told": state.told,
        "committed_pence": REPAIR.c.committed_pence + total(effects.spend),
        "reopened": state.reopened,
        **measured(state, at=projection.at),
    }


def write_offers(connection: Connection, keyring: Keyring, state: RepairState) -> None:
    """Bring the offers to where they stand.

    Who loses the job is written before who gets it: the tables refuse two of them at any moment.
    """
    rows = [_offer_row(keyring, state, place, offer) for place, offer in enumerate(state.offers)]
    if rows:
        rows.sort(key=lambda row: row["state"] is OfferState.CONFIRMED)
        connection.execute(_OFFERS_AS_THEY_STAND, rows)


def _offer_row(keyring: Keyring, state: RepairState, place: int, offer: Offer) -> dict[str, Any]:
    """All of an offer: the desk may have given the place back, should the turn have been long in coming."""
    return {
        "id": offer.offer_id,
        "repair_id": state.repair_id,
        "trade_id": offer.trade_id,
        "channel": offer.channel,
        "round": offer.round,
        "turn": state.turn,
        "place": place,
        "state": offer.state,
        "reserved_at": offer.made_at,
        "made_at": None if was_never_asked(offer) else offer.made_at,
        "answer_by": offer.answer_by,
        "settled_at": offer.settled_at,
        "reason": offer.reason,
        "why": "",
        "token_hash": offer_token_hash(keyring, offer_token(keyring, offer.offer_id)),
        "link_until": offer.made_at + state.policy.link_for,
    }


def was_never_asked(offer: Offer) -> bool:
    """Whether the repair wanted nobody any more when the place was given: it counts as no offer."""
    return offer.state is OfferState.WITHDRAWN and offer.settled_at == offer.made_at


def write_notices(connection: Connection, state: RepairState) -> None:
    """Write down what tradespeople are to be told from now on."""
    rows = [_notice_row(state.repair_id, notice) for notice in state.notices]
    if rows:
        connection.execute(_TOLD_OF, rows)


def _notice_row(repair_id: str, notice: Notice) -> dict[str, Any]:
    return {
        "key": notice.key,
        "public_id": notice_id(notice.key),
        "repair_id": repair_id,
        "offer_id": notice.offer_id,
        "kind": notice.kind,
        "why": "",
        "tries": 0,
        "wanted_at": notice.wanted_at,
        "simulated": False,
    }


def write_spend(
    connection: Connection, cipher: PersonCipher, repair: AnyRow, projection: RepairProjection, *, month: date
) -> None:
    """Add to the ledger, in the name of whoever did it; the estimate in the name of whoever asked for the repair."""
    entries = projection.effects.spend
    if not entries:
        return
    command_id = projection.command_id or repair.command_id
    by = connection.execute(_BY, {"this": command_id}).first()
    words = words_of(cipher, command_id, by.words_enc) if by is not None else {}
    common = {
        "repair_id": repair.id,
        "month": month,
        "made_at": projection.at,
        "by_name": by.by_name if by is not None and by.by_role in _STAFF else "",
        "area": repair.area,
        "repair_reference": repair.reference,
    }
    rows = [
        common
        | _spend_row(cipher, f"{repair.id}:{projection.state.turn}:{n}", entry, words.get("reason", ""))
        for n, entry in enumerate(entries)
    ]
    connection.execute(_ENTERED, rows)


def _spend_row(cipher: PersonCipher, entry_id: str, entry: SpendEntry, reason: str) -> dict[str, Any]:
    """A line; a correction with the manager's reason, which only the referral's key opens."""
    told = reason if entry.kind is SpendKind.CORRECTED else ""
    return {
        "id": entry_id,
        "kind": entry.kind,
        "pence": entry.pence,
        "trade_id": entry.trade_id,
        "invoice_reference": entry.invoice_reference,
        "reason_enc": cipher.seal_text("repair_spend.reason_enc", entry_id, told) if told else None,
    }
