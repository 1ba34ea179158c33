"""One step of practical help as it comes in: which fields it has, and which it needs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from api.fields import Body, Line, Moment, Note, PastMoment, PhoneNumber, ShortLine
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from domain.practical_help.help import MOST_VISITORS
from domain.practical_help.kinds import (
    AlarmCause,
    Confirmed,
    GoodsKind,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
)
from domain.practical_help.steps import HelpStep

MOST_LINES = 40
MOST_OF_ONE = 99
MOST_PENCE = 10_000_000

Number = Annotated[StrictInt, Field(ge=1, le=MOST_LINES * 10)]
Quantity = Annotated[StrictInt, Field(ge=1, le=MOST_OF_ONE)]
Pence = Annotated[StrictInt, Field(ge=0, le=MOST_PENCE)]


class GoodsIn(Body):
    """So many of one kind."""

    kind: GoodsKind
    quantity: Quantity = 1
    description: Line = Field(default=None, description="What exactly; kept sealed.")


class LineIn(Body):
    """So many of one line of an order."""

    line: Number
    quantity: Quantity


class VisitorIn(Body):
    """Who goes, whom to ring, and the plan the police would be given; all of it kept sealed."""

    name: Line = None
    phone: PhoneNumber | None = None
    second_name: Line = Field(default=None, description="Who goes along.")
    buddy_name: Line = Field(default=None, description="Who is rung when the visitor does not answer.")
    buddy_phone: PhoneNumber | None = None
    plan: Note = Field(default=None, description="Vehicle, route, what to look out for.")
    duress_word: ShortLine = Field(
        default=None,
        description="Agreed with the visitor; said at a check-in it alerts supervisors. Never shown.",
    )


class StepIn(Body):
    """A step.  A field that does not belong to it is refused."""

    event: HelpStep
    note: Note = Field(default=None, description="Needed for `visit_allowed` and `alarm_settled`.")
    at: PastMoment | None = Field(default=None, description="When it happened; by default now.")
    visit: Number | None = Field(default=None, description="The number of the visit.")
    order: Number | None = Field(default=None, description="The number of the order.")
    purpose: VisitPurpose | None = None
    planned_at: Moment | None = None
    visitors: Annotated[StrictInt, Field(ge=1, le=MOST_VISITORS)] | None = Field(
        default=None, description="How many go; by default 1."
    )
    visitor: VisitorIn | None = None
    found: SuspectsFound | None = Field(default=None, description="Of several suspects the most dangerous.")
    outcome: VisitOutcome | None = None
    word: ShortLine = Field(
        default=None,
        description="A word the visitor used that may be an agreed one.  It is compared, and kept nowhere.",
    )
    cause: Literal[AlarmCause.DANGER, AlarmCause.UNCHECKED, AlarmCause.SUSPECT_NEAR] | None = None
    quiet: StrictBool | None = Field(
        default=None, description="By managers: it is the quiet alert that is settled."
    )
    items: Annotated[list[GoodsIn], Field(min_length=1, max_length=MOST_LINES)] | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)] | None = None
    supplier: Line = Field(default=None, description="Who is not in the register; kept sealed.")
    trade_id: UUID | None = Field(
        default=None, description="A supplier of the register, with the skill `goods`."
    )
    estimate_pence: Pence | None = None
    cost_pence: Pence | None = Field(default=None, description="Of the whole order.")
    window_from: Moment | None = None
    window_until: Moment | None = None
    confirmed_by: Confirmed | None = None
    by_victim: StrictBool | None = None


_S = HelpStep
NEEDS: dict[HelpStep, frozenset[str]] = {
    _S.VISIT_PLANNED: frozenset({"purpose", "planned_at"}),
    _S.WHEREABOUTS_CHECKED: frozenset({"visit", "found"}),
    _S.VISIT_ALLOWED: frozenset({"visit", "note"}),
    _S.VISIT_BEGUN: frozenset({"visit"}),
    _S.CHECKED_IN: frozenset({"visit"}),
    _S.VISIT_ENDED: frozenset({"visit", "outcome"}),
    _S.VISIT_CALLED_OFF: frozenset({"visit"}),
    _S.ALARM_RAISED: frozenset({"visit", "cause"}),
    _S.ALARM_SETTLED: frozenset({"visit", "note"}),
    _S.GOODS_ORDERED: frozenset({"items"}),
    _S.WINDOW_AGREED: frozenset({"order", "window_from", "window_until"}),
    _S.DELIVERED: frozenset({"order", "lines"}),
    _S.RECEIVED: frozenset({"order", "lines", "confirmed_by"}),
    _S.NOT_ARRIVED: frozenset({"order", "lines"}),
    _S.ORDER_CALLED_OFF: frozenset({"order"}),
    _S.COST_NOTED: frozenset({"order", "cost_pence"}),
    _S.COMPLETED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""Which fields a step cannot be without."""
TAKES: dict[HelpStep, frozenset[str]] = {
    _S.VISIT_PLANNED: frozenset({"visitors", "visitor"}),
    _S.WHEREABOUTS_CHECKED: frozenset({"at"}),
    _S.VISIT_BEGUN: frozenset({"at"}),
    _S.CHECKED_IN: frozenset({"at", "word"}),
    _S.VISIT_ENDED: frozenset({"at", "word"}),
    _S.ALARM_RAISED: frozenset({"at"}),
    _S.ALARM_SETTLED: frozenset({"quiet"}),
    _S.GOODS_ORDERED: frozenset({"supplier", "trade_id", "estimate_pence"}),
    _S.DELIVERED: frozenset({"at", "cost_pence"}),
    _S.RECEIVED: frozenset({"visit"}),
    _S.CANCELLED: frozenset({"by_victim"}),
}
"""Which it may have besides those and a note."""
_EVERY = frozenset({"event", "note"})


def read_step(body: dict[str, Any], *, region: str) -> StepIn:
    """Check a step.  Raises a problem that names the fields."""
    step = validated(StepIn, without_nulls(body), region=region)
    needed = NEEDS[step.event]
    foreign = sorted(step.model_fields_set - _EVERY - needed - TAKES.get(step.event, frozenset()))
    if foreign:
        raise _wrong(foreign, f"does not belong to {step.event}")
    missing = sorted(name for name in needed if getattr(step, name) is None)
    if missing:
        raise _wrong(missing, "is required")
    return step


def _wrong(names: list[str], reason: str) -> Problem:
    errors = [FieldError(path=name, reason=reason) for name in names]
    return Problem(Kind.VALIDATION, f"{names[0]}: {reason}", errors=errors)
