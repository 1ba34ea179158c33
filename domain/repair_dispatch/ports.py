"""What a repair's workflow needs from outside: its tables, the offer desk, and a way to each tradesperson."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import Answer
from domain.gate import Permit
from domain.repair_dispatch.events import OffersReserved, RepairRequest
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    RepairKind,
    TradeChannel,
    Urgency,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.state import RepairEffects, RepairState


class RepairPolicySource(Protocol):
    """The profile of this service, as far as repairs go."""

    def repair_policy(self) -> RepairPolicy:
        """The policy a repair begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTakenUp:
    """What the tables know of a repair when its workflow begins a run."""

    state: RepairState | None
    """`None`: this is the first run."""
    referral_id: str
    request: RepairRequest
    asked_at: datetime
    sensitive: bool
    stopped: bool
    """Whether a stop stands on the referral, or it is held."""
    place_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairProjection:
    """One turn of a repair: everything the tables take in one transaction."""

    state: RepairState
    effects: RepairEffects
    at: datetime
    command_id: str | None = None
    answer: Answer | None = None
    """Given with `command_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersWanted:
    """What is asked of the offer desk."""

    repair_id: str
    wanted: int
    round: int
    turn: int
    """The repair's: with the round it makes the request repeatable, a second time gives the same offers."""
    at: datetime
    wanted_trade: str | None = None
    """Asked first if they have room and may work, whatever the ranking says."""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeNotice:
    """What a tradesperson is told.  Personal where it is a confirmation: never leaves the process that tells it."""

    key: str
    """Of the notice: opaque; the idempotency key."""
    offer_id: str
    repair_id: str
    kind: NoticeKind
    channel: TradeChannel
    firm_id: str
    """What the tradesperson is called in the tradesperson API; empty for those who are asked by text."""
    phone: str
    """In E.164; where a text goes."""
    repair_reference: str
    """Short, speakable, meaningless."""
    kinds: tuple[RepairKind, ...]
    urgency: Urgency
    area: str
    """Outward code or town postcode: all of the address that somebody who has not accepted sees."""
    on_site_by: datetime
    answer_by: datetime | None
    link: str
    """The page of this offer at our public address."""
    address_lines: tuple[str, ...] = ()
    """For a confirmation, and only then; likewise what follows."""
    postcode: str = ""
    access: str = ""
    code_word: str = ""
    coordinator_phone: str = ""
    """Whom the tradesperson rings; never the victim."""
    neutral_name: str = ""
    time_zone: str = "UTC"
    public_id: str = ""
    """All that a provider of texts knows it by: opaque; empty: its key."""

    @property
    def known_as(self) -> str:
        """What whoever carries it may call it, and what the permit is for."""
        return self.public_id or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a notice after it was handed over."""

    verdict: NoticeVerdict
    why: str = ""
    provider_id: str = ""
    shown: str = ""
    """What was, or would have been, sent; for the post room of a simulated way."""


class TradeCourier(Protocol):
    """One way to tradespeople: their API, or a text with a link."""

    simulated: bool

    def tell(self, notice: TradeNotice, permit: Permit) -> Told:
        """Hand a notice over; saying it twice does no harm.  Never raises for an answer of the other side."""


class OfferDesk(Protocol):
    """Keeps places in tradespeople's days for repairs, the most urgent and longest waiting first."""

    def reserve(self, wanted: OffersWanted) -> OffersReserved:
        """Keep up to so many places for a repair; the same request again gives the same offers."""


class RepairTables(Protocol):
    """Reads and writes of one repair; all of them safe to repeat."""

    def take_up(self, repair_id: str) -> RepairTakenUp:
        """Read where a repair stands.  Raises `RepairNotFound`."""

    def project(self, projection: RepairProjection) -> None:
        """Write a turn, unless the tables have it or a later one already (guarded by `state.turn`)."""

    def month_pence(self, at: datetime) -> int:
        """What the ledger holds for the calendar month of `at`, in the service's time zone."""

    def may_be_sent(self, offer_id: str, at: datetime) -> bool:
        """Whether whoever was made an offer may work now: in the register still, papers valid on the local day."""

    def notice(self, repair_id: str, key: str) -> TradeNotice | None:
        """What is to be told; `None`: it need not be told any more (told already, or overtaken)."""

    def notice_told(self, key: str, told: Told, *, at: datetime) -> None:
        """Write down what became of a notice."""
