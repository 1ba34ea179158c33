"""Ports: the API's socket, opened before the API, and free ones for servers of our own.

The supervisor holds it, so that a taken port is known before anything is started, and a call that comes
while the API is being started again waits instead of being refused.
"""

import secrets
import socket

from cli.failures import CommandFailed

_BACKLOG = 1024
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not bound
"""Addresses that mean all of this machine's, and how it reaches itself on them."""

_LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)
"""Below those the kernel gives to outgoing connections, one of which could take the port while a server
restarts."""


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


def free_ports(count: int) -> list[int]:
    """Find ports of loopback that nobody has, for servers that take them in a moment and keep them.

    Raises:
        CommandFailed: There are not so many.
    """
    found: list[int] = []
    for port in secrets.SystemRandom().sample(_PORTS, k=100):
        if len(found) == count:
            break
        with socket.socket() as attempt:
            try:
                attempt.bind((_LOOPBACK, port))
            except OSError:
                continue
            found.append(port)
    if len(found) < count:
        raise CommandFailed(f"no free port between {_PORTS.start} and {_PORTS.stop} on {_LOOPBACK}")
    return found
