"""The closed lists of repairs.  They grow by adding; the values are what APIs, tables and forms say.

Source: docs/repairs.md.
"""

from enum import StrEnum


class Skill(StrEnum):
    """What a tradesperson can do."""

    BOARD_UP = "board_up"
    GLAZING = "glazing"
    LOCKS = "locks"
    DOORS = "doors"
    KEY_SAFES = "key_safes"
    ALARMS = "alarms"
    GOODS = "goods"
    """A supplier of goods rather than a trade: beds, bedding, kettles."""


class RepairKind(StrEnum):
    """What is to be done; a subset of what a referral may ask for (`requests`)."""

    BOARD_UP = "board_up"
    LOCKS = "locks"
    DOOR = "door"
    WINDOW = "window"
    KEY_SAFE = "key_safe"
    ALARM = "alarm"

    @property
    def skill(self) -> Skill:
        """What whoever does it must be able to do."""
        return _SKILLS[self]

    @property
    def changes_who_gets_in(self) -> bool:
        """Whether it decides who can enter: not done against somebody with a right to the home unconfirmed."""
        return self in {RepairKind.LOCKS, RepairKind.DOOR, RepairKind.KEY_SAFE}


_SKILLS = {
    RepairKind.BOARD_UP: Skill.BOARD_UP,
    RepairKind.LOCKS: Skill.LOCKS,
    RepairKind.DOOR: Skill.DOORS,
    RepairKind.WINDOW: Skill.GLAZING,
    RepairKind.KEY_SAFE: Skill.KEY_SAFES,
    RepairKind.ALARM: Skill.ALARMS,
}


class Urgency(StrEnum):
    """How soon; the first is the most urgent."""

    OPEN_PROPERTY = "open_property"
    """Anybody can walk in: now."""
    TODAY = "today"
    PLANNED = "planned"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Urgency).index(self)


class Permission(StrEnum):
    """Whether the owner or landlord agreed.  Unknown never blocks making safe."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class PoliceRelease(StrEnum):
    """Whether the scene may be touched."""

    NOT_NEEDED = "not_needed"
    GIVEN = "given"
    AWAITED = "awaited"
    """Not before the scene has been examined."""


class Tenure(StrEnum):
    """Whether a suspect owns or rents the place."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class RepairHold(StrEnum):
    """Why nobody is sent yet."""

    POLICE_RELEASE = "police_release"
    SUSPECT_TENURE = "suspect_tenure"
    """A suspect owns or rents the place, or may: a coordinator confirms."""
    PERMISSION_REFUSED = "permission_refused"
    SPEND = "spend"
    """Above a cap: a manager approves."""
    CONTACT_STOPPED = "contact_stopped"
    """Everything was stopped on the referral, or it is held: a coordinator confirms that somebody may go."""


class RepairStage(StrEnum):
    """Where a repair stands."""

    HELD = "held"
    LOOKING = "looking"
    """Offers are out, or wait for somebody to be free."""
    ASKED = "asked"
    """A coordinator is asked what to do."""
    ACCEPTED = "accepted"
    """Somebody has it, and nobody else."""
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    MADE_SAFE = "made_safe"
    """Nobody can walk in any more; the work goes on."""
    FINISHED = "finished"
    """The tradesperson says so; the victim has not confirmed it."""
    SECURE = "secure"
    """The victim confirmed that the place is secure: the end."""
    CANCELLED = "cancelled"
    """The other end."""

    @property
    def is_live(self) -> bool:
        """Whether something is still to happen."""
        return self not in {RepairStage.SECURE, RepairStage.CANCELLED}

    @property
    def has_somebody(self) -> bool:
        """Whether a tradesperson is confirmed and coming, or there."""
        return self in {
            RepairStage.ACCEPTED,
            RepairStage.ON_THE_WAY,
            RepairStage.ARRIVED,
            RepairStage.MADE_SAFE,
        }


class OfferState(StrEnum):
    """What became of one offer to one tradesperson."""

    RESERVED = "reserved"
    """A place in somebody's day was kept for this repair; they have not been asked yet.  Only in the tables."""
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    """They have the job.  At most one of a repair."""
    DECLINED = "declined"
    EXPIRED = "expired"
    """No answer in time; a late yes is welcome while nobody has it."""
    UNREACHABLE = "unreachable"
    """The offer could not be handed over."""
    TAKEN = "taken"
    """Somebody else was first."""
    WITHDRAWN = "withdrawn"
    """Cancelled before anybody accepted."""
    RELEASED = "released"
    """They had it and do not any more: reassigned, cancelled, given back, or they left."""
    DONE = "done"
    """They did it."""

    @property
    def takes_capacity(self) -> bool:
        """Whether it fills a place in somebody's day."""
        return self in {OfferState.RESERVED, OfferState.OFFERED, OfferState.CONFIRMED}


class TradeChannel(StrEnum):
    """How a tradesperson is asked."""

    API = "api"
    TEXT = "text"


class TradeAnswer(StrEnum):
    """What a tradesperson tells us."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    """Before they have it: no; after: they give it back."""
    ON_THE_WAY = "on_the_way"
    """With the time of arrival; said again, the time has changed."""
    ARRIVED = "arrived"
    MADE_SAFE = "made_safe"
    COMPLETED = "completed"
    """With the cost."""
    ACCESS_FAILED = "access_failed"
    """Nobody let them in."""
    SECOND_VISIT = "second_visit"
    """Safe for now; somebody has to come again."""
    REFUSED_ON_SITE = "refused_on_site"
    """They were sent away, or it was not safe to work."""


class TradeDeclineReason(StrEnum):
    """Why a tradesperson says no."""

    BUSY = "busy"
    TOO_FAR = "too_far"
    NOT_MY_TRADE = "not_my_trade"
    KNOWS_PARTY = "knows_party"
    """They may know somebody involved: never asked again for this referral."""
    OTHER = "other"


class TradeVia(StrEnum):
    """How an answer came."""

    LINK = "link"
    API = "api"
    STAFF = "staff"
    """A coordinator took it by telephone."""


class NoticeKind(StrEnum):
    """What a tradesperson is told."""

    OFFER = "offer"
    CONFIRMATION = "confirmation"
    """You have it: address, access, code word."""
    TAKEN = "taken"
    """Somebody else was first; thank you."""
    WITHDRAWAL = "withdrawal"
    """The offer no longer stands."""
    CANCELLATION = "cancellation"
    """You had it; please do not go."""


class NoticeVerdict(StrEnum):
    """What is known of a notice that was handed over."""

    TOLD = "told"
    NOT_TRIED = "not_tried"
    """Proved not to have arrived: safe to repeat."""
    REJECTED = "rejected"
    """Will never arrive."""
    UNKNOWN = "unknown"
    """It may have arrived; saying it again does no harm."""


class RepairAsk(StrEnum):
    """What a coordinator is asked; the board and the worklist show it."""

    NOBODY_LEFT = "nobody_left"
    PLACE_UNKNOWN = "place_unknown"
    HOLD = "hold"
    SPEND = "spend"
    """Somebody is on their way already; the money is to be approved."""
    ARRIVAL_NEAR = "arrival_near"
    ARRIVAL_LATE = "arrival_late"
    """The promised time on site has passed."""
    OVERDUE = "overdue"
    """The time of arrival they gave has passed, and nobody says that they are there."""
    DONE_NEAR = "done_near"
    DONE_LATE = "done_late"
    NOT_TOLD = "not_told"
    """They accepted, and our confirmation does not reach them: ring them."""
    CANCEL_NOT_TOLD = "cancel_not_told"
    """They had it, and do not know that it is off: ring them."""
    REPORTED_WITHOUT_JOB = "reported_without_job"
    """Somebody who does not have the job says that they are on it: ring them.  Only a person settles it."""
    TELL_VICTIM = "tell_victim"
    """Ring the victim: whom they expect does not come, or the word at the door is a new one."""
    GIVEN_BACK = "given_back"
    ACCESS_FAILED = "access_failed"
    REFUSED_ON_SITE = "refused_on_site"
    NOT_SECURE = "not_secure"
    FOLLOW_UP = "follow_up"
    """Ring the victim: is the place secure?"""
    CONTACT_STOPPED = "contact_stopped"
    """Everything was stopped on the referral while somebody is coming: a person decides whether they still go."""


class RepairDecisionKind(StrEnum):
    """What a coordinator decides about a repair."""

    LIFT = "lift"
    """A hold, by its name; `spend` by a manager."""
    OFFER_TO = "offer_to"
    """This tradesperson next, whatever the ranking says."""
    LOOK_AGAIN = "look_again"
    """Ask again those who did not answer."""
    REASSIGN = "reassign"
    """Whoever has it does not any more; the next is asked."""
    CHANGE_URGENCY = "change_urgency"
    CHANGE_JOB = "change_job"
    """The address, how to get in or the word at the door changed: whoever has the job is told again."""
    CANCEL = "cancel"
    CONFIRM_SECURE = "confirm_secure"
    """What the victim says of the place: secure or not."""
    CORRECT_SPEND = "correct_spend"
    """By a manager: so many pence more or less, with a reason."""
    SETTLE_ASK = "settle_ask"
    """What was asked has been dealt with (they were rung, the money is approved)."""
