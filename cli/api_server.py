"""`holdfast api`: the front door alone."""

import signal
import socket
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from cli.listener import open_listener
from wiring import log
from wiring.outfit import Outfit
from wiring.settings import load_settings

_STREAMS_END_WITHIN = 3
"""Seconds; a browser that follows the worklist would otherwise keep the server from stopping for ever."""
_KEPT_ALIVE = 75
"""Seconds; longer than a proxy or a force's client keeps an idle connection, so that it is never cut in use."""


def api(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve JSON API, pages and webhooks."""
    log.configure("api")
    settings = load_settings()
    Outfit.of(settings).engine.dispose()  # what is missing is said in one line, before uvicorn has a say
    listener = open_listener(host, port) if descriptor is None else socket.socket(fileno=descriptor)
    # uvicorn raises the signal that stopped it once more when it has stopped; for us that was all.
    for what in (signal.SIGINT, signal.SIGTERM):
        signal.signal(what, _heard)
    uvicorn.Server(
        uvicorn.Config(
            "api.app:create_app",
            factory=True,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # it would name referrals and tokens in addresses
            server_header=False,
            proxy_headers=settings.trusted_proxies is not None,
            forwarded_allow_ips=settings.trusted_proxies or [],
            timeout_graceful_shutdown=_STREAMS_END_WITHIN,
            timeout_keep_alive=_KEPT_ALIVE,
        )
    ).run(sockets=[listener])


def _heard(_what: int, _frame: FrameType | None) -> None:
    return
