"""Around every request: headers that keep data out of caches, a count, and a last net for our own mistakes."""

import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metering import Meters
from api.problems import internal_error, route_of

_log = structlog.get_logger("api.doorway")


class Doorway:
    """The outermost layer of ours."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

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
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            _log.info("the caller left", route=route_of(scope))
        except Exception as error:  # noqa: BLE001  # the last net: whatever it was, the caller gets a problem
            _log.error("request failed", route=route_of(scope), method=scope["method"], exc_info=error)
            if not statuses:
                await internal_error().response()(scope, receive, answer)
        finally:
            self._meters.note(
                method=scope["method"],
                route=route_of(scope),
                status=statuses[0] if statuses else 0,
                seconds=time.perf_counter() - began,
            )
