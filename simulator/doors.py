"""The sockets of the providers: each has its own, so that one can be gone while the others are there."""

import asyncio
import socket
from collections.abc import Mapping

from uvicorn import Config, Server

from simulator.connection import BreakableConnection
from simulator.script import Provider

_BACKLOG = 1024


def bound(host: str, port: int) -> socket.socket:
    """Take a port, a free one for 0, without listening yet.  Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on, and every answer on a kept connection waits 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def address_of(taken: socket.socket) -> str:
    """The address of a socket, as `http://host:port`."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ProviderDoors:
    """Opens and closes the sockets of the providers beside the server's own."""

    def __init__(self, config: Config, server: Server, sockets: Mapping[Provider, socket.socket]) -> None:
        self._config, self._server = config, server
        self._sockets = dict(sockets)
        self._addresses = {who: taken.getsockname()[:2] for who, taken in sockets.items()}
        self._listening: dict[Provider, asyncio.Server] = {}

    async def open(self, provider: Provider) -> None:
        """Listen for calls to a provider.  Raises OSError when somebody else has taken its port meanwhile."""
        if provider in self._listening:
            return
        taken = self._sockets.pop(provider, None) or bound(*self._addresses[provider])
        self._listening[provider] = await asyncio.get_running_loop().create_server(
            self._connection, sock=taken, backlog=_BACKLOG
        )

    async def close(self, provider: Provider) -> None:
        """Refuse every call to a provider; connections that are open already are broken."""
        listening = self._listening.pop(provider, None)
        if listening is None:
            return
        port = self._addresses[provider][1]
        listening.close()
        for connection in list(self._server.server_state.connections):
            if isinstance(connection, BreakableConnection) and (connection.server or ("", 0))[1] == port:
                connection.break_off()

    def _connection(self) -> BreakableConnection:
        return BreakableConnection(config=self._config, server_state=self._server.server_state, app_state={})
