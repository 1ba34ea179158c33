"""Where practical help stands: the versioned state its workflow carries."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import Incomplete, NotPossibleNow
from domain.practical_help.events import Goods
from domain.practical_help.goods import Order
from domain.practical_help.kinds import HelpStage, VisitStage
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.visit import Visit
from domain.referral_state import Entry

MOST_OF_ALL = 200
"""Visits and orders of one help: more is a mistake, and the state has to stay small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpState:
    """Everything the heart of practical help remembers.  Fields are only ever added, each with a default."""

    version: int = 1
    help_id: str
    referral_id: str
    policy: HelpPolicy
    asked_at: datetime
    wanted: tuple[Goods, ...] = ()
    """What was asked for; what is ordered may be something else."""
    stage: HelpStage = HelpStage.LIVE
    begun: bool = False
    visits: tuple[Visit, ...] = ()
    orders: tuple[Order, ...] = ()
    told: tuple[str, ...] = ()
    """What a coordinator has been asked and is still asked, by key; see `domain.practical_help.asking`."""
    last_step_at: datetime | None = None
    """When a person last did something here."""
    ended_at: datetime | None = None
    revision: int = 0
    turn: int = 0
    applied_through: int = 0

    @property
    def goods_cost_pence(self) -> int:
        """What the orders cost, by their estimates where the cost is not known.  Apart from the spend on repairs."""
        return sum(
            order.estimate_pence if order.cost_pence is None else order.cost_pence for order in self.orders
        )

    @property
    def is_alerted(self) -> bool:
        """Whether a word for duress was used and no supervisor has acted on it.  For supervisors alone."""
        return any(visit.duress_at is not None for visit in self.visits)

    @property
    def under_way(self) -> tuple[Visit, ...]:
        """The visits whose clock runs."""
        return tuple(visit for visit in self.visits if visit.stage is VisitStage.UNDER_WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a command cannot be carried out, fit to be read by a coordinator."""

    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpEffects:
    """What one step asks to be done; the tables take it in one transaction with the new state."""

    entries: tuple[Entry, ...] = ()
    """For the referral's timeline."""
    refused: Refused | None = None
    """The command is refused, and yet something of it was kept; see `decide_help`."""


@dataclass(slots=True)
class HelpTurn:
    """One step in the making.  Lives inside one `decide_help` only."""

    state: HelpState
    now: datetime
    entries: list[Entry] = field(default_factory=list)

    def say(self, what: str, why: str = "", *, by_person: bool = False) -> None:
        """Write a line of the referral's timeline."""
        self.entries.append(Entry(what=what, why=why, by_person=by_person))

    def effects(self) -> HelpEffects:
        """What the step asks for."""
        return HelpEffects(entries=tuple(self.entries))


def visit_of(state: HelpState, number: int) -> Visit:
    """One visit by its number.  Raises `Incomplete` if there is none."""
    found = next((one for one in state.visits if one.number == number), None)
    if found is None:
        raise Incomplete(f"There is no visit {number}.")
    return found


def must_be_live(state: HelpState) -> None:
    """Refuse what comes after the end.  Raises `NotPossibleNow`."""
    if state.stage is not HelpStage.LIVE:
        raise NotPossibleNow(f"This practical help is {state.stage}.")
