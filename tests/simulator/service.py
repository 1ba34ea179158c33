"""A service that is called back: it keeps every call as it came, byte for byte, and answers as it is told."""

import contextlib
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from cli.processes import wait_until


@dataclass(frozen=True, kw_only=True)
class Called:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> object:
        return json.loads(self.body)


class Service:
    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Called] = []
        self.answers: deque[int] = deque()
        """Statuses of the next calls; 204 afterwards."""

    def to(self, path: str) -> list[Called]:
        return [call for call in self.calls if call.path.startswith(path)]

    def wait_for(self, path: str, count: int = 1, seconds: float = 10) -> list[Called]:
        assert wait_until(lambda: len(self.to(path)) >= count, seconds=seconds), (
            f"{len(self.to(path))} of {count} calls to {path}"
        )
        return self.to(path)


@contextlib.contextmanager
def running_service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.calls.append(Called(path=self.path, headers=dict(self.headers), body=body))
            self.send_response(service.answers.popleft() if service.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
