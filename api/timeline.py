"""Everything that happened to a referral and why, oldest first, in plain words."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.identity import OfStaff, sees_alerts
from api.page import PageQuery, bad_cursor, page
from api.problems import not_found
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers
from api.services import In
from store.timeline import TimelineLine

OURSELVES = "Holdfast"
"""Who did what no person did."""
HIGHEST = 2**63 - 1
"""Of a line's number."""

router = APIRouter(prefix=PREFIX, tags=["referrals"])


class TimelineItem(Out):
    """One line."""

    at: datetime
    what: str
    why: str
    by: str = Field(examples=["Sam (coordinator)", OURSELVES])
    words: str = Field(description="The note or reason a person gave.")
    command: str | None = Field(description="The command it follows from.")
    alert: bool = Field(default=False, description="To managers alone: a word agreed for duress was used.")


class Timeline(Out):
    """One page of a timeline."""

    items: list[TimelineItem]


@router.get(
    "/referrals/{referral_id}/timeline",
    responses=answers({200: Timeline}, 401, 403, 404, 422),
)
async def timeline(
    referral_id: str, request: Request, services: In, caller: OfStaff, query: Annotated[PageQuery, Query()]
) -> Response:
    """Everything that happened, oldest first."""
    after = _after(query)
    alerts = sees_alerts(caller.role)

    def found() -> Response:
        if services.referrals.view(referral_id) is None:
            raise not_found()
        lines = services.timeline.of(referral_id, after=after, limit=query.limit + 1, alerts=alerts)
        return page(
            request,
            query,
            lines,
            shown=lambda line: _shown(line) | ({"alert": line.alerts} if alerts else {}),
            place=lambda line: (line.id,),
        )

    return await run_in_threadpool(found)


def _after(query: PageQuery) -> int:
    match query.after():
        case ():
            return 0
        case (place,) if place.isascii() and place.isdigit() and int(place) <= HIGHEST:
            return int(place)
        case _:
            raise bad_cursor()


def _shown(line: TimelineLine) -> Json:
    return {
        "at": written(line.at),
        "what": line.what,
        "why": line.why,
        "by": f"{line.by_name} ({line.by_role})" if line.by_name else OURSELVES,
        "words": line.words,
        "command": line.command_id,
    }
