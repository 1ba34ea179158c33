"""What the referral's timeline says of practical help.  Never a name, an address or a word for duress."""

from collections.abc import Sequence

from domain.practical_help.asking import Asking
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    CostNoted,
    Delivered,
    GoodsOrdered,
    LineQuantity,
    NotArrived,
    OrderCalledOff,
    OrderEvent,
    Received,
    VisitAllowed,
    VisitBegun,
    VisitCalledOff,
    VisitEnded,
    VisitEvent,
    VisitPlanned,
    WhereaboutsChecked,
    WindowAgreed,
)
from domain.practical_help.goods import Order
from domain.practical_help.kinds import (
    AlarmCause,
    Confirmed,
    GoodsKind,
    HelpAsk,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
)
from domain.practical_help.visit import Visit

PURPOSES = {
    VisitPurpose.QUICK: "a quick visit to see how urgent it is",
    VisitPurpose.FOLLOW_UP: "a follow-up visit to see that everything has arrived",
    VisitPurpose.OTHER: "a visit",
}
SUSPECTS = {
    SuspectsFound.CUSTODY: "in custody",
    SuspectsFound.ELSEWHERE: "known to be elsewhere",
    SuspectsFound.NONE_KNOWN: "nobody is suspected by name",
    SuspectsFound.BAIL: "on bail",
    SuspectsFound.AT_LARGE: "at large",
    SuspectsFound.UNKNOWN: "not known",
    SuspectsFound.AT_ADDRESS: "at or near the address",
}
FOUND = {
    VisitOutcome.URGENT: "it is urgent",
    VisitOutcome.NOT_URGENT: "it is not urgent",
    VisitOutcome.ALL_THERE: "everything that was delivered is there",
    VisitOutcome.NOT_ALL_THERE: "something is missing",
    VisitOutcome.NOBODY_IN: "nobody was in",
    VisitOutcome.TURNED_AWAY: "they were turned away, or it was not safe to stay",
    VisitOutcome.DONE: "done",
}
CAUSES = {
    AlarmCause.OVERDUE: "they have not checked in",
    AlarmCause.DANGER: "they may be in danger",
    AlarmCause.UNCHECKED: "they went in before it was known to be safe",
    AlarmCause.SUSPECT_NEAR: "a suspect is at or near the address",
}
ASKS = {
    HelpAsk.RING_VISITOR: "Ring the visitor",
    HelpAsk.RING_BUDDY: "Ring the visitor's buddy, and tell a supervisor",
    HelpAsk.TELL_POLICE: "A supervisor rings the police with the plan of the visit",
    HelpAsk.VISIT_NOT_BEGUN: "The visit should have begun. Ask the visitor: are they inside?",
    HelpAsk.DELIVERY_MISSED: "The goods did not come in the time that was agreed. Ask the supplier",
    HelpAsk.PARTLY_DELIVERED: "Something of the order is missing. Ask the supplier when it comes",
    HelpAsk.NO_WINDOW: "Nobody has agreed when the goods come. Ask the supplier",
    HelpAsk.NOT_CONFIRMED: "Delivered, the supplier says. Ask the victim, or plan a follow-up visit",
    HelpAsk.NEXT_STEP: "Nothing is under way. Order, plan a visit, complete or cancel",
}


def visit_in_words(visit: Visit, event: VisitPlanned | VisitEvent) -> str:
    """One line; empty for what no line may tell of."""
    words = _visit_words(visit, event)
    return f"Visit {visit.number}: {words}" if words else ""


def order_in_words(order: Order, event: GoodsOrdered | OrderEvent) -> str:
    """One line."""
    return f"Order {order.number}: {_order_words(order, event)}"


def asked_in_words(asking: Asking) -> tuple[str, str]:
    """What is asked, and why."""
    about = "Visit" if asking.kind.is_alarm or asking.kind is HelpAsk.VISIT_NOT_BEGUN else "Order"
    what = (
        f"{about} {asking.number}: {_lower(ASKS[asking.kind])}." if asking.number else f"{ASKS[asking.kind]}."
    )
    return what, f"Alarm: {CAUSES[asking.cause]}." if asking.cause else ""


def goods_in_words(kind: GoodsKind, quantity: int) -> str:
    """Such as `2 x bed`."""
    return f"{quantity} x {kind.replace('_', ' ')}"


def _visit_words(visit: Visit, event: VisitPlanned | VisitEvent) -> str:
    match event:
        case VisitPlanned():
            return f"{PURPOSES[visit.purpose]} is planned, {_people(visit.visitors)}."
        case WhereaboutsChecked(found=found):
            return f"the suspects' whereabouts were checked: {SUSPECTS[found]}."
        case VisitAllowed():
            return "a supervisor lets it go ahead."
        case VisitBegun():
            return "it has begun; the visitor's clock runs."
        case CheckedIn():
            return "the visitor checked in."
        case VisitEnded(outcome=outcome):
            return f"it has ended: {FOUND[outcome]}."
        case VisitCalledOff():
            return "it was called off."
        case AlarmRaised(cause=cause):
            return f"the alarm was raised: {CAUSES[cause]}."
        case AlarmSettled(quiet=quiet):
            return "" if quiet else "the alarm was settled: the visitor was reached."


def _order_words(order: Order, event: GoodsOrdered | OrderEvent) -> str:
    match event:
        case GoodsOrdered(items=items):
            return ", ".join(goods_in_words(item.kind, item.quantity) for item in items) + "."
        case WindowAgreed():
            return "a time of delivery was agreed."
        case Delivered(items=items):
            rest = f" {order.outstanding} still to come." if order.outstanding else " Nothing is outstanding."
            return f"delivered, the supplier says: {_lines(order, items)}.{rest}"
        case Received(items=items, confirmed_by=by):
            who = "the victim" if by is Confirmed.VICTIM else "a visit"
            return f"{who} confirmed: {_lines(order, items)}."
        case NotArrived(items=items):
            return f"not there, or not usable: {_lines(order, items)}."
        case OrderCalledOff():
            return "what was outstanding was called off."
        case CostNoted():
            return "its cost was noted."


def _lines(order: Order, items: Sequence[LineQuantity]) -> str:
    kinds = {line.number: line.kind for line in order.lines}
    return ", ".join(goods_in_words(kinds[item.line], item.quantity) for item in items)


def _people(number: int) -> str:
    return "one visitor" if number == 1 else f"{number} visitors"


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
