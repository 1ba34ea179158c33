"""A connection that can break: what a client sees when a server dies between taking a message and saying so."""

import socket
import struct
from typing import Any

from fastapi import Request
from starlette.responses import Response
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BREAK = "holdfast.break"
_AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER` on, zero seconds: closing sends RST, so that the client sees a broken connection and no clean end."""


class BreakableConnection(HttpToolsProtocol):
    """uvicorn's own, which lets the application break it: an exception there would be answered with 500."""

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {_BREAK: self.break_off}

    def break_off(self) -> None:
        """Reset the connection."""
        held = self.transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()


async def broken(request: Request) -> Response:
    """Break the connection of a request; the response returned goes nowhere."""
    request.scope["extensions"][_BREAK]()
    # Until uvicorn has noticed, an answer would still be written to what is gone.
    while not await request.is_disconnected():
        pass
    return Response(status_code=500)
