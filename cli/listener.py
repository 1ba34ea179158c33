"""The API's socket, opened before the API.

The supervisor holds it, so that a taken port is known before anything is started, and a call that comes
while the API is being started again waits instead of being refused.
"""

import socket

from cli.failures import CommandFailed

_BACKLOG = 1024
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not bound
"""Addresses that mean all of this machine's, and how it reaches itself on them."""


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 takes a free one.

    Raises:
        CommandFailed: It is taken, or the host is not one of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CommandFailed(f"cannot listen on {host} port {port}: {why}") from None
    return listener


def address_of(listener: socket.socket) -> str:
    """The address under which this machine reaches the listener, as `http://host:port`."""
    host, port = listener.getsockname()[:2]
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
