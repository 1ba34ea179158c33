"""`/_control/trades`: changes the firms, shows what they did, and lets one say anything; from this machine alone."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from simulator.clock import now
from simulator.guard import loopback
from simulator.trades_boing_book import Job
from simulator.trades_boing_course import say
from simulator.trades_boing_firms import Firm, Temper
from simulator.trades_boing_wire import moment
from simulator.world import World, world_of

router = APIRouter(prefix="/_control/trades", dependencies=[Depends(loopback)])

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Pence = Annotated[int, Field(ge=0, le=10_000_000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FirmAsked(_Asked):
    """A firm as it shall be; what is left out stays, and a firm nobody knows is founded."""

    id: str = Field(min_length=1, max_length=80)
    temper: Temper = Temper.FAST
    answers_after: Seconds | None = None
    arrives_after: Seconds | None = None
    works_for: Seconds | None = None
    cost_pence: Pence = 12_000


class AnswerAsked(_Asked):
    """Something a firm says that it would not say by itself."""

    offer_id: str
    answer: str = Field(max_length=40)
    eta_in: Annotated[float, Field(ge=-86_400, le=86_400 * 90)] | None = None
    """Seconds from now."""
    reason: str | None = None
    cost_pence: int | None = None
    invoice_reference: str | None = None


@router.get("/firms")
async def firms(request: Request) -> dict[str, list[dict[str, Any]]]:
    """Show the firms."""
    return {"items": [_firm(one) for one in world_of(request).boing.firms.values()]}


@router.post("/firms")
async def change(request: Request, asked: FirmAsked) -> dict[str, Any]:
    """Change a firm, or found one."""
    changes = asked.model_dump(exclude_unset=True, exclude={"id"})
    return _firm(world_of(request).boing.set_firm(asked.id, **changes))


@router.get("/offers")
async def offers(request: Request, reference: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """Show the offers, oldest first, with what was heard and said."""
    found = world_of(request).boing.jobs()
    return {"items": [_job(one) for one in found if reference in (None, one.reference)]}


@router.post("/answers")
async def answer(request: Request, asked: AnswerAsked) -> dict[str, str]:
    """Say something about an offer; the answer is what the service said."""
    world = world_of(request)
    job = world.boing.job(asked.offer_id)
    if job is None:
        raise HTTPException(404, "There is no such offer.")
    return {"arrived": await speak(world, job, asked)}


async def speak(world: World, job: Job, asked: AnswerAsked) -> str:
    """Say what was asked for."""
    told = asked.model_dump(exclude_none=True, exclude={"offer_id", "answer", "eta_in"})
    if asked.eta_in is not None:
        told["eta_at"] = moment(now() + timedelta(seconds=asked.eta_in))
    return await say(world, job, asked.answer, **told)


def _firm(firm: Firm) -> dict[str, Any]:
    return {
        "id": firm.id,
        "temper": firm.temper,
        "answers_after": firm.answers_after,
        "arrives_after": firm.arrives_after,
        "works_for": firm.works_for,
        "cost_pence": firm.cost_pence,
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "offer_id": job.offer_id,
        "firm_id": job.firm_id,
        "reference": job.reference,
        "area": job.area,
        "kinds": job.kinds,
        "urgency": job.urgency,
        "standing": job.standing,
        "address": job.address,
        "heard": job.heard,
        "heard_at": job.heard_at.isoformat(),
        "repeated": job.repeated,
        "said": [
            {"answer": one.answer, "event_id": one.event_id, "at": one.at.isoformat(), "arrived": one.arrived}
            for one in job.said
        ],
    }
