"""Who to call next and why, most urgent first."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asking_words import reasons_of
from api.identity import OfStaff, sees_alerts
from api.page import PageQuery, bad_cursor, page
from api.referral_at_a_glance import alert_to
from api.referral_out import Json, Out, written
from api.schema import PREFIX, answers
from api.services import In
from domain.vocabulary import NextActionKind, Stage
from store.asking import Asking, AskingKind
from store.referral_document import name_of
from store.referral_view import ReferralView

FARTHEST = 2000
"""Nobody works through more in one go; what is farther down is read again from the top."""

router = APIRouter(prefix=PREFIX, tags=["worklist"])


class WorkAsking(Out):
    """A repair or practical help of the referral that asks somebody."""

    kind: AskingKind
    id: str
    reference: str = Field(description="Empty where there is none.")
    asks: list[str] = Field(description="What is asked, by its name; empty: its own page says.")
    reasons: list[str]
    since: datetime
    urgent: bool = Field(description="More than a call that is due: somebody is not coming, or in danger.")


class WorkItem(Out):
    """One thing to do.  A closed referral is here only while a repair or practical help of it asks somebody."""

    referral: str
    reference: str
    stage: Stage
    kind: NextActionKind
    due_at: datetime | None
    reason: str
    number: str | None = Field(description="The number to ring.")
    name: str = Field(description="What the person is called by us.")
    language: str | None
    interpreter: str | None
    promised: bool = Field(description="Whether the person was told that we would ring.")
    lapses: int = Field(description="How often the slot has lapsed.")
    in_danger: bool
    escalated: bool
    escalation: str | None
    sensitive: bool
    attempts_counted: int
    asking: list[WorkAsking] = Field(description="The urgent ones first.")
    alert: bool = Field(
        default=False, description="To managers alone: ring the safe way, see the plan; closed ones too."
    )


class Worklist(Out):
    """One page of the worklist."""

    items: list[WorkItem]


@router.get("/worklist", responses=answers({200: Worklist}, 401, 403, 422))
async def worklist(
    request: Request, services: In, caller: OfStaff, query: Annotated[PageQuery, Query()]
) -> Response:
    """Everything that is due, most urgent first."""
    skipped = _skipped(query)

    def found() -> Response:
        views = services.referrals.worklist(
            services.clock(), limit=skipped + query.limit + 1, alerts=sees_alerts(caller.role)
        )[skipped:]
        return page(
            request,
            query,
            views,
            shown=lambda view: _shown(view) | alert_to(caller.role, view),
            place=lambda _: (skipped + query.limit,),
        )

    return await run_in_threadpool(found)


def _skipped(query: PageQuery) -> int:
    """The list changes all the time: a cursor is only how far down somebody has read."""
    match query.after():
        case ():
            return 0
        case (place,) if place.isascii() and place.isdigit() and len(place) < len(str(FARTHEST)) + 1:
            return min(int(place), FARTHEST)
        case _:
            raise bad_cursor()


def _shown(view: ReferralView) -> Json:
    action, victim = view.next_action, view.document["victim"]
    call = view.state.call if view.state is not None else None
    return {
        "referral": view.id,
        "reference": view.reference,
        "stage": view.stage,
        "kind": action.kind if action else NextActionKind.WAIT,
        "due_at": written(action.due_at) if action else None,
        "reason": action.reason if action else "",
        "number": view.next_number,
        "name": name_of(victim),
        "language": victim.get("language"),
        "interpreter": victim.get("interpreter"),
        "promised": call is not None and call.promised,
        "lapses": call.lapses if call is not None else 0,
        "in_danger": any(hold.kind == "immediate_danger" for hold in view.holds),
        "escalated": view.escalated_at is not None,
        "escalation": view.escalation or None,
        "sensitive": view.sensitive,
        "attempts_counted": view.attempts_counted,
        "asking": [_asking(one) for one in view.asking],
    }


def _asking(one: Asking) -> Json:
    return {
        "kind": one.kind,
        "id": one.id,
        "reference": one.reference,
        "asks": list(one.asks),
        "reasons": list(reasons_of(one)),
        "since": written(one.since),
        "urgent": one.is_urgent,
    }
