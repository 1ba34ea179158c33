"""The time as the providers write it; always UTC."""

from datetime import UTC, datetime
from email.utils import format_datetime


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def rfc2822(at: datetime) -> str:
    """Write a time as Twilio does: `Sun, 22 Nov 2026 10:00:00 +0000`."""
    return format_datetime(at)


def iso(at: datetime) -> str:
    """Write a time as Notify does: `2026-11-22T10:00:00.000000Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
