"""What a tradesperson said on the telephone, written down by staff.  What happened is never refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from api.fields import Body, Moment, Note, ShortLine, wrong
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from api.repair_dispatch.request import Pence
from domain.repair_dispatch.arrival import is_likely_arrival
from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.invoice import is_invoice_reference
from domain.repair_dispatch.kinds import TradeAnswer, TradeDeclineReason, TradeVia

KIND = "trade_answer"
"""Of the command, for its reader."""
EXAMPLE = {
    "offer": "5b1d6f3e-0000-4000-8000-000000000001",
    "answer": "accepted",
    "eta_at": "2026-11-24T18:30:00+00:00",
}

_COST = frozenset({"cost_pence", "invoice_reference"})
MAY_HAVE: Mapping[TradeAnswer, frozenset[str]] = {
    TradeAnswer.ACCEPTED: frozenset({"eta_at"}),
    TradeAnswer.ON_THE_WAY: frozenset({"eta_at"}),
    TradeAnswer.DECLINED: frozenset({"reason"}),
    TradeAnswer.MADE_SAFE: _COST,
    TradeAnswer.COMPLETED: _COST,
    TradeAnswer.ACCESS_FAILED: _COST,
    TradeAnswer.SECOND_VISIT: _COST,
    TradeAnswer.REFUSED_ON_SITE: _COST,
}
"""What belongs to each answer."""
_ALWAYS = frozenset({"offer", "answer", "note"})


def _reference(said: str | None) -> str | None:
    """The ledger is only ever added to: words about a person could never be taken out of it again."""
    if said is not None and not is_invoice_reference(said):
        raise wrong("has to be the number of an invoice, such as INV-1042: letters and digits, no sentence")
    return said


InvoiceReference = Annotated[ShortLine, AfterValidator(_reference)]
"""The number of an invoice, or nothing."""


class TradeAnswerIn(Body):
    """An answer that staff took on the telephone.  A field that does not belong to it is refused."""

    offer: Annotated[str, Field(max_length=36, description="The id of the offer, from the repair.")]
    answer: TradeAnswer
    eta_at: Moment | None = Field(
        default=None, description="For `accepted` and `on_the_way`: when they will be there."
    )
    reason: TradeDeclineReason | None = Field(default=None, description="For `declined`.")
    cost_pence: Pence | None = Field(default=None, description="For what ends a visit.")
    invoice_reference: InvoiceReference = Field(
        default=None, description="Likewise; its number, never a person's name."
    )
    note: Note = None


def read_trade_answer(body: dict[str, Any], offer_ids: frozenset[str], *, now: datetime) -> TradeAnswerIn:
    """Check an answer.

    Args:
        body: As it was sent.
        offer_ids: The offers of this repair.
        now: An aware time.

    Raises:
        Problem: It names the fields that are wrong.
    """
    said = validated(TradeAnswerIn, without_nulls(body))
    belongs = MAY_HAVE.get(said.answer, frozenset()) | _ALWAYS
    given = {name for name in said.model_fields_set if getattr(said, name) is not None}
    foreign = sorted(given - belongs)
    if foreign:
        reason = f"does not belong to the answer {said.answer}"
        errors = [FieldError(path=name, reason=reason) for name in foreign]
        raise Problem(Kind.VALIDATION, f"{foreign[0]}: {reason}", errors=errors)
    if said.offer not in offer_ids:
        raise Problem.at("offer", "is no offer of this repair; to ask somebody else decide offer_to")
    if said.eta_at is not None and not is_likely_arrival(said.eta_at, now):
        raise Problem.at("eta_at", "is too far away")
    return said


def answered(said: TradeAnswerIn) -> TradeAnswered:
    """The answer as it travels."""
    return TradeAnswered(
        offer_id=said.offer,
        answer=said.answer,
        via=TradeVia.STAFF,
        eta_at=said.eta_at,
        reason=said.reason,
        cost_pence=said.cost_pence,
        invoice_reference=said.invoice_reference or "",
    )
