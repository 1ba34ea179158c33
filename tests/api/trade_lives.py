"""A repair with its offers, at the front door: the same heart and the same tables as behind a workflow."""

from datetime import timedelta

from fastapi import FastAPI

from api.services import Services
from domain.events import Answer
from store.command_row import AnyCommand
from store.repair_dispatch.token import offer_token
from tests.api.browser import Browser
from tests.store.lives import Office
from tests.store.repair_lives import Depot, KeptRepair


class Trade:
    """One tradesperson's telephone, with the link of their offer."""

    def __init__(self, app: FastAPI, services: Services, offer_id: str) -> None:
        self.browser = Browser(app)
        self.client = self.browser.client
        self.offer_id = offer_id
        self.link = f"/trades/{offer_token(services.keyring, offer_id)}"

    async def looks(self):
        return await self.client.get(self.link)

    async def sends(self, answer: str, *, once: str = "once", **typed: str):
        """Press a button of the page; gives the page it leads to."""
        sent = await self.posts(answer, once=once, **typed)
        return await self.client.get(sent.headers["location"]) if sent.status_code == 303 else sent

    async def posts(self, answer: str, *, once: str = "once", **typed: str):
        fields = {"answer": [answer], "form_once": [once], **{name: [said] for name, said in typed.items()}}
        return await self.browser.post(self.link, fields)

    async def sends_photo(self, content: bytes, *, nobody: bool = True, kind: str = "image/jpeg"):
        files = {"photo": ("IMG_1.jpg", content, kind)}
        return await self.client.post(
            f"{self.link}/photo", files=files, data={"nobody": "yes"} if nobody else {}
        )


class Firm:
    """Obeys `api.services.Orchestra` for one repair; `away` plays an outage of Temporal."""

    def __init__(self, app: FastAPI, services: Services) -> None:
        self._app = app
        self.services = services
        self.depot = Depot(Office(services.engine, services.keyring))
        self.away = False
        self.repair: KeptRepair
        object.__setattr__(services, "orchestra", self)
        object.__setattr__(services, "clock", lambda: self.repair.now)

    def asks(self, number: int = 1, **more) -> list[Trade]:
        """Begin a repair and offer it to so many."""
        self.repair = self.depot.repairs(**more).begins()
        return self.offers_to(number)

    def offers_to(self, number: int) -> list[Trade]:
        offers = self.repair.offered_to(*(self.depot.engages() for _ in range(number)))
        return [Trade(self._app, self.services, offer) for offer in offers]

    def wait(self, span: timedelta) -> None:
        self.repair.waits(span)

    async def send_command(self, target_id: str, command: AnyCommand, *, within: timedelta) -> Answer | None:
        if self.away:
            return None
        self.comes_back(target_id)
        return self.services.commands.result(command.id)

    def comes_back(self, target_id: str | None = None) -> None:
        """Take in what waits, in its order."""
        self.away = False
        for stored in self.services.commands.pending(target_id or f"repair-{self.repair.id}"):
            self.repair.hears(stored.event, stored)
