"""Repairs that run on the real server: tables, a desk and tradespeople in memory, under the same guards as the real."""

import asyncio
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from activities.repair_dispatch import RepairDispatchActivities
from domain.dispatch_events import RepairAsked
from domain.events import Answer
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.events import (
    OffersReserved,
    RepairCommand,
    RepairCommandEvent,
    RepairDecided,
    RepairRequest,
    ReservedOffer,
    TradeAnswered,
)
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    RepairDecisionKind,
    TradeAnswer,
    TradeChannel,
    TradeVia,
    Urgency,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.ports import OffersWanted, RepairProjection, RepairTakenUp, Told, TradeNotice
from domain.repair_dispatch.state import RepairState
from domain.vocabulary import Role
from tests.domain.repairs import OPEN_DOOR, POLICY
from workflows.repair_dispatch import RepairDispatchWorkflow

SOON = 20.0
WITHIN = timedelta(seconds=20)


@dataclass(kw_only=True)
class KeptRepair:
    """One row."""

    referral_id: str
    request: RepairRequest
    asked_at: datetime
    state: RepairState | None = None
    reserved: dict[tuple[int, int], tuple[ReservedOffer, ...]] = field(default_factory=dict)


class MemoryRepairs:
    """Obeys `RepairTables`, `OfferDesk` and `TradeCourier` at once."""

    simulated = False

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.repairs: dict[str, KeptRepair] = {}
        self.commands: dict[str, tuple[str, RepairCommand]] = {}
        self.answers: dict[str, Answer] = {}
        self.written: Counter[tuple[str, int]] = Counter()
        self.trades = [f"trade-{number}" for number in range(1, 7)]
        """Who may still be asked, best first."""
        self.told: list[tuple[NoticeKind, str]] = []
        """What was said to whom."""
        self.verdicts: list[NoticeVerdict] = []
        """What the next ones come to; after that everybody is told."""
        self.outages = 0
        self.telling, self.reserving = threading.Event(), threading.Event()
        """While cleared, whoever tells or reserves has to wait."""
        self.telling.set()
        self.reserving.set()
        self.struck_off: set[str] = set()
        """Offers of those who may not be sent any more."""
        self.confirmed_ever: list[str] = []
        self.expected: list[datetime] = []
        """What the victim is to be told."""

    # What the front door does

    def begin(self, repair_id: str, referral_id: str, request: RepairRequest, at: datetime) -> None:
        self.repairs.setdefault(repair_id, KeptRepair(referral_id=referral_id, request=request, asked_at=at))

    def store(self, repair_id: str, event: RepairCommandEvent) -> RepairCommand:
        with self._lock:
            ordinal = 1 + sum(target == repair_id for target, _ in self.commands.values())
            command = RepairCommand(id=str(uuid.uuid4()), ordinal=ordinal, event=event)
            self.commands[command.id] = (repair_id, command)
            return command

    # RepairTables

    def take_up(self, repair_id: str) -> RepairTakenUp:
        with self._open():
            kept = self.repairs[repair_id]
            return RepairTakenUp(
                state=kept.state,
                referral_id=kept.referral_id,
                request=kept.request,
                asked_at=kept.asked_at,
                sensitive=False,
                stopped=False,
                place_known=True,
            )

    def project(self, projection: RepairProjection) -> None:
        with self._open():
            state = projection.state
            kept = self.repairs[state.repair_id]
            if kept.state is not None and kept.state.turn >= state.turn:
                return
            confirmed = [offer for offer in state.offers if offer.state is OfferState.CONFIRMED]
            assert len(confirmed) <= 1, "two have the job"
            self.confirmed_ever += [offer.offer_id for offer in confirmed]
            self.written[state.repair_id, state.turn] += 1
            kept.state = state
            if projection.effects.tells_victim_at:
                self.expected.append(projection.effects.tells_victim_at)
            if projection.command_id and projection.answer:
                self.answers.setdefault(projection.command_id, projection.answer)

    def month_pence(self, at: datetime) -> int:
        return sum(kept.state.committed_pence for kept in self.repairs.values() if kept.state)

    def may_be_sent(self, offer_id: str, at: datetime) -> bool:
        return offer_id not in self.struck_off

    def notice(self, repair_id: str, key: str) -> TradeNotice | None:
        with self._open():
            state = self.repairs[repair_id].state
            assert state is not None
            waiting = next((notice for notice in state.notices if notice.key == key), None)
            offer = state.offer(waiting.offer_id) if waiting else None
            if waiting is None or offer is None:
                return None
            return TradeNotice(
                key=key,
                offer_id=offer.offer_id,
                repair_id=repair_id,
                kind=waiting.kind,
                channel=offer.channel,
                firm_id=offer.trade_id,
                phone="+447700900456",
                repair_reference="K7PM-4T2Q",
                kinds=state.request.kinds,
                urgency=state.urgency,
                area="CT1",
                on_site_by=state.on_site_by,
                answer_by=offer.answer_by,
                link="https://holdfast.example/trades/x",
            )

    def notice_told(self, key: str, told: Told, *, at: datetime) -> None:
        """Nothing is kept of it here."""

    # OfferDesk

    def reserve(self, wanted: OffersWanted) -> OffersReserved:
        self.reserving.wait(SOON)
        with self._open():
            kept = self.repairs[wanted.repair_id]
            again = kept.reserved.get((wanted.round, wanted.turn))
            if again is None:
                chosen = [self.trades.pop(0) for _ in range(min(wanted.wanted, len(self.trades)))]
                again = tuple(
                    ReservedOffer(offer_id=str(uuid.uuid4()), trade_id=trade, channel=TradeChannel.API)
                    for trade in chosen
                )
                kept.reserved[wanted.round, wanted.turn] = again
            return OffersReserved(offers=again, busy=False)

    # TradeCourier

    def tell(self, notice: TradeNotice, permit: object) -> Told:
        self.telling.wait(SOON)
        with self._open():
            self.told.append((notice.kind, notice.firm_id))
            verdict = self.verdicts.pop(0) if self.verdicts else NoticeVerdict.TOLD
            return Told(verdict=verdict)

    def _open(self) -> threading.RLock:
        if self.outages > 0:
            self.outages -= 1
            raise ConnectionError("the database is away")
        return self._lock

    def asked(self, event: RepairAsked, referral_id: str, at: datetime) -> None:
        """The referral's turn makes the row."""
        self.begin(event.repair_id, referral_id, event.request, at)


@dataclass(frozen=True)
class OneRepairPolicy:
    """The same profile for every repair."""

    policy: RepairPolicy = POLICY

    def repair_policy(self) -> RepairPolicy:
        return self.policy


def repair_activities(repairs: Any, policies: Any = None) -> list[Callable[..., Any]]:
    """Every activity of repairs, fed."""
    repair = RepairDispatchActivities(
        repairs, policies or OneRepairPolicy(), repairs, dict.fromkeys(TradeChannel, repairs)
    )
    return [
        repair.take_up_repair,
        repair.project_repair,
        repair.read_month_spend,
        repair.may_be_sent,
        repair.reserve_offers,
        repair.tell_tradesperson,
    ]


class RunningRepair:
    """One repair on the server."""

    def __init__(self, desk: Any, repair_id: str) -> None:
        self.desk, self.id = desk, repair_id
        self.repairs: MemoryRepairs = desk.tables.repairs
        self.workflow_id = repair_workflow_id(repair_id)
        desk.started.add(self.workflow_id)

    @classmethod
    async def begins(cls, desk: Any, request: RepairRequest = OPEN_DOOR) -> "RunningRepair":
        """Start one by itself, as if its referral had."""
        repair = cls(desk, str(uuid.uuid4()))
        now = datetime.now(UTC)
        repair.repairs.begin(repair.id, str(uuid.uuid4()), request, now)
        await desk.env.client.start_workflow(
            RepairDispatchWorkflow.run,
            repair.id,
            id=repair.workflow_id,
            task_queue=desk.task_queue,
            task_timeout=desk.task_timeout,
        )
        return repair

    @property
    def handle(self) -> WorkflowHandle[RepairDispatchWorkflow, str]:
        return self.desk.env.client.get_workflow_handle_for(RepairDispatchWorkflow.run, self.workflow_id)  # type: ignore[no-any-return]

    @property
    def state(self) -> RepairState:
        """What the tables say."""
        state = self.repairs.repairs[self.id].state
        assert state is not None, "its workflow has not spoken yet"
        return state

    async def now(self) -> datetime:
        return await self.desk.env.get_current_time(self.handle)  # type: ignore[no-any-return]

    async def waits(self, duration: timedelta) -> None:
        assert await self.desk.env.fast_forward(self.handle, duration), "it ended before the time was over"

    async def has(self, is_so: Callable[[RepairState], object]) -> RepairState:
        """Wait until the tables say so."""
        kept = self.repairs.repairs
        try:
            async with asyncio.timeout(SOON):
                while self.id not in kept or kept[self.id].state is None or not is_so(self.state):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            known = kept[self.id].state if self.id in kept else None
            raise AssertionError(f"it never came to that: {known}") from None
        return self.state

    async def is_offered(self, many: int = 2) -> list[str]:
        """Wait until so many have been asked and told; their offers."""
        await self.has(lambda state: len(state.open_offers) == many and not state.notices)
        return [offer.offer_id for offer in self.state.open_offers]

    async def hears(self, event: RepairCommandEvent) -> Answer:
        """Store, send, and read the answer the tables keep."""
        return await self.sends(self.repairs.store(self.id, event))

    async def sends(self, command: RepairCommand) -> Answer:
        answer = await self.desk.orchestra.send_command(self.workflow_id, command, within=WITHIN)
        return answer or self.repairs.answers[command.id]

    async def is_answered(self, offer_id: str, answer: TradeAnswer, **more: Any) -> Answer:
        return await self.hears(TradeAnswered(offer_id=offer_id, answer=answer, via=TradeVia.API, **more))

    async def decides(self, kind: RepairDecisionKind, role: Role = Role.MANAGER, **more: Any) -> Answer:
        return await self.hears(RepairDecided(kind=kind, role=role, **more))

    async def ends(self) -> str:
        async with asyncio.timeout(SOON):
            return await self.handle.result()


LATER_LOCKS = RepairRequest(kinds=OPEN_DOOR.kinds, urgency=Urgency.TODAY)
