"""Where one repair stands: the versioned state its workflow carries, and what a step asks to be done."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.referral_state import Entry
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import (
    NoticeKind,
    OfferState,
    RepairAsk,
    RepairHold,
    RepairStage,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.spend import SpendEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer to one tradesperson."""

    offer_id: str
    trade_id: str
    channel: TradeChannel
    round: int
    made_at: datetime
    answer_by: datetime
    state: OfferState = OfferState.OFFERED
    reason: TradeDeclineReason | None = None
    settled_at: datetime | None = None
    left_with: TradeAnswer | None = None
    """With what they left, if they were there in vain: said again it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a tradesperson is still to be told.  What has been told, or given up, is in the tables only."""

    key: str
    offer_id: str
    kind: NoticeKind
    wanted_at: datetime
    due_at: datetime
    """Not before."""
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a coordinator is asked, and since when."""

    kind: RepairAsk
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairState:
    """Everything the heart of a repair remembers.  Fields are only ever added, each with a default."""

    version: int = 1
    repair_id: str
    referral_id: str
    request: RepairRequest
    policy: RepairPolicy
    asked_at: datetime
    """When the coordinator asked for it."""
    clock_from: datetime
    """From when the promises count: the request, the last hold lifted, or the reopening."""
    urgency: Urgency
    stage: RepairStage = RepairStage.LOOKING
    begun: bool = False
    spend_unread: bool = False
    """Whether the month's spend is to be read before anybody is asked."""
    holds: tuple[RepairHold, ...] = ()
    lifted: tuple[RepairHold, ...] = ()
    offers: tuple[Offer, ...] = ()
    confirmed: str | None = None
    """The one offer whose tradesperson has the job."""
    notices: tuple[Notice, ...] = ()
    wants: int = 0
    """How many more are to be asked now."""
    look_at: datetime | None = None
    """When the offer desk is asked next; `None`: not."""
    looks: int = 0
    """How often everybody suitable was busy, one time after the other."""
    round: int = 1
    """Nobody is asked twice in one round."""
    wanted_trade: str | None = None
    """Whom a coordinator chose, or who was there before: asked next, before the ranking."""
    excluded: tuple[str, ...] = ()
    """Tradespeople who may know somebody involved: never asked for this repair."""
    told: bool = False
    """Whether the one who has it has our confirmation, or has shown since that they know."""
    eta_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    made_safe_at: datetime | None = None
    finished_at: datetime | None = None
    committed_pence: int = 0
    """What the ledger holds for this repair: the sum of its entries."""
    costs: tuple[tuple[str, int], ...] = ()
    """What each tradesperson asked for, in pence, by offer."""
    estimate_spent: bool = False
    """Whether the work was done once: the estimate has served its purpose."""
    corrected_pence: int = 0
    """What a manager added or took off."""
    spend_approved: bool = False
    victim_told_of: datetime | None = None
    """The time of arrival the victim was last to be told."""
    asks: tuple[Asked, ...] = ()
    put_off: tuple[tuple[RepairAsk, datetime], ...] = ()
    """Clocks that a person has dealt with, and until when they are not asked about again."""
    untold: tuple[str, ...] = ()
    """Offers whose tradespeople had the job and may not know that they have not."""
    stopped: bool = False
    """Whether everything was stopped on the referral, and nobody has said since that somebody may go."""
    follow_up_at: datetime | None = None
    visits: int = 0
    """How often somebody was on site."""
    reopened: int = 0
    """How often the victim said that the place was not secure."""
    ended_at: datetime | None = None
    revision: int = 0
    turn: int = 0
    applied_through: int = 0

    @property
    def on_site_by(self) -> datetime:
        """Until when somebody is promised on site."""
        return self.clock_from + self.policy.on_site_within[self.urgency]

    @property
    def done_by(self) -> datetime:
        """Until when the work is promised done."""
        return self.clock_from + self.policy.done_within[self.urgency]

    @property
    def queued_since(self) -> datetime | None:
        """Its place among repairs of the same urgency that wait for somebody; `None`: it waits for nobody.

        The first request counts, so that a repair that comes back goes before all that were asked for since.
        """
        return self.asked_at if self.wants else None

    @property
    def is_searching(self) -> bool:
        """Whether somebody is looked for who may have the job."""
        looks = self.stage is RepairStage.LOOKING or (self.stage is RepairStage.ASKED and self.wants > 0)
        return looks and self.confirmed is None and not self.holds and self.ended_at is None

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        """Those who have been asked and have not answered in time yet."""
        return tuple(offer for offer in self.offers if offer.state is OfferState.OFFERED)

    def offer(self, offer_id: str | None) -> Offer | None:
        """One offer by its id."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)

    def asks_for(self, kind: RepairAsk) -> bool:
        """Whether a coordinator is asked this."""
        return any(asked.kind is kind for asked in self.asks)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairEffects:
    """What one step asks to be done; the tables take it in one transaction with the new state."""

    entries: tuple[Entry, ...] = ()
    """For the referral's timeline."""
    spend: tuple[SpendEntry, ...] = ()
    tells_victim_at: datetime | None = None
    """The time of arrival of which the victim is to be told, if the gate lets it."""
    taken: bool = False
    """An acceptance came too late: somebody else has the job, or it no longer exists."""
    renews_word: bool = False
    """Somebody who knows the word at the door does not have the job any more: a new one is made."""
    changes_job: bool = False
    """What the command says of the door holds from now on."""


@dataclass(slots=True)
class RepairTurn:
    """One step in the making.  Lives inside one `decide_repair` only."""

    state: RepairState
    now: datetime
    entries: list[Entry] = field(default_factory=list)
    spend: list[SpendEntry] = field(default_factory=list)
    tells_victim_at: datetime | None = None
    taken: bool = False
    renews_word: bool = False
    changes_job: bool = False

    def say(self, what: str, why: str = "", *, by_person: bool = False) -> None:
        """Write a line of the referral's timeline."""
        self.entries.append(Entry(what=what, why=why, by_person=by_person))

    def effects(self) -> RepairEffects:
        """What the step asks for."""
        return RepairEffects(
            entries=tuple(self.entries),
            spend=tuple(self.spend),
            tells_victim_at=self.tells_victim_at,
            taken=self.taken,
            renews_word=self.renews_word,
            changes_job=self.changes_job,
        )
