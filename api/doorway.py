"""Around every request: headers that keep data where it belongs, a count, and a last net for our own mistakes."""

import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metering import Meters
from api.problems import route_of

_log = structlog.get_logger("api.doorway")

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
}
"""On everything that has none of its own: nothing is kept, nothing is loaded from elsewhere, nobody learns of us."""
_TLS_ONLY = "max-age=31536000"
"""A browser that has reached us over TLS never asks without it again, for a year."""


class Doorway:
    """The outermost layer of ours."""

    def __init__(self, app: ASGIApp, meters: Meters, on_mistake: ASGIApp) -> None:
        self._app = app
        self._meters = meters
        self._on_mistake = on_mistake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, statuses = time.perf_counter(), list[int]()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                for name, said in _HEADERS.items():
                    headers.setdefault(name, said)
                if scope["app"].state.services.is_secure:
                    headers["Strict-Transport-Security"] = _TLS_ONLY
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            _log.info("the caller left", route=route_of(scope))
        except Exception as error:  # noqa: BLE001  # the last net: whatever it was, the caller gets a problem
            _log.error("request failed", route=route_of(scope), method=scope["method"], exc_info=error)
            if not statuses:
                await self._on_mistake(scope, receive, answer)
        finally:
            self._meters.note(
                method=scope["method"],
                route=route_of(scope),
                status=statuses[0] if statuses else 0,
                seconds=time.perf_counter() - began,
            )
