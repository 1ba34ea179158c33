"""A step as it travels: categories, numbers and times alone; what people said stays with the command, sealed."""

from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.practical_help.step import StepIn
from api.problems import Problem, not_found
from api.services import Services
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    CostNoted,
    Delivered,
    Goods,
    GoodsOrdered,
    HelpCancelled,
    HelpCommandEvent,
    HelpCompleted,
    LineQuantity,
    NotArrived,
    OrderCalledOff,
    Received,
    VisitAllowed,
    VisitBegun,
    VisitCalledOff,
    VisitEnded,
    VisitPlanned,
    WhereaboutsChecked,
    WindowAgreed,
)
from domain.practical_help.steps import HelpStep
from domain.repair_dispatch.kinds import Skill
from domain.vocabulary import Role, Stage
from store.contact_plan import says
from store.practical_help.view import HelpView
from store.referral_view import ReferralView


async def step_taken(services: Services, view: HelpView, step: StepIn, *, role: Role) -> HelpCommandEvent:
    """The event of a step, with what the tables know at this moment.

    Raises:
        Problem: There is no such supplier, or no referral any more.
    """
    await run_in_threadpool(_check_supplier, services, step)
    referral = await run_in_threadpool(services.referrals.view, view.referral_id)
    if referral is None:
        raise not_found()
    now = services.clock()
    if step.visit is not None and step.event is not HelpStep.RECEIVED:
        return _of_visit(step, view, referral, role=role, at=step.at or now, now=now)
    return _of_the_rest(step, at=step.at or now)


def words_of(step: StepIn) -> dict[str, Any]:
    """What a person said with a step."""
    described = [item.description or "" for item in step.items or ()]
    return {
        "note": step.note,
        "visitor": step.visitor.model_dump(exclude_none=True) if step.visitor else None,
        "supplier": step.supplier,
        "descriptions": described if any(described) else None,
    }


def _of_visit(
    step: StepIn, view: HelpView, referral: ReferralView, *, role: Role, at: datetime, now: datetime
) -> HelpCommandEvent:
    visit = step.visit
    assert visit is not None, "only steps of a visit come here"
    duress = _says_duress(view, step)
    match step.event:
        case HelpStep.WHEREABOUTS_CHECKED:
            assert step.found is not None
            return WhereaboutsChecked(visit=visit, found=step.found, at=at, sensitive=referral.sensitive)
        case HelpStep.VISIT_ALLOWED:
            return VisitAllowed(visit=visit, role=role, at=now)
        case HelpStep.VISIT_BEGUN:
            return VisitBegun(visit=visit, at=at, stopped=is_stopped(referral))
        case HelpStep.CHECKED_IN:
            return CheckedIn(visit=visit, at=at, duress=duress)
        case HelpStep.VISIT_ENDED:
            assert step.outcome is not None
            return VisitEnded(visit=visit, at=at, outcome=step.outcome, duress=duress)
        case HelpStep.ALARM_RAISED:
            assert step.cause is not None
            return AlarmRaised(visit=visit, cause=step.cause, at=at)
        case HelpStep.ALARM_SETTLED:
            return AlarmSettled(visit=visit, role=role, at=now, quiet=bool(step.quiet))
        case _:
            return VisitCalledOff(visit=visit)


def _of_the_rest(step: StepIn, *, at: datetime) -> HelpCommandEvent:
    order = step.order or 0
    lines = tuple(LineQuantity(line=one.line, quantity=one.quantity) for one in step.lines or ())
    match step.event:
        case HelpStep.VISIT_PLANNED:
            assert step.purpose is not None
            assert step.planned_at is not None
            return VisitPlanned(purpose=step.purpose, planned_at=step.planned_at, visitors=step.visitors or 1)
        case HelpStep.GOODS_ORDERED:
            return _ordered(step, at)
        case HelpStep.WINDOW_AGREED:
            assert step.window_from is not None
            assert step.window_until is not None
            return WindowAgreed(order=order, from_at=step.window_from, until_at=step.window_until)
        case HelpStep.DELIVERED:
            return Delivered(order=order, items=lines, at=at, cost_pence=step.cost_pence)
        case HelpStep.RECEIVED:
            assert step.confirmed_by is not None
            return Received(order=order, items=lines, confirmed_by=step.confirmed_by, visit=step.visit)
        case HelpStep.NOT_ARRIVED:
            return NotArrived(order=order, items=lines, at=at)
        case HelpStep.ORDER_CALLED_OFF:
            return OrderCalledOff(order=order)
        case HelpStep.COST_NOTED:
            return CostNoted(order=order, pence=step.cost_pence or 0)
        case HelpStep.COMPLETED:
            return HelpCompleted()
        case _:
            return HelpCancelled(by_victim=bool(step.by_victim))


def is_stopped(referral: ReferralView) -> bool:
    """Whether everything is stopped on a referral, or it is held."""
    return referral.stopped or referral.stage is Stage.HELD


def _ordered(step: StepIn, at: datetime) -> GoodsOrdered:
    return GoodsOrdered(
        items=tuple(Goods(kind=item.kind, quantity=item.quantity) for item in step.items or ()),
        at=at,
        trade_id=str(step.trade_id) if step.trade_id else None,
        estimate_pence=step.estimate_pence or 0,
    )


def _says_duress(view: HelpView, step: StepIn) -> bool:
    agreed = view.duress_words.get(step.visit or 0)
    return bool(agreed and step.word and says(agreed, step.word))


def _check_supplier(services: Services, step: StepIn) -> None:
    if step.trade_id is None:
        return
    entry = services.tradespeople.get(str(step.trade_id))
    if entry is None or Skill.GOODS not in entry.who.skills:
        raise Problem.at("trade_id", "is no supplier of goods in the register")
