"""The stop switch of each purpose: a manager turns it, and the very next message of that kind waits."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StrictBool
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.fields import Body, Note
from api.identity import STAFF_ONLY, only
from api.json_body import read_json, validated, without_nulls
from api.problems import Problem
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers, takes
from api.services import In, Services
from domain.vocabulary import Purpose, Role
from store.purpose_switch import PurposeSwitch
from store.tokens import Token

router = APIRouter(prefix=PREFIX, tags=["messages"])
Manager = Annotated[Token, Depends(only(frozenset({Role.MANAGER})))]


class PurposeSwitchIn(Body):
    """How a switch is to stand."""

    on: StrictBool
    reason: Note = Field(default=None, description="Why; needed to switch off.")


class PurposeSwitchOut(Out):
    """How a switch stands."""

    purpose: Purpose
    on: bool = Field(description="Whether messages of this purpose leave; those made while it is off wait.")
    off_since: datetime | None
    changed_at: datetime | None = Field(description="When it was last turned, off or on.")
    by: str | None = Field(description="Who turned it.")
    reason: str | None


class PurposeSwitchList(Out):
    """Every switch."""

    items: list[PurposeSwitchOut]


@router.get(
    "/purpose-switches", responses=answers({200: PurposeSwitchList}, 401, 403), dependencies=[STAFF_ONLY]
)
async def list_switches(services: In) -> Response:
    """Say of each purpose whether its messages leave."""
    switches = await run_in_threadpool(services.switches.all)
    return JSONResponse({"items": [_shown(switch) for switch in switches]})


@router.put(
    "/purpose-switches/{purpose}",
    openapi_extra=takes(PurposeSwitchIn, example={"on": False, "reason": "The telephone number is wrong."}),
    responses=answers({200: PurposeSwitchOut}, 401, 403, 413, 415, 422),
)
async def turn_switch(request: Request, purpose: Purpose, services: In, manager: Manager) -> Response:
    """Turn a switch; one that stands so already stays as it is."""
    asked = read_switch(await read_json(request))
    switch = await run_in_threadpool(turn, services, purpose, asked, by_name=manager.name)
    return JSONResponse(_shown(switch))


def read_switch(document: dict[str, Any]) -> PurposeSwitchIn:
    """Read how a switch is to stand.  Raises `Problem`."""
    asked = validated(PurposeSwitchIn, without_nulls(document))
    if not asked.on and asked.reason is None:
        raise Problem.at("reason", "is required to switch off")
    return asked


def turn(services: Services, purpose: Purpose, asked: PurposeSwitchIn, *, by_name: str) -> PurposeSwitch:
    """Turn a switch, for machines and for people alike."""
    return services.switches.turn(
        purpose, is_on=asked.on, by_name=by_name, reason=asked.reason or "", now=services.clock()
    )


def _shown(switch: PurposeSwitch) -> Json:
    return {
        "purpose": switch.purpose,
        "on": switch.is_on,
        "off_since": written(switch.off_since),
        "changed_at": written(switch.changed_at),
        "by": switch.by_name or None,
        "reason": switch.reason or None,
    }
