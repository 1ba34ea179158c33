"""The orders of one practical help as its page shows them.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.practical_help.goods_forms import form_of_order
from api.practical_help.help_out import described
from api.practical_help.page_setting import Row, Setting, moment_text
from api.practical_help.plain_words import GOODS
from api.practical_help.step_forms import StepForm
from domain.practical_help.goods import Line, Order
from domain.practical_help.state import HelpState
from domain.practical_help.steps import steps_of_order
from store.practical_help.view import HelpView


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """One kind of goods of an order."""

    what: str
    ordered: int
    delivered: int
    received: int
    outstanding: int
    called_off: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShown:
    """One order."""

    number: int
    rows: tuple[Row, ...]
    lines: tuple[LineShown, ...]
    forms: tuple[StepForm, ...]


def money(pence: int) -> str:
    """An amount in the service's money, without its sign."""
    return f"{pence // 100:,}.{pence % 100:02}"


def order_shown(view: HelpView, order: Order, state: HelpState, setting: Setting) -> OrderShown:
    """Say of one order what came of it, and what can be recorded."""
    words = view.order_words(order.number)
    return OrderShown(
        number=order.number,
        rows=tuple(_order_rows(words, order, setting)),
        lines=tuple(_line(line, words.get("descriptions") or []) for line in order.lines),
        forms=tuple(form_of_order(order, step, state.visits) for step in steps_of_order(order, state)),
    )


def _order_rows(words: dict[str, Any], order: Order, setting: Setting) -> Iterator[Row]:
    registered = dict(setting.supplier_names).get(order.trade_id or "")
    yield Row(label="Supplier", text=registered or words.get("supplier") or "Not said")
    yield Row(label="Ordered", text=moment_text(order.placed_at, setting))
    if order.window_from and order.window_until:
        until = f"{moment_text(order.window_from, setting)} until {moment_text(order.window_until, setting)}"
        yield Row(label="Comes", text=until)
    if order.cost_pence is not None:
        yield Row(label="Cost", text=money(order.cost_pence))
    elif order.estimate_pence:
        yield Row(label="Cost, estimated", text=money(order.estimate_pence))


def _line(line: Line, descriptions: list[str]) -> LineShown:
    more = described(descriptions, line.number)
    return LineShown(
        what=GOODS[line.kind] + (f": {more}" if more else ""),
        ordered=line.ordered,
        delivered=line.delivered,
        received=line.received,
        outstanding=line.outstanding,
        called_off=line.called_off,
    )
