"""When a message may leave, as far as its provider goes: at its pace, most urgent first, not while it is away.

A provider that does not take messages is left alone by everybody for a while; then one message finds out whether it
is back.  When it is, the others follow in order of urgency, no faster than the provider takes them.  Whether a
message is still wanted and safe is asked before, at every try (`domain.gate`).  Source: docs/policy.md#providers.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

BURST: Final = timedelta(seconds=2)
"""What was not used of the pace in this time may be caught up: somebody who comes a moment late loses nothing."""
FIRST_PAUSE: Final = timedelta(seconds=5)
"""After the first refusal; it doubles with each."""
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Source: docs/policy.md#providers."""
LONGEST_ASKED: Final = timedelta(days=1)
"""How long a provider may ask to be left alone; one that asks for more is tried again after a day."""
PROBE_FOR: Final = timedelta(minutes=1)
"""How long one message may take to find out whether a provider is back; then another one does."""
LOOK_AGAIN: Final = timedelta(seconds=2)
"""How soon the others look while one finds out."""
LIVE_FOR: Final = timedelta(seconds=30)
"""How late somebody who waits may come and still keep their place; who does not come at all keeps nobody waiting."""
PATIENCE: Final = timedelta(days=7)
"""What was made so long ago goes before everything else, so that nothing waits for ever behind what is urgent."""

_AWAY = "Its provider is away. It leaves by itself when the provider is back, the most urgent first."
_PROBED = "Its provider may be back: one message finds out first."
_BUSY = "More waits than its provider takes at once. It leaves when its turn comes, the most urgent first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one channel's provider is doing."""

    next_slot_at: datetime
    """When the next message may leave."""
    failures: int = 0
    """How often in a row it did not take anything; a pause in between."""
    away_since: datetime | None = None
    away_until: datetime | None = None
    """Nobody tries before."""
    probed_until: datetime | None = None
    """Until then one message is finding out whether it is back."""

    def is_paused(self, now: datetime) -> bool:
        """Whether nobody tries at present."""
        return self.away_until is not None and self.away_until > now

    def is_probed(self, now: datetime) -> bool:
        """Whether somebody is finding out at present."""
        return self.failures > 0 and self.probed_until is not None and self.probed_until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """It may leave now."""

    pace: Pace
    """How things stand then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """It may not leave yet."""

    retry_at: datetime
    """When to ask again; always later than now."""
    why: str
    """In plain words."""


def ask(pace: Pace, *, ahead: int, per_minute: int, now: datetime) -> Leave | Wait:
    """Say whether a message may leave now.

    Args:
        pace: How its provider is doing.
        ahead: How many that go before it are waiting.
        per_minute: How many the provider takes.
        now: An aware time.
    """
    gap = timedelta(minutes=1) / per_minute
    turn = ahead * gap
    if pace.away_until is not None and pace.is_paused(now):
        return Wait(retry_at=pace.away_until + _patiently(turn), why=_AWAY)
    if pace.is_probed(now):
        return Wait(retry_at=now + LOOK_AGAIN + _patiently(turn), why=_PROBED)
    slot = max(pace.next_slot_at, now - BURST)
    if slot + turn > now:  # not even with every slot that is free would all of them leave
        return Wait(retry_at=max(slot, now) + _patiently(slot + turn - max(slot, now)), why=_BUSY)
    probed_until = now + PROBE_FOR if pace.failures else None
    return Leave(pace=replace(pace, next_slot_at=slot + gap, probed_until=probed_until))


def answered(pace: Pace, *, taken: bool, retry_after: timedelta | None, now: datetime) -> Pace:
    """Take in whether a provider took a message.

    Args:
        pace: How the provider was doing.
        taken: Whether it answered as one that works: also when it refused this one message for good.
        retry_after: How long it asked to be left alone.
        now: An aware time.
    """
    asked = min(max(retry_after or timedelta(), timedelta()), LONGEST_ASKED)
    if pace.away_until is not None and pace.is_paused(now):
        # Others were under way when it was noticed: they are no news, and one that got through ends no pause.
        later = pace.away_until if taken else max(pace.away_until, now + asked)
        return replace(pace, away_until=later)
    if taken:
        return replace(pace, failures=0, away_since=None, away_until=None, probed_until=None)
    pause = min(FIRST_PAUSE * 2 ** min(pace.failures, 10), LONGEST_PAUSE)
    return replace(
        pace,
        failures=pace.failures + 1,
        away_since=pace.away_since or now,
        away_until=now + max(pause, asked),
        probed_until=None,
    )


def _patiently(turn: timedelta) -> timedelta:
    """How long to sleep until one's turn: who is far back looks in between, because others may drop out."""
    return turn if turn <= LONGEST_PAUSE else LONGEST_PAUSE + (turn - LONGEST_PAUSE) / 10
