"""Commands: stored before they are sent, answered when the tables have what became of them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.asked import Asked
from api.identity import Anyone, may_see
from api.problems import not_found, refusal
from api.referral_out import Json, Out, shown_to, written
from api.schema import PREFIX, answers
from api.services import In, Services
from domain.events import Answer
from domain.vocabulary import CommandState
from store.command import NewCommand, StoredCommand
from store.idempotency import Claim
from store.json_form import StoredEvent
from store.tokens import Token

COMMAND_WITHIN = timedelta(seconds=5)
"""How long we wait for a workflow before we say 202; the relay goes on with the same id."""
PENDING = "It is stored and will be applied as soon as the workflow engine answers."

router = APIRouter(prefix=PREFIX, tags=["commands"])


class CommandOut(Out):
    """What became of a command."""

    id: str
    state: CommandState
    why: str
    referral: str
    kind: str
    made_at: datetime
    settled_at: datetime | None


class PendingOut(Out):
    """A command that is stored and not applied yet; `Location` says where to ask."""

    id: str
    state: CommandState
    why: str


@router.get("/commands/{command_id}", responses=answers({200: CommandOut}, 401, 404))
async def show_command(command_id: str, caller: Anyone, services: In) -> Response:
    """Say what became of a command that was answered 202."""
    stored = await run_in_threadpool(services.commands.get, command_id)
    if stored is None or not may_see(caller, stored.by.owner):
        raise not_found()
    return JSONResponse(_shown(stored))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A command that was given: stored in any case, answered if its workflow did so in time."""

    stored: StoredCommand
    answer: Answer | None
    """`None`: it is applied as soon as the workflow engine answers."""


Showing = Callable[[StoredCommand], Awaitable[Response]]
"""Answers a command that was applied with what it changed."""


async def give(
    services: Services,
    caller: Token,
    claim: Claim | None,
    *,
    referral_id: str,
    kind: str,
    event: StoredEvent,
    words: dict[str, Any],
    target_id: str | None = None,
) -> Given:
    """Store a command and hand it to its workflow; the tables have what came of it when this returns.

    Args:
        services: The stores and the way to the workflows.
        caller: Whose command it is.
        claim: Of the request's idempotency key, if it had one.
        referral_id: Whose.
        kind: For the reader of the command.
        event: What happened or is wanted; categories and ids only.
        words: What the person said with it; kept sealed.
        target_id: The workflow it is for; by default the referral's.

    Raises:
        ReferralNotFound: There is no such referral.
        IdempotencyConflict: The key was used with another body.
    """
    new = NewCommand(
        id=str(uuid.uuid4()),
        referral_id=referral_id,
        kind=kind,
        event=event,
        words={name: said for name, said in words.items() if said},
        by=caller.maker,
        made_at=services.clock(),
        claim=claim,
        target_id=target_id,
    )
    stored = await run_in_threadpool(services.commands.store, new)
    return Given(stored=stored, answer=await hand_over(services, stored))


async def carry_out(
    services: Services,
    asked: Asked,
    *,
    referral_id: str,
    kind: str,
    event: StoredEvent,
    words: dict[str, Any],
    status: int = 200,
    target_id: str | None = None,
    showing: Showing | None = None,
) -> Response:
    """Give a command, see `give`, and answer with the referral as the tables have it then, or with `showing`.

    The answer has `status` when the command is applied, and 202 when it is not applied yet.
    """
    given = await give(
        services,
        asked.caller,
        asked.once.claim,
        referral_id=referral_id,
        kind=kind,
        event=event,
        words=words,
        target_id=target_id,
    )
    stored = given.stored
    if showing is not None and given.answer is not None and given.answer.applied:
        response = await showing(stored)
    else:
        response = await _answered(services, asked.caller, stored, given.answer, status)
    return await asked.once.keep(
        response, subject_kind="command", subject_id=stored.id, replayed=stored.replayed
    )


async def hand_over(services: Services, stored: StoredCommand) -> Answer | None:
    """Hand over a command that a store has placed; `None`: it is applied as soon as the workflow engine answers."""
    return stored.answer or await _send(services, stored)


async def _send(services: Services, stored: StoredCommand) -> Answer | None:
    """Hand over what waits for this workflow, up to this command, one after the other.

    A workflow takes only some updates at once and applies them in their order: a later one must not fill the place
    that an earlier one needs.
    """
    clock = asyncio.get_running_loop().time
    by = clock() + COMMAND_WITHIN.total_seconds()
    for waiting in await run_in_threadpool(services.commands.pending, stored.target_id):
        left = timedelta(seconds=max(by - clock(), 0.1))
        answer = await services.orchestra.send_command(waiting.target_id, waiting.command, within=left)
        if waiting.id == stored.id and answer is not None:
            return answer
        if answer is None or waiting.id == stored.id:
            break
    # Without an answer it may still have been applied, by the relay or an earlier run: the row knows.
    return await run_in_threadpool(services.commands.result, stored.id)


async def _answered(
    services: Services, caller: Token, stored: StoredCommand, answer: Answer | None, status: int
) -> Response:
    location = {"Location": f"{PREFIX}/commands/{stored.id}"}
    if answer is None:
        pending = {"id": stored.id, "state": CommandState.PENDING, "why": PENDING}
        return JSONResponse(pending, 202, headers=location)
    if not answer.applied:
        return refusal(answer.code, answer.why).response()
    shown = await run_in_threadpool(_referral_after, services, caller, stored, answer)
    return JSONResponse(shown, status, headers=location)


def _referral_after(services: Services, caller: Token, stored: StoredCommand, answer: Answer) -> Json:
    view = services.referrals.view(stored.referral_id)
    if view is None:
        raise not_found()
    shown = shown_to(services, caller, view)
    if stored.kind == "attempt":
        shown |= {"counted": bool(answer.counted), "why_not_counted": answer.why_not_counted}
    return shown


def _shown(stored: StoredCommand) -> Json:
    return {
        "id": stored.id,
        "state": stored.state,
        "why": PENDING if stored.answer is None else stored.answer.why,
        "referral": stored.referral_id,
        "kind": stored.kind,
        "made_at": written(stored.made_at),
        "settled_at": written(stored.settled_at),
    }
