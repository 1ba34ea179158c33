"""The funnel: one snapshot in which every number adds up."""

from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.fields import DayOrMoment
from api.identity import MANAGERS_ONLY
from api.page import AskedFor
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers
from api.services import In, Services

router = APIRouter(prefix=PREFIX, tags=["statistics"])


class FunnelOut(Out):
    """`received = referred + information`; `contacted = ongoing_support + single_call + declined`; and so on."""

    as_of: datetime
    from_: datetime | None = Field(alias="from")
    to: datetime | None
    received: int
    referred: int
    information: int
    waiting: int
    held: int
    undecided: int
    contacted: int
    ongoing_support: int
    single_call: int
    declined: int
    supported: int
    not_reached: int
    diverted: dict[str, int] = Field(description="Closed otherwise, by outcome.")
    letters_sent: int
    emails_sent: int
    texts_sent: int


_OF_TIME = {"as_of", "from_", "to"}


class StatisticsQuery(AskedFor):
    """Of which time."""

    from_: DayOrMoment | None = Field(default=None, alias="from", description="Received then or later.")
    to: DayOrMoment | None = Field(default=None, description="Received before.")


@router.get("/statistics", responses=answers({200: FunnelOut}, 401, 403, 422), dependencies=[MANAGERS_ONLY])
async def statistics(services: In, query: Annotated[StatisticsQuery, Query()]) -> Response:
    """Count the referrals received in a time by what became of them."""
    received_from, received_to = _moment(services, query.from_), _moment(services, query.to)

    def counted() -> Json:
        funnel = services.statistics.funnel(received_from=received_from, received_to=received_to)
        counts = {name: getattr(funnel, name) for name in FunnelOut.model_fields if name not in _OF_TIME}
        period = {"from": written(received_from), "to": written(received_to)}
        return {"as_of": written(funnel.as_of)} | period | counts

    return JSONResponse(await run_in_threadpool(counted))


def _moment(services: Services, on: date | None) -> datetime | None:
    """A day begins at midnight where the service is."""
    if on is None or isinstance(on, datetime):
        return on
    return datetime.combine(on, time(), tzinfo=services.zone)
