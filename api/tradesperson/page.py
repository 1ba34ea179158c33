"""The register of tradespeople for people: who may be sent, whose papers expire, and one entry to change."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Shown, again, id_of
from api.form_words import choices
from api.page import PageQuery, next_address
from api.pages import show
from api.services import In, Services
from api.tradesperson.fields_out import today
from api.tradesperson.page_shown import (
    TRADESPEOPLE,
    Day,
    Listed,
    Warnings,
    expired_of,
    expiring_of,
    lines_of,
)
from api.tradesperson.plain_words import SKILLS
from api.tradesperson.register import place_after, place_of, records_of
from api.tradesperson.sheets import exported
from api.visit import FromStaff, ManagerVisit, StaffVisit
from domain.repair_dispatch.kinds import Skill
from domain.tradesperson import place_code
from domain.vocabulary import Role
from store.session import Session
from store.tradesperson.row import RegisterEntry
from store.tradesperson.wanted import EntriesWanted, PapersState

AT_ONCE = 50
"""Entries of one page."""
WARNED = 20
"""Entries named above the register; of the others their number."""
_NO_PLACE = "Enter an outward code such as CT1, or a New Zealand postcode such as 8011"
_NOTHING_SOUGHT = "Enter part of a name, firm, number or e-mail address"

router = APIRouter(include_in_schema=False)


class TradespeoplePageQuery(PageQuery):
    """Which part of the register, and what has just been done."""

    skill: Skill | None = None
    area: Annotated[str, Field(max_length=20)] = ""
    papers: PapersState | None = None
    active: bool | None = None
    added: Annotated[int | None, Field(ge=0)] = None
    """Of an import, as the other two."""
    changed: Annotated[int, Field(ge=0)] = 0
    same: Annotated[int, Field(ge=0)] = 0


@router.get(TRADESPEOPLE)
async def tradespeople_page(
    request: Request, services: In, session: StaffVisit, query: Annotated[TradespeoplePageQuery, Query()]
) -> Response:
    """Show the register."""
    area = place_code(query.area) if query.area else None
    errors = [FormError(field="area", text=_NO_PLACE)] if query.area and area is None else []
    form = Shown(fields={"skill": [query.skill or ""], "area": [query.area]}, errors=errors)
    wanted = _wanted(services, query, area=area)

    def found() -> tuple[list[RegisterEntry], list[RegisterEntry]]:
        entries = services.tradespeople.find(wanted, after=place_after(query), limit=AT_ONCE + 1)
        return entries, entries[:AT_ONCE]

    entries, listed = await run_in_threadpool(found)
    older = next_address(request, place_of(listed[-1])) if len(entries) > len(listed) else ""
    return await _shown(
        request, services, session, listed, form=form, query=query, older=older, status=422 if errors else 200
    )


@router.post(f"{TRADESPEOPLE}/find")
async def search_tradespeople(
    request: Request, services: In, session: StaffVisit, sent: FromStaff
) -> Response:
    """Find somebody by name, firm, number or e-mail address: by a form, since none of them is for an address."""
    sought = sent.text("sought")
    if not sought:
        form = again(sent, [FormError(field="sought", text=_NOTHING_SOUGHT)])
        return await _shown(request, services, session, [], form=form, status=422)
    wanted = _wanted(services, TradespeoplePageQuery(), sought=sought)
    entries = await run_in_threadpool(lambda: services.tradespeople.find(wanted, limit=AT_ONCE))
    return await _shown(request, services, session, entries, form=again(sent, []), is_search=True)


@router.get(f"{TRADESPEOPLE}/export.csv")
async def export_on_page(services: In, _: ManagerVisit) -> Response:
    """Give the whole register as a sheet."""
    return await run_in_threadpool(exported, services)


def day_of(services: Services) -> Day:
    """Which day it is, for papers."""
    return Day(on=today(services), within=services.profile.repairs.expiry_warning)


def _wanted(
    services: Services, query: TradespeoplePageQuery, *, area: str | None = None, sought: str = ""
) -> EntriesWanted:
    day = day_of(services)
    return EntriesWanted(
        on=day.on,
        within=day.within,
        skill=query.skill,
        area=area,
        active=query.active,
        papers=query.papers,
        text=sought,
    )


async def _shown(
    request: Request,
    services: Services,
    session: Session,
    entries: list[RegisterEntry],
    *,
    form: Shown,
    query: TradespeoplePageQuery | None = None,
    older: str = "",
    is_search: bool = False,
    status: int = 200,
) -> Response:
    day = day_of(services)

    def read() -> tuple[Warnings, tuple[Listed, ...]]:
        lines = lines_of(entries, records_of(services, entries), day)
        return warnings_of(services, day), lines

    warnings, lines = await run_in_threadpool(read)
    response = show(
        request,
        "tradesperson_register.html",
        status=status,
        session=session,
        form=form,
        id_of=id_of,
        warnings=warnings,
        lines=lines,
        older=older,
        newest=TRADESPEOPLE if query and query.cursor else "",
        is_search=is_search,
        query=query or TradespeoplePageQuery(),
        skills=choices(SKILLS),
        may_change=session.token.role is Role.MANAGER,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def warnings_of(services: Services, day: Day) -> Warnings:
    """Whose papers ask for attention: of those who work for us."""
    lacking, ending = (
        EntriesWanted(on=day.on, within=day.within, active=True, papers=papers)
        for papers in (PapersState.EXPIRED, PapersState.EXPIRING)
    )
    register = services.tradespeople
    return Warnings(
        expired=expired_of(register.find(lacking, limit=WARNED), day),
        expired_in_all=register.count(lacking),
        expiring=expiring_of(register.find(ending, limit=WARNED), day),
        expiring_in_all=register.count(ending),
    )
