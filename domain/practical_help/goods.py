"""Orders of goods, counted: what was ordered is always delivered, outstanding or called off, and nothing twice.

Source: docs/practical-help.md#goods.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.errors import Incomplete
from domain.practical_help.events import Goods, LineQuantity
from domain.practical_help.kinds import GoodsKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of goods in an order."""

    number: int
    kind: GoodsKind
    ordered: int
    delivered: int = 0
    """As the supplier says."""
    received: int = 0
    """Of those delivered: as somebody says who was there."""
    called_off: int = 0

    @property
    def outstanding(self) -> int:
        """What is still to come."""
        return self.ordered - self.delivered - self.called_off

    @property
    def unconfirmed(self) -> int:
        """What was delivered by the supplier's word alone."""
        return self.delivered - self.received


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order to one supplier."""

    number: int
    lines: tuple[Line, ...]
    placed_at: datetime
    trade_id: str | None = None
    estimate_pence: int = 0
    cost_pence: int | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None
    short_at: datetime | None = None
    """When a delivery turned out to lack something; until a new window is agreed."""
    delivered_at: datetime | None = None
    """The last delivery."""

    @property
    def outstanding(self) -> int:
        """How many things are still to come."""
        return sum(line.outstanding for line in self.lines)

    @property
    def unconfirmed(self) -> int:
        """How many things nobody has seen there yet."""
        return sum(line.unconfirmed for line in self.lines)


def place_order(
    number: int, items: Sequence[Goods], *, at: datetime, trade_id: str | None, estimate_pence: int
) -> Order:
    """Make an order.  Raises `Incomplete` if it orders nothing."""
    if not items or any(item.quantity < 1 for item in items):
        raise Incomplete("An order needs at least one thing, and at least one of each.")
    if estimate_pence < 0:
        raise Incomplete("An estimate is not below nothing.")
    lines = tuple(
        Line(number=n, kind=item.kind, ordered=item.quantity) for n, item in enumerate(items, start=1)
    )
    return Order(number=number, lines=lines, placed_at=at, trade_id=trade_id, estimate_pence=estimate_pence)


def deliver(order: Order, items: Sequence[LineQuantity], *, at: datetime, cost_pence: int | None) -> Order:
    """Count what the supplier delivered.  Raises `Incomplete` if it is more than was outstanding."""

    def delivered(line: Line, quantity: int) -> Line:
        if quantity > line.outstanding:
            raise Incomplete(f"Of line {line.number} only {line.outstanding} were outstanding.")
        return replace(line, delivered=line.delivered + quantity)

    changed = replace(_each(order, items, delivered), delivered_at=at)
    if cost_pence is not None:
        changed = note_cost(changed, cost_pence)
    return replace(changed, short_at=at if changed.outstanding else None)


def receive(order: Order, items: Sequence[LineQuantity]) -> Order:
    """Count what somebody saw there.  Raises `Incomplete` if it is more than was delivered."""

    def received(line: Line, quantity: int) -> Line:
        if quantity > line.unconfirmed:
            raise Incomplete(
                f"Of line {line.number} only {line.unconfirmed} were delivered and not confirmed yet."
            )
        return replace(line, received=line.received + quantity)

    return _each(order, items, received)


def receive_all(order: Order) -> Order:
    """Count everything that was delivered as received."""
    return replace(order, lines=tuple(replace(line, received=line.delivered) for line in order.lines))


def miss(order: Order, items: Sequence[LineQuantity], *, at: datetime) -> Order:
    """Count as outstanding again what was said to be delivered and is not there."""

    def missed(line: Line, quantity: int) -> Line:
        if quantity > line.unconfirmed:
            raise Incomplete(
                f"Of line {line.number} only {line.unconfirmed} were delivered and not confirmed yet."
            )
        return replace(line, delivered=line.delivered - quantity)

    return replace(_each(order, items, missed), short_at=at)


def call_off(order: Order) -> Order:
    """Give up what is outstanding."""
    lines = tuple(replace(line, called_off=line.called_off + line.outstanding) for line in order.lines)
    return replace(order, lines=lines, short_at=None)


def agree_window(order: Order, from_at: datetime, until_at: datetime) -> Order:
    """Note when it comes.  Raises `Incomplete` if it ends before it begins."""
    if until_at <= from_at:
        raise Incomplete("The window ends before it begins.")
    return replace(order, window_from=from_at, window_until=until_at, short_at=None)


def note_cost(order: Order, pence: int) -> Order:
    """Note what the whole order costs.  Raises `Incomplete` below nothing."""
    if pence < 0:
        raise Incomplete("A cost is not below nothing.")
    return replace(order, cost_pence=pence)


def _each(order: Order, items: Sequence[LineQuantity], change: Callable[[Line, int], Line]) -> Order:
    if not items or any(item.quantity < 1 for item in items):
        raise Incomplete("Say of at least one line how many, and at least one.")
    lines = {line.number: line for line in order.lines}
    for item in items:
        if item.line not in lines:
            raise Incomplete(f"The order has no line {item.line}.")
        lines[item.line] = change(lines[item.line], item.quantity)
    return replace(order, lines=tuple(lines.values()))
