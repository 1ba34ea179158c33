"""The relay: starts and sends what the front door stored and could not hand over itself.

It repeats with the same ids, so that nothing happens twice, and it never gives up: a referral or command stays
until the tables say that it was taken in.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import HoldfastError
from domain.events import Answer
from domain.ongoing_support import SupportCommand
from store.command import CommandStore, StoredCommand
from store.ongoing_support import SupportStore
from store.outbox import Outbox, Waiting
from store.provider_report import ReportStore
from wiring.temporal import Orchestra

PAUSE = timedelta(milliseconds=500)
"""Between two looks when there was nothing left over."""
LEASE = timedelta(seconds=5)
"""How long what was claimed is left alone; also how long the front door tries by itself first."""
BATCH = 50
"""Handed over at once; bounds what one process has in flight."""
MATCHES_EVERY = timedelta(seconds=5)
"""Between two looks for reports whose message was not known yet."""
WITHIN = timedelta(seconds=4)
"""For one hand-over."""

_log = structlog.get_logger(__name__)


class Relay:
    """Sweeps what is left over, for as long as it runs; several may run at once."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        commands: CommandStore,
        supports: SupportStore,
        orchestra: Orchestra,
        reports: ReportStore | None = None,
    ) -> None:
        self._reports = reports
        self._matches_at = datetime.min.replace(tzinfo=UTC)
        self._outbox = outbox
        self._supports = supports
        self._commands = commands
        self._orchestra = orchestra

    async def run(self) -> None:
        """Sweep until cancelled; an outage of the database or of Temporal is waited out."""
        while True:
            try:
                busy = await self.sweep()
            except (SQLAlchemyError, HoldfastError) as error:
                _log.warning("relay_waits", error=type(error).__name__)
                busy = False
            if not busy:
                await asyncio.sleep(PAUSE.total_seconds())

    async def sweep(self) -> bool:
        """Hand over what is left; say whether a full batch was found."""
        now = datetime.now(UTC)
        await self._match_reports(now)
        waiting = await asyncio.to_thread(self._outbox.claim, now=now, lease=LEASE, limit=BATCH)
        left = await asyncio.to_thread(self._commands.left_over, now=now, lease=LEASE, limit=BATCH)
        await _together(self._start(entry) for entry in waiting)
        targets = groupby(left, key=lambda command: command.target_id)
        await _together([self._send_in_order(list(commands)) for _, commands in targets])
        return len(waiting) == BATCH or len(left) == BATCH

    async def _match_reports(self, now: datetime) -> None:
        """Give reports that came before their message was known to its referral; what they lead to is sent below."""
        if self._reports is not None and now >= self._matches_at:
            self._matches_at = now + MATCHES_EVERY
            await asyncio.to_thread(self._reports.catch_up, now=now)

    async def _start(self, entry: Waiting) -> None:
        if await self._orchestra.start_referral(entry.referral_id, within=WITHIN):
            await asyncio.to_thread(self._outbox.done, entry.referral_id)

    async def _send_in_order(self, commands: list[StoredCommand]) -> None:
        """One after the other: a workflow takes only some updates at once, and later ones wait for the first."""
        for stored in commands:
            if not await self._send(stored):
                return

    async def _send(self, stored: StoredCommand) -> bool:
        answer = await self._orchestra.send_command(stored.target_id, stored.command, within=WITHIN)
        if answer is None and isinstance(stored.command, SupportCommand):
            await asyncio.to_thread(self._refuse_if_ended, stored)
        return answer is not None or await asyncio.to_thread(self._commands.result, stored.id) is not None

    def _refuse_if_ended(self, stored: StoredCommand) -> None:
        """A support's workflow ends with its support: what was still on its way to it is refused."""
        if self._supports.has_ended(stored.target_id.removeprefix("support-")):
            ended = Answer(applied=False, revision=0, code="not_possible_now", why="This support has ended.")
            self._commands.settle(stored.id, ended, now=datetime.now(UTC))


async def _together(work: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*work)
