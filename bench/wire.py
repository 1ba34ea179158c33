"""A client that does as little as it can, so that what is measured is the server and not the load."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

_HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    """How long each took."""
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def are_taken_in(self) -> bool:
        """Every one: 201, or 202 when the workflow engine was too busy to answer in time."""
        return set(self.statuses) <= {201, 202}

    def note(self, status: int, seconds: float) -> None:
        """Count one."""
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where one kind of request goes."""

    port: int
    token: str
    path: str = "/api/v1/referrals"

    def request(self, body: dict[str, Any]) -> bytes:
        """One request, as it goes over the wire."""
        content = json.dumps(body).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


async def post(
    door: Door,
    body: Callable[[], dict[str, Any]],
    *,
    connections: int,
    requests: int | None = None,
    seconds: float | None = None,
) -> Answers:
    """Send one request after the other on each connection, until so many are sent or so much time has passed."""
    answers = Answers()
    sent: Iterator[int] = iter(range(requests)) if requests is not None else itertools.count()
    ends = perf_counter() + (seconds if seconds is not None else float("inf"))

    async def one_after_the_other() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        with contextlib.closing(writer):
            for _ in sent:
                if perf_counter() >= ends:
                    return
                request, began = door.request(body()), perf_counter()
                writer.write(request)
                status = await _answer(reader)
                answers.note(status, perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_after_the_other())
    return answers


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(_HEAD_ENDS)
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line[:15].lower() == b"content-length:"
    )
    await reader.readexactly(length)
    return int(head[9:12])
