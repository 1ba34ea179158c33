"""What is said of a referral at a glance wherever a page shows one: its marks, and what its time is.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.identity import sees_alerts
from domain.vocabulary import NextActionKind, Role
from store.referral_view import ReferralView

_DUE_IS = {
    NextActionKind.DECIDE: "Waiting since",
    NextActionKind.CONFIRM_SAFETY: "Look again by",
    NextActionKind.CHECK_HOLD: "Look again by",
}
"""What the time of such an action is; of all others when it is due."""


ALERT = "Ring the safe way; see the plan."
"""What a quiet alert says to a supervisor: nothing to whoever walks past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A word nobody may overlook."""

    text: str
    colour: str


def marks_of(view: ReferralView) -> Iterator[Mark]:
    """The marks of a referral, the gravest first."""
    if view.escalated_at is not None:
        yield Mark(text="Escalated", colour="govuk-tag--red")
    if view.promised:
        yield Mark(text="Promised", colour="govuk-tag--orange")
    if is_high_risk(view):
        yield Mark(text="High risk", colour="govuk-tag--orange")
    if view.sensitive:
        yield Mark(text="Sensitive", colour="govuk-tag--purple")


def alerts(view: ReferralView, role: Role) -> bool:
    """Whether a quiet alert stands that this role may see."""
    return view.alerted_at is not None and sees_alerts(role)


def alert_to(role: Role, view: ReferralView) -> dict[str, bool]:
    """The quiet alert as a field, for those who may see it; for all others nothing, not even the field."""
    return {"alert": view.alerted_at is not None} if sees_alerts(role) else {}


def is_high_risk(view: ReferralView) -> bool:
    """Whether the facts say so; nobody knows before triage."""
    return view.state is not None and view.state.facts.is_high_risk


def due_is(view: ReferralView, kind: NextActionKind) -> str:
    """What the time of the next action is."""
    promised = view.promised and kind is NextActionKind.CALL
    return "Promised for" if promised else _DUE_IS.get(kind, "Due")
