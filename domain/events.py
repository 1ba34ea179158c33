"""What can happen to a referral.  Events carry categories and ids only; words stay in the tables.

Every event has a literal `type`, so that a union of them survives the journey through a payload.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.dispatch_events import HelpAsked, RepairAsked, VisitExpected
from domain.facts import Facts
from domain.vocabulary import (
    AttemptOutcome,
    ContactChannel,
    DecisionKind,
    DeclinedBy,
    DeclineReason,
    DeliveryReport,
    Direction,
    MessageState,
    OptOutWay,
    Outcome,
    ReplyChannel,
    Role,
    StopCause,
    SupportKind,
    TextMeaning,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The referral has just been received."""

    type: Literal["triage"] = "triage"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptMade:
    """A call happened."""

    outcome: AttemptOutcome
    made_at: datetime
    direction: Direction = Direction.OUTBOUND
    callback_at: datetime | None = None
    phone_id: str | None = None
    """`None`: a number we do not know, or the one the next action names when `rang_next` is set."""
    rang_next: bool = True
    """Whether the number the next action names was rung."""
    duress: bool = False
    """Whether the word agreed for duress was said: everything looks ordinary, and a supervisor is alerted."""
    type: Literal["attempt"] = "attempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlan:
    """How ongoing support begins; what is `None` follows the profile."""

    kind: SupportKind | None = None
    owner: str | None = None
    """A staff member's or team's opaque name; never a victim's."""
    first_contact_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A person decided; the reason in words stays with the command."""

    kind: DecisionKind
    role: Role
    outcome: Outcome | None = None
    """For `close`."""
    hold_kind: str | None = None
    """For `hold` and `release`."""
    review_at: datetime | None = None
    """For `hold`."""
    due_at: datetime | None = None
    """For `change_due`."""
    support: SupportPlan | None = None
    """For `ongoing_support`."""
    declined_by: DeclinedBy = DeclinedBy.VICTIM
    decline_reason: DeclineReason = DeclineReason.OTHER
    type: Literal["decision"] = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The referrer corrected the referral; `facts` is what holds from now on."""

    facts: Facts
    type: Literal["correction"] = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSent:
    """A correction as it travels: the workflow reads the facts from the tables before it decides."""

    type: Literal["correction_sent"] = "correction_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The referrer withdrew."""

    type: Literal["withdrawal"] = "withdrawal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """The victim answered without a call."""

    channel: ReplyChannel
    duress: bool = False
    """As in `AttemptMade`."""
    type: Literal["reply"] = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSent:
    """A change of the contact plan as it travels; the workflow reads the facts before it decides."""

    type: Literal["plan_sent"] = "plan_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """The victim or a coordinator said how to reach the person safely; `facts` holds from now on."""

    facts: Facts
    type: Literal["contact_plan"] = "contact_plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Everything queued stops at once; the stop is in the tables already."""

    cause: StopCause
    type: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut:
    """Whoever reads what we send, or answers, asked us to stop."""

    channel: ContactChannel
    way: OptOutWay
    duress: bool = False
    """As in `AttemptMade`."""
    type: Literal["opt_out"] = "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn:
    """The person said that we may use a channel again after all."""

    channel: ContactChannel
    type: Literal["opt_in"] = "opt_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCame:
    """A text that is neither a reply of the victim nor a STOP: a question who we are, or abuse."""

    meaning: TextMeaning
    phone_id: str
    duress: bool = False
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReported:
    """What was learnt of a message after it was handed over; stored before it is told."""

    report: DeliveryReport
    key: str = ""
    """Empty: a letter came back and nobody knows which."""
    address_id: str = ""
    """The address or number it went to, by its opaque id."""
    type: Literal["report"] = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """A deadline of the state may have come."""

    type: Literal["time"] = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettled:
    """What became of the message that was to leave."""

    key: str
    state: MessageState
    """`held`: refused at the last moment; `reserved`: not yet, try again soon."""
    why: str = ""
    retry_at: datetime | None = None
    """For `reserved`: not before; `None`: soon."""
    queued: bool = False
    """For `reserved`: it waits to be printed with the day's batch; nobody tries again."""
    report: DeliveryReport | None = None
    """For `rejected`: what the refusal says of the address."""
    address_id: str = ""
    """Where it went, or would have gone."""
    asks_person: bool = False
    """For `held`: it may leave if a person says so."""
    reconciled: bool = False
    """Whether the provider was asked after the wait for a message of unknown fate."""
    type: Literal["message"] = "message"


CommandEvent = (
    AttemptMade
    | Decided
    | CorrectionSent
    | Withdrawn
    | Replied
    | PlanSent
    | Stopped
    | OptedOut
    | OptedIn
    | TextCame
    | MessageReported
    | RepairAsked
    | HelpAsked
    | VisitExpected
)
"""What somebody may send; each is stored before it is sent."""
Event = (
    Triage
    | AttemptMade
    | Decided
    | Corrected
    | Withdrawn
    | Replied
    | PlanChanged
    | Stopped
    | OptedOut
    | OptedIn
    | TextCame
    | MessageReported
    | RepairAsked
    | HelpAsked
    | VisitExpected
    | TimePassed
    | MessageSettled
)
"""What the heart answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One stored command on its way to the workflow."""

    id: str
    ordinal: int
    """1 for the first command of a referral, then one more each; the workflow applies them in this order."""
    event: CommandEvent


ALREADY_SETTLED = "already_settled"
"""The code of an answer to a command that an earlier run took in: the tables say what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command."""

    applied: bool
    revision: int
    """The referral's revision once the tables had it."""
    code: str = ""
    """Of a refusal: `not_possible_now`, `role_not_allowed` or `incomplete`."""
    why: str = ""
    """Of a refusal, in plain words."""
    counted: bool | None = None
    """Of an attempt."""
    why_not_counted: str | None = None
