"""The heart: one pure `decide` over one table of stage and event.

The table is the contract's, as data: the refusals, the actions a page may offer, the funnel and
docs/reference/lifecycle.md are all made from it.  Timers, retries and children belong to the workflow.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain import (
    closure,
    contact,
    contact_plan,
    contact_safety,
    correspondence,
    dispatches,
    holds,
    message_fate,
    message_report,
    routing,
)
from domain.attempt_words import ATTEMPT_WORDS
from domain.errors import Incomplete, NotPossibleNow, Refusal
from domain.events import (
    AttemptMade,
    Decided,
    Event,
    TimePassed,
    Triage,
)
from domain.policy import Policy
from domain.referral_state import Effects, ReferralState, Turn
from domain.vocabulary import AttemptOutcome, DecisionKind, Role, Stage

Step = Callable[[Turn, Any], None]
"""What a row does: it changes the turn, or raises `Refusal`."""

_ALL = frozenset(Stage)
_LIVE = _ALL - {Stage.CLOSED}
_CALLING = frozenset({Stage.CONTACTING, Stage.WRITING})
_UNDECIDED = _CALLING | {Stage.HELD}
_BEFORE_SUPPORT = _UNDECIDED | {Stage.RECEIVED}
_HELD = frozenset({Stage.HELD})
_CLOSED = frozenset({Stage.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: in these stages, this event leads there."""

    event: str
    stages: frozenset[Stage]
    step: Step
    then: str
    """What follows, in words, for the reference page."""


def _time_passed(turn: Turn, _: TimePassed) -> None:
    state = turn.state
    call = state.call
    if call is not None and call.lapses_at is not None and call.lapses_at <= turn.now:
        contact.lapse(turn)
    correspondence.deadline_of_writing(turn)
    holds.review_holds(turn)
    contact_plan.run_out(turn)


def _triage(turn: Turn, _: Triage) -> None:
    routing.first_route(turn)


def _attempt_rows() -> tuple[Row, ...]:
    live = tuple(
        Row(event=f"attempt:{outcome}", stages=_LIVE, step=contact.attempt, then=ATTEMPT_WORDS[outcome])
        for outcome in AttemptOutcome
    )
    closed = tuple(
        Row(
            event=f"attempt:{outcome}",
            stages=_CLOSED,
            step=closure.reopen_by_call,
            then="an incoming call reopens; held if it was closed with care; an outgoing one is refused",
        )
        for outcome in AttemptOutcome
        if outcome.reaches
    )
    return live + closed


def _decision(kind: DecisionKind, stages: frozenset[Stage], step: Step, then: str) -> Row:
    return Row(event=f"decision:{kind}", stages=stages, step=step, then=then)


_D = DecisionKind
TABLE: tuple[Row, ...] = (
    Row(
        event="triage",
        stages=frozenset({Stage.RECEIVED}),
        step=_triage,
        then="contacting, writing (information lane or no number), held, or closed as out of area, excluded, "
        "returned to the referrer",
    ),
    *_attempt_rows(),
    Row(
        event="reply",
        stages=_LIVE,
        step=contact.reply,
        then="letter recalled; contacting, writing: a call is promised",
    ),
    Row(
        event="reply", stages=_CLOSED, step=closure.reopen_by_reply, then="reopened; held if closed with care"
    ),
    Row(
        event="time",
        stages=_ALL,
        step=_time_passed,
        then="a lapsed call is rebooked, then escalated; at the cut-off the gate is asked again and the letter "
        "leaves; after the wait closed; a hold's review date asks a person",
    ),
    Row(event="message", stages=_ALL, step=message_fate.settled, then="what became of a message is noted"),
    Row(
        event="correction",
        stages=_ALL,
        step=closure.correction,
        then="contacting, writing: triage and gate again; held, supporting: holds or is recorded; closed: an "
        "unreached one that was returned to the referrer reopens",
    ),
    Row(
        event="withdrawal",
        stages=_ALL,
        step=closure.withdrawal,
        then="closed withdrawn; protected, reached or held: held for a person; supporting, closed: recorded",
    ),
    Row(
        event="contact_plan",
        stages=_ALL,
        step=contact_plan.change_plan,
        then="contacting, writing: triage and gate again; held, supporting: holds what is new; closed: recorded",
    ),
    Row(
        event="stop",
        stages=_ALL,
        step=contact_safety.stop,
        then="everything queued is recalled; held for a supervisor, the referrer is asked for a safe channel; "
        "closed: everything stays stopped, and reopening holds",
    ),
    Row(
        event="opt_out",
        stages=_ALL,
        step=contact_safety.opt_out,
        then="that channel stops; contacting, writing: a person decides; supporting: a supervisor is asked; "
        "held, closed: recorded; never declined",
    ),
    Row(event="opt_in", stages=_ALL, step=contact_safety.opt_in, then="that channel may be used again"),
    Row(
        event="text",
        stages=_ALL,
        step=contact_safety.text_came,
        then="asked who we are: a neutral answer, on a sensitive referral a person; abuse: sensitive: held, else a "
        "person decides",
    ),
    Row(
        event="report",
        stages=_ALL,
        step=message_report.reported,
        then="what became of a message is noted; where it did not arrive, writing: the next safe channel, closed "
        "unreached: reopened, a person decides",
    ),
    Row(
        event="repair",
        stages=_ALL,
        step=dispatches.repair_asked,
        then="a repair begins, with a workflow of its own; the stage stays",
    ),
    Row(
        event="practical_help",
        stages=_ALL,
        step=dispatches.help_asked,
        then="practical help begins, with a workflow of its own; the stage stays",
    ),
    Row(
        event="visit_expected",
        stages=_ALL,
        step=dispatches.visit_expected,
        then="a neutral text says when somebody comes, where a text is known to be safe; else a person is asked to "
        "ring; the stage stays",
    ),
    _decision(_D.SINGLE_CALL, _UNDECIDED, closure.single_call, "closed; needs to have been reached"),
    _decision(
        _D.ONGOING_SUPPORT, _UNDECIDED, closure.ongoing_support, "supporting; needs to have been reached"
    ),
    _decision(_D.DECLINED, _UNDECIDED, closure.declined, "closed; needs to have been reached"),
    _decision(_D.CLOSE, _LIVE, closure.close_by_person, "closed with the outcome named"),
    _decision(_D.HOLD, _LIVE, holds.hold_by_person, "held; nothing leaves; holds add up"),
    _decision(
        _D.RELEASE, _HELD, holds.release, "lifts the gravest hold, or the one named; the last opens the way"
    ),
    _decision(_D.CONFIRM_SAFE, _HELD, holds.confirm_safe, "lifts confirm_safety"),
    _decision(
        _D.RETURN_TO_REFERRER, _BEFORE_SUPPORT, closure.return_to_referrer, "closed; the referrer is asked"
    ),
    _decision(_D.ATTEMPT_AGAIN, _CALLING, contact.attempt_again, "a call is due now, beyond the limit too"),
    _decision(
        _D.WRITE_NOW,
        _CALLING,
        correspondence.write_now,
        "writing; one message for each opening; a self-referral that can be rung needs to have been reached",
    ),
    _decision(_D.SKIP_LETTER, _CALLING, correspondence.skip_letter, "as without a safe channel at the limit"),
    _decision(_D.CHANGE_DUE, _CALLING, contact.change_due, "due when the person says"),
    _decision(
        _D.PROMOTE,
        frozenset({Stage.RECEIVED, Stage.WRITING, Stage.HELD}),
        closure.promote,
        "from the information lane to contacting",
    ),
    _decision(_D.REOPEN, _CLOSED, closure.reopen_by_person, "contacting, counted attempts 0, history kept"),
)
"""The contract's stage table as data."""

_ROWS = {(stage, row.event): row for row in TABLE for stage in row.stages}


def decide(
    state: ReferralState, event: Event, now: datetime, policy: Policy
) -> tuple[ReferralState, Effects]:
    """Answer one event: the state that follows and what is to be done.

    Args:
        state: Where the referral stands.
        event: What happened, or what somebody wants.
        now: An aware time.
        policy: The one the workflow carries.

    Returns:
        The next state, its revision one higher, and the effects; both unchanged and empty when nothing changed.

    Raises:
        Refusal: The table has no such step from here, the role may not take it, or something is missing.
    """
    row = _ROWS.get((state.stage, name_of(event)))
    if row is None:
        raise NotPossibleNow(f"This is not possible while the referral is {state.stage}.")
    acted_on = _acted_on(contact_safety.with_stops_of_holds(state), event)
    turn = Turn(state=acted_on, now=now, policy=policy)
    row.step(turn, event)
    contact_safety.keep_stops(turn, event)
    dispatches.tell_of_stops(turn, acted_on, event)
    if turn.state == acted_on and not turn.entries:
        return state, turn.effects()
    return replace(turn.state, revision=state.revision + 1), turn.effects()


def name_of(event: Event) -> str:
    """The table's name of an event."""
    match event:
        case AttemptMade(outcome=outcome):
            return f"attempt:{outcome}"
        case Decided(kind=kind):
            return f"decision:{kind}"
        case _:
            return event.type


def open_decisions(state: ReferralState, *, role: Role, now: datetime) -> tuple[DecisionKind, ...]:
    """List what a person in this role could decide now: the buttons of a page."""
    return tuple(kind for kind in DecisionKind if _is_open(state, kind, role=role, now=now))


def _is_open(state: ReferralState, kind: DecisionKind, *, role: Role, now: datetime) -> bool:
    # Of several holds a role may release a lesser one by its name.
    named = [hold.kind for hold in state.holds] if kind is DecisionKind.RELEASE else []
    return any(
        _may_take(state, Decided(kind=kind, role=role, hold_kind=hold_kind), now)
        for hold_kind in (None, *named)
    )


def _may_take(state: ReferralState, decision: Decided, now: datetime) -> bool:
    try:
        decide(state, decision, now, state.policy)
    except Incomplete:
        return True
    except Refusal:
        return False
    return True


def _acted_on(state: ReferralState, event: Event) -> ReferralState:
    """A person acting on a referral answers its escalation; a quiet alert only a supervisor's decision answers."""
    if state.escalated_at is not None and isinstance(event, AttemptMade | Decided):
        state = replace(state, escalated_at=None, escalation="")
    by_supervisor = isinstance(event, Decided) and event.role.may_act_as(Role.MANAGER)
    return replace(state, alerted_at=None) if by_supervisor and state.alerted_at is not None else state
