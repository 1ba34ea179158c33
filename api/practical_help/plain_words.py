"""Practical help in the words of its pages: every value of every closed list has some; a test counts them."""

from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    Confirmed,
    GoodsKind,
    HelpStage,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
    VisitStage,
)
from domain.practical_help.steps import HelpStep

GOODS = {kind: kind.replace("_", " ").capitalize() for kind in GoodsKind} | {
    GoodsKind.OTHER: "Something else"
}
PURPOSES = {
    VisitPurpose.QUICK: "A quick visit: how urgent is it?",
    VisitPurpose.FOLLOW_UP: "A follow-up visit: has everything arrived?",
    VisitPurpose.OTHER: "Another visit",
}
VISIT_STAGES = {
    VisitStage.PLANNED: "Planned",
    VisitStage.UNDER_WAY: "Under way",
    VisitStage.ENDED: "Ended",
    VisitStage.CALLED_OFF: "Called off",
}
OUTCOMES = {
    VisitOutcome.URGENT: "It is urgent",
    VisitOutcome.NOT_URGENT: "It is not urgent",
    VisitOutcome.ALL_THERE: "Everything that was delivered is there",
    VisitOutcome.NOT_ALL_THERE: "Something is missing",
    VisitOutcome.NOBODY_IN: "Nobody was in",
    VisitOutcome.TURNED_AWAY: "Turned away, or not safe to stay",
    VisitOutcome.DONE: "Done",
}
SUSPECTS = {
    SuspectsFound.CUSTODY: "In custody",
    SuspectsFound.ELSEWHERE: "Known to be elsewhere",
    SuspectsFound.NONE_KNOWN: "Nobody is suspected by name",
    SuspectsFound.BAIL: "On bail",
    SuspectsFound.AT_LARGE: "At large",
    SuspectsFound.UNKNOWN: "Not known",
    SuspectsFound.AT_ADDRESS: "At or near the address",
}
CONFIRMED = {Confirmed.VICTIM: "The victim, on the telephone", Confirmed.VISIT: "A visitor who saw it"}
CAUSES = {
    AlarmCause.DANGER: "They may be in danger",
    AlarmCause.UNCHECKED: "They went in before it was known to be safe",
    AlarmCause.SUSPECT_NEAR: "A suspect is at or near the address",
}
"""What a person may raise; overdue raises itself."""
ALARMS = {**CAUSES, AlarmCause.OVERDUE: "The visitor has not checked in"}
ALARM_STEPS = {
    AlarmStep.RING_VISITOR: "Ring the visitor",
    AlarmStep.RING_BUDDY: "Ring the buddy, and tell a supervisor",
    AlarmStep.TELL_POLICE: "A supervisor rings the police with the plan of the visit",
}
HELP_STAGES = {
    HelpStage.LIVE: "Under way",
    HelpStage.COMPLETED: "Complete",
    HelpStage.CANCELLED: "Cancelled",
}
STEPS = {
    HelpStep.VISIT_PLANNED: "Plan a visit",
    HelpStep.WHEREABOUTS_CHECKED: "Where are the suspects?",
    HelpStep.VISIT_ALLOWED: "Let it go ahead (supervisor)",
    HelpStep.VISIT_BEGUN: "The visitor is at the door",
    HelpStep.CHECKED_IN: "The visitor checked in",
    HelpStep.VISIT_ENDED: "The visitor is out and safe",
    HelpStep.VISIT_CALLED_OFF: "Call the visit off",
    HelpStep.ALARM_RAISED: "Raise the alarm",
    HelpStep.ALARM_SETTLED: "The visitor was reached: settle the alarm",
    HelpStep.GOODS_ORDERED: "Record an order",
    HelpStep.WINDOW_AGREED: "When it comes",
    HelpStep.DELIVERED: "The supplier delivered",
    HelpStep.RECEIVED: "Somebody saw that it is there",
    HelpStep.NOT_ARRIVED: "It is not there, or not usable",
    HelpStep.ORDER_CALLED_OFF: "Call off what is outstanding",
    HelpStep.COST_NOTED: "What it costs",
    HelpStep.COMPLETED: "Complete: nothing more is needed",
    HelpStep.CANCELLED: "Cancel",
}
