"""Calls the service back, as the providers do: again when it does not answer, each as patiently as it really is."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog

from simulator.clock import now
from simulator.course import Call, Course, Step
from simulator.script import Provider

MOST_COURSES = 10_000
"""Messages whose reports are still to come; beyond it every provider is busy (429)."""

_AT_ONCE = 16
"""Calls that are under way at the same time."""

_ANSWERS_WITHIN = 10.0
"""Seconds before a call has failed."""

_LONGEST_PAUSE = 10.0
"""Seconds between two tries: the real ones wait minutes, and nobody watches that."""

_log = structlog.get_logger("simulator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a provider tries."""

    tries: int
    also_when_refused: bool
    """Whether an answer that is no success is tried again, rather than a broken connection alone."""
    believes_4xx: bool = False
    """Whether a refusal of what was said is the end of it."""


PATIENCE = {
    Provider.SENDGRID: Patience(tries=10, also_when_refused=True),
    Provider.TWILIO: Patience(tries=2, also_when_refused=False),
    Provider.NOTIFY: Patience(tries=6, also_when_refused=True),
    Provider.TRADES: Patience(tries=6, also_when_refused=True, believes_4xx=True),
}
"""SendGrid tries for a day, Notify and BOING five times more, Twilio once more and only when it could not connect."""


class Caller:
    """Makes the calls of every course; lives in one event loop, between `open` and `close`."""

    def __init__(self) -> None:
        self.first_pause = 0.5
        """Seconds before the second try; doubled from there."""
        self._under_way: set[asyncio.Task[None]] = set()
        self._client: httpx2.AsyncClient | None = None
        self._places = asyncio.Semaphore(_AT_ONCE)

    def open(self) -> None:
        """Get ready to call."""
        # Nothing of the machine's proxies: what is called is the service, by the address it was given.
        self._client = httpx2.AsyncClient(timeout=_ANSWERS_WITHIN, trust_env=False, follow_redirects=False)

    async def close(self) -> None:
        """Stop calling; what has not been told is never told."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    @property
    def is_busy(self) -> bool:
        """Whether no more courses are taken on."""
        return len(self._under_way) >= MOST_COURSES

    @property
    def under_way(self) -> int:
        """How many messages and jobs have reports to come."""
        return len(self._under_way)

    def follow(self, course: Course) -> "asyncio.Task[None]":
        """Begin the course of a message."""
        return self._begin(self._run(course))

    def begin(self, what: Coroutine[Any, Any, None]) -> None:
        """Begin something that will call the service."""
        self._begin(what)  # type: ignore[unused-awaitable]  # it is kept, and ends by itself

    def _begin(self, what: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(what)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _run(self, course: Course) -> None:
        reached = 0
        for step in course.steps:
            await asyncio.sleep(step.after)
            if step.rank > reached:
                reached = step.rank
                course.message.status, course.message.updated_at = step.status, now()
            if step.tell:
                await self._report(course, step, step.tell())

    async def _report(self, course: Course, step: Step, call: Call) -> None:
        answer = await self.call(course.message.provider, call, again=step.tell)
        if answer.startswith("2"):
            course.message.told.append(step.status)

    async def call(self, provider: Provider, call: Call, *, again: object = None) -> str:
        """Call the service until it answers with success, as often as this provider does.

        Args:
            provider: As whom.
            call: The call.
            again: Makes it anew, signed as of then, for another try; `None`: the same call is made again.

        Returns:
            The last status, such as `204`, or `no answer`.
        """
        patience, pause, answer = PATIENCE[provider], self.first_pause, "no answer"
        for remaining in reversed(range(patience.tries)):
            answer = await self.post(call)
            if answer.startswith("2") or not remaining:
                break
            if answer != "no answer" and not patience.also_when_refused:
                break
            if answer.startswith("4") and patience.believes_4xx:
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            call = again() if callable(again) else call
        if not answer.startswith("2"):
            _log.warning("the service did not take a call", provider=provider, answer=answer)
        return answer

    async def post(self, call: Call) -> str:
        """Make one call, once; the status, or `no answer`."""
        if self._client is None:
            return "no answer"
        async with self._places:
            try:
                response = await self._client.post(call.url, content=call.body, headers=call.headers)
            except (httpx2.HTTPError, httpx2.InvalidURL):
                return "no answer"
        return str(response.status_code)
