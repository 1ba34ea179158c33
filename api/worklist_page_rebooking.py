"""Rebooking calls whose time passed, many at once: one decision for each referral, in nobody's stead.

Source: rule 2 of docs/policy.md: many lapses at once are one alert, or supervisors drown.
"""

import asyncio
import base64
import binascii
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from typing_extensions import override

from api.command import give
from api.decision import DecisionIn, event_of
from api.idempotency import Once
from api.services import Orchestra, Services
from domain.call_planning import next_call_at
from domain.errors import IdempotencyConflict
from domain.events import Answer
from domain.identifiers import referral_workflow_id
from domain.vocabulary import NextActionKind, Stage
from store.command import StoredCommand
from store.command_row import AnyCommand
from store.idempotency import Claim
from store.referral_view import ReferralView
from store.tokens import Token

MOST = 100
"""Calls rebooked with one press; their ids have to fit into an address."""
AT_ONCE = 8
"""Decisions on their way to the workflows at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What one press gave."""

    commands: tuple[str, ...]
    changed: tuple[str, ...]
    """Referrals that have moved on since the page was opened: nothing was decided about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRebooked:
    """A call that kept its time, and why."""

    address: str
    reference: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebooking:
    """What became of one press."""

    done: int
    waiting: int
    """Stored; they follow as soon as the workflow engine answers."""
    refused: tuple[NotRebooked, ...]
    changed: tuple[NotRebooked, ...]


async def rebook(
    services: Services,
    caller: Token,
    request: Request,
    *,
    referral_ids: Sequence[str],
    although_promised: Collection[str],
    decision: DecisionIn,
    once: str,
) -> Pressed:
    """Give each referral the decision `change_due`, unless it has moved on since it was ticked.

    Args:
        services: The stores and the way to the workflows.
        caller: Whose decision it is.
        request: For the idempotency of the form.
        referral_ids: Those that are ticked.
        although_promised: Those that the page called promised: whoever ticked them meant it.
        decision: The earliest time and the reason; each person is rung at the first moment from then on that opening
            hours and their own windows allow.
        once: The form's own key: sent twice it is one deed.
    """
    if_there = replace(services, orchestra=_UntilSilent(services.orchestra))
    places = asyncio.Semaphore(AT_ONCE)
    said = decision.model_dump(mode="json", exclude_unset=True)

    async def one(referral_id: str) -> str | None:
        body = {"referral": referral_id, **said}
        claim = Once.of(services, caller, request, f"{once}:{referral_id}", body).claim
        event = event_of(decision, caller.role)
        try:
            async with places:
                view = await run_in_threadpool(
                    _as_ticked, services, claim, referral_id, although_promised=although_promised
                )
                if view is None:
                    return None
                given = await give(
                    if_there,
                    caller,
                    claim,
                    referral_id=referral_id,
                    kind="decision",
                    event=replace(event, due_at=_first_fitting(view, event.due_at)),
                    words={"reason": decision.reason},
                )
        except IdempotencyConflict:
            return None  # this very form rebooked it before, with another time or reason
        return given.stored.id

    given = await asyncio.gather(*map(one, referral_ids))
    return Pressed(
        commands=tuple(command_id for command_id in given if command_id is not None),
        changed=tuple(
            referral_id
            for referral_id, command_id in zip(referral_ids, given, strict=True)
            if command_id is None
        ),
    )


def what_became(services: Services, command_ids: Iterable[str], changed_ids: Iterable[str]) -> Rebooking:
    """Look up what became of a press, as it is now."""
    found = [command for command in map(services.commands.get, command_ids) if command is not None]
    refused = [command for command in found if command.answer is not None and not command.answer.applied]
    waiting = sum(command.answer is None for command in found)
    changed = [view for view in map(services.referrals.view, changed_ids) if view is not None]
    return Rebooking(
        done=len(found) - waiting - len(refused),
        waiting=waiting,
        refused=tuple(_not_rebooked(services, command) for command in refused),
        changed=tuple(
            NotRebooked(address=f"/referrals/{view.id}", reference=view.reference) for view in changed
        ),
    )


def ids_to_text(command_ids: Iterable[str]) -> str:
    """Write ids so that many fit into an address."""
    return base64.urlsafe_b64encode(b"".join(uuid.UUID(one).bytes for one in command_ids)).decode()


def ids_from_text(text: str) -> list[str]:
    """Read them again; nothing from what is not ours."""
    try:
        ids = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        return [str(uuid.UUID(bytes=ids[place : place + 16])) for place in range(0, len(ids), 16)][:MOST]
    except (binascii.Error, ValueError):
        return []


def _as_ticked(
    services: Services, claim: Claim | None, referral_id: str, *, although_promised: Collection[str]
) -> ReferralView | None:
    """The referral, if it still is the lapsed call that was ticked, or if this form was sent before.

    Raises:
        IdempotencyConflict: This form was sent before with another time or reason.
    """
    was_sent = claim is not None and services.idempotency.find(claim) is not None
    is_told_something = bool(services.commands.pending(referral_workflow_id(referral_id)))
    view = services.referrals.view(referral_id)
    if view is None or was_sent:
        return view
    is_lapsed = view.stage is Stage.CONTACTING and view.next_kind is NextActionKind.CALL and view.lapses > 0
    is_meant = not view.promised or referral_id in although_promised
    return view if is_lapsed and is_meant and not is_told_something else None


def _first_fitting(view: ReferralView, chosen: datetime | None) -> datetime | None:
    """Nobody looks at each one's windows here: the rules do."""
    if view.state is None or chosen is None:
        return chosen
    fits = next_call_at(
        now=chosen,
        policy=view.state.policy,
        windows=view.state.facts.windows,
        counted_at=(),
        not_before=None,
    )
    return fits or chosen


def _not_rebooked(services: Services, command: StoredCommand) -> NotRebooked:
    view = services.referrals.view(command.referral_id)
    why = command.answer.why if command.answer else ""
    return NotRebooked(
        address=f"/referrals/{command.referral_id}", reference=view.reference if view else "", why=why
    )


class _UntilSilent(Orchestra):
    """The way to the workflows until one does not answer: then the others are only stored, and nobody waits."""

    def __init__(self, inner: Orchestra) -> None:
        self._inner = inner
        self._is_silent = False

    @override
    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        return await self._inner.start_referral(referral_id, within=within)

    @override
    async def send_command(self, target_id: str, command: AnyCommand, *, within: timedelta) -> Answer | None:
        if self._is_silent:
            return None
        answer = await self._inner.send_command(target_id, command, within=within)
        if answer is None:
            self._is_silent = True
        return answer

    @override
    async def is_ready(self) -> bool:
        return await self._inner.is_ready()
