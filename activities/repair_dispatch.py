"""What a repair's workflow asks of the tables, of the offer desk, and of the ways to tradespeople."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities._failures import translated
from domain.gate import permit_notice
from domain.repair_dispatch.dispatch import initial_repair
from domain.repair_dispatch.events import NoticeSettled, OffersReserved, RepairBegun, SpendKnown
from domain.repair_dispatch.kinds import NoticeVerdict, TradeChannel
from domain.repair_dispatch.ports import (
    OfferDesk,
    OffersWanted,
    RepairPolicySource,
    RepairProjection,
    RepairTables,
    Told,
    TradeCourier,
)
from domain.repair_dispatch.state import RepairState


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOpened:
    """Where a repair stands as its run begins, and what its heart is told first if it never was."""

    state: RepairState
    begun: RepairBegun


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWanted:
    """Something a tradesperson is to be told now."""

    repair_id: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether somebody who was made an offer may still be sent."""

    offer_id: str
    at: datetime


class RepairDispatchActivities:
    """Reads where a repair stands, writes its turns, keeps places for it, and tells tradespeople."""

    def __init__(
        self,
        tables: RepairTables,
        policies: RepairPolicySource,
        desk: OfferDesk,
        couriers: Mapping[TradeChannel, TradeCourier],
    ) -> None:
        self._tables = tables
        self._policies = policies
        self._desk = desk
        self._couriers = couriers

    @activity.defn
    def take_up_repair(self, repair_id: str) -> RepairOpened:
        """Read the stored state, or make the first one with the policy of today."""
        with translated():
            known = self._tables.take_up(repair_id)
            state = known.state or initial_repair(
                repair_id=repair_id,
                referral_id=known.referral_id,
                request=known.request,
                policy=self._policies.repair_policy(),
                asked_at=known.asked_at,
            )
            begun = RepairBegun(
                sensitive=known.sensitive, stopped=known.stopped, place_known=known.place_known
            )
            return RepairOpened(state=state, begun=begun)

    @activity.defn
    def project_repair(self, projection: RepairProjection) -> None:
        """Write one turn."""
        with translated():
            self._tables.project(projection)

    @activity.defn
    def read_month_spend(self, at: datetime) -> SpendKnown:
        """Read what this calendar month's repairs come to."""
        with translated():
            return SpendKnown(month_pence=self._tables.month_pence(at))

    @activity.defn
    def may_be_sent(self, standing: Standing) -> bool:
        """Ask the register about somebody who says yes."""
        with translated():
            return self._tables.may_be_sent(standing.offer_id, standing.at)

    @activity.defn
    def reserve_offers(self, wanted: OffersWanted) -> OffersReserved:
        """Keep places in tradespeople's days."""
        with translated():
            return self._desk.reserve(wanted)

    @activity.defn
    def tell_tradesperson(self, wanted: NoticeWanted) -> NoticeSettled:
        """Tell a tradesperson; repeated after a crash they are told again, which does no harm."""
        with translated():
            notice = self._tables.notice(wanted.repair_id, wanted.key)
            if notice is None:
                return NoticeSettled(key=wanted.key, verdict=NoticeVerdict.TOLD)
            told = self._couriers[notice.channel].tell(notice, permit_notice(notice.known_as))
            self._tables.notice_told(notice.key, told, at=wanted.at)
            return _settled(wanted.key, told)


def _settled(key: str, told: Told) -> NoticeSettled:
    return NoticeSettled(key=key, verdict=told.verdict, why=told.why)
