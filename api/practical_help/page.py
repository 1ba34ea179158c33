"""The pages of practical help: the board, with alarms on top, and one help with a form for each possible step."""

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import give
from api.form import Sent, again, document_of, id_of
from api.form_words import Choice
from api.idempotency import Once
from api.mending import mended
from api.pages import show, to
from api.practical_help.help_shown import ADDRESS, HelpPage, page_of
from api.practical_help.page_setting import Setting
from api.practical_help.routes import found_help
from api.practical_help.step import read_step
from api.practical_help.step_event import step_taken, words_of
from api.practical_help.step_forms import MOMENTS, as_step
from api.problems import Kind, Problem, refusal
from api.referral_page_forms import Forms
from api.services import In, Services
from api.typed_times import moments_read
from api.visit import FromStaff, StaffVisit
from domain.errors import IdempotencyConflict, Refusal
from domain.identifiers import help_workflow_id
from domain.practical_help.asking import asked_now
from domain.repair_dispatch.kinds import Skill
from domain.tradesperson import Tradesperson
from store.practical_help.view import HelpView
from store.referral_document import addresses
from store.session import Session
from store.tradesperson.wanted import EntriesWanted

FORM = "form"
"""The hidden field that names the form that was sent."""
_MOST_SUPPLIERS = 100
_SENT_BEFORE = (
    "This form was sent before with other words. Look what is recorded; send it if it is still needed."
)

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
async def board(request: Request, services: In, session: StaffVisit) -> Response:
    """Show what goes on: alarms first, then what is asked, then the rest by age."""

    def found() -> list[HelpPage]:
        pages = [_entry(services, session, view) for view in services.helps.live()]
        return sorted((page for page in pages if page.is_shown), key=_order)

    pages = await run_in_threadpool(found)
    return show(request, "practical_helps.html", session=session, pages=pages)


@router.get(ADDRESS + "/{help_id}")
async def help_page(request: Request, services: In, session: StaffVisit, help_id: str) -> Response:
    """Show one practical help."""
    view = await found_help(services, help_id)
    return await _shown(request, services, session, view, Forms())


@router.post(ADDRESS + "/{help_id}/events")
async def take_step_on_page(
    request: Request, services: In, session: StaffVisit, sent: FromStaff, help_id: str
) -> Response:
    """Take a step, or show its form again with what was typed."""
    view = await found_help(services, help_id)
    try:
        typed = {name: said for name, said in document_of(sent).items() if name != FORM}
        body = moments_read(as_step(typed), MOMENTS, services.zone)
        step = read_step(body, region=services.region)
        once = Once.of(services, session.token, request, sent.once, body)
        given = await give(
            services,
            session.token,
            once.claim,
            referral_id=view.referral_id,
            kind=step.event,
            event=await step_taken(services, view, step, role=session.token.role),
            words=words_of(step),
            target_id=help_workflow_id(view.id),
        )
        if given.answer is not None and not given.answer.applied:
            raise refusal(given.answer.code, given.answer.why)
    except IdempotencyConflict:
        problem = Problem(Kind.NOT_POSSIBLE_NOW, _SENT_BEFORE)
        return await _again(request, services, session, view, sent, problem)
    except Refusal as refused:
        problem = refusal(refused.code, refused.reason)
        return await _again(request, services, session, view, sent, problem)
    except Problem as problem:
        return await _again(request, services, session, view, sent, problem)
    return to(f"{ADDRESS}/{view.id}")


async def _again(
    request: Request, services: Services, session: Session, view: HelpView, sent: Sent, problem: Problem
) -> Response:
    page = await run_in_threadpool(_page, services, session, view)
    form = next((form for form in page.every_form if form.name == sent.text(FORM)), None)
    if form is None:  # it is not offered any more, or was never ours
        raise problem
    forms = Forms(name=form.name, shown=again(sent, mended(problem, form.labels, form=form.name)))
    return await _shown(request, services, session, view, forms, status=problem.kind.status)


async def _shown(
    request: Request, services: Services, session: Session, view: HelpView, forms: Forms, *, status: int = 200
) -> Response:
    page = await run_in_threadpool(_page, services, session, view)
    return show(
        request, "practical_help.html", status=status, session=session, page=page, forms=forms, id_of=id_of
    )


def _page(services: Services, session: Session, view: HelpView) -> HelpPage:
    orders = view.state.orders if view.state else ()
    known = {who.id: who for who in _suppliers(services)}
    missing = {order.trade_id for order in orders if order.trade_id and order.trade_id not in known}
    others = [entry.who for entry in map(services.tradespeople.get, missing) if entry is not None]
    setting = Setting(
        role=session.token.role,
        zone=services.zone,
        now=services.clock(),
        place=_place(services, view),
        suppliers=tuple(Choice(value=who.id, text=who.firm or who.name) for who in known.values()),
        supplier_names=tuple((who.id, who.firm or who.name) for who in (*known.values(), *others)),
    )
    return page_of(view, setting)


def _entry(services: Services, session: Session, view: HelpView) -> HelpPage:
    """An entry of the board; where the visitor is, is read for an alarm alone."""
    now = services.clock()
    has_alarm = view.state is not None and any(asking.kind.is_alarm for asking in asked_now(view.state, now))
    place = _place(services, view) if has_alarm else ()
    return page_of(view, Setting(role=session.token.role, zone=services.zone, now=now, place=place))


def _place(services: Services, view: HelpView) -> tuple[str, ...]:
    referral = services.referrals.view(view.referral_id)
    found = addresses(referral.document.get("victim") or {}) if referral is not None else ()
    said = (*found[0].get("lines", ()), found[0].get("postcode", "")) if found else ()
    return tuple(filter(None, said))


def _suppliers(services: Services) -> list[Tradesperson]:
    """Suppliers of goods who may be chosen."""
    today = services.clock().astimezone(services.zone).date()
    wanted = EntriesWanted(on=today, within=timedelta(0), skill=Skill.GOODS, active=True)
    return [entry.who for entry in services.tradespeople.find(wanted, limit=_MOST_SUPPLIERS)]


def _order(page: HelpPage) -> tuple[bool, bool, bool, float]:
    return (not page.alarms, not page.alert, not page.asked, page.urgent_since.timestamp())
