"""What a provider's status, or a broken connection, proves: the one table all ways out judge by.

A message is tried again only on proof that it was not taken.  Whatever is ambiguous is `unknown`: a victim who gets the
same letter twice may be harmed by it, and so may one who gets none.  Source: docs/providers.md#what-an-answer-proves.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from domain.message_ports import Delivery, Verdict
from domain.vocabulary import DeliveryReport

TIMEOUT_SECONDS = 10
"""For one request; an answer later than this is unknown.  Shorter than the step that waits for it, so that a step is
never repeated while its request is under way."""

_TOO_MANY: Final = 429
_NOT_LET_IN: Final = frozenset({401, 402, 403, 404, 405, 407})
"""About our key, our account or the address in the settings, never about the message: it must not be lost for that."""
_TOOK_TOO_LONG: Final = 408
_REFUSALS: Final = range(400, 500)
_LONGEST_WAIT: Final = timedelta(days=1)
"""A provider that asks for more is asked again tomorrow all the same."""


class NeverConnected(OSError):
    """There was no connection to hand anything over; raised where a client can tell."""


class Headers(Protocol):
    """What clients call headers: looked up whatever the case of the name."""

    def get(self, name: str, /) -> str | None:
        """One header, or `None`."""


def verdict_of(status: int) -> Verdict:
    """Say what an answer that is not the expected one proves."""
    if status == _TOO_MANY or status in _NOT_LET_IN:
        return Verdict.NOT_TRIED
    if status in _REFUSALS and status != _TOOK_TOO_LONG:
        return Verdict.REJECTED
    return Verdict.UNKNOWN


def of_status(
    status: int, *, who: str, retry_after: timedelta | None = None, report: DeliveryReport | None = None
) -> Delivery:
    """Put an answer that is not the expected one into a verdict and words.

    Args:
        status: Of HTTP.
        who: The provider, as a sentence begins.
        retry_after: How long it asked us to wait.
        report: What a refusal says of the address.
    """
    match verdict_of(status):
        case Verdict.NOT_TRIED if status == _TOO_MANY:
            why = f"{who} asked us to slow down."
            return Delivery(verdict=Verdict.NOT_TRIED, why=why, retry_after=retry_after)
        case Verdict.NOT_TRIED:
            return not_let_in(
                f"{who} does not let us in ({status}): its key or address in the settings is wrong."
            )
        case Verdict.REJECTED:
            return Delivery(verdict=Verdict.REJECTED, why=f"{who} refused it ({status}).", report=report)
        case _:
            return unknown(f"{who} failed ({status}); it may have taken it.")


def of_failure(error: BaseException, *, who: str) -> Delivery:
    """Judge a request that had no answer: only one that never left proves something."""
    if never_connected(error):
        return Delivery(verdict=Verdict.NOT_TRIED, why=f"{who} could not be reached.")
    return unknown(f"{who} did not answer as it should; it may have taken it.")


def not_let_in(why: str) -> Delivery:
    """Say that nothing was taken, for a reason that only who runs the service can mend."""
    return Delivery(verdict=Verdict.NOT_TRIED, why=why)


def unknown(why: str) -> Delivery:
    """Say that nobody can know."""
    return Delivery(verdict=Verdict.UNKNOWN, why=why)


def never_connected(error: BaseException) -> bool:
    """Whether an error proves that no connection was made: no such name, refused, not ours to trust."""
    return any(isinstance(one, _BEFORE_ANYTHING_LEFT) for one in _within(error))


_BEFORE_ANYTHING_LEFT = (
    NeverConnected,
    ConnectionRefusedError,
    socket.gaierror,
    ssl.SSLCertVerificationError,
    NewConnectionError,
    ConnectTimeoutError,
)


def _within(error: BaseException) -> Iterator[BaseException]:
    """Walk through an error and all it was made of: clients wrap in causes, reasons and arguments alike."""
    seen: list[BaseException] = []
    left = [error]
    while left:
        one = left.pop()
        if any(one is known for known in seen):
            continue
        seen.append(one)
        yield one
        wrapped = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        left += [part for part in wrapped if isinstance(part, BaseException)]


def wait_asked(headers: Headers | None, now: datetime) -> timedelta | None:
    """Read how long a provider asks us to wait; `None` when it does not say.

    Args:
        headers: `Retry-After` in seconds or as a date, or `X-RateLimit-Reset` in seconds since 1970.
        now: An aware time.
    """
    if headers is None:
        return None
    after, reset = headers.get("Retry-After"), headers.get("X-RateLimit-Reset")
    wait = _until(after, now) if after else _seconds(reset, since=now.timestamp()) if reset else None
    return None if wait is None else min(max(wait, timedelta()), _LONGEST_WAIT)


def _until(text: str, now: datetime) -> timedelta | None:
    seconds = _seconds(text, since=0)
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _seconds(text: str, *, since: float) -> timedelta | None:
    try:
        return timedelta(seconds=float(text) - since)
    except (ValueError, OverflowError):
        return None
