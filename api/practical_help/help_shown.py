"""One practical help as its page and the board show it.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.practical_help.goods_forms import form_of_help
from api.practical_help.order_shown import OrderShown, money, order_shown
from api.practical_help.page_setting import Setting
from api.practical_help.plain_words import GOODS, HELP_STAGES
from api.practical_help.step_forms import StepForm
from api.practical_help.visit_shown import AlarmShown, VisitShown, alarms_of, visit_shown
from api.referral_at_a_glance import ALERT
from api.times import Time, time_in_words
from domain.practical_help.asking import asked_now
from domain.practical_help.kinds import HelpStage
from domain.practical_help.steps import steps_of_help
from domain.practical_help.telling import asked_in_words
from domain.vocabulary import Role
from store.practical_help.view import HelpView

ADDRESS = "/practical-help"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage:
    """One practical help: the page, and an entry of the board."""

    address: str
    referral_address: str
    reference: str
    stage: str
    colour: str
    asked_at: Time
    wanted: str
    note: str
    is_live: bool
    stopped: bool
    waiting: int
    """How many steps are stored and not applied yet."""
    alarms: tuple[AlarmShown, ...]
    alert: str
    asked: tuple[str, ...]
    visits: tuple[VisitShown, ...]
    orders: tuple[OrderShown, ...]
    cost: str
    forms: tuple[StepForm, ...]
    urgent_since: datetime
    """For the order of the board."""

    @property
    def is_shown(self) -> bool:
        """Whether the board has it: what has ended is there for an alarm, or for a supervisor's alert."""
        return self.is_live or bool(self.alarms or self.alert)

    @property
    def every_form(self) -> tuple[StepForm, ...]:
        """All of the page."""
        parts = (*(visit.forms for visit in self.visits), *(order.forms for order in self.orders), self.forms)
        return tuple(form for part in parts for form in part)


def page_of(view: HelpView, setting: Setting) -> HelpPage:
    """Say of one practical help where it stands, and what can be done."""
    state, now = view.state, setting.now
    asked = asked_now(state, now) if state else ()
    is_supervisor = setting.role is Role.MANAGER
    return HelpPage(
        address=f"{ADDRESS}/{view.id}",
        referral_address=f"/referrals/{view.referral_id}",
        reference=view.reference,
        stage=HELP_STAGES[view.stage],
        colour="govuk-tag--blue" if view.stage is HelpStage.LIVE else "govuk-tag--grey",
        asked_at=time_in_words(view.asked_at, zone=setting.zone, now=now),
        wanted=_wanted(view.asked.get("items") or []),
        note=view.asked.get("note") or "",
        is_live=view.stage is HelpStage.LIVE,
        stopped=view.stopped,
        waiting=len(view.pending),
        alarms=tuple(alarms_of(view, state, setting)) if state else (),
        alert=ALERT if view.alerted and is_supervisor else "",
        asked=tuple(asked_in_words(asking)[0] for asking in asked if not asking.kind.is_alarm),
        visits=tuple(visit_shown(view, visit, state, setting) for visit in state.visits) if state else (),
        orders=tuple(order_shown(view, order, state, setting) for order in state.orders) if state else (),
        cost=money(state.goods_cost_pence) if state and state.orders else "",
        forms=tuple(form_of_help(step, setting.suppliers) for step in steps_of_help(state)) if state else (),
        urgent_since=min((asking.at for asking in asked), default=view.asked_at),
    )


def _wanted(items: Sequence[dict[str, Any]]) -> str:
    def said(item: dict[str, Any]) -> str:
        more = f" ({item['description']})" if item.get("description") else ""
        return f"{item['quantity']} x {GOODS[item['kind']].lower()}{more}"

    return ", ".join(said(item) for item in items)
