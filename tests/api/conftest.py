"""The front door on a real Postgres, with a stand-in for the workflows, and people who knock."""

import itertools
import secrets
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from api.services import Services, make_services
from store.keyring import Keyring
from tests.api.stand_in import StandIn
from wiring.database import make_engine
from wiring.profile import ProfilePolicies, load_profile
from wiring.settings import ROOT
from wiring.writer import MessageWriter

REHEARSAL = ROOT / "profiles/rehearsal.toml"
FORCE = "Example Constabulary"
_numbers = itertools.count(1)

A_REFERRAL: dict[str, Any] = {
    "source": {"kind": "police", "organisation": FORCE, "reference": "35/1/26", "person_reference": "1"},
    "incident": {"kind": "burglary", "occurred_at": "2026-11-20T22:10:00+00:00", "postcode": "CB1 2AB"},
    "victim": {
        "given_name": "Ada",
        "family_name": "Example",
        "language": "en",
        "phones": [{"number": "+447700900123", "safe": "yes", "voicemail": "neutral"}],
        "emails": [{"address": "ada@example.org", "safe": "unknown"}],
        "address": {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"},
    },
    "suspects": [{"relationship": "stranger", "shares_address": "no"}],
    "lane": "contact",
    "consent": {"status": "given"},
}


class Person:
    """Somebody with a token."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(_at(path), headers=self.headers, **options)

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, **options: Any
    ) -> httpx2.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {}) | options.pop("headers", {})
        sent = {} if body is None else {"json": body}
        return await self.client.post(_at(path), headers=headers, **sent, **options)

    async def refer(self, **changes: Any) -> dict[str, Any]:
        """Send a referral nobody has sent before."""
        answer = await self.post("/referrals", a_referral(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ring(self, referral: dict[str, Any], outcome: str, **more: Any) -> httpx2.Response:
        return await self.post(f"/referrals/{referral['id']}/contact-attempts", {"outcome": outcome, **more})

    async def decide(self, referral: dict[str, Any], decision: str, **more: Any) -> httpx2.Response:
        return await self.post(f"/referrals/{referral['id']}/decisions", {"decision": decision, **more})

    async def see(self, referral: dict[str, Any]) -> dict[str, Any]:
        answer = await self.get(f"/referrals/{referral['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def _at(path: str) -> str:
    return path if path.startswith(("/api", "/healthz", "/readyz", "/metrics", "/openapi")) else f"/api/v1{path}"


def a_referral(**changes: Any) -> dict[str, Any]:
    """A burglary in Cambridge, under a reference of its own; `a__b=c` changes one field deep inside."""
    document = deepcopy(A_REFERRAL)
    document["source"]["reference"] = f"35/{next(_numbers)}/26"
    for path, value in changes.items():
        *above, name = path.split("__")
        part = document
        for step in above:
            part = part.setdefault(step, {})
        part[name] = value
    return document


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
