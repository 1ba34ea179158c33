"""Asking for a repair while the victim is on the line: one step, and an answer that says who has been asked."""

import secrets
import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictInt
from starlette.concurrency import run_in_threadpool

from api.fields import Body, Line, Note, ShortLine, once_each, wrong
from api.json_body import validated, without_nulls
from api.problems import Problem, not_found
from api.services import Services
from domain.dispatch_events import RepairAsked
from domain.repair_dispatch.code_word import code_word_from
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import Permission, PoliceRelease, RepairKind, Tenure, Urgency

KIND = "repair"
"""Of the command, for its reader."""
MOST_PENCE = 10_000_000
"""Of one estimate or cost; more is a slip of the finger."""
EXAMPLE = {"kinds": ["board_up", "locks"], "urgency": "open_property", "who_may_be_home": "She is at home."}

NO_ADDRESS = "is required: the referral has no address to go to"
"""Why a request is not taken that nobody could follow."""

JOB_WORDS = ("access", "code_word", "pets", "notes", "who_may_be_home", "address")
"""What is personal, or in a person's words."""

Pence = Annotated[StrictInt, Field(ge=0, le=MOST_PENCE)]
"""Money, in pence (cents)."""


def _said(lines: list[str | None]) -> list[str]:
    said = [line for line in lines if line]
    if not said:
        raise wrong("is required")
    return said


class PlaceIn(Body):
    """Where the work is, if it is not the referral's address."""

    lines: Annotated[list[Line], AfterValidator(_said), Field(max_length=8)]
    postcode: ShortLine = None


class RepairIn(Body):
    """What is wanted.  Only `kinds` and `urgency` are needed."""

    kinds: Annotated[list[RepairKind], AfterValidator(once_each), Field(min_length=1, max_length=12)]
    urgency: Urgency
    permission: Permission = Field(
        default=Permission.UNKNOWN,
        description="Whether the owner or landlord agrees; unknown never blocks making safe.",
    )
    police_release: PoliceRelease = Field(
        default=PoliceRelease.NOT_NEEDED, description="`awaited`: nobody goes before the scene is examined."
    )
    suspect_tenure: Tenure = Field(
        default=Tenure.UNKNOWN,
        description="Whether a suspect owns or rents the place; then a coordinator confirms a change of locks.",
    )
    who_may_be_home: Note = Field(
        default=None, description="For the coordinator's planning; no tradesperson sees it."
    )
    pets: Line = None
    access: Note = Field(default=None, description="How to get in; the tradesperson who has the job sees it.")
    code_word: ShortLine = Field(
        default=None, description="The word the tradesperson says at the door; by default we make one."
    )
    notes: Note = Field(default=None, description="For staff; no tradesperson sees them.")
    address: PlaceIn | None = Field(default=None, description="By default the referral's.")
    estimate_pence: Pence = 0
    tells_victim: StrictBool = Field(
        default=False,
        description="Whether the victim wants to be told when somebody is on the way; the safety gate is asked.",
    )


def read_request(body: dict[str, Any]) -> RepairIn:
    """Check a request.  Raises a problem that names the fields."""
    return validated(RepairIn, without_nulls(body))


async def asked_for(
    services: Services, referral_id: str, asked: RepairIn
) -> tuple[RepairAsked, dict[str, Any]]:
    """The request as it travels, and the words that stay in the tables.

    Raises:
        Problem: There is no such referral, or nobody knows where to go.
    """
    view = await run_in_threadpool(services.referrals.view, referral_id)
    if view is None:
        raise not_found()
    place = asked.address.lines if asked.address else view.document["victim"].get("address", {}).get("lines")
    if not place:
        raise Problem.at("address.lines", NO_ADDRESS)
    event = RepairAsked(repair_id=str(uuid.uuid4()), request=_request(asked))
    return event, {"job": _job(asked)}


def _request(asked: RepairIn) -> RepairRequest:
    return RepairRequest(
        kinds=tuple(asked.kinds),
        urgency=asked.urgency,
        permission=asked.permission,
        police_release=asked.police_release,
        suspect_tenure=asked.suspect_tenure,
        estimate_pence=asked.estimate_pence,
        tells_victim=asked.tells_victim,
    )


def _job(asked: RepairIn) -> dict[str, Any]:
    return {"code_word": code_word_from(secrets.token_bytes(2)), **job_said(asked)}


def job_said(asked: BaseModel) -> dict[str, Any]:
    """What was said of `JOB_WORDS`."""
    return {
        name: said.model_dump(exclude_none=True) if isinstance(said, BaseModel) else said
        for name in JOB_WORDS
        if (said := getattr(asked, name))
    }
