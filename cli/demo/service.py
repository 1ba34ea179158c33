"""The service as the demo's people reach it: over HTTP, politely, and across a restart of any part of it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from cli.failures import CommandFailed

Json = dict[str, Any]

CONNECTIONS = 32
"""Requests at once, whatever the number of lives in flight: after an outage they do not all come at the same time."""
PATIENCE = 120.0
"""Seconds of silence after which the demo gives up: long enough to kill a process, or to start `holdfast up` again."""
_AGAIN_AFTER = 0.5
"""Seconds to the next try when the service does not say."""
_ANSWERS_WITHIN = httpx2.Timeout(30.0, pool=None)
_LATER = frozenset({429, 500, 502, 503, 504})
_NO_MORE_THAN = 10.0
"""Seconds; a longer `Retry-After` is not waited out before the service is asked how it is."""


class NoRehearsal(CommandFailed):
    """The service is a real one."""


class NotAsPlayed(Exception):
    """One referral went another way than its story; the text says how, with ids alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered."""

    status: int
    body: Json
    location: str = ""


class Service:
    """One running service."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        try:
            self._http = httpx2.AsyncClient(base_url=self.url, limits=limits, timeout=_ANSWERS_WITHIN)
        except httpx2.InvalidURL:
            raise CommandFailed(f"{self.url} is no address of a service") from None
        self._one_asks = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def must_rehearse(self) -> None:
        """Ask the running service whether it may be played with.

        Raises:
            NoRehearsal: It is a real one.
            CommandFailed: It is away or not ready.
        """
        try:
            answer = await self._http.get("/readyz")
        except (httpx2.TransportError, httpx2.UnsupportedProtocol):
            raise CommandFailed(f"no service answers at {self.url}") from None
        ready = _json(answer)
        if answer.status_code != httpx2.codes.OK or "database" not in ready:
            raise CommandFailed(f"the service at {self.url} is not ready")
        if ready.get("rehearsal") is not True:
            raise NoRehearsal(
                f"the service at {self.url} is no rehearsal: the demo plays only with a service that was started "
                "with a profile such as profiles/rehearsal.toml"
            )

    async def get(self, bearer: str, path: str, **asked: str) -> Json:
        """Read something.  Raises `NotAsPlayed` when it may not be read."""
        answer = await self._surely("GET", path, bearer, params=asked or None)
        return _taken(answer, path, codes=(httpx2.codes.OK,)).body

    async def post(self, bearer: str, path: str, body: Json, *, key: str) -> Answer:
        """Send something until it is answered, under one `Idempotency-Key`, so that it happens once.

        Raises:
            NotAsPlayed: It was refused.
            CommandFailed: The service has been away too long, or is another one now.
        """
        answer = await self._surely("POST", path, bearer, json=body, headers={"Idempotency-Key": key})
        codes = (httpx2.codes.OK, httpx2.codes.CREATED, httpx2.codes.ACCEPTED)
        return _taken(answer, path, codes=codes)

    async def _surely(
        self,
        method: str,
        path: str,
        bearer: str,
        *,
        headers: Mapping[str, str] | None = None,
        **what: Any,
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {bearer}", **(headers or {})}
        give_up_at = time.monotonic() + PATIENCE
        while True:
            pause = _AGAIN_AFTER
            try:
                answer = await self._http.request(method, path, headers=headers, **what)
            except httpx2.TransportError:
                pass
            else:
                if answer.status_code not in _LATER:
                    return answer
                pause = _pause_asked_for(answer)
            if time.monotonic() > give_up_at:
                raise CommandFailed(f"the service at {self.url} has not answered for {PATIENCE:.0f} seconds")
            await asyncio.sleep(pause)
            await self._back(give_up_at)

    async def _back(self, give_up_at: float) -> None:
        """Wait until the service is there again, and see to it that it is still a rehearsal."""
        async with self._one_asks:
            while True:
                try:
                    await self.must_rehearse()
                except NoRehearsal:
                    raise
                except CommandFailed:
                    if time.monotonic() > give_up_at:
                        raise
                    await asyncio.sleep(_AGAIN_AFTER)
                else:
                    return


def _taken(answer: httpx2.Response, path: str, *, codes: tuple[int, ...]) -> Answer:
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        raise CommandFailed(
            "the service does not know the demo's tokens: --data-dir or HOLDFAST_DATABASE_URL belong to another one"
        )
    body = _json(answer)
    if answer.status_code not in codes:
        raise NotAsPlayed(f"{path} was answered {answer.status_code}: {body.get('detail', '')}")
    return Answer(answer.status_code, body, answer.headers.get("location", ""))


def _json(answer: httpx2.Response) -> Json:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _pause_asked_for(answer: httpx2.Response) -> float:
    try:
        return min(float(answer.headers["retry-after"]), _NO_MORE_THAN)
    except (KeyError, ValueError):
        return _AGAIN_AFTER
