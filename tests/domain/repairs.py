"""What the tests of repairs begin with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.profile_repair_keys import AT_ONCE, DONE_WITHIN, ON_SITE_WITHIN
from domain.repair_dispatch.dispatch import decide_repair, initial_repair
from domain.repair_dispatch.events import (
    NoticeSettled,
    OffersReserved,
    RepairBegun,
    RepairDecided,
    RepairEvent,
    RepairRequest,
    RepairTimePassed,
    ReservedOffer,
    SpendKnown,
    TradeAnswered,
)
from domain.repair_dispatch.kinds import (
    NoticeVerdict,
    RepairDecisionKind,
    RepairKind,
    TradeAnswer,
    TradeChannel,
    TradeVia,
    Urgency,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.state import RepairEffects, RepairState
from domain.vocabulary import Role

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = RepairPolicy(
    answer_within=5 * MINUTE,
    at_once={urgency: key.absent.value for urgency, key in AT_ONCE.items() if key.absent},  # type: ignore[misc]
    on_site_within={u: key.absent.value for u, key in ON_SITE_WITHIN.items() if key.absent},  # type: ignore[misc]
    done_within={u: key.absent.value for u, key in DONE_WITHIN.items() if key.absent},  # type: ignore[misc]
    warn_before=5 * MINUTE,
    overdue_after=5 * MINUTE,
    told_within=2 * MINUTE,
    look_again_every=timedelta(seconds=30),
    follow_up_after=60 * MINUTE,
    link_for=timedelta(days=3),
    most_km=40,
    job_cap_pence=50_000,
    month_cap_pence=2_000_000,
    duplicate_within=timedelta(days=30),
    expiry_warning=timedelta(days=31),
)
OPEN_DOOR = RepairRequest(
    kinds=(RepairKind.BOARD_UP,), urgency=Urgency.OPEN_PROPERTY, estimate_pence=12_000, tells_victim=True
)


class Played:
    """One repair, event after event, with everything it asked for along the way."""

    def __init__(self, request: RepairRequest = OPEN_DOOR, policy: RepairPolicy = POLICY) -> None:
        self.now = NOW
        self.state: RepairState = initial_repair(
            repair_id="7d0c5a52-1f0d-4b5e-9d7f-0d7c3a1c8f10",
            referral_id="0b0c5a52-1f0d-4b5e-9d7f-0d7c3a1c8f11",
            request=request,
            policy=policy,
            asked_at=NOW,
        )
        self.last = RepairEffects()
        self.heard: RepairEvent = RepairTimePassed()
        self.spent = 0
        self._offers = 0

    def hear(self, event: RepairEvent) -> RepairEffects:
        """Let something happen, as the workflow does."""
        before, self.heard = self.state, event
        state, self.last = decide_repair(before, event, self.now)
        self.spent += sum(entry.pence for entry in self.last.spend)
        if state is not before:
            self.state = _turned(state)
        return self.last

    def begin(self, *, sensitive: bool = False, stopped: bool = False, month: int = 0) -> "Played":
        """Begin, as the first two turns of a workflow do."""
        self.hear(RepairBegun(sensitive=sensitive, stopped=stopped, place_known=True))
        self.hear(SpendKnown(month_pence=month or self.state.committed_pence))
        return self

    def reserve(
        self, *trades: str, busy: bool = False, channel: TradeChannel = TradeChannel.TEXT
    ) -> list[str]:
        """The desk answers with places of these tradespeople."""
        offers = []
        for trade in trades:
            self._offers += 1
            offers.append(ReservedOffer(offer_id=f"offer-{self._offers}", trade_id=trade, channel=channel))
        self.hear(OffersReserved(offers=tuple(offers), busy=busy))
        return [offer.offer_id for offer in offers]

    def answer(self, offer_id: str, answer: TradeAnswer, **more: object) -> RepairEffects:
        """A tradesperson tells us something."""
        return self.hear(TradeAnswered(offer_id=offer_id, answer=answer, via=TradeVia.LINK, **more))  # type: ignore[arg-type]

    def decide(
        self, kind: RepairDecisionKind, role: Role = Role.COORDINATOR, **more: object
    ) -> RepairEffects:
        """A person decides."""
        return self.hear(RepairDecided(kind=kind, role=role, **more))  # type: ignore[arg-type]

    def told(self, verdict: NoticeVerdict = NoticeVerdict.TOLD) -> None:
        """Everything that waits to be told is handed over, with one verdict."""
        for notice in self.state.notices:
            self.hear(NoticeSettled(key=notice.key, verdict=verdict))

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span
        self.hear(RepairTimePassed())

    def accepted(self, *, eta: timedelta = 10 * MINUTE) -> str:
        """Begin, ask two, and let the first accept; gives their offer."""
        self.begin()
        first, _ = self.reserve("trade-1", "trade-2")
        self.told()
        self.answer(first, TradeAnswer.ACCEPTED, eta_at=self.now + eta)
        self.told()
        return first

    def asks(self) -> set[str]:
        """What a coordinator is asked now."""
        return {str(asked.kind) for asked in self.state.asks}

    def offer_states(self) -> dict[str, str]:
        """What became of each offer."""
        return {offer.offer_id: str(offer.state) for offer in self.state.offers}


def _turned(state: RepairState) -> RepairState:
    return replace(state, turn=state.turn + 1)
