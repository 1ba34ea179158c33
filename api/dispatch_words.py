"""What was recorded or wanted of repairs and practical help, in the words coordinators use."""

from api.repair_dispatch.plain_words import ANSWERS, DECISIONS, kinds_in_words, within
from domain.dispatch_events import HelpAsked, RepairAsked, VisitExpected
from domain.practical_help.events import HelpCommandEvent
from domain.repair_dispatch.events import NoticeFailed, RepairCommandEvent, RepairDecided, TradeAnswered

DispatchEvent = RepairAsked | HelpAsked | VisitExpected | RepairCommandEvent | HelpCommandEvent

HELP = {
    "visit_planned": "A visit is planned",
    "whereabouts_checked": "The suspects' whereabouts were checked",
    "visit_allowed": "A visit is allowed by a supervisor",
    "visit_begun": "The visitor is at the door",
    "checked_in": "The visitor was heard from",
    "visit_ended": "The visitor is out and safe",
    "visit_called_off": "A visit is called off",
    "alarm_raised": "An alarm is raised for a visitor",
    "alarm_settled": "The visitor was reached and is safe",
    "goods_ordered": "Goods are ordered",
    "window_agreed": "A delivery window is agreed",
    "delivered": "The supplier says that goods were delivered",
    "received": "Goods have arrived",
    "not_arrived": "Goods have not arrived, or are broken",
    "order_called_off": "What is outstanding of an order is called off",
    "cost_noted": "The cost of an order is noted",
    "help_completed": "Nothing more is needed",
    "help_cancelled": "It is not wanted any more",
}
"""By the type of the event; nothing here tells of a word for duress."""


def dispatch_in_words(event: DispatchEvent) -> str:
    """Name what somebody recorded or wanted."""
    match event:
        case RepairAsked(request=request):
            return f"A repair is asked for: {within(kinds_in_words(request.kinds))}"
        case HelpAsked():
            return "Practical help is asked for"
        case VisitExpected():
            return "Somebody is on the way to the person"
        case TradeAnswered(answer=answer):
            return f"Answer of a tradesperson: {within(ANSWERS[answer])}"
        case RepairDecided(kind=kind):
            return f"Decision about a repair: {within(DECISIONS[kind])}"
        case NoticeFailed():
            return "A text to a tradesperson did not arrive"
        case of_help:
            return f"Practical help: {within(HELP[of_help.type])}"
