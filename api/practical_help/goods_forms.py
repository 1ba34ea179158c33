"""The forms of orders, and of steps that belong to no visit: fields for every line, and for what begins.  Pure."""

from collections.abc import Iterator, Sequence

from api.form_words import Choice, choices
from api.practical_help.plain_words import CONFIRMED, GOODS, PURPOSES, STEPS
from api.practical_help.step_forms import Field, StepForm, note
from domain.practical_help.goods import Line, Order
from domain.practical_help.steps import HelpStep
from domain.practical_help.visit import Visit

ROWS = 6
"""Different things in one order, on a page; more are a second order."""


def form_of_order(order: Order, step: HelpStep, visits: Sequence[Visit]) -> StepForm:
    """The form of one step of one order."""
    return StepForm(
        name=f"{step}.order.{order.number}",
        step=step,
        title=STEPS[step],
        hidden={"event": step, "order": str(order.number), **_line_numbers(order, step)},
        fields=tuple(_order_fields(order, step, visits)),
    )


def form_of_help(step: HelpStep, suppliers: Sequence[Choice]) -> StepForm:
    """The form of a step that belongs to no visit and no order."""
    return StepForm(
        name=step,
        step=step,
        title=STEPS[step],
        hidden={"event": step},
        fields=tuple(_help_fields(step, suppliers)),
    )


def _order_fields(order: Order, step: HelpStep, visits: Sequence[Visit]) -> Iterator[Field]:
    match step:
        case HelpStep.WINDOW_AGREED:
            yield Field(kind="moment", name="window_from", label="From", ask="Enter from when")
            yield Field(kind="moment", name="window_until", label="Until", ask="Enter until when")
        case HelpStep.DELIVERED | HelpStep.RECEIVED | HelpStep.NOT_ARRIVED:
            yield from _line_fields(order, step)
            if step is HelpStep.RECEIVED:
                yield from _confirming(visits)
        case HelpStep.COST_NOTED:
            yield Field(
                kind="money", name="cost_pence", label="Cost of the whole order", ask="Enter an amount"
            )
        case _:
            pass
    yield note()


def _line_fields(order: Order, step: HelpStep) -> Iterator[Field]:
    filled = step is not HelpStep.NOT_ARRIVED
    for row, (line, most) in enumerate(_open_lines(order, step)):
        yield Field(
            kind="number",
            name=f"lines[{row}].quantity",
            label=f"{GOODS[line.kind]} (of {most})",
            value=str(most) if filled else "",
            ask="Enter a whole number",
        )


def _line_numbers(order: Order, step: HelpStep) -> dict[str, str]:
    return {f"lines[{row}].line": str(line.number) for row, (line, _) in enumerate(_open_lines(order, step))}


def _open_lines(order: Order, step: HelpStep) -> list[tuple[Line, int]]:
    if step is HelpStep.DELIVERED:
        return [(line, line.outstanding) for line in order.lines if line.outstanding]
    if step in {HelpStep.RECEIVED, HelpStep.NOT_ARRIVED}:
        return [(line, line.unconfirmed) for line in order.lines if line.unconfirmed]
    return []


def _confirming(visits: Sequence[Visit]) -> Iterator[Field]:
    yield Field(
        kind="choice",
        name="confirmed_by",
        label="Who saw it?",
        choices=choices(CONFIRMED),
        ask="Choose who saw it",
    )
    yield Field(
        kind="list",
        name="visit",
        label="On which visit",
        hint="If a visitor saw it.",
        choices=tuple(
            Choice(value=str(visit.number), text=f"Visit {visit.number}")
            for visit in visits
            if visit.begun_at
        ),
    )


def _help_fields(step: HelpStep, suppliers: Sequence[Choice]) -> Iterator[Field]:
    match step:
        case HelpStep.VISIT_PLANNED:
            yield from _plan_fields()
        case HelpStep.GOODS_ORDERED:
            yield from _goods_fields(suppliers)
        case HelpStep.CANCELLED:
            yield Field(
                kind="tick", name="by_victim", label="The victim does not want it any more", value="yes"
            )
        case _:
            pass
    yield note()


def _plan_fields() -> Iterator[Field]:
    yield Field(
        kind="choice",
        name="purpose",
        label="What for?",
        choices=choices(PURPOSES),
        ask="Choose what the visit is for",
    )
    yield Field(kind="moment", name="planned_at", label="When", ask="Enter the date and time")
    yield Field(kind="number", name="visitors", label="How many go", value="1", ask="Enter a whole number")
    yield Field(kind="text", name="visitor.name", label="Visitor")
    yield Field(
        kind="text", name="visitor.phone", label="Visitor's telephone", ask="Enter a telephone number"
    )
    yield Field(kind="text", name="visitor.second_name", label="Who goes along")
    yield Field(kind="text", name="visitor.buddy_name", label="Buddy: rung when the visitor does not answer")
    yield Field(
        kind="text", name="visitor.buddy_phone", label="Buddy's telephone", ask="Enter a telephone number"
    )
    yield Field(
        kind="text",
        name="visitor.duress_word",
        label="Word for duress",
        hint="Agreed with the visitor. Said at a check-in it looks like all is well, and supervisors are told.",
    )
    yield Field(
        kind="words",
        name="visitor.plan",
        label="Plan",
        hint="What the police would be given: car, route, what to look out for.",
    )


def _goods_fields(suppliers: Sequence[Choice]) -> Iterator[Field]:
    for row in range(ROWS):
        yield Field(kind="list", name=f"items[{row}].kind", label=f"Thing {row + 1}", choices=choices(GOODS))
        yield Field(
            kind="number", name=f"items[{row}].quantity", label=f"How many of thing {row + 1}", value="1"
        )
        yield Field(kind="text", name=f"items[{row}].description", label=f"What exactly thing {row + 1} is")
    if suppliers:
        yield Field(kind="list", name="trade_id", label="Supplier in the register", choices=tuple(suppliers))
    yield Field(kind="text", name="supplier", label="Another supplier")
    yield Field(kind="money", name="estimate_pence", label="Estimate of the cost", ask="Enter an amount")
