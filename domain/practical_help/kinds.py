"""The closed lists of practical help.  They grow by adding; the values are what the API, tables and forms say.

Source: docs/practical-help.md.
"""

from enum import StrEnum


class GoodsKind(StrEnum):
    """What a stripped home lacks.  What `other` is stays in the order's words."""

    BED = "bed"
    MATTRESS = "mattress"
    BEDDING = "bedding"
    TABLE = "table"
    CHAIR = "chair"
    SOFA = "sofa"
    WARDROBE = "wardrobe"
    CURTAINS = "curtains"
    LAMP = "lamp"
    KETTLE = "kettle"
    COOKER = "cooker"
    FRIDGE = "fridge"
    WASHING_MACHINE = "washing_machine"
    KITCHENWARE = "kitchenware"
    CLOTHING = "clothing"
    FOOD = "food"
    TOILETRIES = "toiletries"
    BABY_GOODS = "baby_goods"
    PHONE = "phone"
    OTHER = "other"


class VisitPurpose(StrEnum):
    """What a visit is for."""

    QUICK = "quick"
    """Is it as urgent as it sounded?"""
    FOLLOW_UP = "follow_up"
    """Has everything arrived?"""
    OTHER = "other"


class VisitStage(StrEnum):
    """Where a visit stands."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    """Somebody is at the address, or on the way there; their clock runs."""
    ENDED = "ended"
    CALLED_OFF = "called_off"


class VisitOutcome(StrEnum):
    """What a visit found."""

    URGENT = "urgent"
    NOT_URGENT = "not_urgent"
    ALL_THERE = "all_there"
    """Everything that was delivered is there: it counts as received."""
    NOT_ALL_THERE = "not_all_there"
    NOBODY_IN = "nobody_in"
    TURNED_AWAY = "turned_away"
    """They were sent away, or it was not safe to stay."""
    DONE = "done"

    @property
    def saw_the_place(self) -> bool:
        """Whether the visitor was inside and could see what is there."""
        return self not in {VisitOutcome.NOBODY_IN, VisitOutcome.TURNED_AWAY}


class SuspectsFound(StrEnum):
    """Where the suspects are, as somebody just found out; of several the most dangerous."""

    CUSTODY = "custody"
    ELSEWHERE = "elsewhere"
    """Known to be somewhere else now."""
    NONE_KNOWN = "none_known"
    """Nobody is suspected by name."""
    BAIL = "bail"
    AT_LARGE = "at_large"
    UNKNOWN = "unknown"
    AT_ADDRESS = "at_address"
    """At or near the place that is to be visited."""


class Confirmed(StrEnum):
    """Who said that goods are there."""

    VICTIM = "victim"
    VISIT = "visit"


class AlarmCause(StrEnum):
    """Why somebody has to act for a visitor."""

    OVERDUE = "overdue"
    """They did not check in; no machine is needed to see it, the clock is in the tables."""
    DANGER = "danger"
    """They said so, or somebody fears it."""
    UNCHECKED = "unchecked"
    """They went in before it was known to be safe."""
    SUSPECT_NEAR = "suspect_near"
    """A suspect turned out to be at the address while they are there."""


class AlarmStep(StrEnum):
    """What is to be done; each step comes on top of those before.  Source: docs/practical-help.md#alarms."""

    RING_VISITOR = "ring_visitor"
    RING_BUDDY = "ring_buddy"
    """The visitor's buddy, and a supervisor is told."""
    TELL_POLICE = "tell_police"
    """A supervisor gives the police the plan of the visit."""

    @property
    def rank(self) -> int:
        """0 is the first."""
        return list(AlarmStep).index(self)


class HelpStage(StrEnum):
    """Where practical help stands."""

    LIVE = "live"
    COMPLETED = "completed"
    """Everything that was asked for is there, or nothing more is needed: a person said so."""
    CANCELLED = "cancelled"


class HelpAsk(StrEnum):
    """What a coordinator is asked; each holds by itself for as long as what it rests on does."""

    RING_VISITOR = "ring_visitor"
    RING_BUDDY = "ring_buddy"
    TELL_POLICE = "tell_police"
    VISIT_NOT_BEGUN = "visit_not_begun"
    """A planned visit should have begun: did they go in without telling?"""
    DELIVERY_MISSED = "delivery_missed"
    PARTLY_DELIVERED = "partly_delivered"
    """Something is missing: when does it come?"""
    NO_WINDOW = "no_window"
    """Nobody has agreed when the goods come."""
    NOT_CONFIRMED = "not_confirmed"
    """The supplier says it is delivered; nobody who was there has."""
    NEXT_STEP = "next_step"
    """Nothing is under way: order, visit, complete or cancel."""

    @property
    def is_alarm(self) -> bool:
        """Whether a visitor may be in danger."""
        return self in {HelpAsk.RING_VISITOR, HelpAsk.RING_BUDDY, HelpAsk.TELL_POLICE}
