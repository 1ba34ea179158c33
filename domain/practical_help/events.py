"""What can happen to practical help.  Events carry categories, quantities, times, pence and ids, never words.

Times named `at` are when it happened, which may be before it is applied: the clock of a visitor counts from there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.practical_help.kinds import (
    AlarmCause,
    Confirmed,
    GoodsKind,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
)
from domain.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """So many of one kind."""

    kind: GoodsKind
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuantity:
    """So many of one line of an order."""

    line: int
    """From 1."""
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpBegun:
    """Its workflow begins the first run."""

    type: Literal["help_begun"] = "help_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpTimePassed:
    """A deadline of the state may have come."""

    type: Literal["help_time"] = "help_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlanned:
    """Somebody will go there; who, whom to ring and the plan stay with the command."""

    purpose: VisitPurpose
    planned_at: datetime
    visitors: int = 1
    type: Literal["visit_planned"] = "visit_planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereaboutsChecked:
    """Somebody found out where the suspects are."""

    visit: int
    found: SuspectsFound
    at: datetime
    sensitive: bool
    """Of the referral, when it was checked."""
    type: Literal["whereabouts_checked"] = "whereabouts_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAllowed:
    """A supervisor lets a visit go ahead that the check alone does not; the reason stays with the command."""

    visit: int
    role: Role
    at: datetime
    type: Literal["visit_allowed"] = "visit_allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBegun:
    """They are at the door: the clock runs."""

    visit: int
    at: datetime
    stopped: bool = False
    """Whether everything is stopped on the referral, or it is held."""
    type: Literal["visit_begun"] = "visit_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn:
    """The visitor was heard from."""

    visit: int
    at: datetime
    duress: bool = False
    """Whether the word agreed for duress was said: everything looks ordinary, and supervisors are alerted."""
    type: Literal["checked_in"] = "checked_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded:
    """The visitor is out and safe."""

    visit: int
    at: datetime
    outcome: VisitOutcome
    duress: bool = False
    type: Literal["visit_ended"] = "visit_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCalledOff:
    """Nobody goes."""

    visit: int
    type: Literal["visit_called_off"] = "visit_called_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """Somebody fears for the visitor; never refused."""

    visit: int
    cause: AlarmCause
    at: datetime
    type: Literal["alarm_raised"] = "alarm_raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettled:
    """The visitor was reached and is safe; how stays with the command."""

    visit: int
    role: Role
    at: datetime
    quiet: bool = False
    """Whether it is the quiet alert of a word for duress that is settled."""
    type: Literal["alarm_settled"] = "alarm_settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsOrdered:
    """A supplier was asked, by telephone or e-mail."""

    items: tuple[Goods, ...]
    at: datetime
    trade_id: str | None = None
    """The supplier in the register; `None`: named in the command's words."""
    estimate_pence: int = 0
    type: Literal["goods_ordered"] = "goods_ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAgreed:
    """When what is outstanding will come."""

    order: int
    from_at: datetime
    until_at: datetime
    type: Literal["window_agreed"] = "window_agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The supplier says that this was delivered."""

    order: int
    items: tuple[LineQuantity, ...]
    at: datetime
    cost_pence: int | None = None
    """What the whole order costs, if it is known now."""
    type: Literal["delivered"] = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Somebody who was there says that this has arrived."""

    order: int
    items: tuple[LineQuantity, ...]
    confirmed_by: Confirmed
    visit: int | None = None
    """Which, when a visit confirmed it."""
    type: Literal["received"] = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotArrived:
    """What was said to be delivered is not there, or is broken: it is outstanding again."""

    order: int
    items: tuple[LineQuantity, ...]
    at: datetime
    type: Literal["not_arrived"] = "not_arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCalledOff:
    """What is outstanding of an order will not come any more."""

    order: int
    type: Literal["order_called_off"] = "order_called_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostNoted:
    """What a whole order costs."""

    order: int
    pence: int
    type: Literal["cost_noted"] = "cost_noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCompleted:
    """Nothing more is needed."""

    type: Literal["help_completed"] = "help_completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCancelled:
    """It is not wanted any more."""

    by_victim: bool = False
    type: Literal["help_cancelled"] = "help_cancelled"


VisitEvent = (
    WhereaboutsChecked
    | VisitAllowed
    | VisitBegun
    | CheckedIn
    | VisitEnded
    | VisitCalledOff
    | AlarmRaised
    | AlarmSettled
)
OrderEvent = WindowAgreed | Delivered | Received | NotArrived | OrderCalledOff | CostNoted
HelpCommandEvent = VisitPlanned | VisitEvent | GoodsOrdered | OrderEvent | HelpCompleted | HelpCancelled
"""What somebody may send; each is stored before it is sent."""
HelpEvent = HelpCommandEvent | HelpBegun | HelpTimePassed


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCommand:
    """One stored command on its way to the workflow of practical help."""

    id: str
    ordinal: int
    event: HelpCommandEvent
