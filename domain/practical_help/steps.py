"""The steps people can take with practical help, by the names that the API and the forms use.

Which of them a page offers is the heart's word.  Source: docs/practical-help.md#steps.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from domain.practical_help.goods import Order
from domain.practical_help.kinds import HelpStage, VisitStage
from domain.practical_help.state import HelpState
from domain.practical_help.visit import Visit, alarm_of


class HelpStep(StrEnum):
    """One step.  The list grows by adding."""

    VISIT_PLANNED = "visit_planned"
    WHEREABOUTS_CHECKED = "whereabouts_checked"
    VISIT_ALLOWED = "visit_allowed"
    VISIT_BEGUN = "visit_begun"
    CHECKED_IN = "checked_in"
    VISIT_ENDED = "visit_ended"
    VISIT_CALLED_OFF = "visit_called_off"
    ALARM_RAISED = "alarm_raised"
    ALARM_SETTLED = "alarm_settled"
    GOODS_ORDERED = "goods_ordered"
    WINDOW_AGREED = "window_agreed"
    DELIVERED = "delivered"
    RECEIVED = "received"
    NOT_ARRIVED = "not_arrived"
    ORDER_CALLED_OFF = "order_called_off"
    COST_NOTED = "cost_noted"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


def steps_of_visit(visit: Visit, state: HelpState, now: datetime) -> Iterator[HelpStep]:
    """What can be recorded of a visit now; whether it may begin is said apart, with the reason."""
    if visit.stage is VisitStage.PLANNED:
        yield from (HelpStep.WHEREABOUTS_CHECKED, HelpStep.VISIT_BEGUN, HelpStep.VISIT_ALLOWED)
        yield HelpStep.VISIT_CALLED_OFF
    if visit.stage is VisitStage.UNDER_WAY:
        yield from (HelpStep.CHECKED_IN, HelpStep.VISIT_ENDED, HelpStep.WHEREABOUTS_CHECKED)
    if alarm_of(visit, state.policy, now) is not None:
        yield HelpStep.ALARM_SETTLED
    if visit.stage is not VisitStage.CALLED_OFF:
        yield HelpStep.ALARM_RAISED


def steps_of_order(order: Order, state: HelpState) -> Iterator[HelpStep]:
    """What can be recorded of an order now."""
    if state.stage is not HelpStage.LIVE:
        return
    if order.outstanding:
        yield from (HelpStep.WINDOW_AGREED, HelpStep.DELIVERED, HelpStep.ORDER_CALLED_OFF)
    if order.unconfirmed:
        yield from (HelpStep.RECEIVED, HelpStep.NOT_ARRIVED)
    yield HelpStep.COST_NOTED


def steps_of_help(state: HelpState) -> Iterator[HelpStep]:
    """What can be done besides."""
    if state.stage is HelpStage.LIVE:
        yield from (HelpStep.VISIT_PLANNED, HelpStep.GOODS_ORDERED, HelpStep.COMPLETED, HelpStep.CANCELLED)
