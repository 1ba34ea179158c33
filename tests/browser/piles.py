"""A printed batch for the pages: this service has no printer of its own, so its rows are written by hand."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.servers import wait_until

ANOTHER = "5b1d6f3e-0000-4000-8000-000000000002"
"""A letter of which nothing more is known."""


def print_batch(url: str, message: str) -> str:
    """Write a batch of two letters down; the first is a message there is."""
    batch = str(uuid.uuid4())
    letters = [
        {"number": number, "message": each, "pages": number, "sha256": f"{number}" * 64}
        for number, each in enumerate((message, ANOTHER), 1)
    ]
    left_out = [{"message": ANOTHER, "why": "Everything was stopped."}]
    manifest = json.dumps({"letters": letters, "left_out": left_out})
    with psycopg.connect(_plain(url)) as connection:
        connection.execute(
            "INSERT INTO print_batch (id, made_at, made_by, letters, pages, sha256, manifest) "
            "VALUES (%s, now(), 'Sam', 2, 3, %s, %s)",
            (batch, "a" * 64, manifest),
        )
    return batch


@contextmanager
def stopped_letter(url: str, batch: str, message: str) -> Iterator[None]:
    """Let a letter that has left lie in the pile for a moment: it may not leave, because it did already."""
    assert wait_until(lambda: _state_of(url, message) == "sent", seconds=30), "the letter has not left"
    _put(url, message, state="sending", batch=batch)
    try:
        yield
    finally:
        _put(url, message, state="sent", batch=batch)


def _state_of(url: str, message: str) -> str:
    with psycopg.connect(_plain(url)) as connection:
        row = connection.execute("SELECT state FROM message WHERE id = %s", (message,)).fetchone()
    return row[0]


def _put(url: str, message: str, *, state: str, batch: str) -> None:
    with psycopg.connect(_plain(url)) as connection:
        change = "UPDATE message SET state = %s, batch_id = %s WHERE id = %s"
        connection.execute(change, (state, batch, message))


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
