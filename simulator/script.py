"""What goes wrong, and when: a seeded script, and exact scenes for tests.

The same seed and the same order of calls to a provider give the same troubles.  Ids and keys of messages are always
new: a service that outlives the simulator must not be told old ones again.
"""

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Provider(StrEnum):
    """Whom we pretend to be."""

    SENDGRID = "sendgrid"
    TWILIO = "twilio"
    NOTIFY = "notify"
    TRADES = "trades"
    """BOING, a repairs service with a dozen firms."""


class Concerns(StrEnum):
    """What a trouble is about; of the first two a message has at most one each."""

    ANSWER = "answer"
    FATE = "fate"
    REPORTS = "reports"


class Trouble(StrEnum):
    """What can go wrong with one message; docs/simulator.md has the table."""

    concerns: Concerns

    def __new__(cls, value: str, concerns: Concerns) -> Self:
        """Carry what it is about."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.concerns = concerns
        return made

    RATE_LIMITED = "rate_limited", Concerns.ANSWER
    """429; it was not taken."""
    SERVER_ERROR = "server_error", Concerns.ANSWER
    """500; it was not taken."""
    RESET_BEFORE_ACCEPTANCE = "reset_before_acceptance", Concerns.ANSWER
    """The connection breaks; it was not taken."""
    REFUSED = "refused", Concerns.ANSWER
    """A permanent refusal, as for a bad number or address."""
    SERVER_ERROR_AFTER_ACCEPTANCE = "server_error_after_acceptance", Concerns.ANSWER
    """500, and yet it was taken."""
    RESET_AFTER_ACCEPTANCE = "reset_after_acceptance", Concerns.ANSWER
    """The connection breaks, and yet it was taken."""
    SLOW_ANSWER = "slow_answer", Concerns.ANSWER
    """It was taken; the answer comes `Script.delay` later."""
    OPTED_OUT = "opted_out", Concerns.FATE
    """The reader has opted out at the provider: Twilio refuses (21610), the others take it and drop it."""
    BOUNCED = "bounced", Concerns.FATE
    """Taken, and never arrives: bounce, `undelivered`, `permanent-failure`; a letter comes back."""
    FAILED = "failed", Concerns.FATE
    """Taken, and does not arrive this time: blocked, `failed`, `temporary-failure`."""
    DEFERRED = "deferred", Concerns.FATE
    """Arrives after having been put off once."""
    COMPLAINED = "complained", Concerns.FATE
    """Arrives, and the reader calls it spam; e-mails alone."""
    UNPRINTABLE = "unprintable", Concerns.FATE
    """A letter that fails its validation; nothing else is concerned."""
    DUPLICATED = "duplicated", Concerns.REPORTS
    """Each report comes twice, the same to its id."""
    REORDERED = "reordered", Concerns.REPORTS
    """The last report comes first; where there is one alone, it overtakes the answer to the call."""
    DELAYED = "delayed", Concerns.REPORTS
    """Each report comes `Script.delay` later."""
    SILENT = "silent", Concerns.REPORTS
    """No report ever comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How often what goes wrong, and how fast the world is."""

    seed: int = 0
    rates: Mapping[Trouble, float] = field(default_factory=dict)
    """Between 0 (never) and 1 (always)."""
    pace: float = 0.05
    """Seconds between the reports of a message."""
    delay: float = 3.0
    """Seconds by which what is late is late."""
    retry_after: float = 1.0
    """Seconds a 429 asks to wait."""


class Prompter:
    """Says before each message what shall go wrong with it."""

    def __init__(self, script: Script) -> None:
        self._next: dict[Provider, deque[frozenset[Trouble]]] = {who: deque() for who in Provider}
        self.follow(script)

    def follow(self, script: Script) -> None:
        """Follow another script from its beginning; what was asked for exactly stays asked for."""
        self.script = script
        self._called = dict.fromkeys(Provider, 0)

    def next(self, provider: Provider, *troubles: Trouble) -> None:
        """Put an exact scene on the queue: one call to this provider meets these troubles and no others."""
        self._next[provider].append(frozenset(troubles))

    def waiting(self, provider: Provider) -> int:
        """How many exact scenes have not been played."""
        return len(self._next[provider])

    def draw(self, provider: Provider) -> frozenset[Trouble]:
        """Say what goes wrong with the message that is being handed over now."""
        self._called[provider] += 1
        if self._next[provider]:
            return self._next[provider].popleft()
        # Not for secrets: the same seed has to give the same evening.
        dice = random.Random(f"{self.script.seed}/{provider}/{self._called[provider]}")  # noqa: S311
        drawn: set[Trouble] = set()
        for trouble in Trouble:
            happens = dice.random() < self.script.rates.get(trouble, 0.0)
            taken = trouble.concerns is not Concerns.REPORTS and any(
                other.concerns is trouble.concerns for other in drawn
            )
            if happens and not taken:
                drawn.add(trouble)
        return frozenset(drawn)
