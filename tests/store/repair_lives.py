"""Repairs that are kept: asked for on a referral, and every turn written as the repair's workflow would."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from domain.dispatch_events import RepairAsked
from domain.errors import Refusal
from domain.events import Answer
from domain.policy import Period
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
    Skill,
    TradeAnswer,
    TradeChannel,
    TradeVia,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.ports import RepairProjection
from domain.repair_dispatch.state import RepairEffects, RepairState
from domain.tradesperson import Paper, Tradesperson
from domain.vocabulary import Role, Weekday
from store.command import NewCommand, StoredCommand
from store.repair_dispatch.ledger import LedgerStore
from store.repair_dispatch.notice import Letterhead
from store.repair_dispatch.tables import RepairStore
from store.repair_dispatch.view import RepairView
from store.repair_dispatch.views import RepairViews
from store.tokens import Maker
from store.tradesperson.register import TradespersonStore
from tests.builders import NOW
from tests.domain.repairs import OPEN_DOOR, POLICY
from tests.store.lives import JO, KeptLife, Office

SAM = Maker(token_id="t-sam", role="manager", name="Sam Manager")
LETTERHEAD = Letterhead(
    public_url="https://holdfast.example/",
    telephone="01223 000 000",
    neutral_name="The Hub",
    time_zone="Europe/London",
)
ALWAYS = (Period(days=tuple(Weekday), opens=time(0), closes=time(23, 59)),)
NOBODYS_DAY = datetime(2030, 1, 1, tzinfo=UTC).date()
JOB = {
    "access": "The side gate sticks.",
    "code_word": "Bluebell",
    "who_may_be_home": "Her sister.",
    "pets": "A dog.",
    "notes": "She is very frightened.",
}


class OnePlace:
    """A map on which one area lies."""

    def area_of(self, postcode: str | None) -> str | None:
        return postcode.split()[0] if postcode else None

    def is_known(self, area: str) -> bool:
        return area == "CB1"

    def distance_km(self, area_a: str, area_b: str) -> float | None:
        return 0.0 if area_a == area_b == "CB1" else None

    def within(self, area: str, km: float) -> frozenset[str]:
        return frozenset({area}) if km >= 0 else frozenset()


class Depot:
    """Everything the tables know of repairs, over one database."""

    def __init__(self, office: Office) -> None:
        engine, keyring = office.engine, office.keyring
        self.office = office
        self.tables = RepairStore(
            engine,
            keyring,
            distances=OnePlace(),
            letterhead=LETTERHEAD,
            simulated={TradeChannel.TEXT},
        )
        self.views = RepairViews(engine, keyring)
        self.ledger = LedgerStore(engine, keyring)
        self.register = TradespersonStore(engine, keyring)
        self._people = 0

    def engages(self, name: str = "Pat Joiner", **changes: Any) -> str:
        """Put somebody into the register."""
        self._people += 1
        known: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "name": name,
            "firm": "Joiner and Daughters",
            "channel": TradeChannel.TEXT,
            "phone": f"+44770090{self._people:04}",
            "skills": tuple(Skill),
            "base": "CB1",
            "most_km": 40,
            "hours": ALWAYS,
            "papers": tuple((paper, NOBODYS_DAY) for paper in Paper),
            "capacity": 5,
        }
        return self.register.add(Tradesperson(**(known | changes)), by="Jo", now=NOW).who.id

    def repairs(
        self,
        life: KeptLife | None = None,
        request: RepairRequest = OPEN_DOOR,
        *,
        policy: RepairPolicy = POLICY,
        job: dict[str, Any] | None = None,
    ) -> "KeptRepair":
        """Ask for a repair on a referral."""
        life = life or self.office.begins()
        asked = RepairAsked(repair_id=str(uuid.uuid4()), request=request)
        life.takes_in(life.is_told(asked, job=JOB if job is None else job))
        return KeptRepair(self, life, asked.repair_id, policy=policy)


class KeptRepair:
    """One repair whose every turn is written."""

    def __init__(
        self, depot: Depot, life: KeptLife, repair_id: str, *, policy: RepairPolicy = POLICY
    ) -> None:
        self.depot, self.life, self.id, self.now = depot, life, repair_id, life.now
        known = depot.tables.take_up(repair_id)
        self.state: RepairState = known.state or initial_repair(
            repair_id=repair_id,
            referral_id=known.referral_id,
            request=known.request,
            policy=policy,
            asked_at=known.asked_at,
        )
        self.effects = RepairEffects()
        self.last: RepairProjection | None = None

    @property
    def view(self) -> RepairView:
        view = self.depot.views.one(self.id)
        assert view is not None
        return view

    def begins(self) -> "KeptRepair":
        """Take the first two turns of its workflow."""
        self.hears(RepairBegun(sensitive=False, stopped=False, place_known=True))
        return self.hears(SpendKnown(month_pence=self.depot.tables.month_pence(self.now)))

    def hears(self, event: RepairEvent, command: StoredCommand | None = None) -> "KeptRepair":
        """Decide and write, as the workflow's turn does."""
        before = self.state
        try:
            state, self.effects = decide_repair(before, event, self.now)
            answer = Answer(applied=not self.effects.taken, revision=state.revision)
        except Refusal as refusal:
            state, self.effects = before, RepairEffects()
            answer = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        if command is None and state is before:
            return self
        if command is not None:
            state = replace(state, applied_through=command.ordinal)
        self.state = replace(state, turn=before.turn + 1)
        self.last = RepairProjection(
            state=self.state,
            effects=self.effects,
            at=self.now,
            command_id=command.id if command else None,
            answer=answer if command else None,
        )
        self.depot.tables.project(self.last)
        return self

    def offered_to(self, *trades: str) -> list[str]:
        """The desk keeps places, and the heart asks."""
        kept = [
            ReservedOffer(offer_id=str(uuid.uuid4()), trade_id=trade, channel=TradeChannel.TEXT)
            for trade in trades
        ]
        self.hears(OffersReserved(offers=tuple(kept), busy=False))
        return [offer.offer_id for offer in kept]

    def is_told(self, event: TradeAnswered | RepairDecided, *, by: Maker = JO, **words: Any) -> StoredCommand:
        """Store a command without applying it."""
        return self.depot.office.commands.store(
            NewCommand(
                id=str(uuid.uuid4()),
                referral_id=self.state.referral_id,
                kind=event.type,
                event=event,
                by=by,
                made_at=self.now,
                words=words,
                target_id=f"repair-{self.id}",
            )
        )

    def answers(self, offer_id: str, answer: TradeAnswer | str, **more: Any) -> "KeptRepair":
        """A tradesperson tells us something."""
        event = TradeAnswered(offer_id=offer_id, answer=TradeAnswer(answer), via=TradeVia.LINK, **more)
        return self.hears(
            event, self.is_told(event, by=Maker(token_id="t", role="public", name="Their page"))
        )

    def decides(
        self, kind: RepairDecisionKind | str, *, by: Maker = JO, reason: str = "", **more: Any
    ) -> "KeptRepair":
        """A person decides."""
        event = RepairDecided(kind=RepairDecisionKind(kind), role=Role(by.role), **more)
        return self.hears(event, self.is_told(event, by=by, reason=reason))

    def everybody_is_told(self, verdict: NoticeVerdict = NoticeVerdict.TOLD) -> "KeptRepair":
        """Everything that waits to be told is handed over."""
        for notice in self.state.notices:
            self.hears(NoticeSettled(key=notice.key, verdict=verdict))
        return self

    def waits(self, span: timedelta) -> "KeptRepair":
        """Time passes."""
        self.now += span
        return self.hears(RepairTimePassed())

    def is_accepted(self, trade_id: str) -> str:
        """Begin, and let one tradesperson have it; gives their offer."""
        self.begins()
        (offer_id,) = self.offered_to(trade_id)
        self.answers(offer_id, TradeAnswer.ACCEPTED, eta_at=self.now + timedelta(minutes=12))
        return offer_id
