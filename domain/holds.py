"""Holding and releasing.

Source: docs/reference/lifecycle.md, rows `hold`, `release`, `confirm_safe`; docs/policy.md#holds.
"""

from dataclasses import replace

from domain.contact_safety import causes_of
from domain.errors import NotPossibleNow, RoleNotAllowed
from domain.events import Decided
from domain.hold_kinds import Hold, gravest
from domain.moves import escalate, hold, recall_errands
from domain.referral_state import Turn
from domain.routing import route_after_hold
from domain.vocabulary import Recipient, Role, Stage


def hold_by_person(turn: Turn, event: Decided) -> None:
    """Hold at a person's word."""
    hold(turn, event.hold_kind or "other", review_at=event.review_at, adds=True)


def release(turn: Turn, event: Decided) -> None:
    """Lift one hold: the gravest, or the one named.  The last one opens the way on."""
    _lift(turn, _chosen(turn, event.hold_kind), event)


def confirm_safe(turn: Turn, event: Decided) -> None:
    """Contact has been confirmed to be safe: lift what triage asked."""
    _lift(turn, _chosen(turn, "confirm_safety"), event)


def _chosen(turn: Turn, kind: str | None) -> Hold:
    holds = turn.state.holds
    if kind is None:
        return gravest(holds)
    for held in holds:
        if held.kind == kind:
            return held
    raise NotPossibleNow("There is no such hold on this referral.")


def _lift(turn: Turn, lifted: Hold, event: Decided) -> None:
    if not event.role.may_act_as(lifted.release_by_role):
        raise RoleNotAllowed(f"Only a {lifted.release_by_role} may lift this hold.")
    left = tuple(held for held in turn.state.holds if held is not lifted)
    news = tuple(word for word in (lifted.kind, lifted.proposes) if word and word not in turn.state.released)
    turn.state = replace(turn.state, holds=left, released=(*turn.state.released, *news))
    if event.role.may_act_as(Role.MANAGER):
        turn.state = replace(turn.state, stopped_for=causes_of(left))
    turn.say(f"The hold was lifted ({lifted.kind.replace('_', ' ')}).", lifted.reason, by_person=True)
    if not left:
        recall_errands(turn, "The hold was lifted.", to=Recipient.REFERRER)
        route_after_hold(turn)


def review_holds(turn: Turn) -> None:
    """A review date has come: a person is asked, once for each date."""
    if turn.state.stage is not Stage.HELD:
        return
    due = [held for held in turn.state.holds if not held.review_asked and held.review_at <= turn.now]
    if not due:
        return
    turn.state = replace(
        turn.state,
        holds=tuple(replace(held, review_asked=True) if held in due else held for held in turn.state.holds),
    )
    kinds = ", ".join(held.kind.replace("_", " ") for held in due)
    escalate(turn, f"The review date of a hold has come ({kinds}).")
