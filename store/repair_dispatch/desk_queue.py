"""Which repairs wait for somebody, in which order, and whom each has asked already.

Source: docs/repairs.md#dispatch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ARRAY, Connection, bindparam, case, func, select

from domain.errors import CannotBeOpened, KeyNotFound, RepairNotFound
from domain.repair_dispatch.kinds import OfferState, TradeDeclineReason, Urgency
from domain.repair_dispatch.ports import OffersWanted
from domain.repair_dispatch.state import RepairState
from store.columns import UUID, AnyRow
from store.encryption import cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.desk_days import BEFOREHAND, PATIENCE, give_back, rows_by
from store.repair_dispatch.json_form import open_state
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER

_log = structlog.get_logger(__name__)

_MOST_REMEMBERED = 5_000
_TRIED_AGAIN = timedelta(seconds=60)
"""After this long somebody whom an offer did not reach is tried again in the same round, after twice as long the next
time: a firm's system may be back, and a number that does not exist must not be written to for ever."""

_R, _O = REPAIR.c, REPAIR_OFFER.c
_IDS = ARRAY(UUID)
_URGENT_FIRST = case({urgency.value: urgency.rank for urgency in Urgency}, value=_R.urgency)
_WAITING = (
    select(_R.id, _R.referral_id, _R.kinds, _R.urgency, _R.area, _R.on_site_by, _R.turn, _R.wants)
    .where(
        _R.wants > 0, _R.ended_at.is_(None), _R.waiting_since.is_not(None), func.cardinality(_R.holds) == 0
    )
    .order_by(_URGENT_FIRST, _R.waiting_since, _R.id)
)
_KNOWN = select(_R.id).where(_R.id == bindparam("this"))
_STATES = (
    select(_R.id, _R.referral_id, _R.turn, _R.state_enc, REFERRAL.c.wrapped_key)
    .join_from(REPAIR, REFERRAL, REFERRAL.c.id == _R.referral_id)
    .where(_R.id == func.any(bindparam("ids", type_=_IDS)))
)
_ASKED = select(_O.repair_id, _O.trade_id, _O.round, _O.state, _O.settled_at).where(
    _O.repair_id == func.any(bindparam("ids", type_=_IDS)),
    _O.state.not_in((OfferState.TAKEN, OfferState.WITHDRAWN)),
)
"""Whoever was second, or whose offer was taken back, did not say no: they may be asked again in the same round."""
_KNOW_SOMEBODY = (
    select(_R.referral_id, _O.trade_id)
    .join_from(REPAIR_OFFER, REPAIR, _R.id == _O.repair_id)
    .where(
        _O.reason == TradeDeclineReason.KNOWS_PARTY,
        _R.referral_id == func.any(bindparam("referrals", type_=_IDS)),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A repair at the desk: whom it wants, and whom it has asked.  Ids, categories and times only."""

    row: AnyRow
    """Of `repair`, without anything sealed."""
    wants: int
    round: int
    turn: int
    """`BEFOREHAND` for one that has not asked yet."""
    wanted_trade: str | None
    excluded: frozenset[str]
    """Never asked: they may know somebody involved."""
    engaged: frozenset[str]
    """Asked and not settled, in whatever round, or their place is kept."""
    asked: frozenset[str]
    """In this round."""

    @property
    def left_out(self) -> frozenset[str]:
        """Whom the ranking passes over."""
        return self.excluded | self.engaged | self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """What the desk has to know of a repair that is ahead, for as long as its turn stands."""

    turn: int
    round: int
    wanted_trade: str | None
    excluded: tuple[str, ...]
    asks_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Who waits, seen from the one who asks."""

    ahead: list[Asking]
    """In the order in which they are served."""
    asking: Asking
    behind: list[str]
    """The ids of the others; what is kept for them beforehand may be taken."""


class DeskQueue:
    """The line at the desk.  Used under the desk's own lock alone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._remembered: dict[str, _Remembered] = {}

    def line_up(self, connection: Connection, wanted: OffersWanted) -> Line | None:
        """Everybody who waits; `None` when the one who asks does not wait for anybody (any more).

        Places that nobody wants are given back.  Raises `RepairNotFound`.
        """
        waiting = connection.execute(_WAITING).all()
        me = next((row for row in waiting if row.id == wanted.repair_id), None)
        if me is None:
            _must_be_known(connection, wanted.repair_id)
            return None
        place = waiting.index(me)
        ahead = self._who_will_ask(connection, waiting[:place], wanted.at)
        behind = self._who_will_ask(connection, waiting[place + 1 :], wanted.at)
        give_back(connection, [row.id for row in (*ahead, *behind)], wanted)
        *others, asking = self._asking(connection, [*ahead, me], wanted)
        return Line(ahead=others, asking=asking, behind=[row.id for row in behind])

    def one(self, connection: Connection, repair_id: str, *, at: datetime) -> Asking | None:
        """A repair as if it asked at that moment, whether or not it waits; `None`: its workflow has not begun.

        Raises:
            RepairNotFound: There is no such repair.
        """
        facts = select(*_WAITING.selected_columns).where(_R.id == repair_id)
        row = connection.execute(facts).first()
        if row is None:
            raise RepairNotFound(f"no repair {repair_id}")
        self._remember(connection, [row])
        known = self._remembered.get(repair_id)
        if known is None:
            return None
        return _askings(connection, [(row, known)], at=at)[0]

    def _who_will_ask(self, connection: Connection, ahead: Sequence[AnyRow], at: datetime) -> list[AnyRow]:
        """Leave out those that do not ask soon, whose workflow should have asked and did not, or never began."""
        self._remember(connection, ahead)
        known = self._remembered
        return [
            row
            for row in ahead
            if row.id in known and (asks_at := known[row.id].asks_at) and abs(at - asks_at) <= PATIENCE
        ]

    def _remember(self, connection: Connection, rows: Sequence[AnyRow]) -> None:
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.clear()
        fresh = [row.id for row in rows if not self._is_remembered(row)]
        if not fresh:
            return
        for row in connection.execute(_STATES, {"ids": fresh}):
            state = self._state(row)
            if state is not None:
                self._remembered[row.id] = _Remembered(
                    turn=row.turn,
                    round=state.round,
                    wanted_trade=state.wanted_trade,
                    excluded=state.excluded,
                    asks_at=state.look_at,
                )

    def _state(self, row: AnyRow) -> RepairState | None:
        """What cannot be opened keeps no place: everybody behind it would wait for ever."""
        try:
            cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
            return open_state(cipher, row.id, row.state_enc)
        except (CannotBeOpened, KeyNotFound):
            _log.warning("repair_cannot_be_opened", repair_id=row.id)
            return None

    def _is_remembered(self, row: AnyRow) -> bool:
        known = self._remembered.get(row.id)
        return known is not None and known.turn == row.turn

    def _asking(self, connection: Connection, rows: list[AnyRow], wanted: OffersWanted) -> list[Asking]:
        *ahead, last = rows
        at_the_desk = _Remembered(
            turn=wanted.turn,
            round=wanted.round,
            wanted_trade=wanted.wanted_trade,
            excluded=wanted.excluded,
            asks_at=wanted.at,
        )
        told = [*((row, self._remembered[row.id]) for row in ahead), (last, at_the_desk)]
        *others, me = _askings(connection, told, at=wanted.at)
        return [*others, replace(me, wants=wanted.wanted, turn=wanted.turn)]


def _askings(connection: Connection, told: list[tuple[AnyRow, _Remembered]], *, at: datetime) -> list[Asking]:
    """What each has asked already, and who is left out for good."""
    offers = rows_by(connection.execute(_ASKED, {"ids": [row.id for row, _ in told]}).all(), "repair_id")
    referrals = {"referrals": list({row.referral_id for row, _ in told})}
    know = rows_by(connection.execute(_KNOW_SOMEBODY, referrals).all(), "referral_id")
    return [
        _one_asking(row, known, offers.get(row.id, []), know.get(row.referral_id, []), at=at)
        for row, known in told
    ]


def _one_asking(
    row: AnyRow, known: _Remembered, offers: list[AnyRow], know: list[AnyRow], *, at: datetime
) -> Asking:
    kept = sum(offer.state == OfferState.RESERVED for offer in offers)
    return Asking(
        row=row,
        wants=row.wants - kept,
        round=known.round,
        turn=BEFOREHAND,
        wanted_trade=known.wanted_trade,
        excluded=frozenset(known.excluded) | {offer.trade_id for offer in know},
        engaged=frozenset(offer.trade_id for offer in offers if OfferState(offer.state).takes_capacity),
        asked=_asked([offer for offer in offers if offer.round == known.round], at),
    )


def _asked(offers: list[AnyRow], at: datetime) -> frozenset[str]:
    """Who was asked, of the offers of one round; whom an offer did not reach is tried again after a while."""
    missed = rows_by((offer for offer in offers if offer.state == OfferState.UNREACHABLE), "trade_id")
    heard = {offer.trade_id for offer in offers if offer.state != OfferState.UNREACHABLE}
    return frozenset(heard | {trade_id for trade_id, tries in missed.items() if not _is_due(tries, at)})


def _is_due(tries: list[AnyRow], at: datetime) -> bool:
    last = max((offer.settled_at for offer in tries if offer.settled_at), default=at)
    return bool(at - last >= _TRIED_AGAIN * 2 ** (len(tries) - 1))


def _must_be_known(connection: Connection, repair_id: str) -> None:
    if connection.execute(_KNOWN, {"this": repair_id}).first() is None:
        raise RepairNotFound(f"no repair {repair_id}")
