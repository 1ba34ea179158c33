"""The register of tradespeople for machines: read by staff, changed by managers."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import AskedByManager
from api.identity import STAFF_ONLY
from api.page import PageQuery, bad_cursor, page
from api.problems import FieldError, Kind, Problem, not_found
from api.referral_out import Json
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from api.tradesperson.fields_in import PlaceCode, TradespersonIn, document_of, read_tradesperson
from api.tradesperson.fields_out import TradespersonList, TradespersonOut, entry_shown, etag_of, today
from domain.repair_dispatch.kinds import Skill
from domain.tradesperson import Tradesperson, place_code
from store.columns import is_uuid
from store.document_change import merge_patch
from store.idempotency import Claim
from store.tradesperson.record import TradeRecord
from store.tradesperson.register import Place, TradespersonChanged, TradespersonTaken
from store.tradesperson.row import RegisterEntry
from store.tradesperson.wanted import EntriesWanted, PapersState

REGISTER = f"{PREFIX}/tradespeople"
_ANY = "*"
_TAKEN = "belongs to somebody else in the register"
EXAMPLE: dict[str, Any] = {
    "name": "Sam Example",
    "firm": "Example Locks",
    "phone": "+447700900001",
    "channel": "api",
    "firm_id": "firm-01",
    "skills": ["board_up", "locks"],
    "base": "CT1",
    "most_km": 25,
    "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
    "vetting_until": "2027-12-31",
    "insurance_until": "2027-12-31",
    "safeguarding_until": "2027-12-31",
    "capacity": 2,
}

router = APIRouter(prefix=PREFIX, tags=["tradespeople"])
IfMatch = Annotated[
    str | None, Header(description="The `ETag` under which the entry was read; another one now is a 412.")
]


class RegisterQuery(PageQuery):
    """Whom somebody looks for."""

    skill: Skill | None = None
    area: PlaceCode | None = Field(default=None, description="Their base, or one of their areas.")
    active: bool | None = None
    papers: PapersState | None = None


@router.get(
    "/tradespeople", responses=answers({200: TradespersonList}, 401, 403, 422), dependencies=[STAFF_ONLY]
)
async def list_tradespeople(
    request: Request, services: In, query: Annotated[RegisterQuery, Query()]
) -> Response:
    """List the register, neighbours beside each other."""

    def found() -> Response:
        wanted = wanted_of(services, query)
        entries = services.tradespeople.find(wanted, after=place_after(query), limit=query.limit + 1)
        known = records_of(services, entries)
        return page(
            request,
            query,
            entries,
            shown=lambda entry: entry_shown(services, entry, known[entry.who.id]),
            place=place_of,
        )

    return await run_in_threadpool(found)


@router.post(
    "/tradespeople",
    openapi_extra=takes(TradespersonIn, example=EXAMPLE),
    responses=answers({201: TradespersonOut}, 401, 403, 409, 413, 415, 422),
)
async def add_tradesperson(services: In, asked: AskedByManager) -> Response:
    """Add somebody to the register."""
    who = read_tradesperson(services, asked.body)
    entry = await run_in_threadpool(
        lambda: added(services, who, by=asked.caller.name, claim=asked.once.claim)
    )
    response = await _answer(services, entry, 201)
    response.headers["Location"] = f"{REGISTER}/{entry.who.id}"
    return await asked.once.keep(response, subject_kind="tradesperson", subject_id=entry.who.id)


@router.get(
    "/tradespeople/{entry_id}",
    responses=answers({200: TradespersonOut}, 401, 403, 404),
    dependencies=[STAFF_ONLY],
)
async def show_tradesperson(entry_id: str, services: In) -> Response:
    """Give one entry."""
    return await _answer(services, await run_in_threadpool(entry_or_404, services, entry_id))


@router.patch(
    "/tradespeople/{entry_id}",
    openapi_extra=takes(TradespersonIn, example={"vetting_until": "2028-06-30"}),
    responses=answers({200: TradespersonOut}, 401, 403, 404, 409, 412, 413, 415, 422),
)
async def change_tradesperson(
    entry_id: str, services: In, asked: AskedByManager, if_match: IfMatch = None
) -> Response:
    """Change an entry by a merge-patch (RFC 7396) of its fields; from then on the next offer asks it anew."""

    def changed_now() -> RegisterEntry:
        entry = entry_or_404(services, entry_id)
        _refuse_stale(entry, if_match)
        document = merge_patch(document_of(entry.who), asked.body)
        if "active" not in document:  # else `null` would bring back whom somebody took out
            raise Problem.at("active", "has to be true or false")
        who = read_tradesperson(services, document, entry_id=entry.who.id)
        return changed(services, who, revision=entry.revision, by=asked.caller.name)

    response = await _answer(services, await run_in_threadpool(changed_now))
    return await asked.once.keep(response, subject_kind="tradesperson", subject_id=entry_id)


def added(services: Services, who: Tradesperson, *, by: str, claim: Claim | None = None) -> RegisterEntry:
    """Add somebody, for machines and for people alike.  Raises `Problem`."""
    try:
        return services.tradespeople.add(who, by=by, now=services.clock(), claim=claim)
    except TradespersonTaken as error:
        raise _of_taken(error) from None


def changed(services: Services, who: Tradesperson, *, revision: int, by: str) -> RegisterEntry:
    """Change an entry, for machines and for people alike.  Raises `Problem`."""
    try:
        return services.tradespeople.change(who, revision=revision, by=by, now=services.clock())
    except TradespersonTaken as error:
        raise _of_taken(error) from None
    except TradespersonChanged as error:
        raise Problem(Kind.CHANGED_MEANWHILE, error.reason) from None


def entry_or_404(services: Services, entry_id: str) -> RegisterEntry:
    """Read one entry.  Raises `Problem`."""
    entry = services.tradespeople.get(entry_id)
    if entry is None:
        raise not_found()
    return entry


def records_of(services: Services, entries: list[RegisterEntry]) -> dict[str, TradeRecord]:
    """What the offers say of each."""
    return services.tradespeople.records([entry.who.id for entry in entries], now=services.clock())


def wanted_of(services: Services, query: RegisterQuery, *, text: str = "") -> EntriesWanted:
    """Whom a query looks for, today."""
    return EntriesWanted(
        on=today(services),
        within=services.profile.repairs.expiry_warning,
        skill=query.skill,
        area=query.area,
        active=query.active,
        papers=query.papers,
        text=text,
    )


def place_of(entry: RegisterEntry) -> Place:
    """Where an entry stands among all: the cursor's content."""
    return entry.who.base, entry.who.id


def place_after(query: PageQuery) -> Place | None:
    """Where the page before ended; nowhere at the start.  Raises `Problem`."""
    match query.after():
        case ():
            return None
        case (base, entry_id) if is_uuid(entry_id) and place_code(base) == base:
            return base, entry_id
        case _:
            raise bad_cursor()


def _refuse_stale(entry: RegisterEntry, if_match: str | None) -> None:
    """Refuse a change of an entry that its sender has not seen; without the header nothing is."""
    if if_match is None:
        return
    seen = {tag.strip() for tag in if_match.split(",")}
    if not seen & {_ANY, etag_of(entry)}:
        raise Problem(Kind.CHANGED_MEANWHILE, TradespersonChanged().reason)


def _of_taken(error: TradespersonTaken) -> Problem:
    reason = FieldError(path=error.column, reason=_TAKEN)
    return Problem(Kind.NOT_POSSIBLE_NOW, f"{error.column}: {_TAKEN}", errors=[reason])


async def _answer(services: Services, entry: RegisterEntry, status: int = 200) -> Response:
    def shown() -> Json:
        return entry_shown(services, entry, records_of(services, [entry])[entry.who.id])

    headers = {"Cache-Control": "no-store", "ETag": etag_of(entry)}
    return JSONResponse(await run_in_threadpool(shown), status, headers=headers)
