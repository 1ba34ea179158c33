"""The visits of one practical help as its page and the board show them: clocks, alarms, whom to ring.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.practical_help.page_setting import Row, Setting, moment_text
from api.practical_help.plain_words import ALARM_STEPS, ALARMS, OUTCOMES, PURPOSES, SUSPECTS, VISIT_STAGES
from api.practical_help.step_forms import StepForm, form_of_visit, quiet_form
from api.referral_at_a_glance import ALERT
from api.times import Time, time_in_words
from domain.practical_help.kinds import AlarmStep, VisitStage
from domain.practical_help.state import HelpState
from domain.practical_help.steps import HelpStep, steps_of_visit
from domain.practical_help.visit import Visit, alarm_of, why_not_begun
from domain.vocabulary import Role
from store.practical_help.view import HelpView

_MINUTE = timedelta(minutes=1)
_HOUR_IN_MINUTES = 60


_COLOURS = {
    VisitStage.PLANNED: "govuk-tag--yellow",
    VisitStage.UNDER_WAY: "govuk-tag--blue",
    VisitStage.ENDED: "govuk-tag--green",
    VisitStage.CALLED_OFF: "govuk-tag--grey",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmShown:
    """What has to be done for a visitor now."""

    visit: int
    why: str
    since: Time
    how_long: str
    steps: tuple[str, ...]
    """Those that have come, in their order."""
    people: tuple[Row, ...]
    """Whom to ring, and the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitShown:
    """One visit."""

    number: int
    purpose: str
    stage: str
    colour: str
    clock: Time | None
    """Until when the visitor checks in."""
    rows: tuple[Row, ...]
    why_not: str
    alert: str
    """To supervisors alone."""
    forms: tuple[StepForm, ...]


def how_long(since: datetime, now: datetime) -> str:
    """How long ago, in whole minutes or hours and minutes."""
    minutes = max(0, (now - since) // _MINUTE)
    hours, rest = divmod(minutes, _HOUR_IN_MINUTES)
    unit = "minute" if rest == 1 else "minutes"
    return f"{hours} h {rest} min" if hours else f"{rest} {unit}"


def alarms_of(view: HelpView, state: HelpState, setting: Setting) -> Iterator[AlarmShown]:
    """What has to be done for the visitors of one help now."""
    for visit in state.visits:
        alarm = alarm_of(visit, state.policy, setting.now)
        if alarm is None:
            continue
        people = _people(view.visit_words(visit.number).get("visitor") or {})
        place = Row(label="Where", text=", ".join(setting.place) or "The address is not known.")
        yield AlarmShown(
            visit=visit.number,
            why=ALARMS[alarm.cause],
            since=time_in_words(alarm.since, zone=setting.zone, now=setting.now),
            how_long=how_long(alarm.since, setting.now),
            steps=tuple(ALARM_STEPS[step] for step in AlarmStep if step.rank <= alarm.step.rank),
            people=(*people, place),
        )


def _people(visitor: dict[str, Any]) -> tuple[Row, ...]:
    said = (
        ("Visitor", "name"),
        ("Visitor's telephone", "phone"),
        ("Goes along", "second_name"),
        ("Buddy", "buddy_name"),
        ("Buddy's telephone", "buddy_phone"),
        ("Plan", "plan"),
    )
    return tuple(
        Row(label=label, text=visitor[name], dials=visitor[name] if name.endswith("phone") else "")
        for label, name in said
        if visitor.get(name)
    )


def visit_shown(view: HelpView, visit: Visit, state: HelpState, setting: Setting) -> VisitShown:
    """Say of one visit where it stands, and what can be recorded of it."""
    alarm = alarm_of(visit, state.policy, setting.now)
    is_planned = visit.stage is VisitStage.PLANNED
    why_not = why_not_begun(visit, state.policy, at=setting.now, stopped=view.stopped) if is_planned else ""
    clock = visit.check_in_by if visit.stage is VisitStage.UNDER_WAY else None
    alerts = visit.duress_at is not None and setting.role is Role.MANAGER
    forms = [form_of_visit(visit, step) for step in _offered(visit, state, setting, why_not)]
    return VisitShown(
        number=visit.number,
        purpose=PURPOSES[visit.purpose],
        stage=VISIT_STAGES[visit.stage],
        colour="govuk-tag--red" if alarm else _COLOURS[visit.stage],
        clock=time_in_words(clock, zone=setting.zone, now=setting.now) if clock else None,
        rows=tuple(_visit_rows(view, visit, setting)),
        why_not=why_not,
        alert=ALERT if alerts else "",
        forms=(*forms, quiet_form(visit)) if alerts else tuple(forms),
    )


def _offered(visit: Visit, state: HelpState, setting: Setting, why_not: str) -> Iterator[HelpStep]:
    for step in steps_of_visit(visit, state, setting.now):
        if step is HelpStep.VISIT_BEGUN and why_not:
            continue
        if step is HelpStep.VISIT_ALLOWED and not (why_not and visit.check and setting.role is Role.MANAGER):
            continue
        yield step


def _visit_rows(view: HelpView, visit: Visit, setting: Setting) -> Iterator[Row]:
    yield Row(label="Planned for", text=moment_text(visit.planned_at, setting))
    yield Row(label="How many go", text=str(visit.visitors))
    yield from _people(view.visit_words(visit.number).get("visitor") or {})
    if visit.check:
        checked = f"{SUSPECTS[visit.check.found]}, checked {moment_text(visit.check.at, setting)}"
        yield Row(label="Suspects", text=checked)
    if visit.begun_at:
        yield Row(label="Begun", text=moment_text(visit.begun_at, setting))
    if visit.heard_at:
        yield Row(label="Last heard from", text=moment_text(visit.heard_at, setting))
    if visit.ended_at and visit.outcome:
        yield Row(
            label="Ended", text=f"{moment_text(visit.ended_at, setting)}: {OUTCOMES[visit.outcome].lower()}"
        )
