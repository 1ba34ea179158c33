"""What staff decide about a repair, with a reason in words of their own."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt

from api.fields import Body, Line, Note, ShortLine
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from api.repair_dispatch.request import JOB_WORDS, MOST_PENCE, PlaceIn, job_said
from domain.repair_dispatch.events import RepairDecided
from domain.repair_dispatch.kinds import RepairAsk, RepairDecisionKind, RepairHold, Urgency
from domain.vocabulary import Role

KIND = "repair_decision"
"""Of the command, for its reader."""
EXAMPLE = {"decision": "lift", "hold": "police_release", "reason": "The officer in charge rang at ten."}
NOT_IN_REGISTER = "is not in the register of tradespeople"
"""Of a choice whom to ask."""

Difference = Annotated[StrictInt, Field(ge=-MOST_PENCE, le=MOST_PENCE)]
"""Money that is added or taken away, in pence (cents)."""

NEEDS: Mapping[RepairDecisionKind, frozenset[str]] = {
    RepairDecisionKind.LIFT: frozenset({"reason"}),
    RepairDecisionKind.OFFER_TO: frozenset({"trade_id", "reason"}),
    RepairDecisionKind.LOOK_AGAIN: frozenset(),
    RepairDecisionKind.REASSIGN: frozenset({"reason"}),
    RepairDecisionKind.CHANGE_URGENCY: frozenset({"urgency"}),
    RepairDecisionKind.CHANGE_JOB: frozenset({"reason"}),
    RepairDecisionKind.CANCEL: frozenset({"reason"}),
    RepairDecisionKind.CONFIRM_SECURE: frozenset({"secure"}),
    RepairDecisionKind.SETTLE_ASK: frozenset({"ask"}),
    RepairDecisionKind.CORRECT_SPEND: frozenset({"pence", "reason"}),
}
"""What each decision has to say; whoever goes another way than the rules says why."""
MAY_HAVE: Mapping[RepairDecisionKind, frozenset[str]] = {
    RepairDecisionKind.LIFT: frozenset({"hold"}),
    RepairDecisionKind.REASSIGN: frozenset({"offer"}),
    RepairDecisionKind.CHANGE_JOB: frozenset(JOB_WORDS),
    RepairDecisionKind.CANCEL: frozenset({"by_victim", "offer"}),
}
"""What a decision may say beyond that; a reason always."""


class RepairDecisionIn(Body):
    """A decision about a repair.  A field that does not belong to it is refused."""

    decision: RepairDecisionKind
    reason: Note = None
    hold: RepairHold | None = Field(default=None, description="For `lift`; by default the only one there is.")
    trade_id: ShortLine = Field(default=None, description="For `offer_to`: of the register of tradespeople.")
    urgency: Urgency | None = Field(default=None, description="For `change_urgency`.")
    by_victim: StrictBool | None = Field(
        default=None, description="For `cancel`: whether the victim asked for it."
    )
    secure: StrictBool | None = Field(
        default=None, description="For `confirm_secure`: what the victim says of the place."
    )
    offer: ShortLine = Field(
        default=None,
        description="For `reassign` and `cancel`: whose job it is as far as you know. If somebody else has it by "
        "now, nothing is done (409).",
    )
    access: Note = Field(
        default=None,
        description="For `change_job`, as are the next five: how to get in. What is left out stays; whoever has "
        "the job is told.",
    )
    code_word: ShortLine = Field(default=None, description="Another word at the door.")
    pets: Line = None
    notes: Note = Field(default=None, description="For staff; no tradesperson sees them.")
    who_may_be_home: Note = Field(default=None, description="For the coordinator's planning.")
    address: PlaceIn | None = Field(default=None, description="Where the work is instead.")
    ask: RepairAsk | None = Field(default=None, description="For `settle_ask`: what has been dealt with.")
    pence: Difference | None = Field(
        default=None, description="For `correct_spend`: added to what the repair comes to; may be negative."
    )


class ConfirmationIn(Body):
    """What the victim says of the place, told independently of whoever did the work."""

    secure: StrictBool
    note: Note = None


class SpendCorrectionIn(Body):
    """By how much a manager corrects what a repair comes to."""

    pence: Difference = Field(description="Added to what the repair comes to; may be negative, never 0.")
    reason: Note = None


def read_repair_decision(body: dict[str, Any]) -> RepairDecisionIn:
    """Check a decision.  Raises a problem that names the fields."""
    decision = validated(RepairDecisionIn, without_nulls(body))
    kind = decision.decision
    belongs = NEEDS[kind] | MAY_HAVE.get(kind, frozenset()) | {"decision", "reason"}
    said = {name for name in decision.model_fields_set if getattr(decision, name) is not None}
    errors = [
        *(_error(name, f"does not belong to the decision {kind}") for name in sorted(said - belongs)),
        *(_error(name, f"is required for {kind}") for name in sorted(NEEDS[kind] - said)),
    ]
    if kind is RepairDecisionKind.CHANGE_JOB and not said & set(JOB_WORDS):
        errors.append(
            _error(JOB_WORDS[0], f"is required for {kind}, or another of {', '.join(JOB_WORDS[1:])}")
        )
    if errors:
        raise Problem(Kind.VALIDATION, f"{errors[0].path}: {errors[0].reason}", errors=errors)
    return decision


def decided(decision: RepairDecisionIn, role: Role) -> RepairDecided:
    """The decision as it travels: without the words."""
    return RepairDecided(
        kind=decision.decision,
        role=role,
        hold=decision.hold,
        trade_id=decision.trade_id,
        urgency=decision.urgency,
        secure=decision.secure,
        by_victim=bool(decision.by_victim),
        ask=decision.ask,
        pence=decision.pence or 0,
        offer_id=decision.offer,
    )


def words_of(decision: RepairDecisionIn) -> dict[str, Any]:
    """What stays in the tables: the reason, and what changes of the job."""
    return {"reason": decision.reason, "job": job_said(decision)}


def read_confirmation(body: dict[str, Any]) -> ConfirmationIn:
    """Check what the victim says.  Raises a problem that names the fields."""
    return validated(ConfirmationIn, without_nulls(body))


def confirmed(confirmation: ConfirmationIn, role: Role) -> RepairDecided:
    """What the victim says, as it travels."""
    return RepairDecided(kind=RepairDecisionKind.CONFIRM_SECURE, role=role, secure=confirmation.secure)


def read_correction(body: dict[str, Any]) -> SpendCorrectionIn:
    """Check a correction of the ledger.  Raises a problem that names the fields."""
    correction = validated(SpendCorrectionIn, without_nulls(body))
    if correction.pence == 0:
        raise Problem.at("pence", "has to be more or less than 0")
    if correction.reason is None:
        raise Problem.at("reason", "is required: the ledger is only added to, and says why")
    return correction


def corrected(correction: SpendCorrectionIn, role: Role) -> RepairDecided:
    """A correction of the ledger, as it travels."""
    return RepairDecided(kind=RepairDecisionKind.CORRECT_SPEND, role=role, pence=correction.pence)


def _error(path: str, reason: str) -> FieldError:
    return FieldError(path=path, reason=reason)
