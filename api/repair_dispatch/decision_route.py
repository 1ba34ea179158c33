"""What staff tell a repair: decisions, the victim's word, a tradesperson's answer by telephone, corrections."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asked import AskedByStaff
from api.command import PendingOut
from api.identity import MANAGERS_ONLY
from api.problems import Problem
from api.repair_dispatch import answer as answers_of_trades
from api.repair_dispatch import decision as decisions
from api.repair_dispatch.given import found, tell_repair
from api.repair_dispatch.repair_out import RepairOut
from api.schema import PREFIX, answers, takes
from api.services import In, Services

_TOLD = answers({200: RepairOut, 202: PendingOut}, 401, 403, 404, 409, 413, 415, 422)

router = APIRouter(prefix=PREFIX, tags=["repairs"])


@router.post(
    "/repairs/{repair_id}/decisions",
    openapi_extra=takes(decisions.RepairDecisionIn, example=decisions.EXAMPLE),
    responses=_TOLD,
)
async def decide(repair_id: str, services: In, asked: AskedByStaff) -> Response:
    """Decide.  409 when the repair has no such step now, 403 when only a manager may, with the reason."""
    decision = decisions.read_repair_decision(asked.body)
    await run_in_threadpool(refuse_stranger, services, decision)
    return await tell_repair(
        services,
        asked,
        await found(services, repair_id),
        kind=decisions.KIND,
        event=decisions.decided(decision, asked.caller.role),
        words=decisions.words_of(decision),
    )


def refuse_stranger(services: Services, decision: decisions.RepairDecisionIn) -> None:
    """Ask nobody who is not in the register.  Raises `Problem`."""
    if decision.trade_id is not None and services.tradespeople.get(decision.trade_id) is None:
        raise Problem.at("trade_id", decisions.NOT_IN_REGISTER)


@router.post(
    "/repairs/{repair_id}/confirmation",
    openapi_extra=takes(decisions.ConfirmationIn, example={"secure": True}),
    responses=_TOLD,
)
async def confirm(repair_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record what the victim says of the place.  Not secure: the repair opens again, before all others."""
    confirmation = decisions.read_confirmation(asked.body)
    return await tell_repair(
        services,
        asked,
        await found(services, repair_id),
        kind=decisions.KIND,
        event=decisions.confirmed(confirmation, asked.caller.role),
        words={"note": confirmation.note},
    )


@router.post(
    "/repairs/{repair_id}/answers",
    openapi_extra=takes(answers_of_trades.TradeAnswerIn, example=answers_of_trades.EXAMPLE),
    responses=_TOLD,
)
async def record_answer(repair_id: str, services: In, asked: AskedByStaff) -> Response:
    """Record what a tradesperson said on the telephone.  409 `taken` when somebody else has the job by now."""
    repair = await found(services, repair_id)
    said = answers_of_trades.read_trade_answer(
        asked.body,
        frozenset(offer.id for offer in repair.offers if offer.made_at is not None),
        now=services.clock(),
    )
    return await tell_repair(
        services,
        asked,
        repair,
        kind=answers_of_trades.KIND,
        event=answers_of_trades.answered(said),
        words={"note": said.note},
    )


@router.post(
    "/repairs/{repair_id}/spend",
    openapi_extra=takes(
        decisions.SpendCorrectionIn, example={"pence": -1500, "reason": "Charged twice, they agree."}
    ),
    responses=_TOLD,
    dependencies=[MANAGERS_ONLY],
)
async def correct_spend(repair_id: str, services: In, asked: AskedByStaff) -> Response:
    """Correct what a repair comes to, by so many pence; the ledger is only added to."""
    correction = decisions.read_correction(asked.body)
    return await tell_repair(
        services,
        asked,
        await found(services, repair_id),
        kind=decisions.KIND,
        event=decisions.corrected(correction, asked.caller.role),
        words={"reason": correction.reason},
    )
