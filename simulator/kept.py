"""What the simulated providers keep: the messages they took and the texts people wrote, in memory and bounded."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from simulator.script import Provider

MOST_MESSAGES = 10_000
"""Beyond it the oldest are forgotten."""

MOST_BYTES = 200_000_000
"""The same for what they weigh together: letters are heavy."""


class Way(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    TEXT = "text"
    LETTER = "letter"


@dataclass(slots=True, kw_only=True)
class Message:
    """A message a provider took.  Personal, though invented: never logged."""

    id: str
    """The provider's own."""
    provider: Provider
    way: Way
    to: str
    """An e-mail address, a number; empty for a letter, which has its address on it."""
    taken_at: datetime
    status: str
    reference: str = ""
    """What Notify was told to call it."""
    sender: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    pdf: bytes = b""
    labels: dict[str, str] = field(default_factory=dict)
    """Custom arguments, given back with every event."""
    unsubscribe_url: str = ""
    one_click: bool = False
    """Whether one POST to that address is enough (RFC 8058)."""
    unsubscribed: str = ""
    """What came of the POST; empty: nobody has pressed."""
    status_callback: str = ""
    template_id: str = ""
    postage: str = ""
    updated_at: datetime | None = None
    told: list[str] = field(default_factory=list)
    """The reports the service has taken, in their order."""
    serial: int = 0
    """Its place among everything kept; ours, for addresses of pages."""

    def weight(self) -> int:
        """About how many bytes it occupies."""
        return len(self.pdf) + len(self.html) + len(self.text) + 1_000


@dataclass(slots=True, kw_only=True)
class Answer:
    """A text somebody wrote to the service."""

    id: str
    sender: str
    words: str
    written_at: datetime
    arrived: str = ""
    """What the service answered; empty while it has not."""
    serial: int = 0

    def weight(self) -> int:
        """About how many bytes it occupies."""
        return len(self.words) + 1_000


class Kept:
    """Everything in the order it came, the oldest forgotten first.  Fit for several threads."""

    def __init__(self, *, most: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        self._by_serial: dict[int, Message | Answer] = {}
        self._by_id: dict[str, int] = {}
        self._last = self._weight = 0

    def keep(self, what: Message | Answer) -> None:
        """Keep one more, and forget what is too much."""
        with self._lock:
            self._last += 1
            what.serial = self._last
            self._by_serial[what.serial] = what
            self._by_id[what.id] = what.serial
            self._weight += what.weight()
            while len(self._by_serial) > self._most or (
                self._weight > self._most_bytes and len(self._by_serial) > 1
            ):
                self._forget(next(iter(self._by_serial)))

    def message(self, which: str | int) -> Message | None:
        """Find a message by the provider's id or by our serial."""
        with self._lock:
            serial = self._by_id.get(which) if isinstance(which, str) else which
            found = self._by_serial.get(serial) if serial is not None else None
        return found if isinstance(found, Message) else None

    def messages(self, *, provider: Provider | None = None, way: Way | None = None) -> list[Message]:
        """List messages, oldest first."""
        return [
            one
            for one in self._everything()
            if isinstance(one, Message) and provider in (None, one.provider) and way in (None, one.way)
        ]

    def answers(self) -> list[Answer]:
        """List what people wrote, oldest first."""
        return [one for one in self._everything() if isinstance(one, Answer)]

    def conversations(self) -> dict[str, list[Message | Answer]]:
        """All texts in and out by the number that is not the service's, oldest first."""
        found: dict[str, list[Message | Answer]] = {}
        for one in self._everything():
            if isinstance(one, Answer):
                found.setdefault(one.sender, []).append(one)
            elif one.way is Way.TEXT:
                found.setdefault(one.to, []).append(one)
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._by_serial.clear()
            self._by_id.clear()
            self._weight = 0

    def _everything(self) -> Iterable[Message | Answer]:
        with self._lock:
            return list(self._by_serial.values())

    def _forget(self, serial: int) -> None:
        gone = self._by_serial.pop(serial)
        self._weight -= gone.weight()
        self._by_id.pop(gone.id, None)
