"""A broken connection on the wire, without any client that could hide it."""

import json
import socket

import pytest

from simulator.running import Simulator
from simulator.script import Provider, Trouble
from tests.simulator.service import Service

MAIL = {
    "personalizations": [{"to": [{"email": "ada@example.org"}]}],
    "from": {"email": "hello@hub.example"},
    "subject": "A message",
    "content": [{"type": "text/plain", "value": "Hello"}],
}


def said_by(connection: socket.socket) -> bytes:
    """Everything until the other side has ended properly.  Raises ConnectionResetError when it did not."""
    said = b""
    while part := connection.recv(65536):
        said += part
    return said


def request(simulator: Simulator, *, close: bool) -> bytes:
    body = json.dumps(MAIL).encode()
    lines = [
        "POST /v3/mail/send HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {simulator.keys.sendgrid_api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Connection: {'close' if close else 'keep-alive'}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("trouble", [Trouble.RESET_AFTER_ACCEPTANCE, Trouble.RESET_BEFORE_ACCEPTANCE])
@pytest.mark.parametrize("close", [True, False])
def test_a_reset_is_a_reset_and_not_one_byte_is_said(
    simulator: Simulator, service: Service, trouble: Trouble, close: bool
) -> None:
    simulator.next(Provider.SENDGRID, trouble)
    host, port = simulator.providers[Provider.SENDGRID].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request(simulator, close=close))
        with pytest.raises(ConnectionResetError):
            said_by(connection)
    assert len(simulator.messages()) == (trouble is Trouble.RESET_AFTER_ACCEPTANCE)


def test_a_connection_that_was_used_before_breaks_too(simulator: Simulator, service: Service) -> None:
    host, port = simulator.providers[Provider.SENDGRID].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request(simulator, close=False))
        assert connection.recv(65536).startswith(b"HTTP/1.1 202")
        simulator.next(Provider.SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE)
        connection.sendall(request(simulator, close=False))
        with pytest.raises(ConnectionResetError):
            said_by(connection)
    assert len(simulator.messages()) == 2


def test_nothing_is_said_of_it_in_the_log(
    simulator: Simulator, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    # Otherwise every reset would look like a mistake of the simulator.
    host, port = simulator.providers[Provider.SENDGRID].removeprefix("http://").split(":")
    for _ in range(8):
        simulator.next(Provider.SENDGRID, Trouble.RESET_AFTER_ACCEPTANCE)
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(request(simulator, close=False))
            with pytest.raises(ConnectionResetError):
                said_by(connection)
    simulator.wait_until_told()
    assert caplog.text == ""
