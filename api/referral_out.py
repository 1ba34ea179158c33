"""A referral as it is shown: the status to referrers, with the person's data to those who may see it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from api.contact_plan_in import ContactPlan
from api.identity import is_staff
from api.referral_at_a_glance import alert_to
from api.referral_in import Consent, Incident, Risk, Source, Suspect, Victim
from api.services import Services
from domain.hold_kinds import KINDS, Hold
from domain.ongoing_support import REVIEWS_AT
from domain.referral import open_decisions
from domain.referral_state import NextAction
from domain.vocabulary import (
    Answer,
    ContactChannel,
    DecisionKind,
    Flag,
    Lane,
    NextActionKind,
    Outcome,
    Request,
    Role,
    Stage,
    SupportKind,
)
from store.contact_plan import without_duress_word
from store.referral_view import ReferralView
from store.tokens import Token

Json = dict[str, Any]
"""What leaves as a JSON object."""
MOST_LINKS = 20
"""Duplicates and repeats that are shown."""


class Out(BaseModel):
    """What leaves; fields are only ever added."""

    model_config = ConfigDict(extra="forbid")


class NextActionOut(Out):
    """What is wanted next."""

    kind: NextActionKind
    due_at: datetime | None
    reason: str
    number: str | None = Field(default=None, description="The number to ring; for roles that may.")


class HoldOut(Out):
    """Why nothing may leave."""

    kind: str
    reason: str
    release_by_role: Role
    review_at: datetime


class HoldInFull(HoldOut):
    """A hold as staff see it."""

    since: datetime
    proposes: str | None = Field(description="The step a machine would have taken: an outcome, or `write`.")


class ReferralStatus(Out):
    """Where a referral is, without anything about the person."""

    id: str
    reference: str = Field(description="Short, speakable, meaningless.", examples=["K7PM-4T2Q"])
    stage: Stage
    outcome: Outcome | None
    attempts_counted: int
    reached: bool = Field(description="Whether the victim or guardian was ever spoken to.")
    sensitive: bool
    next_action: NextActionOut | None = Field(description="`null` only when closed.")
    hold: HoldOut | None = Field(description="The gravest one.")
    revision: int
    received_at: datetime
    closed_at: datetime | None


class LinkOut(Out):
    """Another referral that may be about the same person or incident."""

    id: str
    reference: str
    kind: str
    why: str


class SupportOut(Out):
    """The ongoing support of this opening."""

    id: str
    kind: SupportKind
    owner: str | None
    first_contact_on: str


class PlanSetBy(Out):
    """Who set the contact plan."""

    role: str
    name: str


class ContactPlanShown(ContactPlan):
    """What was agreed about safe contact, and who set it; the duress word is on the page of the plan alone."""

    duress_word: None = None
    set_by: PlanSetBy | None = None
    set_at: datetime | None = None


class VictimShown(Victim):
    """The person, as staff see them."""

    contact_plan: ContactPlanShown | None = None


class ReferralInFull(ReferralStatus):
    """A referral as staff see it: its status, and what the referrer said, as last corrected."""

    source: Source
    incident: Incident
    victim: VictimShown
    suspects: list[Suspect] = Field(default=[])
    risk: Risk = Risk()
    lane: Lane
    consent: Consent = Consent()
    flags: list[Flag] = Field(default=[])
    requests: list[Request] = Field(default=[])
    children_present: Answer = Answer.UNKNOWN
    next_of_kin_informed_at: datetime | None = None
    notes: str | None = None
    holds: list[HoldInFull]
    links: list[LinkOut] = Field(
        default=[], description=f"At most {MOST_LINKS}; only where one referral is asked for."
    )
    known_opt_outs: list[ContactChannel] = Field(
        default=[],
        description="What somebody at one of these numbers or addresses ever asked us to stop, on any referral: shown, "
        "never obeyed blindly. Only where one referral is asked for.",
    )
    support: SupportOut | None
    opening: int = Field(description="1, and one more each time it was opened again.")
    allowed_decisions: list[DecisionKind]
    question_open: bool = Field(description="Whether the referrer owes an answer.")
    escalation: str | None = Field(description="Why a supervisor is asked; `null` if none is.")
    alert: bool = Field(default=False, description="To managers alone: ring the safe way, see the plan.")


class AttemptRecorded(ReferralInFull):
    """The referral after a call, and whether the call counts."""

    counted: bool
    why_not_counted: str | None


class ReferralList(Out):
    """One page of referrals; the next one is in `Link`."""

    items: list[ReferralStatus]


def shown_to(services: Services, token: Token, view: ReferralView) -> Json:
    """Show one referral to whoever acts on it, in full if they may see that."""
    if not is_staff(token):
        return status_of(view)
    return {
        **listed_to(token, view),
        "allowed_decisions": _allowed_decisions(view, token.role, services.clock()),
    }


def shown_with_links(services: Services, token: Token, view: ReferralView) -> Json:
    """Show one referral to whoever asks for it alone; to staff with others that may be about the same person."""
    shown = shown_to(services, token, view)
    if is_staff(token):
        shown["links"] = [
            {"id": link.referral_id, "reference": link.reference, "kind": link.kind, "why": link.why}
            for link in services.referrals.linked(view.id, limit=MOST_LINKS)
        ]
        shown["known_opt_outs"] = list(services.opt_outs.known(view.document))
    return shown


def listed_to(token: Token, view: ReferralView) -> Json:
    """Show one referral among others."""
    return summary_of(view) | alert_to(token.role, view) if is_staff(token) else status_of(view)


def status_of(view: ReferralView) -> Json:
    """The status: no person, no number, and of a person's own words only their kind."""
    shown = _base_of(view)
    if view.hold is not None:
        shown["hold"] = _hold_of(_without_own_words(view.hold))
        if view.next_action is not None:
            shown["next_action"]["reason"] = shown["hold"]["reason"]
    return shown


def summary_of(view: ReferralView) -> Json:
    """The referral with the person's data, without what has to be looked up elsewhere."""
    shown = {**_base_of(view), **without_duress_word(view.document), "lane": view.lane}
    if view.next_action is not None:
        shown["next_action"]["number"] = view.next_number
    if view.hold is not None:
        shown["hold"] = _hold_of(view.hold)
    shown["holds"] = [
        {**_hold_of(hold), "since": written(hold.since), "proposes": hold.proposes} for hold in view.holds
    ]
    shown["support"] = _support_of(view)
    shown["opening"] = view.opening
    shown["question_open"] = view.question_open
    shown["escalation"] = view.escalation or None
    return shown


def written(at: datetime | None) -> str | None:
    """A time as RFC 3339 with its offset."""
    return at.isoformat() if at is not None else None


def _base_of(view: ReferralView) -> Json:
    return {
        "id": view.id,
        "reference": view.reference,
        "stage": view.stage,
        "outcome": view.outcome,
        "attempts_counted": view.attempts_counted,
        "reached": view.reached,
        "sensitive": view.sensitive,
        "next_action": _next_action_of(view),
        "hold": None,
        "revision": view.revision,
        "received_at": written(view.received_at),
        "closed_at": written(view.closed_at),
    }


def _next_action_of(view: ReferralView) -> Json | None:
    action = view.next_action
    if action is None:
        return None
    due_at = action.due_at or _first_contact_at(view, action)
    return {"kind": action.kind, "due_at": written(due_at), "reason": action.reason}


def _first_contact_at(view: ReferralView, action: NextAction) -> datetime | None:
    """When support is first due, in the moment before its own workflow has spoken."""
    if action.kind is not NextActionKind.REVIEW or view.state is None or view.state.support is None:
        return None
    zone = ZoneInfo(view.state.policy.hours.time_zone)
    return datetime.combine(view.state.support.first_contact_on, REVIEWS_AT, tzinfo=zone).astimezone(UTC)


def _hold_of(hold: Hold) -> Json:
    return {
        "kind": hold.kind,
        "reason": hold.reason,
        "release_by_role": hold.release_by_role,
        "review_at": written(hold.review_at),
    }


def _without_own_words(hold: Hold) -> Hold:
    """A hold as those see it who may not see the person: of a person's own kinds only that it is one."""
    known = KINDS.get(hold.kind, KINDS["other"])
    return Hold(
        kind=known.kind,
        reason=known.reason,
        release_by_role=hold.release_by_role,
        since=hold.since,
        review_at=hold.review_at,
    )


def _support_of(view: ReferralView) -> Json | None:
    support = view.state.support if view.state is not None else None
    if support is None:
        return None
    return {
        "id": support.support_id,
        "kind": support.kind,
        "owner": support.owner,
        "first_contact_on": support.first_contact_on.isoformat(),
    }


def _allowed_decisions(view: ReferralView, role: Role, now: datetime) -> list[str]:
    """What this role could decide now; nothing before the workflow has spoken."""
    return [] if view.state is None else list(open_decisions(view.state, role=role, now=now))
