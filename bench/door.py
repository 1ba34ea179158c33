"""The peers of intake, each served as `holdfast api` serves: `python -m bench.door bare|unstarted PORT`.

`bare`: FastAPI and one INSERT of the same body as it came.  `unstarted`: our own front door, with everything but the
start of the workflow.  Database and keys come from the environment, as for `holdfast api`.
"""

import sys
import uuid
from datetime import timedelta

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from api.app import create_app
from api.services import make_services
from domain.events import Answer, Command
from domain.ongoing_support import SupportCommand
from wiring.database import make_engine
from wiring.outfit import Outfit
from wiring.settings import load_settings


def bare() -> FastAPI:
    """Take any body in, with one INSERT."""
    url = load_settings().database_url
    assert url is not None
    engine = make_engine(url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, document text)"))
    insert = text("INSERT INTO bare VALUES (:id, :document)")
    app = FastAPI()

    def store(document: bytes) -> str:
        made = str(uuid.uuid4())
        with engine.begin() as connection:
            connection.execute(insert, {"id": made, "document": document.decode()})
        return made

    @app.post("/api/v1/referrals")
    async def receive(request: Request) -> JSONResponse:
        return JSONResponse({"id": await run_in_threadpool(store, await request.body())}, 201)

    return app


def unstarted() -> FastAPI:
    """Our own front door, before workflows that start by themselves."""
    outfit = Outfit.of(load_settings())
    return create_app(
        make_services(
            engine=outfit.engine,
            keyring=outfit.keyring,
            profile=outfit.profile,
            orchestra=Nobody(),
            writer=outfit.writer,
        )
    )


class Nobody:
    """An orchestra that says that everything runs."""

    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        """Do not start it."""
        return True

    async def send_command(
        self, target_id: str, command: Command | SupportCommand, *, within: timedelta
    ) -> Answer | None:
        """Do not send it."""
        return None

    async def is_ready(self) -> bool:
        """It always is."""
        return True


def _serve(which: str, port: int) -> None:
    # As in cli/api_server.py.
    uvicorn.run(
        f"bench.door:{which}",
        factory=True,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
