"""What each step of an order makes of practical help.  Source: docs/practical-help.md#goods."""

from dataclasses import replace

from domain.errors import Incomplete, NotPossibleNow
from domain.practical_help import goods
from domain.practical_help.events import (
    CostNoted,
    Delivered,
    GoodsOrdered,
    NotArrived,
    OrderCalledOff,
    OrderEvent,
    Received,
    WindowAgreed,
)
from domain.practical_help.goods import Order
from domain.practical_help.kinds import Confirmed, VisitStage
from domain.practical_help.state import MOST_OF_ALL, HelpState, HelpTurn, must_be_live, visit_of
from domain.practical_help.telling import order_in_words


def order_goods(turn: HelpTurn, event: GoodsOrdered) -> None:
    """A supplier was asked."""
    must_be_live(turn.state)
    number = len(turn.state.orders) + 1
    if number > MOST_OF_ALL:
        raise NotPossibleNow("There are too many orders.")
    order = goods.place_order(
        number, event.items, at=event.at, trade_id=event.trade_id, estimate_pence=event.estimate_pence
    )
    turn.state = replace(turn.state, orders=(*turn.state.orders, order))
    turn.say(order_in_words(order, event), by_person=True)


def follow_order(turn: HelpTurn, event: OrderEvent) -> None:
    """Something became of an order."""
    must_be_live(turn.state)
    before = next((order for order in turn.state.orders if order.number == event.order), None)
    if before is None:
        raise Incomplete(f"There is no order {event.order}.")
    after = _order_after(before, event, turn.state)
    orders = tuple(after if order.number == after.number else order for order in turn.state.orders)
    turn.state = replace(turn.state, orders=orders)
    turn.say(order_in_words(after, event), by_person=True)


def _order_after(before: Order, event: OrderEvent, state: HelpState) -> Order:
    match event:
        case WindowAgreed(from_at=from_at, until_at=until_at):
            if not before.outstanding:
                raise NotPossibleNow("Nothing of this order is outstanding.")
            return goods.agree_window(before, from_at, until_at)
        case Delivered(items=items, at=at, cost_pence=cost_pence):
            return goods.deliver(before, items, at=at, cost_pence=cost_pence)
        case Received(items=items):
            _somebody_was_there(state, event)
            return goods.receive(before, items)
        case NotArrived(items=items, at=at):
            return goods.miss(before, items, at=at)
        case OrderCalledOff():
            if not before.outstanding:
                raise NotPossibleNow("Nothing of this order is outstanding.")
            return goods.call_off(before)
        case CostNoted(pence=pence):
            return goods.note_cost(before, pence)


def _somebody_was_there(state: HelpState, event: Received) -> None:
    if event.confirmed_by is not Confirmed.VISIT:
        return
    if event.visit is None:
        raise Incomplete("Say which visit confirmed it.")
    seen = visit_of(state, event.visit)
    was_there = seen.outcome.saw_the_place if seen.outcome else seen.stage is VisitStage.UNDER_WAY
    if not was_there:
        raise NotPossibleNow(f"Nobody was there on visit {seen.number}.")
