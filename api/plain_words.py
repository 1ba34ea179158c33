"""The closed lists of the work itself, in the words coordinators use.

Every value of every list has its words here; a test counts them.  The lists that forms of referrers offer are in
`api/form_words.py`, the states of a message in `api/message_entry.py`.
"""

from api.dispatch_words import dispatch_in_words
from domain.events import (
    AttemptMade,
    CorrectionSent,
    Decided,
    MessageReported,
    OptedIn,
    OptedOut,
    PlanSent,
    Replied,
    Stopped,
    TextCame,
    Withdrawn,
)
from domain.hold_kinds import KINDS
from domain.ongoing_support import Engagement, Reviewed
from domain.ringing import MayRing
from domain.vocabulary import (
    AttemptOutcome,
    ContactChannel,
    DecisionKind,
    DeclinedBy,
    DeclineReason,
    DeliveryReport,
    Direction,
    NextActionKind,
    OptOutWay,
    Outcome,
    ReplyChannel,
    Stage,
    StopCause,
    SupportKind,
    TextMeaning,
)
from store.command import StoredCommand
from store.person_mark import LinkKind

STAGES = {
    Stage.RECEIVED: "Received",
    Stage.HELD: "Held",
    Stage.CONTACTING: "Being contacted",
    Stage.WRITING: "Being written to",
    Stage.SUPPORTING: "Being supported",
    Stage.CLOSED: "Closed",
}
ACTIONS = {
    NextActionKind.CALL: "Call",
    NextActionKind.DECIDE: "Decide",
    NextActionKind.CONFIRM_SAFETY: "Confirm safety",
    NextActionKind.CHECK_HOLD: "Check the hold",
    NextActionKind.REVIEW: "Review",
    NextActionKind.SEND: "A message is about to leave",
    NextActionKind.WAIT: "Wait",
}
MAY_RING = {MayRing.YES: "Yes", MayRing.ASK_FIRST: "Ask first", MayRing.NO: "No"}
ATTEMPTS = {
    AttemptOutcome.ANSWERED: "Answered and spoke with us",
    AttemptOutcome.CANNOT_TALK_NOW: "Answered but could not talk",
    AttemptOutcome.CALLBACK_REQUESTED: "Asked to be rung back",
    AttemptOutcome.HUNG_UP: "Answered and hung up",
    AttemptOutcome.LANGUAGE_BARRIER: "Answered, but we had no language in common",
    AttemptOutcome.NO_ANSWER: "No answer",
    AttemptOutcome.VOICEMAIL_LEFT: "Voicemail: a message was left",
    AttemptOutcome.VOICEMAIL_NOT_LEFT: "Voicemail: nothing was left",
    AttemptOutcome.ENGAGED: "Engaged",
    AttemptOutcome.UNOBTAINABLE: "Unobtainable",
    AttemptOutcome.WRONG_NUMBER: "Wrong number",
    AttemptOutcome.THIRD_PARTY_ANSWERED: "Someone else answered",
    AttemptOutcome.CHILD_ANSWERED: "A child answered",
    AttemptOutcome.VICTIM_HAS_DIED: "We were told that the person has died",
    AttemptOutcome.IMMEDIATE_DANGER: "Immediate danger",
}
"""In the order of a call: spoken to, silence, no connection, somebody else."""
DIRECTIONS = {Direction.OUTBOUND: "We rang", Direction.INBOUND: "The person rang us"}
DECISIONS = {
    DecisionKind.SINGLE_CALL: "Supported in a single call",
    DecisionKind.ONGOING_SUPPORT: "Begin ongoing support",
    DecisionKind.DECLINED: "Said no to support",
    DecisionKind.CONFIRM_SAFE: "Contact is confirmed to be safe",
    DecisionKind.RELEASE: "Lift a hold",
    DecisionKind.PROMOTE: "Ring this person instead of only informing them",
    DecisionKind.CHANGE_DUE: "Choose another time",
    DecisionKind.ATTEMPT_AGAIN: "Try another call now",
    DecisionKind.WRITE_NOW: "Write now",
    DecisionKind.SKIP_LETTER: "Go on without a letter",
    DecisionKind.HOLD: "Hold: let nothing leave",
    DecisionKind.RETURN_TO_REFERRER: "Return to the referrer with a question",
    DecisionKind.CLOSE: "Close for another reason",
    DecisionKind.REOPEN: "Reopen",
}
"""In the order in which a page offers them: what a conversation led to first, endings last."""
OUTCOMES = {
    Outcome.SUPPORT_COMPLETED: "Support is completed",
    Outcome.DISENGAGED: "The person no longer takes part",
    Outcome.NOT_REACHED: "Not reached",
    Outcome.UNSAFE_TO_CONTACT: "Unsafe to contact",
    Outcome.MOVED_AWAY: "Moved away",
    Outcome.DIED: "The person has died",
    Outcome.DUPLICATE: "A duplicate of another referral",
    Outcome.OUT_OF_AREA: "Out of our area",
    Outcome.EXCLUDED: "Not a kind of incident we take",
    Outcome.RETURNED_TO_REFERRER: "Returned to the referrer",
    Outcome.WITHDRAWN: "Withdrawn by the referrer",
    Outcome.INFORMED: "Told that we exist",
    Outcome.SINGLE_CALL: "Supported in a single call",
    Outcome.DECLINED: "Said no to support",
    Outcome.DECLINED_BY_GUARDIAN: "The guardian said no to support",
}
HOLDS = {
    "immediate_danger": "Immediate danger",
    "third_party_answered": "Someone else answered",
    "child_answered": "A child answered",
    "victim_has_died": "The person may have died",
    "counter_allegation": "The person may also be a suspect",
    "stopped": "Everything was stopped",
    "specialist": "A specialist decides",
    "next_of_kin": "Next of kin are not known to have been told",
    "guardian": "The guardian may be a suspect",
    "confirm_safety": "Safety has to be confirmed",
    "consent": "Consent is missing",
    "withdrawal": "The referrer withdrew",
    "language_barrier": "An interpreter is needed",
    "message_unknown": "A message may have left",
    "message_refused": "A message could not leave",
    "reopened": "Reopened with care",
    "proposal": "A step needs a person",
    "other": "Another reason",
}
BY_MACHINE_ALONE = frozenset({"withdrawal", "message_unknown", "message_refused", "reopened", "proposal"})
"""Kinds of hold that a person never chooses."""
SUPPORTS = {
    SupportKind.PHONE: "By telephone",
    SupportKind.VOLUNTEER: "By a volunteer",
    SupportKind.NURSE: "By a nurse",
    SupportKind.SPECIALIST: "By a specialist",
}
DECLINED_BY = {DeclinedBy.VICTIM: "The person", DeclinedBy.GUARDIAN: "The guardian"}
DECLINE_REASONS = {
    DeclineReason.NO_NEED: "No need of support",
    DeclineReason.ALREADY_SUPPORTED: "Supported by somebody else already",
    DeclineReason.NOT_NOW: "Not now",
    DeclineReason.REFUSED: "Does not want it",
    DeclineReason.OTHER: "Another reason, or none was given",
}
REPLIES = {
    ReplyChannel.TEXT: "By text",
    ReplyChannel.EMAIL: "By e-mail",
    ReplyChannel.LETTER_CODE: "With the code of a letter",
    ReplyChannel.WEB: "On our web page",
}
CHANNELS = {
    ContactChannel.PHONE: "Calls",
    ContactChannel.TEXT: "Texts",
    ContactChannel.EMAIL: "E-mails",
    ContactChannel.LETTER: "Letters",
}
STOPS = {
    StopCause.SOMEBODY_ELSE_ANSWERED: "Someone else answered",
    StopCause.CHILD_ANSWERED: "A child answered",
    StopCause.IMMEDIATE_DANGER: "Immediate danger",
    StopCause.VICTIM_IS_SUSPECT: "The person is now a suspect",
    StopCause.VICTIM_HAS_DIED: "The person has died",
    StopCause.OTHER: "Everything was stopped",
}
OPT_OUT_WAYS = {
    OptOutWay.TEXT: "By text",
    OptOutWay.EMAIL: "By e-mail",
    OptOutWay.LETTER_CODE: "With the code of a letter",
    OptOutWay.PHONE: "On the telephone",
    OptOutWay.WEB: "On our web page",
}
TEXTS = {
    TextMeaning.STOP: "It asks us to stop",
    TextMeaning.START: "It says that we may write again",
    TextMeaning.CALL_ME: "It asks for a call",
    TextMeaning.WHO_ARE_YOU: "It asks who we are",
    TextMeaning.ABUSE: "It is abusive",
    TextMeaning.REPLY: "It is an answer",
}
REPORTS = {
    DeliveryReport.ACCEPTED: "The provider took it",
    DeliveryReport.DEFERRED: "The provider tries again",
    DeliveryReport.SENT: "It was sent on",
    DeliveryReport.DELIVERED: "It was delivered",
    DeliveryReport.UNDELIVERED: "It could not be delivered",
    DeliveryReport.BOUNCED: "There is no such address or number",
    DeliveryReport.COMPLAINED: "The reader marked it as unwanted",
    DeliveryReport.RETURNED: "The letter came back",
    DeliveryReport.FAILED: "The provider failed with it",
    DeliveryReport.PRINTED: "It was printed with the day's batch",
    DeliveryReport.PULLED: "A person took it out before it was posted",
}
ENGAGEMENTS = {
    Engagement.ENGAGED: "The person took part",
    Engagement.NOT_ENGAGED: "The person did not take part",
}
LINKS = {
    LinkKind.DUPLICATE: "Possible duplicate",
    LinkKind.REPEAT: "Referred before or since",
    LinkKind.SAME_CONTACT: "Shares a number or address",
}


def hold_in_words(kind: str) -> str:
    """Name a kind of hold; a person's own word is said as it is."""
    return HOLDS[kind] if kind in KINDS else kind.replace("_", " ").capitalize()


def step_in_words(step: str) -> str:
    """Name the step a machine would have taken: an outcome, or to write."""
    return "write to the person" if step == "write" else f"close as “{OUTCOMES[Outcome(step)]}”"


def command_in_words(command: StoredCommand) -> str:
    """Name what somebody recorded or wanted."""
    match command.event:
        case AttemptMade(outcome=outcome):
            return f"Call: {ATTEMPTS[outcome].lower()}"
        case Decided(kind=kind):
            return f"Decision: {DECISIONS[kind].lower()}"
        case Replied(channel=channel):
            return f"Reply: {REPLIES[channel].lower()}"
        case Reviewed():
            return "Review of ongoing support"
        case CorrectionSent():
            return "Correction by the referrer"
        case Withdrawn():
            return "Withdrawal by the referrer"
        case PlanSent():
            return "Change of the contact plan"
        case Stopped() | OptedOut() | OptedIn() | TextCame() | MessageReported():
            return _safety_in_words(command.event)
        case dispatched:
            return dispatch_in_words(dispatched)


def _safety_in_words(event: Stopped | OptedOut | OptedIn | TextCame | MessageReported) -> str:
    match event:
        case Stopped(cause=cause):
            return f"Everything is stopped: {_within(STOPS[cause])}"
        case OptedOut(channel=channel):
            return f"We were asked to stop: {_within(CHANNELS[channel])}"
        case OptedIn(channel=channel):
            return f"We may use again: {_within(CHANNELS[channel])}"
        case TextCame(meaning=meaning):
            return f"A text came: {_within(TEXTS[meaning])}"
        case MessageReported(report=report):
            return f"Report on a message: {_within(REPORTS[report])}"


def _within(sentence: str) -> str:
    """As it reads within another sentence."""
    return sentence[0].lower() + sentence[1:]
