"""The closed lists of the field.  They grow by adding; a word never changes its meaning.

Source of every list: docs/reference/lifecycle.md and the JSON API's schema.
"""

from enum import StrEnum


class SourceKind(StrEnum):
    """Who sent the referral."""

    POLICE = "police"
    CORRECTIONS = "corrections"
    PARTNER_AGENCY = "partner_agency"
    HEALTH = "health"
    SELF = "self"
    THIRD_PARTY = "third_party"
    TELEPHONE = "telephone"


class IncidentKind(StrEnum):
    """What happened, in the referrer's words folded to a closed list."""

    BURGLARY = "burglary"
    THEFT = "theft"
    ROBBERY = "robbery"
    CRIMINAL_DAMAGE = "criminal_damage"
    ARSON = "arson"
    ASSAULT = "assault"
    SERIOUS_VIOLENCE = "serious_violence"
    HOMICIDE = "homicide"
    DOMESTIC_ABUSE = "domestic_abuse"
    SEXUAL_OFFENCE = "sexual_offence"
    STALKING = "stalking"
    HARASSMENT = "harassment"
    HONOUR_BASED = "honour_based"
    EXPLOITATION = "exploitation"
    HATE_CRIME = "hate_crime"
    FRAUD = "fraud"
    ANTISOCIAL_BEHAVIOUR = "antisocial_behaviour"
    ROAD_CRASH = "road_crash"
    SUDDEN_DEATH = "sudden_death"
    SUICIDE = "suicide"
    TERRORISM = "terrorism"
    CIVIL_EMERGENCY = "civil_emergency"
    OTHER = "other"
    UNKNOWN = "unknown"


class VictimRole(StrEnum):
    """What the person referred is to the incident."""

    VICTIM = "victim"
    BEREAVED = "bereaved"
    WITNESS = "witness"
    PARENT_GUARDIAN = "parent_guardian"
    FAMILY = "family"


class Access(StrEnum):
    """How a person can be reached or written to."""

    NO_PHONE = "no_phone"
    TEXTPHONE = "textphone"
    RELAY = "relay"
    SIGN_LANGUAGE = "sign_language"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"


class Answer(StrEnum):
    """Yes, no, or nobody has asked."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class VoicemailRule(StrEnum):
    """What may be left on a voicemail."""

    NONE = "none"
    NEUTRAL = "neutral"
    NAMED = "named"


class Relationship(StrEnum):
    """What a suspect is to the victim."""

    PARTNER = "partner"
    EX_PARTNER = "ex_partner"
    FAMILY = "family"
    HOUSEHOLD = "household"
    CARER = "carer"
    ACQUAINTANCE = "acquaintance"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


class Whereabouts(StrEnum):
    """Where a suspect is thought to be."""

    CUSTODY = "custody"
    BAIL = "bail"
    AT_LARGE = "at_large"
    UNKNOWN = "unknown"


class RiskLevel(StrEnum):
    """The referrer's assessed risk of further harm."""

    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class Lane(StrEnum):
    """`contact`: somebody rings.  `information`: one letter or e-mail says that the service exists."""

    CONTACT = "contact"
    INFORMATION = "information"


class ConsentStatus(StrEnum):
    """What the victim was told or asked about being referred."""

    GIVEN = "given"
    INFORMED = "informed"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"


class Flag(StrEnum):
    """What the referrer marked."""

    DOMESTIC_ABUSE = "domestic_abuse"
    SEXUAL_OFFENCE = "sexual_offence"
    STALKING = "stalking"
    HONOUR_BASED = "honour_based"
    EXPLOITATION = "exploitation"
    CHILD = "child"
    VULNERABLE_ADULT = "vulnerable_adult"
    BEREAVED = "bereaved"
    HATE_CRIME = "hate_crime"
    COUNTER_ALLEGATION = "counter_allegation"
    REPEAT = "repeat"


class Request(StrEnum):
    """What the victim asked for when the referral was made."""

    BOARD_UP = "board_up"
    LOCKS = "locks"
    DOOR = "door"
    WINDOW = "window"
    KEY_SAFE = "key_safe"
    ALARM = "alarm"
    GOODS = "goods"
    VISIT = "visit"
    COURT_SUPPORT = "court_support"
    FINANCIAL_HELP = "financial_help"
    INFORMATION = "information"
    OTHER = "other"


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Stage(StrEnum):
    """Where a referral is; exactly one at any moment."""

    RECEIVED = "received"
    HELD = "held"
    CONTACTING = "contacting"
    WRITING = "writing"
    SUPPORTING = "supporting"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a closed referral ended.  Silence, refusal, danger and return are never merged."""

    SINGLE_CALL = "single_call"
    SUPPORT_COMPLETED = "support_completed"
    DECLINED = "declined"
    DECLINED_BY_GUARDIAN = "declined_by_guardian"
    NOT_REACHED = "not_reached"
    DISENGAGED = "disengaged"
    UNSAFE_TO_CONTACT = "unsafe_to_contact"
    RETURNED_TO_REFERRER = "returned_to_referrer"
    OUT_OF_AREA = "out_of_area"
    EXCLUDED = "excluded"
    DUPLICATE = "duplicate"
    DIED = "died"
    MOVED_AWAY = "moved_away"
    WITHDRAWN = "withdrawn"
    INFORMED = "informed"


class AttemptOutcome(StrEnum):
    """What happened on one call."""

    ANSWERED = "answered"
    CANNOT_TALK_NOW = "cannot_talk_now"
    CALLBACK_REQUESTED = "callback_requested"
    HUNG_UP = "hung_up"
    NO_ANSWER = "no_answer"
    VOICEMAIL_LEFT = "voicemail_left"
    VOICEMAIL_NOT_LEFT = "voicemail_not_left"
    ENGAGED = "engaged"
    UNOBTAINABLE = "unobtainable"
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY_ANSWERED = "third_party_answered"
    CHILD_ANSWERED = "child_answered"
    LANGUAGE_BARRIER = "language_barrier"
    VICTIM_HAS_DIED = "victim_has_died"
    IMMEDIATE_DANGER = "immediate_danger"

    @property
    def is_silence(self) -> bool:
        """Whether a person could have answered and none did; only these can count."""
        return self in _SILENCE

    @property
    def reaches(self) -> bool:
        """Whether the victim or guardian was spoken to."""
        return self in _REACHES


_SILENCE = frozenset(
    {AttemptOutcome.NO_ANSWER, AttemptOutcome.VOICEMAIL_LEFT, AttemptOutcome.VOICEMAIL_NOT_LEFT}
)
_REACHES = frozenset(
    {
        AttemptOutcome.ANSWERED,
        AttemptOutcome.CANNOT_TALK_NOW,
        AttemptOutcome.CALLBACK_REQUESTED,
        AttemptOutcome.HUNG_UP,
        AttemptOutcome.LANGUAGE_BARRIER,
        AttemptOutcome.IMMEDIATE_DANGER,
    }
)


class Direction(StrEnum):
    """Who rang whom."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class DecisionKind(StrEnum):
    """What a coordinator may decide."""

    SINGLE_CALL = "single_call"
    ONGOING_SUPPORT = "ongoing_support"
    DECLINED = "declined"
    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RELEASE = "release"
    RETURN_TO_REFERRER = "return_to_referrer"
    PROMOTE = "promote"
    ATTEMPT_AGAIN = "attempt_again"
    WRITE_NOW = "write_now"
    SKIP_LETTER = "skip_letter"
    CHANGE_DUE = "change_due"
    CONFIRM_SAFE = "confirm_safe"


class DeclinedBy(StrEnum):
    """Who said no."""

    VICTIM = "victim"
    GUARDIAN = "guardian"


class DeclineReason(StrEnum):
    """Why somebody said no."""

    NO_NEED = "no_need"
    ALREADY_SUPPORTED = "already_supported"
    NOT_NOW = "not_now"
    REFUSED = "refused"
    OTHER = "other"


class SupportKind(StrEnum):
    """Who gives ongoing support, and how."""

    PHONE = "phone"
    VOLUNTEER = "volunteer"
    NURSE = "nurse"
    SPECIALIST = "specialist"


class ReplyChannel(StrEnum):
    """How a victim answered without a call."""

    TEXT = "text"
    EMAIL = "email"
    LETTER_CODE = "letter_code"
    WEB = "web"


class NextActionKind(StrEnum):
    """What is wanted next."""

    CALL = "call"
    DECIDE = "decide"
    CONFIRM_SAFETY = "confirm_safety"
    SEND = "send"
    REVIEW = "review"
    WAIT = "wait"
    CHECK_HOLD = "check_hold"


class Role(StrEnum):
    """Who holds a token."""

    POLICE = "police"
    SYSTEM = "system"
    COORDINATOR = "coordinator"
    MANAGER = "manager"

    def may_act_as(self, other: "Role") -> bool:
        """Whether this role may do what asks for `other`: a manager may do everything."""
        return self is other or self is Role.MANAGER


class Channel(StrEnum):
    """How something written is sent."""

    LETTER = "letter"
    EMAIL = "email"
    TEXT = "text"

    @property
    def as_contact(self) -> "ContactChannel":
        """The line of the contact plan it belongs to."""
        return ContactChannel(self.value)


class PrintedBy(StrEnum):
    """Who prints the letters of a service."""

    PROVIDER = "provider"
    SERVICE = "service"


class ContactChannel(StrEnum):
    """How a person can be reached at all: the lines of a contact plan, and what one may opt out of."""

    PHONE = "phone"
    TEXT = "text"
    EMAIL = "email"
    LETTER = "letter"


class Recipient(StrEnum):
    """To whom something written goes."""

    VICTIM = "victim"
    """The person referred, or for a child a guardian who is no suspect."""
    REFERRER = "referrer"
    """The monitored mailbox the referrer named."""


class Purpose(StrEnum):
    """Why something is sent; one wording folder each."""

    CONTACT_UNANSWERED = "contact_unanswered"
    INFORMATION = "information"
    SAFE_CHANNEL_ASKED = "safe_channel_asked"
    """The referrer is asked for a safe way to reach somebody; says nothing about whom."""
    WHO_WE_ARE = "who_we_are"
    """The neutral answer to a text that asks who we are."""
    VISIT_EXPECTED = "visit_expected"
    """When the person whom somebody is expecting will be there; asked for by them, and says nothing else."""

    @property
    def recipient(self) -> Recipient:
        """To whom it goes."""
        return Recipient.REFERRER if self is Purpose.SAFE_CHANNEL_ASKED else Recipient.VICTIM


class UnknownRule(StrEnum):
    """What is done, after the profile's wait, about a message of which nobody knows whether it left."""

    RESEND = "resend"
    OTHER_CHANNEL = "other_channel"
    ASK_PERSON = "ask_person"


class DeliveryReport(StrEnum):
    """What a provider tells of a message after taking it, or a person of a letter that came back."""

    PRINTED = "printed"
    """It lies in the day's printed batch; until that is confirmed as posted it can be taken out."""
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """The network or mailbox did not take it; the address may work another day."""
    BOUNCED = "bounced"
    """There is no such address or number, or the provider will not write to it any more."""
    COMPLAINED = "complained"
    """The reader marked it as unwanted."""
    RETURNED = "returned"
    """The letter came back."""
    FAILED = "failed"
    """The provider failed with it for a reason of its own."""
    PULLED = "pulled"
    """A person took the letter out of the printed batch before it was posted."""

    @property
    def rank(self) -> int:
        """A later report of a higher rank replaces a lower one, whatever the order they arrive in."""
        return _REPORT_RANK[self]

    @property
    def ends_the_address(self) -> bool:
        """Whether nothing more is sent to that address."""
        return self in {DeliveryReport.BOUNCED, DeliveryReport.COMPLAINED, DeliveryReport.RETURNED}

    @property
    def failed(self) -> bool:
        """Whether it did not reach the address."""
        return self in {
            DeliveryReport.UNDELIVERED,
            DeliveryReport.BOUNCED,
            DeliveryReport.RETURNED,
            DeliveryReport.FAILED,
        }


_REPORT_RANK = {
    DeliveryReport.PRINTED: 5,
    DeliveryReport.ACCEPTED: 10,
    DeliveryReport.DEFERRED: 20,
    DeliveryReport.SENT: 30,
    DeliveryReport.FAILED: 40,
    DeliveryReport.UNDELIVERED: 50,
    DeliveryReport.DELIVERED: 60,
    DeliveryReport.BOUNCED: 70,
    DeliveryReport.RETURNED: 80,
    DeliveryReport.COMPLAINED: 90,
    DeliveryReport.PULLED: 95,
}


class StopCause(StrEnum):
    """Why everything queued for a person stops at once."""

    SOMEBODY_ELSE_ANSWERED = "somebody_else_answered"
    CHILD_ANSWERED = "child_answered"
    IMMEDIATE_DANGER = "immediate_danger"
    VICTIM_IS_SUSPECT = "victim_is_suspect"
    VICTIM_HAS_DIED = "victim_has_died"
    OTHER = "other"
    """Whoever pressed says why later; nothing leaves meanwhile."""


class CallerDisplay(StrEnum):
    """What whoever is rung may see of us."""

    WITHHELD = "withheld"
    """No number at all."""
    NEUTRAL = "neutral"
    """A number that says nothing of what we do."""
    SERVICE = "service"
    """The service's own number or name."""


class InterpreterGender(StrEnum):
    """Whom a person would rather speak through."""

    WOMAN = "woman"
    MAN = "man"
    ANY = "any"


class OptOutWay(StrEnum):
    """How somebody asked us to stop."""

    TEXT = "text"
    EMAIL = "email"
    LETTER_CODE = "letter_code"
    PHONE = "phone"
    WEB = "web"


class TextMeaning(StrEnum):
    """What a text that came in wants; read by a short list of words, never guessed beyond it."""

    STOP = "stop"
    START = "start"
    CALL_ME = "call_me"
    WHO_ARE_YOU = "who_are_you"
    ABUSE = "abuse"
    """Threats or insults: whoever writes may not be the victim."""
    REPLY = "reply"
    """Anything else."""


class MessageState(StrEnum):
    """The life of one message; `sent`, `rejected`, `unknown` and `recalled` are final for a machine."""

    HELD = "held"
    RESERVED = "reserved"
    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    RECALLED = "recalled"


class CommandState(StrEnum):
    """What became of a command."""

    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
