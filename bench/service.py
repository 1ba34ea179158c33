"""The whole service on a data directory of its own, and whole lives over its public API."""

import asyncio
import contextlib
import itertools
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.servers import REHEARSAL, Tree

ORGANISATION = "Bench Constabulary"
REAL_TIME = Path("profiles/cambridgeshire.toml")
"""In which an open referral waits for hours; in the rehearsal its next lapse would be measured too."""
_PENDING = 202
_numbers = itertools.count(1)


def referral() -> dict[str, Any]:
    """An invented burglary; no two people alike."""
    number = next(_numbers)
    return {
        "source": {
            "kind": "police",
            "organisation": ORGANISATION,
            "reference": f"B/{time.time_ns()}/{number}",
            "person_reference": "1",
        },
        "incident": {"kind": "burglary", "postcode": "CB1 2AB"},
        "victim": {
            "given_name": f"Ada{number}",
            "family_name": "Example",
            "phones": [{"number": f"+4477009{number % 100_000:05d}", "safe": "yes"}],
            "address": {
                "lines": [f"{number} Example Street", "Cambridge"],
                "postcode": "CB1 2AB",
                "safe": "yes",
            },
        },
        "lane": "contact",
        "consent": {"status": "given"},
    }


@contextlib.contextmanager
def running(profile: Path = REHEARSAL) -> Iterator[Tree]:
    """Run the service, as `holdfast up` does, for as long as something is measured."""
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        tree = Tree(Path(room) / "var", told=Path(room), profile=profile)
        tree.start()
        try:
            yield tree
        finally:
            tree.stop()


class Service:
    """The running service as a police system and a coordinator see it."""

    def __init__(self, base_url: str, *, police: str, coordinator: str, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._police = _client(base_url, police, limits)
        self._coordinator = _client(base_url, coordinator, limits)

    async def life(self, *, gap: timedelta, cut_off: timedelta) -> None:
        """Play one life until its letter has left."""
        answer = await self._police.post("/api/v1/referrals", json=referral())
        answer.raise_for_status()
        path = answer.headers["location"]
        for call in range(3):
            if call:
                await asyncio.sleep(gap.total_seconds())
            attempt = await self._coordinator.post(f"{path}/contact-attempts", json={"outcome": "no_answer"})
            attempt.raise_for_status()
            said = attempt.json()
            if attempt.status_code == _PENDING:
                await self._applied(attempt.headers["location"])
            else:
                assert said["counted"], said["why_not_counted"]
        await asyncio.sleep(cut_off.total_seconds())
        await self._letter_left(path)

    async def _applied(self, command: str) -> None:
        """Wait for a command that was answered before it was applied: the service is over its capacity."""
        for _ in range(240):
            if (await self._coordinator.get(command)).json()["state"] == "applied":
                return
            await asyncio.sleep(0.5)
        raise TimeoutError("a command was not applied")

    async def _letter_left(self, path: str) -> None:
        seen: dict[str, Any] = {}
        for _ in range(240):
            seen = (await self._coordinator.get(path)).json()
            if seen["stage"] == "closed" or (seen["next_action"] or {}).get("kind") == "wait":
                return
            await asyncio.sleep(0.5)
        raise TimeoutError(f"the letter did not leave: {seen.get('stage')}, {seen.get('next_action')}")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._police.aclose()
        await self._coordinator.aclose()


def _client(base_url: str, token: str, limits: httpx.Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url, headers={"Authorization": f"Bearer {token}"}, limits=limits, timeout=60
    )
