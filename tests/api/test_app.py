import base64
import secrets
import socket
import time
from datetime import UTC, datetime

import httpx2
import pytest_asyncio

from api.app import create_app
from store.tokens import TokenStore
from tests.api.conftest import REHEARSAL
from tests.api.people import Person, a_referral
from wiring.database import make_engine


@pytest_asyncio.fixture
async def alone(database_url, monkeypatch):
    """The application as `holdfast api` starts it, with nothing but a database; and a coordinator."""
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{nobody_listens.getsockname()[1]}")
        monkeypatch.setenv("HOLDFAST_DATABASE_URL", database_url)
        monkeypatch.setenv("HOLDFAST_KEYS", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        monkeypatch.setenv("HOLDFAST_PROFILE", str(REHEARSAL))
        engine = make_engine(database_url)
        token = TokenStore(engine).issue(
            role="coordinator", name="Sam", organisation=None, now=datetime.now(UTC)
        )
        engine.dispose()
        app = create_app()
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://holdfast.test"
            ) as client,
        ):
            yield Person(client, token)


async def test_referrals_and_commands_are_taken_in_while_temporal_was_never_there(alone):
    assert (await alone.get("/readyz")).json() == {"database": True, "temporal": False, "rehearsal": True}
    began = time.monotonic()
    referral = await alone.post("/referrals", a_referral())
    assert referral.status_code == 202
    assert time.monotonic() - began < 3
    began = time.monotonic()
    assert (await alone.ring(referral.json(), "no_answer")).status_code == 202
    assert time.monotonic() - began < 3
