"""What GOV.UK Notify's statuses say, wherever they come from: an answer, a callback or a question asked.

Source: docs/providers.md#govuk-notify, after Notify's own list of statuses.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from domain.callback_ports import ProviderReport
from domain.vocabulary import Channel, DeliveryReport

CHANNELS: Final = {"email": Channel.EMAIL, "sms": Channel.TEXT, "letter": Channel.LETTER}
"""Notify's words for channels."""

_OF_EMAILS_AND_TEXTS: Final = {
    "created": DeliveryReport.ACCEPTED,
    "sending": DeliveryReport.ACCEPTED,
    "pending": DeliveryReport.ACCEPTED,
    "sent": DeliveryReport.SENT,  # abroad, where nobody tells more
    "delivered": DeliveryReport.DELIVERED,
    "permanent-failure": DeliveryReport.BOUNCED,
    "temporary-failure": DeliveryReport.UNDELIVERED,
    "technical-failure": DeliveryReport.FAILED,
}
_OF_LETTERS: Final = {
    "created": DeliveryReport.ACCEPTED,
    "sending": DeliveryReport.ACCEPTED,
    "pending-virus-check": DeliveryReport.ACCEPTED,
    "accepted": DeliveryReport.ACCEPTED,
    # Printed and posted.  Nobody sees it fall through the letter box, so it is never `delivered`.
    "received": DeliveryReport.SENT,
    "delivered": DeliveryReport.SENT,
    "cancelled": DeliveryReport.FAILED,
    "technical-failure": DeliveryReport.FAILED,
    "permanent-failure": DeliveryReport.FAILED,  # cannot be printed: says nothing of the address
    "virus-scan-failed": DeliveryReport.FAILED,
    "validation-failed": DeliveryReport.FAILED,
    "returned-letter": DeliveryReport.RETURNED,
}


def report_of(channel: Channel, status: str) -> DeliveryReport | None:
    """Translate a status; `None`: one we have not heard of, which says nothing."""
    return (_OF_LETTERS if channel is Channel.LETTER else _OF_EMAILS_AND_TEXTS).get(status)


def told(notification: Mapping[str, Any], channel: Channel) -> ProviderReport | None:
    """Read a notification as Notify describes it; the same status, told or asked for, has the same event id."""
    status, name = str(notification.get("status")), str(notification.get("id") or "")
    report = report_of(channel, status)
    if report is None or not name:
        return None
    return ProviderReport(
        event_id=f"{name}:{status}",
        channel=channel,
        report=report,
        at=last_time(notification, "completed_at", "sent_at", "created_at"),
        message_key=str(notification.get("reference") or ""),
        provider_id=name,
    )


def last_time(notification: Mapping[str, Any], *names: str) -> datetime | None:
    """Read the first of these times that is there and has an offset."""
    for name in names:
        value = notification.get(name)
        if not isinstance(value, str):
            continue
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            continue
        if at.tzinfo is not None:
            return at
    return None
