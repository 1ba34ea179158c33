"""What a coordinator decides, with a reason in words of their own."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut, carry_out
from api.fields import Body, Day, FutureMoment, Note, ShortLine
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In
from domain.events import Decided, SupportPlan
from domain.vocabulary import DecisionKind, DeclinedBy, DeclineReason, Outcome, Role, SupportKind

router = APIRouter(prefix=PREFIX, tags=["decisions"])

BELONGS = {
    DecisionKind.CLOSE: {"outcome"},
    DecisionKind.HOLD: {"kind", "review_at"},
    DecisionKind.RELEASE: {"kind"},
    DecisionKind.CHANGE_DUE: {"due_at"},
    DecisionKind.ONGOING_SUPPORT: {"support"},
    DecisionKind.DECLINED: {"by", "decline_reason"},
}
"""Which fields a decision has besides `decision` and `reason`."""
_EVERY = {"decision", "reason"}

HoldWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$", strict=True)]
"""A kind of hold: one of ours, or a person's own word."""


class SupportIn(Body):
    """How ongoing support begins; what is left out follows the profile."""

    kind: SupportKind | None = None
    owner: ShortLine = Field(default=None, description="A team or worker; never the victim.")
    first_contact_on: Day | None = None


JUDGEMENTS = frozenset(
    {
        DecisionKind.ATTEMPT_AGAIN,
        DecisionKind.WRITE_NOW,
        DecisionKind.SKIP_LETTER,
        DecisionKind.CHANGE_DUE,
    }
)
"""Again, now, not at all, later: a person goes another way than the rules, and says why."""


class DecisionIn(Body):
    """A decision.  A field that does not belong to it is refused."""

    decision: DecisionKind
    reason: Note = None
    outcome: Outcome | None = Field(default=None, description="For `close`.")
    kind: HoldWord | None = Field(default=None, description="For `hold` and `release`.")
    review_at: FutureMoment | None = Field(default=None, description="For `hold`.")
    due_at: FutureMoment | None = Field(default=None, description="For `change_due`.")
    support: SupportIn | None = Field(default=None, description="For `ongoing_support`.")
    by: DeclinedBy | None = Field(default=None, description="For `declined`; by default `victim`.")
    decline_reason: DeclineReason | None = Field(
        default=None, description="For `declined`; by default `other`."
    )


@router.post(
    "/referrals/{referral_id}/decisions",
    openapi_extra=takes(DecisionIn, example={"decision": "single_call", "reason": "Advice was enough."}),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422),
)
async def decide(referral_id: str, services: In, asked: AskedByStaff) -> Response:
    """Decide.  409 when the referral's stage has no such step, with the reason."""
    decision = read_decision(asked.body)
    return await carry_out(
        services,
        asked,
        referral_id=referral_id,
        kind="decision",
        event=event_of(decision, asked.caller.role),
        words={"reason": decision.reason},
    )


def read_decision(body: dict[str, Any]) -> DecisionIn:
    """Check a decision.  Raises a problem that names the fields."""
    decision = validated(DecisionIn, without_nulls(body))
    foreign = sorted(decision.model_fields_set - _EVERY - BELONGS.get(decision.decision, set()))
    if foreign:
        reason = f"does not belong to the decision {decision.decision}"
        errors = [FieldError(path=name, reason=reason) for name in foreign]
        raise Problem(Kind.VALIDATION, f"{foreign[0]}: {reason}", errors=errors)
    if decision.decision in JUDGEMENTS and not decision.reason:
        raise Problem.at("reason", f"is required for {decision.decision}: a person's judgement has a reason")
    if decision.decision is DecisionKind.CHANGE_DUE and decision.due_at is None:
        raise Problem.at("due_at", "is required for change_due")
    return decision


def event_of(decision: DecisionIn, role: Role) -> Decided:
    """The decision as it travels: without the words."""
    support = decision.support
    return Decided(
        kind=decision.decision,
        role=role,
        outcome=decision.outcome,
        hold_kind=decision.kind,
        review_at=decision.review_at,
        due_at=decision.due_at,
        support=None
        if support is None
        else SupportPlan(kind=support.kind, owner=support.owner, first_contact_on=support.first_contact_on),
        declined_by=decision.by or DeclinedBy.VICTIM,
        decline_reason=decision.decline_reason or DeclineReason.OTHER,
    )
