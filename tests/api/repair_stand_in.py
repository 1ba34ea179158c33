"""An in-process stand-in for the workflows of repairs: the same heart, the same tables, a desk that a test fills."""

import itertools
import uuid
from collections import deque
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from api.services import Services
from domain.errors import Refusal
from domain.events import Answer
from domain.identifiers import repair_workflow_id
from domain.policy import Period
from domain.repair_dispatch.dispatch import decide_repair, initial_repair
from domain.repair_dispatch.events import (
    NoticeSettled,
    OffersReserved,
    RepairBegun,
    RepairCommand,
    RepairEvent,
    ReservedOffer,
    SpendKnown,
)
from domain.repair_dispatch.kinds import NoticeVerdict, Skill, TradeChannel
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.ports import RepairProjection
from domain.repair_dispatch.state import RepairEffects, RepairState
from domain.tradesperson import Paper, Tradesperson
from domain.vocabulary import Weekday
from store.command import CommandStore
from store.command_row import AnyCommand
from store.repair_dispatch.notice import Letterhead
from store.repair_dispatch.tables import RepairStore
from store.tradesperson.register import TradespersonStore

_numbers = itertools.count(100)
_TOO_LATE = "Somebody else has this job now."


class _Everywhere:
    """Distances of a country where every place is known."""

    def is_known(self, area: str) -> bool:
        return bool(area)


def repair_tables(services: Services) -> RepairStore:
    letterhead = Letterhead(
        public_url=services.public_url,
        telephone=services.profile.telephone,
        neutral_name=services.profile.neutral_name,
        time_zone=services.profile.hours.time_zone,
    )
    distances: Any = _Everywhere()
    return RepairStore(services.engine, services.keyring, distances=distances, letterhead=letterhead)


def a_tradesperson(name: str, firm: str = "") -> Tradesperson:
    always = Period(days=tuple(Weekday), opens=time(0), closes=time(0))
    return Tradesperson(
        id="",
        name=name,
        firm=firm,
        channel=TradeChannel.TEXT,
        phone=f"+447700900{next(_numbers)}",
        skills=tuple(Skill),
        base="CB1",
        most_km=40,
        hours=(always,),
        papers=tuple((paper, date(2099, 1, 1)) for paper in Paper),
    )


class RepairStandIn:
    """Plays every repair of one test."""

    def __init__(
        self,
        tables: RepairStore,
        commands: CommandStore,
        register: TradespersonStore,
        policy: RepairPolicy,
    ) -> None:
        self._tables = tables
        self._commands = commands
        self._register = register
        self._policy = policy
        self.free: deque[str] = deque()
        """Tradespeople whom the desk gives out, by their ids."""
        self.busy = False
        """Whether somebody else would have room later."""
        self.is_slow = False
        """Begins no repair: somebody else has to do it later."""

    def register(self, name: str, *, firm: str = "", is_free: bool = True) -> str:
        """Somebody new in the register, who is asked next if free; give their id."""
        who = a_tradesperson(name, firm)
        entry = self._register.add(who, by="Sam", now=datetime.now(UTC))
        if is_free:
            self.free.append(entry.who.id)
        return entry.who.id

    def begin(self, repair_id: str) -> None:
        if self.is_slow:
            return
        known = self._tables.take_up(repair_id)
        begun = RepairBegun(sensitive=known.sensitive, stopped=known.stopped, place_known=known.place_known)
        self.happens(repair_id, begun)
        self._live_on(repair_id)

    def apply_through(self, target_id: str, command: AnyCommand) -> None:
        repair_id = target_id.removeprefix(repair_workflow_id(""))
        for stored in self._commands.pending(target_id):
            sent = stored.command
            if stored.ordinal <= command.ordinal and isinstance(sent, RepairCommand):
                self.happens(repair_id, sent.event, sent)
                self._live_on(repair_id)

    def happens(self, repair_id: str, event: RepairEvent, command: RepairCommand | None = None) -> None:
        before, now = self.state(repair_id), datetime.now(UTC)
        state, effects, answer = _decided(before, event, now)
        if command is not None:
            state = replace(state, applied_through=command.ordinal)
        self._tables.project(
            RepairProjection(
                state=replace(state, turn=before.turn + 1),
                effects=effects,
                at=now,
                command_id=command.id if command else None,
                answer=answer if command else None,
            )
        )

    def state(self, repair_id: str) -> RepairState:
        known = self._tables.take_up(repair_id)
        return known.state or initial_repair(
            repair_id=repair_id,
            referral_id=known.referral_id,
            request=known.request,
            policy=self._policy,
            asked_at=known.asked_at,
        )

    def _live_on(self, repair_id: str) -> None:
        """Do what is due; everybody can be told."""
        for _ in range(20):
            state, now = self.state(repair_id), datetime.now(UTC)
            if state.spend_unread:
                self.happens(repair_id, SpendKnown(month_pence=self._tables.month_pence(now)))
            elif state.wants and state.look_at is not None and state.look_at <= now:
                self.happens(repair_id, self._reserved(state))
            elif state.notices:
                told = NoticeSettled(key=state.notices[0].key, verdict=NoticeVerdict.TOLD)
                self.happens(repair_id, told)
            else:
                return

    def _reserved(self, state: RepairState) -> OffersReserved:
        chosen = [state.wanted_trade] if state.wanted_trade else []
        while self.free and len(chosen) < state.wants:
            chosen.append(self.free.popleft())
        offers = tuple(
            ReservedOffer(offer_id=str(uuid.uuid4()), trade_id=trade_id, channel=TradeChannel.TEXT)
            for trade_id in chosen
        )
        return OffersReserved(offers=offers, busy=self.busy)


def _decided(
    before: RepairState, event: RepairEvent, now: datetime
) -> tuple[RepairState, RepairEffects, Answer]:
    try:
        state, effects = decide_repair(before, event, now)
    except Refusal as refusal:
        refused = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        return before, RepairEffects(), refused
    if effects.taken:
        return state, effects, Answer(applied=False, revision=state.revision, code="taken", why=_TOO_LATE)
    return state, effects, Answer(applied=True, revision=state.revision)
