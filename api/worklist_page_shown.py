"""The worklist as a page shows it: who is to be called now, why, and until when.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.asking_words import AskingShown, asking_shown
from api.plain_words import ACTIONS, hold_in_words
from api.referral_at_a_glance import ALERT, Mark, alerts, due_is, is_high_risk, marks_of
from api.times import Time, time_in_words
from domain.referral_state import Call, NextAction
from domain.vocabulary import NextActionKind, Role
from store.referral_document import name_of
from store.referral_view import ReferralView


class Section(StrEnum):
    """The parts of the page, in their order."""

    DANGER = "danger"
    REPAIRS = "repairs"
    LAPSED = "lapsed"
    CALL = "call"
    DECIDE = "decide"
    HOLDS = "holds"
    REVIEWS = "reviews"
    LATER = "later"


HEADINGS = {
    Section.DANGER: "Danger, and escalated to a supervisor",
    Section.REPAIRS: "Repairs and practical help that ask somebody",
    Section.LAPSED: "Calls whose time passed",
    Section.CALL: "Call now",
    Section.DECIDE: "Decide",
    Section.HOLDS: "Holds and safety to confirm",
    Section.REVIEWS: "Reviews",
    Section.LATER: "Later today",
}
_BY_KIND = {
    NextActionKind.CALL: Section.CALL,
    NextActionKind.DECIDE: Section.DECIDE,
    NextActionKind.CONFIRM_SAFETY: Section.HOLDS,
    NextActionKind.CHECK_HOLD: Section.HOLDS,
    NextActionKind.REVIEW: Section.REVIEWS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A time, and what it is the time of."""

    word: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One person on the worklist.  The number is not here: whoever rings reads the safety of it first."""

    id: str
    address: str
    name: str
    reference: str
    todo: str
    why: str
    escalation: str
    """Why a supervisor is asked; empty if none is."""
    asking: tuple[AskingShown, ...]
    """Repairs and practical help that ask somebody."""
    times: tuple[When, ...]
    marks: tuple[Mark, ...]
    facts: str
    """Language, interpreter and how often somebody rang."""
    is_promised: bool
    is_ordinary: bool
    """Neither promised, nor high risk, nor with a new time already: may be rebooked with the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section with as many of its people as the page shows."""

    section: Section
    heading: str
    count: int
    people: tuple[Waiting, ...]
    address: str
    """Of the section alone, page by page."""


Sorted = Mapping[Section, Sequence[ReferralView]]


def sections_of(views: Iterable[ReferralView], now: datetime, *, role: Role = Role.COORDINATOR) -> Sorted:
    """Sort what waits into the sections, each in the order it came in; nothing sealed is opened for it."""
    found: dict[Section, list[ReferralView]] = {section: [] for section in Section}
    for view in views:
        section = Section.DANGER if alerts(view, role) else _section_of(view, now)
        found[section].append(view)
    found[Section.LATER].sort(key=lambda view: view.due_at or now)
    return found


def part_of(
    section: Section,
    views: Sequence[ReferralView],
    *,
    count: int,
    language: str,
    zone: ZoneInfo,
    role: Role,
    now: datetime,
) -> Part:
    """Show one section.

    Args:
        section: Which.
        views: Those of its people whom the page shows.
        count: How many it has.
        language: The service's own, of which nothing is said.
        zone: In which times are read.
        role: Who reads it.
        now: An aware time.
    """
    return Part(
        section=section,
        heading=HEADINGS[section],
        count=count,
        people=tuple(waiting_of(view, language=language, zone=zone, role=role, now=now) for view in views),
        address=f"/worklist?section={section}",
    )


def waiting_of(view: ReferralView, *, language: str, zone: ZoneInfo, role: Role, now: datetime) -> Waiting:
    """Show one person."""
    action = view.next_action
    asks = (ALERT if alerts(view, role) else "", view.escalation if view.escalated_at else "")
    call = view.state.call if view.state is not None else None
    return Waiting(
        id=view.id,
        address=f"/referrals/{view.id}",
        name=name_of(view.document["victim"]),
        reference=view.reference,
        todo=_todo(view, action),
        why=action.reason if action else "",
        escalation=" ".join(filter(None, asks)),
        asking=tuple(asking_shown(one) for one in view.asking),
        times=tuple(_times(view, call, zone=zone, now=now)),
        marks=tuple(_marks(view)),
        facts=" · ".join(_facts(view, language)),
        is_promised=view.promised,
        is_ordinary=not (
            is_high_risk(view) or view.promised or (view.due_at is not None and view.due_at > now)
        ),
    )


def _todo(view: ReferralView, action: NextAction | None) -> str:
    """What is to be done: where a repair cries, or the referral itself is closed, that first."""
    if view.asking and (view.asks_urgently or action is None):
        return "See to it"
    return ACTIONS[action.kind if action else NextActionKind.WAIT]


def _section_of(view: ReferralView, now: datetime) -> Section:
    """Danger first; then a repair that cries; one that only asks for a call stands by itself or beside another."""
    own = _own_section(view, now)
    if own is Section.DANGER or not view.asking:
        return own
    return Section.REPAIRS if view.asks_urgently or own is Section.LATER else own


def _own_section(view: ReferralView, now: datetime) -> Section:
    is_due = view.due_at is None or view.due_at <= now
    if view.in_danger:
        return Section.DANGER
    if view.next_kind is NextActionKind.CALL and view.lapses:
        return Section.LAPSED  # escalated or not: many at once are one alert, or supervisors drown
    if view.escalated_at is not None:
        return Section.DANGER
    section = _BY_KIND.get(view.next_kind or NextActionKind.WAIT, Section.LATER)
    return section if is_due or section not in {Section.CALL, Section.REVIEWS} else Section.LATER


def _times(view: ReferralView, call: Call | None, *, zone: ZoneInfo, now: datetime) -> Iterable[When]:
    action = view.next_action
    if action is None:
        return
    if action.due_at is not None:
        yield When(word=due_is(view, action.kind), at=time_in_words(action.due_at, zone=zone, now=now))
    if action.kind is not NextActionKind.CALL or call is None or call.lapses_at is None:
        return
    if call.due_at < call.lapses_at:
        word = "Call until" if call.lapses_at > now else "Its time passed"
        yield When(word=word, at=time_in_words(call.lapses_at, zone=zone, now=now))


def _marks(view: ReferralView) -> Iterable[Mark]:
    if view.in_danger:
        yield Mark(text="Immediate danger", colour="govuk-tag--red")
    yield from marks_of(view)
    if view.lapses:
        yield Mark(text=f"Time passed {_times_in_words(view.lapses)}", colour="govuk-tag--yellow")


def _facts(view: ReferralView, language: str) -> Iterable[str]:
    victim = view.document["victim"]
    if victim.get("interpreter"):
        yield f"Interpreter: {victim['interpreter']}"
    if victim.get("language") not in {None, language}:
        yield f"Language: {victim['language']}"
    if view.state is not None and not view.holds and view.next_kind is NextActionKind.CALL:
        yield f"{view.attempts_counted} of {view.state.policy.contact.attempts} calls counted"
    elif view.attempts_counted:
        yield f"{view.attempts_counted} calls counted"
    if len(view.holds) > 1:
        yield "Holds: " + ", ".join(hold_in_words(hold.kind) for hold in view.holds)


def _times_in_words(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")
