"""The funnel: one snapshot in which every number adds up."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.fields import DayOrMoment
from api.identity import MANAGERS_ONLY
from api.page import AskedFor
from api.referral_out import Out, written
from api.schema import PREFIX, answers
from api.services import In, Services
from store.funnel import Funnel

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

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The two moments; a day begins at midnight where the service is."""
        return _moment(self.from_, zone), _moment(self.to, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The referrals received in a time, by what became of them."""

    received_from: datetime | None
    received_to: datetime | None
    funnel: Funnel


@router.get("/statistics", responses=answers({200: FunnelOut}, 401, 403, 422), dependencies=[MANAGERS_ONLY])
async def statistics(services: In, query: Annotated[StatisticsQuery, Query()]) -> Response:
    """Count the referrals received in a time by what became of them."""
    counted = await run_in_threadpool(count, services, query)
    funnel = counted.funnel
    counts = {name: getattr(funnel, name) for name in FunnelOut.model_fields if name not in _OF_TIME}
    period = {"from": written(counted.received_from), "to": written(counted.received_to)}
    return JSONResponse({"as_of": written(funnel.as_of)} | period | counts)


def count(services: Services, query: StatisticsQuery) -> Counted:
    """Count in one snapshot, for machines and for people alike."""
    received_from, received_to = query.bounds(services.zone)
    funnel = services.statistics.funnel(received_from=received_from, received_to=received_to)
    return Counted(received_from=received_from, received_to=received_to, funnel=funnel)


def _moment(on: date | None, zone: ZoneInfo) -> datetime | None:
    if on is None or isinstance(on, datetime):
        return on
    return datetime.combine(on, time(), tzinfo=zone)
