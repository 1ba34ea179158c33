"""The worklist for people: who to call now, why, until when; and calls whose time passed, rebooked together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.decision import DecisionIn, read_decision
from api.form import FormError, Sent, Shown, again
from api.identity import sees_alerts
from api.mending import FieldWords, mended
from api.page import AskedFor
from api.pages import show, to
from api.problems import Problem
from api.services import In, Services
from api.times import Time, time_in_words
from api.typed_times import moments_read, typed
from api.visit import FromStaff, StaffVisit
from api.worklist import FARTHEST
from api.worklist_page_rebooking import MOST, Rebooking, ids_from_text, ids_to_text, rebook, what_became
from api.worklist_page_shown import HEADINGS, Part, Section, part_of, sections_of
from domain.vocabulary import DecisionKind, Role
from domain.working_hours import next_open
from store.referral_view import ReferralView
from store.session import Session

ADDRESS = "/worklist"
AT_ONCE = 50
"""People of one section shown at once."""
_ROUND_TO = timedelta(minutes=30)
"""A new time that is offered begins a half hour."""
_TICKS = "referral[]"
_PROMISED = "promised[]"
"""Those that the page called promised when they were ticked, or left unticked."""
_FIELDS = {
    "due_at": FieldWords(name="The new time", ask="Enter the new date and time"),
    "reason": FieldWords(name="The reason", ask="Enter a reason for rebooking"),
}

_ASKED_OF_TICKS = FieldWords(name="The calls ticked", ask="Tick at least one call")

router = APIRouter(include_in_schema=False)


class WorklistQuery(AskedFor):
    """Which part of the worklist."""

    section: Section | None = None
    page: Annotated[int, Field(ge=1, le=FARTHEST)] = 1
    rebooking: Annotated[str, Field(max_length=4000)] = ""
    """The commands of a press."""
    changed: Annotated[str, Field(max_length=4000)] = ""
    """The referrals about which that press decided nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Where the pages before and after are; empty where there is none."""

    this: int
    last: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The worklist as it is shown."""

    heading: str
    section: str
    """The one that is shown alone; empty when all are."""
    as_of: Time
    refresh: str
    total: int
    is_cut: bool
    """Whether more waits than anybody reads in one go."""
    parts: tuple[Part, ...]
    pages: Pages | None
    """Of a section shown alone."""


@router.get(ADDRESS)
async def worklist_page(
    request: Request, services: In, session: StaffVisit, query: Annotated[WorklistQuery, Query()]
) -> Response:
    """Show who to call now."""
    return await _shown(request, services, session, query)


@router.post(ADDRESS + "/rebook")
async def rebook_lapsed(request: Request, services: In, session: StaffVisit, sent: FromStaff) -> Response:
    """Rebook every call that is ticked."""
    try:
        decision = _read(services, sent)
        referral_ids = await run_in_threadpool(_ticked, services, sent)
    except Problem as problem:
        errors = [
            error if error.field != _TICKS else FormError(field="lapsed", text=error.text)
            for error in mended(problem, _FIELDS | {_TICKS: _ASKED_OF_TICKS})
        ]
        form = again(sent, errors)
        return await _shown(
            request, services, session, _where_it_stood(sent), form=form, status=problem.kind.status
        )
    pressed = await rebook(
        services,
        session.token,
        request,
        referral_ids=referral_ids,
        although_promised=sent.all(_PROMISED),
        decision=decision,
        once=sent.once,
    )
    return to(f"{ADDRESS}?rebooking={ids_to_text(pressed.commands)}&changed={ids_to_text(pressed.changed)}")


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    query: WorklistQuery,
    *,
    form: Shown | None = None,
    status: int = 200,
) -> Response:
    def read() -> tuple[Board, Rebooking | None, Shown, int]:
        now = services.clock()
        commands, changed = ids_from_text(query.rebooking), ids_from_text(query.changed)
        return (
            board_of(
                _waiting(services, now, alerts=sees_alerts(session.token.role)),
                query,
                services=services,
                role=session.token.role,
                now=now,
                asks_again=form is not None,
            ),
            what_became(services, commands, changed) if commands or changed else None,
            form or Shown(fields={"due_at": [typed(_offered(services, now), services.zone)]}),
            services.helps.alarms(now),
        )

    board, rebooking, shown, alarms = await run_in_threadpool(read)
    return show(
        request,
        "worklist.html",
        status=status,
        session=session,
        board=board,
        rebooking=rebooking,
        form=shown,
        alarms=alarms,
    )


def board_of(
    views: list[ReferralView],
    query: WorklistQuery,
    *,
    services: Services,
    role: Role,
    now: datetime,
    asks_again: bool = False,
) -> Board:
    """Make the page of what waits: every section, or one of them page by page.

    Args:
        views: Most urgent first.
        query: Which part was asked for.
        services: For the zone of the times.
        role: Who reads it.
        now: An aware time.
        asks_again: Whether the form for rebooking stands on it in any case, with what was typed.
    """
    waiting = sections_of(views[:FARTHEST], now, role=role)
    pages = _pages(query.section, query.page, len(waiting[query.section])) if query.section else None
    return Board(
        heading=HEADINGS[query.section] if query.section else "Worklist",
        section=query.section or "",
        as_of=time_in_words(now, zone=services.zone, now=now),
        refresh=f"{ADDRESS}?section={query.section}" if query.section else ADDRESS,
        total=sum(len(found) for section, found in waiting.items() if section is not Section.LATER),
        is_cut=len(views) > FARTHEST,
        parts=tuple(
            _part(section, found, pages, services=services, role=role, now=now)
            for section, found in waiting.items()
            if section is query.section
            or (query.section is None and (found or (asks_again and section is Section.LAPSED)))
        ),
        pages=pages if pages and pages.last > 1 else None,
    )


def _part(
    section: Section,
    views: Sequence[ReferralView],
    pages: Pages | None,
    *,
    services: Services,
    role: Role,
    now: datetime,
) -> Part:
    size = _size(section)
    start = (pages.this - 1) * size if pages else 0
    listed = views[start : start + size]
    return part_of(
        section,
        listed,
        count=len(views),
        language=services.profile.languages[0],
        zone=services.zone,
        role=role,
        now=now,
    )


def _size(section: Section) -> int:
    return MOST if section is Section.LAPSED else AT_ONCE


def _pages(section: Section, page: int, count: int) -> Pages:
    last = max(math.ceil(count / _size(section)), 1)
    this = min(page, last)
    place = f"{ADDRESS}?section={section}&page="
    return Pages(
        this=this,
        last=last,
        before=f"{place}{this - 1}" if this > 1 else "",
        after=f"{place}{this + 1}" if this < last else "",
    )


def _waiting(services: Services, now: datetime, *, alerts: bool) -> list[ReferralView]:
    """What waits now, and the calls and reviews of the rest of the day, as far as there is room for them.

    An alarm for a visitor is not among it: the box at the top of the page shows it.
    """
    today = now.astimezone(services.zone)
    midnight = datetime.combine(today.date() + timedelta(days=1), time.min, tzinfo=services.zone)
    until_midnight = services.referrals.worklist(
        now, limit=FARTHEST + 1, due_within=midnight - now, alerts=alerts, alarms=False
    )
    if len(until_midnight) <= FARTHEST:
        return until_midnight
    # A promise of this evening is more urgent than an ordinary call, but it must not push out one due now.
    now_due = services.referrals.worklist(now, limit=FARTHEST + 1, alerts=alerts, alarms=False)
    known = {view.id for view in now_due}
    return now_due + [view for view in until_midnight if view.id not in known]


def _offered(services: Services, now: datetime) -> datetime:
    """A new time to begin with: the next half hour in which we are open."""
    soon = datetime.fromtimestamp(
        math.ceil((now + _ROUND_TO / 6).timestamp() / _ROUND_TO.total_seconds()) * _ROUND_TO.total_seconds(),
        tz=now.tzinfo,
    )
    return next_open(services.policies.policy_at(now).hours, soon) or soon


def _read(services: Services, sent: Sent) -> DecisionIn:
    """Check time and reason.  Raises `Problem`."""
    said = {name: sent.text(name) for name in _FIELDS if sent.text(name)}
    body = moments_read(said, ("due_at",), services.zone)
    return read_decision({"decision": DecisionKind.CHANGE_DUE.value, **body})


def _ticked(services: Services, sent: Sent) -> list[str]:
    """Read which referrals are ticked.  Raises `Problem`."""
    ticks = list(dict.fromkeys(sent.all(_TICKS)))
    if len(ticks) > MOST:
        raise Problem.at(_TICKS, f"are more than {MOST}: rebook some of them first")
    found = [referral_id for referral_id in ticks if services.referrals.view(referral_id) is not None]
    if not found:
        raise Problem.at(_TICKS, "is required")
    return found


def _where_it_stood(sent: Sent) -> WorklistQuery:
    """The page on which a form for rebooking was filled in, to show it there again."""
    if sent.text("section") != Section.LAPSED:
        return WorklistQuery()
    try:
        return WorklistQuery.model_validate({"section": Section.LAPSED, "page": sent.text("page")})
    except ValidationError:
        return WorklistQuery(section=Section.LAPSED)
