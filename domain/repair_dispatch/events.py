"""What can happen to a repair.  Events carry categories, times, pence and ids only; words stay in the tables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.repair_dispatch.kinds import (
    NoticeVerdict,
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairKind,
    Tenure,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    TradeVia,
    Urgency,
)
from domain.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRequest:
    """What a coordinator asked for while the victim was on the line."""

    kinds: tuple[RepairKind, ...]
    """At least one."""
    urgency: Urgency
    permission: Permission = Permission.UNKNOWN
    police_release: PoliceRelease = PoliceRelease.NOT_NEEDED
    suspect_tenure: Tenure = Tenure.UNKNOWN
    estimate_pence: int = 0
    tells_victim: bool = False
    """Whether the victim wants a text when somebody is on the way; the gate is asked before it leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairBegun:
    """The repair's workflow begins its first run."""

    sensitive: bool
    """Of the referral, at that moment."""
    stopped: bool
    """Whether a stop stands on the referral, or it is held."""
    place_known: bool
    """Whether distances to its postcode can be known."""
    type: Literal["repair_begun"] = "repair_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendKnown:
    """What this calendar month's repairs come to, this one included; read after its own estimate was written."""

    month_pence: int
    type: Literal["spend_known"] = "spend_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedOffer:
    """A place in a tradesperson's day, kept for this repair by the offer desk."""

    offer_id: str
    trade_id: str
    channel: TradeChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersReserved:
    """What the offer desk answered."""

    offers: tuple[ReservedOffer, ...]
    """In the order of the ranking; may be fewer than wanted."""
    busy: bool
    """Whether somebody suitable exists who has no room now, or is kept for a repair that goes first."""
    round: int = 0
    """Of the question this answers; 0: the one that stands."""
    wanted_trade: str | None = None
    """Likewise."""
    passed_over: str = ""
    """Why the one who was chosen could not be asked; empty: nobody was chosen, or they are asked."""
    type: Literal["offers_reserved"] = "offers_reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeAnswered:
    """A tradesperson told us something, by link, API or telephone."""

    offer_id: str
    answer: TradeAnswer
    via: TradeVia
    eta_at: datetime | None = None
    """For `accepted` and `on_the_way`: when they will be there."""
    reason: TradeDeclineReason | None = None
    """For `declined`."""
    cost_pence: int | None = None
    """For `completed`, `made_safe`, `second_visit`, `access_failed`."""
    invoice_reference: str = ""
    fit: bool = True
    """Whether their papers are valid and they are in the register still; asked before somebody is given the job."""
    type: Literal["trade_answer"] = "trade_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDecided:
    """A person decided; the reason in words stays with the command."""

    kind: RepairDecisionKind
    role: Role
    hold: RepairHold | None = None
    """For `lift`; `None`: the only one there is."""
    trade_id: str | None = None
    """For `offer_to`."""
    offer_id: str | None = None
    """For `reassign` and `cancel`: whom the person saw as having the job; `None`: they did not say."""
    urgency: Urgency | None = None
    """For `change_urgency`."""
    secure: bool | None = None
    """For `confirm_secure`."""
    by_victim: bool = False
    """For `cancel`."""
    ask: RepairAsk | None = None
    """For `settle_ask`."""
    pence: int = 0
    """For `correct_spend`: added to what the repair comes to; may be negative."""
    type: Literal["repair_decision"] = "repair_decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettled:
    """What became of something a tradesperson was to be told."""

    key: str
    verdict: NoticeVerdict
    why: str = ""
    type: Literal["notice_settled"] = "notice_settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFailed:
    """A provider that had taken a notice says later that it did not arrive: as if it had refused it."""

    key: str
    type: Literal["notice_failed"] = "notice_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralStopped:
    """Everything was stopped on the referral."""

    type: Literal["referral_stopped"] = "referral_stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTimePassed:
    """A deadline of the repair may have come."""

    type: Literal["repair_time"] = "repair_time"


RepairCommandEvent = TradeAnswered | RepairDecided | NoticeFailed
"""What somebody may send to a repair; each is stored before it is sent."""
RepairEvent = (
    RepairBegun
    | SpendKnown
    | OffersReserved
    | TradeAnswered
    | RepairDecided
    | NoticeSettled
    | NoticeFailed
    | ReferralStopped
    | RepairTimePassed
)
"""What the heart of a repair answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairCommand:
    """One stored command on its way to a repair's workflow."""

    id: str
    ordinal: int
    event: RepairCommandEvent
