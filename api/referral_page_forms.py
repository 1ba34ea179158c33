"""The forms of a referral's page: which are offered, what they are called, and what was typed into them.

Which decisions are offered is the heart's word (`open_decisions`), and so is how a referral may be closed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from api.decision import JUDGEMENTS
from api.form import Shown
from api.form_words import Choice, choices
from api.mending import FieldWords
from api.plain_words import (
    ATTEMPTS,
    BY_MACHINE_ALONE,
    DECISIONS,
    DECLINE_REASONS,
    DECLINED_BY,
    DIRECTIONS,
    ENGAGEMENTS,
    HOLDS,
    OUTCOMES,
    REPLIES,
    SUPPORTS,
    hold_in_words,
)
from api.practical_help import request_page_shown as help_request
from api.referral_page_stops import OPT_IN, OPT_OUT, STOP
from api.repair_dispatch import request_page_shown as repair_request
from domain.closure import NEVER_BY_CLOSE
from domain.errors import Refusal
from domain.events import Decided
from domain.referral import decide, open_decisions
from domain.referral_state import ReferralState
from domain.vocabulary import AttemptOutcome, DecisionKind, Direction, Outcome, Role, Stage
from store.referral_view import ReferralView

ATTEMPT = "attempt"
REPLY = "reply"
REVIEW = "review"
MOMENTS = ("callback_at", "made_at", "received_at", "review_at", "due_at")
"""Fields that hold a date and a time."""

_NOTE = FieldWords(name="The note", ask="Shorten the note")
_REASON = FieldWords(name="The reason", ask="Enter a reason")
_OWNER = FieldWords(name="Who looks after it", ask="Enter who looks after it")
_OF_DECISIONS: Mapping[DecisionKind, Mapping[str, FieldWords]] = {
    DecisionKind.ONGOING_SUPPORT: {
        "support.kind": FieldWords(name="How", ask="Choose how the person is supported"),
        "support.owner": _OWNER,
        "support.first_contact_on": FieldWords(
            name="The first contact", ask="Enter the day of the first contact"
        ),
    },
    DecisionKind.DECLINED: {
        "by": FieldWords(name="Who said no", ask="Choose who said no"),
        "decline_reason": FieldWords(name="Why", ask="Choose why"),
    },
    DecisionKind.CLOSE: {"outcome": FieldWords(name="How it ends", ask="Choose how it ends")},
    DecisionKind.HOLD: {
        "kind": FieldWords(name="Why it is held", ask="Choose why it is held"),
        "review_at": FieldWords(name="When to look again", ask="Enter the date and time to look again"),
    },
    DecisionKind.RELEASE: {"kind": FieldWords(name="Which hold", ask="Choose which hold is lifted")},
    DecisionKind.CHANGE_DUE: {"due_at": FieldWords(name="The new time", ask="Enter the new date and time")},
}
FIELDS: Mapping[str, Mapping[str, FieldWords]] = {
    ATTEMPT: {
        "outcome": FieldWords(name="What happened", ask="Choose what happened on the call"),
        "direction": FieldWords(name="Who rang", ask="Choose who rang"),
        "number": FieldWords(name="The number", ask="Choose which number it was"),
        "callback_at": FieldWords(name="The time to ring back", ask="Enter the date and time to ring back"),
        "made_at": FieldWords(name="The time of the call", ask="Enter the date and time of the call"),
        "word": FieldWords(name="The word", ask="Shorten the word they used"),
        "note": _NOTE,
    },
    repair_request.FORM: repair_request.FIELDS,
    help_request.FORM: help_request.FIELDS,
    STOP: {"cause": FieldWords(name="Why", ask="Choose why everything stops")},
    OPT_OUT: {"channel": FieldWords(name="What we stop", ask="Choose what they asked us to stop")},
    OPT_IN: {"channel": FieldWords(name="What we may use", ask="Choose what we may use again")},
    REPLY: {
        "channel": FieldWords(name="How it came", ask="Choose how the reply came"),
        "received_at": FieldWords(name="When it came", ask="Enter the date and time when it came"),
        "word": FieldWords(name="The word", ask="Shorten the word they used"),
        "note": _NOTE,
    },
    REVIEW: {
        "outcome": FieldWords(name="Whether the person took part", ask="Choose whether the person took part"),
        "next_review_on": FieldWords(name="The next review", ask="Enter the day of the next review"),
        "owner": _OWNER,
        "note": _NOTE,
    },
    **{kind: {"reason": _REASON, **_OF_DECISIONS.get(kind, {})} for kind in DecisionKind},
}
"""The fields of every form, by its name; the name of a decision's form is the decision.

A refusal is shown at the first one, which is always there.
"""

_SPOKEN = tuple(outcome for outcome in AttemptOutcome if outcome.reaches)
_QUICK = (
    AttemptOutcome.NO_ANSWER,
    AttemptOutcome.VOICEMAIL_LEFT,
    AttemptOutcome.VOICEMAIL_NOT_LEFT,
    AttemptOutcome.ENGAGED,
    AttemptOutcome.UNOBTAINABLE,
)
"""Nothing more to say of these: one press."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """What was typed into the forms of one page: into one of them, if it is shown again."""

    name: str = ""
    """Of the form that is shown again."""
    shown: Shown = field(default_factory=Shown)

    def of(self, name: str) -> Shown:
        """One form: as it was typed, or fresh."""
        return self.shown if self.is_again(name) else Shown()

    def is_again(self, name: str) -> bool:
        """Whether this is the form that is shown again."""
        return bool(name) and name == self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionForm:
    """The form of one decision."""

    kind: str
    title: str
    needs_reason: bool
    first: tuple[Choice, ...] = ()
    """The choice it asks for first: the outcome, the kind of hold, the way of support, who said no."""
    second: tuple[Choice, ...] = ()
    """Why somebody said no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The forms a page offers."""

    outcomes: tuple[Choice, ...]
    """Of a call, all of them; empty: no call can be recorded."""
    quick: tuple[Choice, ...]
    """Those of one press."""
    directions: tuple[Choice, ...]
    replies: tuple[Choice, ...]
    reviews: tuple[Choice, ...]
    """Empty: there is no ongoing support to review."""
    decisions: tuple[DecisionForm, ...]


def offered(view: ReferralView, *, role: Role, now: datetime, again: str = "") -> Offered:
    """Say which forms a page has.

    Args:
        view: The referral.
        role: Of the person at the page.
        now: An aware time.
        again: A form that is shown again, whatever is possible by now: what was typed is not lost.
    """
    takes_any = view.stage is not Stage.CLOSED or again == ATTEMPT
    supported = view.stage is Stage.SUPPORTING or (view.stage is Stage.HELD and view.support_id is not None)
    return Offered(
        outcomes=choices(ATTEMPTS, None if takes_any else _SPOKEN),
        quick=choices(ATTEMPTS, _QUICK) if view.stage is not Stage.CLOSED else (),
        directions=choices(DIRECTIONS, None if takes_any else (Direction.INBOUND,)),
        replies=choices(REPLIES),
        reviews=choices(ENGAGEMENTS) if supported or again == REVIEW else (),
        decisions=tuple(_decisions(view.state, role=role, now=now, again=again)) if view.state else (),
    )


def closings(state: ReferralState, *, role: Role, now: datetime) -> tuple[Outcome, ...]:
    """The outcomes with which the heart would let this role close it now."""

    def closes(outcome: Outcome) -> bool:
        try:
            decide(state, Decided(kind=DecisionKind.CLOSE, role=role, outcome=outcome), now, state.policy)
        except Refusal:
            return False
        return True

    return tuple(outcome for outcome in Outcome if closes(outcome))


def _decisions(state: ReferralState, *, role: Role, now: datetime, again: str) -> Iterator[DecisionForm]:
    open_now = open_decisions(state, role=role, now=now)
    for kind, title in DECISIONS.items():
        if kind in open_now or kind == again:
            first, second = _choices(state, kind, role=role, now=now)
            yield DecisionForm(
                kind=kind,
                title=title,
                needs_reason=kind in JUDGEMENTS,
                first=first,
                second=second,
            )


def _choices(
    state: ReferralState, kind: DecisionKind, *, role: Role, now: datetime
) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    match kind:
        case DecisionKind.CLOSE:
            possible = closings(state, role=role, now=now)
            return choices(OUTCOMES, possible or set(Outcome) - NEVER_BY_CLOSE), ()
        case DecisionKind.HOLD:
            return tuple(
                Choice(value=name, text=words)
                for name, words in HOLDS.items()
                if name not in BY_MACHINE_ALONE
            ), ()
        case DecisionKind.RELEASE:
            held = dict.fromkeys(
                hold.kind
                for hold in sorted(state.holds, key=lambda hold: (hold.gravity, hold.since))
                if role.may_act_as(hold.release_by_role)
            )
            return tuple(Choice(value=name, text=hold_in_words(name)) for name in held), ()
        case DecisionKind.ONGOING_SUPPORT:
            return choices(SUPPORTS), ()
        case DecisionKind.DECLINED:
            return choices(DECLINED_BY), choices(DECLINE_REASONS)
        case _:
            return (), ()
