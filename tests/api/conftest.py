"""The front door on a real Postgres, with a stand-in for the workflows, and people who knock."""

import itertools
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from api.services import Services, make_services
from domain.callback_ports import InboundText
from store.keyring import Keyring
from tests.api.browser import Browser
from tests.api.people import FORCE, STRANGER, Person
from tests.api.repair_stand_in import RepairStandIn, repair_tables
from tests.api.stand_in import StandIn
from wiring import log
from wiring.database import make_engine
from wiring.profile import ProfilePolicies, load_profile
from wiring.settings import ROOT
from wiring.writer import MessageWriter

REHEARSAL = ROOT / "profiles/rehearsal.toml"


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("api")


@pytest.fixture(scope="session")
def profile():
    return load_profile(REHEARSAL)


@pytest.fixture
def services(database_url: str, profile) -> Iterator[Services]:
    engine = make_engine(database_url)
    made = make_services(
        engine=engine,
        keyring=Keyring((secrets.token_bytes(32),)),
        profile=profile,
        orchestra=None,  # type: ignore[arg-type]  # put in below
        writer=MessageWriter(profile),
    )
    stand_in = StandIn(made.referrals, made.commands, ProfilePolicies(profile))
    object.__setattr__(made, "orchestra", stand_in)
    yield made
    engine.dispose()


@pytest.fixture
def temporal(services: Services) -> StandIn:
    assert isinstance(services.orchestra, StandIn)
    return services.orchestra


@pytest.fixture
def repairs(services: Services, temporal: StandIn) -> RepairStandIn:
    """The workflows of repairs; a test says who is free."""
    temporal.repairs = RepairStandIn(
        repair_tables(services), services.commands, services.tradespeople, services.profile.repairs
    )
    return temporal.repairs


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as made:
        yield made


@pytest.fixture
def somebody(services: Services, client: httpx2.AsyncClient):
    def issue(role: str, organisation: str | None = None) -> Person:
        token = services.tokens.issue(
            role=role, name=f"a {role}", organisation=organisation, now=datetime.now(UTC)
        )
        return Person(client, token)

    return issue


@pytest.fixture
def officer(somebody) -> Person:
    return somebody("police", FORCE)


@pytest.fixture
def coordinator(somebody) -> Person:
    return somebody("coordinator")


@pytest.fixture
def manager(somebody) -> Person:
    return somebody("manager")


@pytest.fixture
def issue(services: Services):
    """Issue a token of a role, as pages are signed in with."""

    def made(role: str = "coordinator") -> str:
        return services.tokens.issue(role=role, name="Sam", organisation=None, now=services.clock())

    return made


@pytest_asyncio.fixture
async def desk(app: FastAPI, issue) -> Browser:
    """A coordinator's browser, signed in."""
    browser = Browser(app)
    await browser.sign_in(issue())
    return browser


@pytest.fixture
def comes(services: Services):
    """Let a text come in and give its id."""
    events = itertools.count(1)

    def come(words: str = "Please ring me", sender: str = STRANGER) -> str:
        text = InboundText(
            event_id=f"SM{next(events)}", sender=sender, words=words, received_at=datetime.now(UTC)
        )
        services.inbound_texts.take_in(text, now=services.clock())
        return services.inbound_texts.list()[0].id

    return come
