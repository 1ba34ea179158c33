"""The providers' side of the world: what they know, what they were told to do, whom they call."""

import asyncio
from enum import StrEnum
from typing import Protocol

from fastapi import Request

from simulator.caller import Caller
from simulator.kept import Kept
from simulator.keys import Keys
from simulator.script import Prompter, Provider, Script
from simulator.trades_boing_book import Book


class Outage(StrEnum):
    """How a provider is away."""

    UNAVAILABLE = "unavailable"
    """It answers 503."""
    SLOW_DOWN = "slow_down"
    """It answers 429."""
    REFUSED = "refused"
    """Nobody listens: the connection is refused."""


class Doors(Protocol):
    """The sockets of the providers, each its own, so that each can be away."""

    async def open(self, provider: Provider) -> None:
        """Listen again."""

    async def close(self, provider: Provider) -> None:
        """Refuse every connection from now on."""


class World:
    """Everything of one simulator."""

    def __init__(self, *, keys: Keys, script: Script, public_url: str) -> None:
        self.keys = keys
        self.prompter = Prompter(script)
        self.public_url = public_url
        """Where the service is; may be set later, when it is known."""
        self.kept = Kept()
        self.boing = Book()
        """The repairs service."""
        self.caller = Caller()
        self.outages: dict[Provider, Outage] = {}
        self.doors: Doors | None = None

    @property
    def script(self) -> Script:
        """The script that is followed now."""
        return self.prompter.script

    def webhook(self, provider: Provider) -> str:
        """Where the service listens to a provider."""
        return f"{self.public_url.rstrip('/')}/webhooks/{provider}"

    async def outage(self, provider: Provider, how: Outage | None) -> None:
        """Let a provider be away, or come back."""
        before = self.outages.pop(provider, None)
        if how:
            self.outages[provider] = how
        if self.doors and how is Outage.REFUSED:
            await self.doors.close(provider)
        elif self.doors and before is Outage.REFUSED:
            await self.doors.open(provider)

    async def idle(self) -> None:
        """Wait until every report has been made or given up."""
        while self.caller.under_way:  # noqa: ASYNC110 - whoever waits is a test
            await asyncio.sleep(0.01)


def world_of(request: Request) -> World:
    """The world a request came to."""
    found: World = request.app.state.world
    return found
