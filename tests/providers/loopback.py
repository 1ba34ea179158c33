"""A provider on loopback that answers as it is told, or breaks the connection at a chosen moment."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from domain.gate import Circumstances, Permit, Write, permit
from domain.message_ports import Outgoing, Written
from domain.vocabulary import Channel, Purpose
from tests.builders import NOW, a_policy, some_facts

KEY = "0b6c1a52-7d0e-4a6e-9d3f-1c2b3a4d5e6f:information:1:1"
MESSAGE_ID = "5f0c7b1e-2f4b-4c57-8a59-0f4de1f8a7aa"


class Break(StrEnum):
    """How a connection ends without an answer; the request has been read whole each time."""

    WITHOUT_A_WORD = "without a word"
    BY_A_RESET = "by a reset"
    WITHIN_THE_STATUS = "within the status"
    WITHIN_THE_BODY = "within the body"
    NOT_IN_TIME = "not in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: object, **headers: str) -> "Answer":
        return cls(status=status, body=json.dumps(body).encode(), headers=headers)


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: value for name, [value] in parse_qs(self.body.decode()).items()}


class Loopback:
    """Give `answer` an answer, a break, or a function of the request."""

    def __init__(self) -> None:
        self.answer: Answer | Break | Callable[[Asked], Answer | Break] = Answer(status=500)
        self.asked: list[Asked] = []
        self.url = ""
        self.let_go = threading.Event()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        asked = Asked(handler.command, url.path, parse_qs(url.query), dict(handler.headers), body)
        self.asked.append(asked)
        answer = self.answer(asked) if callable(self.answer) else self.answer
        handler.close_connection = True
        if isinstance(answer, Answer):
            self._answer(handler, answer)
        else:
            self._break(handler, answer)

    def _answer(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _break(self, handler: BaseHTTPRequestHandler, how: Break) -> None:
        match how:
            case Break.BY_A_RESET:
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                handler.connection.close()
            case Break.WITHIN_THE_STATUS:
                handler.wfile.write(b"HTTP/1.1 2")
            case Break.WITHIN_THE_BODY:
                handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{")
            case Break.NOT_IN_TIME:
                self.let_go.wait(20)
            case Break.WITHOUT_A_WORD:
                return


@contextlib.contextmanager
def a_loopback() -> Iterator[Loopback]:
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(OSError):
                loopback.handle(self)

        def do_GET(self) -> None:
            self.do_POST()

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().finish()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    running.start()
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield loopback
    finally:
        loopback.let_go.set()
        server.shutdown()
        server.server_close()


def a_permit(channel: Channel, key: str = KEY) -> Permit:
    """The gate's own: a person asked for it, and every channel is safe."""
    circumstances = Circumstances(
        facts=some_facts(), policy=a_policy(), now=NOW, sensitive=False, protected=False
    )
    given = permit(
        key, Write(channel=channel, purpose=Purpose.CONTACT_UNANSWERED, approved=True), circumstances
    )
    assert isinstance(given, Permit), given
    return given


def an_outgoing(channel: Channel, **changes) -> Outgoing:
    """A message to Ada that the gate allowed."""
    to = {Channel.EMAIL: "ada@example.org", Channel.TEXT: "+447700900123", Channel.LETTER: ""}[channel]
    details = {
        "key": KEY,
        "to": to,
        "written": Written(
            text="Hello Ada", subject="A message from The Hub", html="<p>Hello Ada</p>", pdf=b"%PDF-1.7 Ada"
        ),
        "message_id": MESSAGE_ID,
        "permit": a_permit(channel),
    }
    return Outgoing(**(details | changes))
