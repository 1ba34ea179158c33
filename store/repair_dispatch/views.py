"""Repairs as they are read: each with who was asked, what they were told and what it cost, in one snapshot.

One snapshot, so that nothing shown contradicts itself: while a repair says that somebody has it, their offer does too.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, case, func, select

from domain.errors import CannotBeOpened, KeyNotFound
from domain.repair_dispatch.kinds import OfferState, RepairStage, Urgency
from domain.tradesperson import Tradesperson
from store.columns import AnyRow, is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.photo import REPAIR_PHOTO
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, REPAIR_SPEND, TRADE_NOTICE
from store.repair_dispatch.view import (
    DuplicateRepair,
    NoticeView,
    OfferView,
    RepairView,
    duplicate_of,
    notice_view_of,
    offer_view_of,
    repair_view_of,
)
from store.tradesperson.row import TRADESPERSON
from store.tradesperson.unreadable import readable_trade

__all__ = ["DuplicateRepair", "NoticeView", "OfferView", "RepairView", "RepairViews"]

_log = structlog.get_logger(__name__)
_SNAPSHOT = "REPEATABLE READ"
_REPAIRS = select(
    REPAIR,
    REFERRAL.c.wrapped_key,
    REFERRAL.c.reference.label("referral_reference"),
).join_from(REPAIR, REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
_SHOWN = (
    select(TRADE_NOTICE.c.shown_enc, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join_from(TRADE_NOTICE, REPAIR, REPAIR.c.id == TRADE_NOTICE.c.repair_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(TRADE_NOTICE.c.key == bindparam("this"))
)
_URGENCY = case({urgency: urgency.rank for urgency in Urgency}, value=REPAIR.c.urgency)
_DEADLINE = case((REPAIR.c.arrived_at.is_(None), REPAIR.c.on_site_by), else_=REPAIR.c.done_by)
"""The promise that counts now."""
MOST_URGENT_FIRST: tuple[ColumnElement[Any], ...] = (
    REPAIR.c.asks_since.is_(None),
    REPAIR.c.finished_at.is_not(None),
    _URGENCY,
    _DEADLINE,
    REPAIR.c.id,
)
"""The order of the board: where a person is asked, then what is not done yet, the open property and the nearest
promise first.  Source: docs/repairs.md#board."""


class RepairViews:
    """Reads repairs for pages and the API."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def one(self, repair_id: str) -> RepairView | None:
        """Read one repair."""
        if not is_uuid(repair_id):
            return None
        return next(iter(self._read(_REPAIRS.where(REPAIR.c.id == repair_id))), None)

    def of_referral(self, referral_id: str) -> list[RepairView]:
        """Read the repairs of one referral, newest first."""
        if not is_uuid(referral_id):
            return []
        mine = _REPAIRS.where(REPAIR.c.referral_id == referral_id)
        return self._read(mine.order_by(REPAIR.c.asked_at.desc(), REPAIR.c.id))

    def board(self, *, limit: int = 500) -> list[RepairView]:
        """Read the live repairs, most urgent first."""
        live = _REPAIRS.where(REPAIR.c.ended_at.is_(None))
        return self._read(live.order_by(*MOST_URGENT_FIRST).limit(limit))

    def duplicates(self, repair_id: str, *, within: timedelta) -> list[DuplicateRepair]:
        """Find other repairs of the same kind at the same address, newest first; cancelled ones are none.

        Args:
            repair_id: To which one they are compared.
            within: How far apart they may have been asked for.
        """
        if not is_uuid(repair_id):
            return []
        this = REPAIR.alias("this")
        apart = func.abs(func.extract("epoch", REPAIR.c.asked_at - this.c.asked_at))
        alike = (
            select(REPAIR, REFERRAL.c.reference.label("referral_reference"))
            .join_from(REPAIR, this, this.c.address_hash == REPAIR.c.address_hash)
            .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
            .where(
                this.c.id == repair_id,
                REPAIR.c.id != repair_id,
                REPAIR.c.address_hash != "",
                REPAIR.c.kinds.overlap(this.c.kinds),
                REPAIR.c.stage != RepairStage.CANCELLED,
                apart <= within.total_seconds(),
            )
            .order_by(REPAIR.c.asked_at.desc(), REPAIR.c.id)
        )
        with self._engine.connect() as connection:
            return [duplicate_of(row) for row in connection.execute(alike)]

    def shown(self, key: str) -> str:
        """What a tradesperson was, or would have been, told with one notice; empty before, or if there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(_SHOWN, {"this": key}).first()
        if row is None:
            return ""
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return cipher.open_text("trade_notice.shown_enc", key, row.shown_enc)

    def _read(self, statement: Select[Any]) -> list[RepairView]:
        with self._engine.connect().execution_options(isolation_level=_SNAPSHOT) as connection:
            rows = connection.execute(statement).all()
            return self._views(connection, rows)

    def _views(self, connection: Connection, rows: Sequence[AnyRow]) -> list[RepairView]:
        if not rows:
            return []
        ids = [row.id for row in rows]
        asked = connection.execute(_offers(ids)).all()
        trades = self._trades(connection, {offer.trade_id for offer in asked})
        offers = _by_repair(asked)
        notices = _by_repair(connection.execute(_notices(ids)).all())
        spend = _by_repair(connection.execute(_spend(ids)).all())
        photos = _photos(connection, ids)
        views = (
            self._opened(
                row,
                offers=[offer_view_of(offer, trades[offer.trade_id]) for offer in offers.get(row.id, ())],
                notices=[notice_view_of(notice) for notice in notices.get(row.id, ())],
                spend=spend.get(row.id, ()),
                photos=photos.get(row.id, 0),
            )
            for row in rows
        )
        return [view for view in views if view is not None]

    def _opened(self, row: AnyRow, **beside: Any) -> RepairView | None:
        """Open a row; one that cannot be opened does not stand in the way of the others."""
        try:
            return repair_view_of(self._keyring, row, **beside)
        except (KeyNotFound, CannotBeOpened) as error:
            _log.warning("repair_cannot_be_opened", repair=row.id, error=type(error).__name__)
            return None

    def _trades(self, connection: Connection, ids: Collection[str]) -> dict[str, Tradesperson]:
        found = connection.execute(select(TRADESPERSON).where(TRADESPERSON.c.id.in_(ids)))
        return {row.id: readable_trade(self._keyring, row) for row in found}


def _by_repair(rows: Sequence[AnyRow]) -> dict[str, list[AnyRow]]:
    found: dict[str, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.repair_id, []).append(row)
    return found


def _offers(ids: Sequence[str]) -> Select[Any]:
    """Every offer in the order in which people were asked; a place kept in somebody's day is not one yet."""
    is_made = REPAIR_OFFER.c.state != OfferState.RESERVED
    of_these = select(REPAIR_OFFER).where(REPAIR_OFFER.c.repair_id.in_(ids), is_made)
    return of_these.order_by(REPAIR_OFFER.c.reserved_at, REPAIR_OFFER.c.place, REPAIR_OFFER.c.id)


def _notices(ids: Sequence[str]) -> Select[Any]:
    of_these = select(TRADE_NOTICE).where(TRADE_NOTICE.c.repair_id.in_(ids))
    return of_these.order_by(TRADE_NOTICE.c.wanted_at, TRADE_NOTICE.c.key)


def _spend(ids: Sequence[str]) -> Select[Any]:
    of_these = select(REPAIR_SPEND).where(REPAIR_SPEND.c.repair_id.in_(ids))
    return of_these.order_by(REPAIR_SPEND.c.made_at, REPAIR_SPEND.c.id)


def _photos(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    counted = (
        select(REPAIR_PHOTO.c.repair_id, func.count())
        .where(REPAIR_PHOTO.c.repair_id.in_(ids))
        .group_by(REPAIR_PHOTO.c.repair_id)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}
