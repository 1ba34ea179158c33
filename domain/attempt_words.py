"""What follows each outcome of a call, in words: for docs/reference/lifecycle.md alone."""

from domain.vocabulary import AttemptOutcome

ATTEMPT_WORDS = {
    AttemptOutcome.ANSWERED: "reached; an unposted letter is recalled; contacting or writing: a person decides",
    AttemptOutcome.CANNOT_TALK_NOW: "reached; a call is promised",
    AttemptOutcome.CALLBACK_REQUESTED: "reached; a call is promised",
    AttemptOutcome.HUNG_UP: "reached; a call is promised",
    AttemptOutcome.NO_ANSWER: "contacting: counted by the rules; at the limit the gate chooses how to write",
    AttemptOutcome.VOICEMAIL_LEFT: "as no_answer",
    AttemptOutcome.VOICEMAIL_NOT_LEFT: "as no_answer",
    AttemptOutcome.ENGAGED: "not counted; sooner retry",
    AttemptOutcome.UNOBTAINABLE: "not counted; sooner retry; the second time running the number is closed",
    AttemptOutcome.WRONG_NUMBER: "the number is closed; without another the gate chooses how to write",
    AttemptOutcome.THIRD_PARTY_ANSWERED: "sensitive: everything queued stops, held; else the next call is due",
    AttemptOutcome.CHILD_ANSWERED: "sensitive: everything queued stops, held; else the next call is due",
    AttemptOutcome.LANGUAGE_BARRIER: "reached; held until an interpreter is found",
    AttemptOutcome.VICTIM_HAS_DIED: "held; a supervisor verifies",
    AttemptOutcome.IMMEDIATE_DANGER: "reached; held; a supervisor is alerted at once, nothing is sent",
}
"""By outcome."""
