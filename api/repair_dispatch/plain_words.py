"""The closed lists of repairs, in the words coordinators use.  A test counts them.

Source: docs/repairs.md.
"""

from collections.abc import Iterable
from datetime import timedelta

from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairKind,
    RepairStage,
    Tenure,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.spend import SpendKind

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

KINDS = {
    RepairKind.BOARD_UP: "Board up a window or door",
    RepairKind.LOCKS: "Change locks",
    RepairKind.DOOR: "Repair a door",
    RepairKind.WINDOW: "Repair a window",
    RepairKind.KEY_SAFE: "Fit a key safe",
    RepairKind.ALARM: "Fit an alarm",
}
URGENCIES = {
    Urgency.OPEN_PROPERTY: "Open property: anybody can walk in",
    Urgency.TODAY: "Today",
    Urgency.PLANNED: "It can be planned",
}
PERMISSIONS = {
    Permission.UNKNOWN: "Not known yet",
    Permission.YES: "Yes, they agree",
    Permission.NO: "No, they refuse",
}
POLICE_RELEASES = {
    PoliceRelease.NOT_NEEDED: "No examination is expected",
    PoliceRelease.GIVEN: "The police have finished",
    PoliceRelease.AWAITED: "The scene is not examined yet: nobody goes before",
}
TENURES = {
    Tenure.UNKNOWN: "Not known",
    Tenure.NO: "No",
    Tenure.YES: "Yes",
}
HOLDS = {
    RepairHold.POLICE_RELEASE: "The police have not examined the scene",
    RepairHold.SUSPECT_TENURE: "A suspect owns or rents the place, or may",
    RepairHold.PERMISSION_REFUSED: "The owner or landlord refuses",
    RepairHold.SPEND: "It costs more than may be spent without a manager",
    RepairHold.CONTACT_STOPPED: "Everything is stopped on the referral, or it is held",
}
HOLDS_LIFTED_BY = {
    RepairHold.POLICE_RELEASE: "Lift it when the police say that the scene is released.",
    RepairHold.SUSPECT_TENURE: "Lift it when a coordinator has confirmed that who gets in may be changed.",
    RepairHold.PERMISSION_REFUSED: "Lift it when the owner or landlord agrees, or when it must be done all the same.",
    RepairHold.SPEND: "A manager approves it.",
    RepairHold.CONTACT_STOPPED: "Lift it when a coordinator has confirmed that somebody may go there safely.",
}
"""What has to be so before a hold is lifted."""
STAGES = {
    RepairStage.HELD: "Held: nobody is sent yet",
    RepairStage.LOOKING: "Looking for somebody",
    RepairStage.ASKED: "A coordinator is asked",
    RepairStage.ACCEPTED: "Accepted",
    RepairStage.ON_THE_WAY: "On the way",
    RepairStage.ARRIVED: "On site",
    RepairStage.MADE_SAFE: "Made safe; the work goes on",
    RepairStage.FINISHED: "Finished; not confirmed by the person yet",
    RepairStage.SECURE: "Secure: the person confirmed it",
    RepairStage.CANCELLED: "Cancelled",
}
OFFER_STATES = {
    OfferState.RESERVED: "About to be asked",
    OfferState.OFFERED: "Asked",
    OfferState.CONFIRMED: "Has the job",
    OfferState.DECLINED: "Said no",
    OfferState.EXPIRED: "Did not answer in time",
    OfferState.UNREACHABLE: "Could not be reached",
    OfferState.TAKEN: "Somebody else was first",
    OfferState.WITHDRAWN: "Withdrawn before anybody accepted",
    OfferState.RELEASED: "Had the job, and does not any more",
    OfferState.DONE: "Did it",
}
CHANNELS = {TradeChannel.API: "Through their own system", TradeChannel.TEXT: "By text with a link"}
ANSWERS = {
    TradeAnswer.ACCEPTED: "They take it",
    TradeAnswer.DECLINED: "They say no, or give it back",
    TradeAnswer.ON_THE_WAY: "They are on the way",
    TradeAnswer.ARRIVED: "They are there",
    TradeAnswer.MADE_SAFE: "The place is made safe; the work goes on",
    TradeAnswer.COMPLETED: "The work is done",
    TradeAnswer.ACCESS_FAILED: "Nobody let them in",
    TradeAnswer.SECOND_VISIT: "Safe for now; they have to come again",
    TradeAnswer.REFUSED_ON_SITE: "They were sent away, or it was not safe to work",
}
"""In the order of a job."""
DECLINE_REASONS = {
    TradeDeclineReason.BUSY: "Busy",
    TradeDeclineReason.TOO_FAR: "Too far",
    TradeDeclineReason.NOT_MY_TRADE: "Not their trade",
    TradeDeclineReason.KNOWS_PARTY: "May know somebody involved",
    TradeDeclineReason.OTHER: "Another reason",
}
NOTICES = {
    NoticeKind.OFFER: "Offer",
    NoticeKind.CONFIRMATION: "Confirmation, with the address",
    NoticeKind.TAKEN: "Somebody else was first",
    NoticeKind.WITHDRAWAL: "The offer no longer stands",
    NoticeKind.CANCELLATION: "Cancellation: please do not go",
}
VERDICTS = {
    NoticeVerdict.TOLD: "Handed over",
    NoticeVerdict.NOT_TRIED: "Not handed over yet",
    NoticeVerdict.REJECTED: "It will not arrive",
    NoticeVerdict.UNKNOWN: "It may have arrived",
}
ASKS = {
    RepairAsk.NOBODY_LEFT: "Nobody is left to ask: find somebody",
    RepairAsk.PLACE_UNKNOWN: "The place is not known: choose whom to ask",
    RepairAsk.HOLD: "It is held: decide whether somebody may be sent",
    RepairAsk.SPEND: "The money is to be approved; the place is made safe meanwhile",
    RepairAsk.ARRIVAL_NEAR: "Nobody is on site yet, and the promised time is near",
    RepairAsk.ARRIVAL_LATE: "Nobody is on site, and the promised time has passed",
    RepairAsk.OVERDUE: "The tradesperson is overdue: ring them",
    RepairAsk.DONE_NEAR: "It is not done yet, and the promised time is near",
    RepairAsk.DONE_LATE: "It is not done, and the promised time has passed",
    RepairAsk.NOT_TOLD: "Ring the tradesperson: our confirmation does not reach them",
    RepairAsk.CANCEL_NOT_TOLD: "Ring the tradesperson: they do not know that it is off",
    RepairAsk.REPORTED_WITHOUT_JOB: "Ring the tradesperson: they say they are on a job that is not theirs",
    RepairAsk.TELL_VICTIM: "Ring the person: who comes, or the word at the door, is not what they were told",
    RepairAsk.GIVEN_BACK: "The tradesperson gave the job back",
    RepairAsk.ACCESS_FAILED: "Nobody let the tradesperson in",
    RepairAsk.REFUSED_ON_SITE: "The tradesperson was sent away, or it was not safe to work",
    RepairAsk.NOT_SECURE: "The person says that the place is not secure",
    RepairAsk.FOLLOW_UP: "Ring the person: is the place secure?",
    RepairAsk.CONTACT_STOPPED: "Everything was stopped while somebody is coming: do they still go?",
}
DECISIONS = {
    RepairDecisionKind.LIFT: "Lift a hold",
    RepairDecisionKind.OFFER_TO: "Ask this tradesperson next",
    RepairDecisionKind.LOOK_AGAIN: "Look for somebody again",
    RepairDecisionKind.REASSIGN: "Give it to somebody else",
    RepairDecisionKind.CHANGE_URGENCY: "Change the urgency",
    RepairDecisionKind.CHANGE_JOB: "Change how to get in",
    RepairDecisionKind.CONFIRM_SECURE: "What the person says of the place",
    RepairDecisionKind.SETTLE_ASK: "What was asked is dealt with",
    RepairDecisionKind.CORRECT_SPEND: "Correct what was spent",
    RepairDecisionKind.CANCEL: "Cancel the repair",
}
"""In the order in which a page offers them; the ending last."""
SPENDS = {
    SpendKind.COMMITTED: "Estimate",
    SpendKind.COST: "Cost beyond the estimate",
    SpendKind.RELEASED: "Not spent after all",
    SpendKind.CORRECTED: "Correction",
}


def kinds_in_words(kinds: Iterable[RepairKind]) -> str:
    """Name what is to be done, as one line."""
    first, *more = [KINDS[kind] for kind in kinds]
    return ", ".join([first, *(within(words) for words in more)])


def money(pence: int, region: str) -> str:
    """Say an amount in the money of a country: `£1,234.50`; in New Zealand `$1,234.50`."""
    sign = "£" if region == "GB" else "$"
    return f"{'-' if pence < 0 else ''}{sign}{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def in_minutes(left: timedelta) -> str:
    """Say how much time is left: `40 seconds`, `9 minutes`, `2 h 5 min`, `3 days`."""
    if left < _MINUTE:
        return _counted(int(left.total_seconds()), "second")
    if left < 2 * _HOUR:
        return _counted(left // _MINUTE, "minute")
    if left < 2 * _DAY:
        return f"{left // _HOUR} h {left % _HOUR // _MINUTE} min"
    return _counted(left.days, "day")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def within(sentence: str) -> str:
    """As it reads within another sentence."""
    return sentence[0].lower() + sentence[1:]
