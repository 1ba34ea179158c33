"""Practical help as the JSON API shows it, to coordinators and managers."""

from datetime import datetime

from pydantic import Field

from api.referral_out import Json, Out, written
from domain.practical_help.asking import Asking, asked_now
from domain.practical_help.goods import Line, Order
from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    GoodsKind,
    HelpAsk,
    HelpStage,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
    VisitStage,
)
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.steps import HelpStep, steps_of_help, steps_of_order, steps_of_visit
from domain.practical_help.telling import asked_in_words
from domain.practical_help.visit import Alarm, Visit, alarm_of, why_not_begun
from domain.vocabulary import Role
from store.practical_help.view import HelpView


class GoodsOut(Out):
    """So many of one kind, as they were asked for."""

    kind: GoodsKind
    quantity: int
    description: str | None = None


class AskedOut(Out):
    """What a coordinator is asked."""

    kind: HelpAsk
    number: int = Field(description="Of the visit or order it is about; 0: of none.")
    since: datetime
    what: str
    why: str


class CheckOut(Out):
    """What was found out about the suspects."""

    found: SuspectsFound
    at: datetime


class AlarmOut(Out):
    """What has to be done for a visitor now."""

    cause: AlarmCause
    since: datetime
    step: AlarmStep


class VisitorOut(Out):
    """Who goes, whom to ring, and the plan; never a word for duress."""

    name: str | None = None
    phone: str | None = None
    second_name: str | None = None
    buddy_name: str | None = None
    buddy_phone: str | None = None
    plan: str | None = None


class VisitOut(Out):
    """One visit with its clock."""

    number: int
    purpose: VisitPurpose
    stage: VisitStage
    visitors: int
    planned_at: datetime
    visitor: VisitorOut
    check: CheckOut | None
    allowed_at: datetime | None
    why_not: str = Field(description="Why nobody may go in yet; empty: they may, or it is past.")
    begun_at: datetime | None
    heard_at: datetime | None
    check_in_by: datetime | None
    alarm: AlarmOut | None
    ended_at: datetime | None
    outcome: VisitOutcome | None
    steps: list[HelpStep]


class LineOut(Out):
    """One kind of goods of an order."""

    number: int
    kind: GoodsKind
    description: str | None
    ordered: int
    delivered: int = Field(description="As the supplier says.")
    received: int = Field(description="As somebody says who was there.")
    outstanding: int
    called_off: int


class OrderOut(Out):
    """One order."""

    number: int
    placed_at: datetime
    trade_id: str | None
    supplier: str | None
    estimate_pence: int
    cost_pence: int | None
    window_from: datetime | None
    window_until: datetime | None
    delivered_at: datetime | None
    lines: list[LineOut]
    steps: list[HelpStep]


class HelpOut(Out):
    """One practical help."""

    id: str
    referral: str
    reference: str = Field(description="Of the referral.")
    stage: HelpStage
    revision: int
    asked_at: datetime
    ended_at: datetime | None
    note: str | None
    stopped: bool = Field(description="Whether everything is stopped on the referral.")
    wanted: list[GoodsOut]
    visits: list[VisitOut]
    orders: list[OrderOut]
    asked: list[AskedOut] = Field(description="What a coordinator is asked now, alarms first.")
    goods_cost_pence: int
    steps: list[HelpStep] = Field(description="What can be done besides the steps of visits and orders.")
    quiet_alert: bool = Field(description="To managers alone: a word agreed for duress was used.")


class HelpsOut(Out):
    """All of a referral."""

    items: list[HelpOut]


def help_out(view: HelpView, *, role: Role, now: datetime) -> Json:
    """Show one; the answer to a word for duress differs for managers alone."""
    state = view.state
    return {
        "id": view.id,
        "referral": view.referral_id,
        "reference": view.reference,
        "stage": view.stage,
        "revision": view.revision,
        "asked_at": written(view.asked_at),
        "ended_at": written(view.ended_at),
        "note": view.asked.get("note"),
        "stopped": view.stopped,
        "wanted": view.asked.get("items") or [],
        "visits": [_visit(view, visit, state.policy, now) for visit in state.visits] if state else [],
        "orders": [_order(view, order) for order in state.orders] if state else [],
        "asked": [_asked(asking) for asking in asked_now(state, now)] if state else [],
        "goods_cost_pence": state.goods_cost_pence if state else 0,
        "steps": list(steps_of_help(state)) if state else [],
        "quiet_alert": view.alerted and role is Role.MANAGER,
    }


def _visit(view: HelpView, visit: Visit, policy: HelpPolicy, now: datetime) -> Json:
    alarm = alarm_of(visit, policy, now)
    is_planned = visit.stage is VisitStage.PLANNED
    assert view.state is not None, "a visit is part of a state"
    return {
        "number": visit.number,
        "purpose": visit.purpose,
        "stage": visit.stage,
        "visitors": visit.visitors,
        "planned_at": written(visit.planned_at),
        "visitor": view.visit_words(visit.number).get("visitor") or {},
        "check": {"found": visit.check.found, "at": written(visit.check.at)} if visit.check else None,
        "allowed_at": written(visit.allowed_at),
        "why_not": why_not_begun(visit, policy, at=now, stopped=view.stopped) if is_planned else "",
        "begun_at": written(visit.begun_at),
        "heard_at": written(visit.heard_at),
        "check_in_by": written(visit.check_in_by),
        "alarm": _alarm(alarm) if alarm else None,
        "ended_at": written(visit.ended_at),
        "outcome": visit.outcome,
        "steps": list(steps_of_visit(visit, view.state, now)),
    }


def _order(view: HelpView, order: Order) -> Json:
    words = view.order_words(order.number)
    descriptions = words.get("descriptions") or []
    assert view.state is not None, "an order is part of a state"
    return {
        "number": order.number,
        "placed_at": written(order.placed_at),
        "trade_id": order.trade_id,
        "supplier": words.get("supplier"),
        "estimate_pence": order.estimate_pence,
        "cost_pence": order.cost_pence,
        "window_from": written(order.window_from),
        "window_until": written(order.window_until),
        "delivered_at": written(order.delivered_at),
        "lines": [_line(line, descriptions) for line in order.lines],
        "steps": list(steps_of_order(order, view.state)),
    }


def described(descriptions: list[str], line: int) -> str | None:
    """What exactly was ordered on a line, if somebody said so."""
    return (descriptions[line - 1] or None) if line <= len(descriptions) else None


def _line(line: Line, descriptions: list[str]) -> Json:
    return {
        "number": line.number,
        "kind": line.kind,
        "description": described(descriptions, line.number),
        "ordered": line.ordered,
        "delivered": line.delivered,
        "received": line.received,
        "outstanding": line.outstanding,
        "called_off": line.called_off,
    }


def _alarm(alarm: Alarm) -> Json:
    return {"cause": alarm.cause, "since": written(alarm.since), "step": alarm.step}


def _asked(asking: Asking) -> Json:
    what, why = asked_in_words(asking)
    return {
        "kind": asking.kind,
        "number": asking.number,
        "since": written(asking.at),
        "what": what,
        "why": why,
    }
