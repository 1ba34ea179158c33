"""The offer desk: keeps places in tradespeople's days for repairs, so that nobody's day holds more than fits into it.

One request at a time is served, and whoever waits for something more urgent, or has waited longer, is served before
the one who asks.  Source: docs/repairs.md#dispatch.
"""

import threading
import uuid
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Protocol

import structlog
from sqlalchemy import Connection, Engine, delete, insert, text

from domain.errors import CannotBeOpened, KeyNotFound
from domain.places import Distances
from domain.ports import PolicySource
from domain.repair_dispatch.events import OffersReserved, ReservedOffer
from domain.repair_dispatch.kinds import OfferState, TradeChannel
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.ports import OffersWanted, RepairPolicySource
from domain.repair_dispatch.ranking import Ranked
from store.columns import AnyRow
from store.keyring import Keyring
from store.repair_dispatch.desk_choice import NOT_ASKED, Choice, Sitting
from store.repair_dispatch.desk_days import given_before, loads_of
from store.repair_dispatch.desk_queue import Asking, DeskQueue, Line
from store.repair_dispatch.desk_register import DeskRegister
from store.repair_dispatch.row import REPAIR_OFFER
from store.repair_dispatch.token import offer_token, offer_token_hash

_log = structlog.get_logger(__name__)

_DESK = text("SELECT pg_advisory_xact_lock(:lock)")
_LOCK = 0x6465736B  # "desk" in ASCII
"""The number of the lock under which one request in the whole service is served."""
MOST_SHOWN = 20
"""Tradespeople shown to a coordinator who chooses."""


class DeskPolicies(PolicySource, RepairPolicySource, Protocol):
    """The profile of this service: its calendar, and what it lays down for repairs."""


class OfferDeskStore:
    """Implements `domain.repair_dispatch.ports.OfferDesk`."""

    def __init__(
        self, engine: Engine, keyring: Keyring, *, distances: Distances, policies: DeskPolicies
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._policies = policies
        self._queue = DeskQueue(keyring)
        self._register = DeskRegister(keyring, distances)
        # Taken before a connection is: who waits here must not hold one that somebody else needs.
        self._turn = threading.Lock()

    def reserve(self, wanted: OffersWanted) -> OffersReserved:
        """Keep up to so many places for a repair; the same request again gives the same offers.

        Raises:
            RepairNotFound: There is no such repair.
        """
        with self._turn, self._engine.begin() as connection:
            connection.execute(_DESK, {"lock": _LOCK})
            if given := given_before(connection, wanted):
                return _given_before(given, wanted)
            line = self._queue.line_up(connection, wanted)
            if line is None:  # held, over or served meanwhile: its next turn knows
                return _answer((), wanted, busy=True)
            return self._serve(connection, line, wanted)

    def ranking(self, repair_id: str, *, at: datetime, most: int = MOST_SHOWN) -> tuple[Ranked, ...]:
        """Whom the desk would ask for a repair now, in order, for a coordinator who chooses; keeps no place.

        Those who were asked already are left out.  Raises `RepairNotFound`.
        """
        with self._turn, self._engine.connect() as connection:
            asking = self._queue.one(connection, repair_id, at=at)
            if asking is None:
                return ()
            sitting = self._sitting(connection, at, behind=[])
            return tuple(choice.ranked for choice in islice(sitting.in_order(asking), most))

    def _sitting(self, connection: Connection, at: datetime, *, behind: list[str]) -> Sitting:
        self._register.look(connection, at)
        return Sitting(
            connection=connection,
            keyring=self._keyring,
            register=self._register,
            hours=self._policies.policy_at(at).hours,
            most_km=self._policies.repair_policy().most_km,
            at=at,
            loads=loads_of(connection, behind),
        )

    def _serve(self, connection: Connection, line: Line, wanted: OffersWanted) -> OffersReserved:
        sitting = self._sitting(connection, wanted.at, behind=line.behind)
        policy, me = self._policies.repair_policy(), line.asking
        for other in line.ahead:
            self._keep(connection, other, _chosen_beforehand(sitting, other), policy, wanted.at)
        chosen = sitting.choose(me)
        given = self._keep(connection, me, chosen, policy, wanted.at)
        if sitting.displaced:
            connection.execute(delete(REPAIR_OFFER).where(REPAIR_OFFER.c.id.in_(sitting.displaced)))
        busy = len(chosen) < me.wants and sitting.is_worth_waiting(me, chosen)
        return _answer(given, wanted, busy=busy, passed_over=_passed_over(sitting, me, chosen))

    def _keep(
        self,
        connection: Connection,
        asking: Asking,
        chosen: list[Choice],
        policy: RepairPolicy,
        at: datetime,
    ) -> tuple[ReservedOffer, ...]:
        if not chosen:
            return ()
        offers = [
            ReservedOffer(offer_id=str(uuid.uuid4()), trade_id=choice.ranked.trade_id, channel=choice.channel)
            for choice in chosen
        ]
        kept = {
            "repair_id": asking.row.id,
            "round": asking.round,
            "turn": asking.turn,
            "state": OfferState.RESERVED,
            "reserved_at": at,
            "link_until": at + policy.link_for,
        }
        rows = [
            {
                **kept,
                "id": offer.offer_id,
                "trade_id": offer.trade_id,
                "channel": offer.channel,
                "place": place,
                "why": choice.ranked.why,
                "token_hash": offer_token_hash(self._keyring, offer_token(self._keyring, offer.offer_id)),
            }
            for place, (offer, choice) in enumerate(zip(offers, chosen, strict=True))
        ]
        connection.execute(insert(REPAIR_OFFER), rows)
        return tuple(offers)


def _chosen_beforehand(sitting: Sitting, other: Asking) -> list[Choice]:
    """What cannot be opened keeps no place: everybody behind it would wait for ever."""
    try:
        return sitting.choose(other)
    except (CannotBeOpened, KeyNotFound):
        _log.warning("repair_cannot_be_opened", repair_id=other.row.id)
        return []


def _passed_over(sitting: Sitting, me: Asking, chosen: list[Choice]) -> str:
    """Why the one who was chosen by name is not asked; empty if they are, or nobody was."""
    is_asked = me.wanted_trade in {None, *(choice.ranked.trade_id for choice in chosen)}
    return "" if is_asked else sitting.why_not_by_name(me)


def _given_before(given: Iterable[AnyRow], wanted: OffersWanted) -> OffersReserved:
    offers = tuple(
        ReservedOffer(offer_id=row.id, trade_id=row.trade_id, channel=TradeChannel(row.channel))
        for row in given
    )
    is_asked = wanted.wanted_trade in {None, *(offer.trade_id for offer in offers)}
    passed_over = "" if is_asked else NOT_ASKED
    return _answer(offers, wanted, busy=len(offers) < wanted.wanted, passed_over=passed_over)


def _answer(
    offers: tuple[ReservedOffer, ...], wanted: OffersWanted, *, busy: bool, passed_over: str = ""
) -> OffersReserved:
    """With the question it answers: the repair may ask another one meanwhile."""
    return OffersReserved(
        offers=offers,
        busy=busy,
        round=wanted.round,
        wanted_trade=wanted.wanted_trade,
        passed_over=passed_over,
    )
