"""What the page of an offer says, in words that tell nobody anything who looks over a shoulder.

Source: docs/repairs.md#what-a-tradesperson-sees.
"""

from enum import StrEnum

from domain.repair_dispatch.kinds import TradeAnswer, TradeDeclineReason, Urgency


class Standing(StrEnum):
    """Where a tradesperson stands with an offer."""

    OFFERED = "offered"
    STILL_FREE = "still_free"
    """They did not answer in time, and nobody has it."""
    WAITING = "waiting"
    """They answered, and nobody has decided yet: they are not to set off."""
    HAS_IT = "has_it"
    DECLINED = "declined"
    TAKEN = "taken"
    NOT_NEEDED = "not_needed"
    DO_NOT_GO = "do_not_go"
    """They had it, and do not any more."""
    NOT_NOW = "not_now"
    """They may not be sent any more: papers that have run out, or no longer in the register."""
    DONE = "done"


TITLES = {
    Standing.OFFERED: "Can you do this job?",
    Standing.STILL_FREE: "This job is still free",
    Standing.WAITING: "We have your answer",
    Standing.HAS_IT: "The job is yours",
    Standing.DECLINED: "Thank you for telling us",
    Standing.TAKEN: "Somebody else has this job",
    Standing.NOT_NEEDED: "This job is no longer needed",
    Standing.DO_NOT_GO: "Please do not go",
    Standing.NOT_NOW: "Please ring us",
    Standing.DONE: "Thank you",
}
URGENCIES = {
    Urgency.OPEN_PROPERTY: "Now: it cannot be closed",
    Urgency.TODAY: "Today",
    Urgency.PLANNED: "It can be planned",
}
REASONS = {
    TradeDeclineReason.BUSY: "I am busy",
    TradeDeclineReason.TOO_FAR: "It is too far",
    TradeDeclineReason.NOT_MY_TRADE: "It is not my kind of work",
    TradeDeclineReason.KNOWS_PARTY: "I may know the people there",
    TradeDeclineReason.OTHER: "Another reason",
}
TOLD = {
    TradeAnswer.ACCEPTED: "You said yes.",
    TradeAnswer.DECLINED: "You told us that you cannot do it.",
    TradeAnswer.ON_THE_WAY: "You told us that you are on the way.",
    TradeAnswer.ARRIVED: "You told us that you are there.",
    TradeAnswer.MADE_SAFE: "You told us that it is safe now.",
    TradeAnswer.COMPLETED: "You told us that it is finished.",
    TradeAnswer.ACCESS_FAILED: "You told us that you could not get in.",
    TradeAnswer.SECOND_VISIT: "You told us that another visit is needed.",
    TradeAnswer.REFUSED_ON_SITE: "You told us that you could not work there.",
}
NOT_IN_YET = "We have it, but have not taken it in yet. Look again in a minute."
NOT_TAKEN = "We could not take that now. Below is how it stands; ring us if that is wrong."
