"""Reads SendGrid's Signed Event Webhook.  Source: docs/providers.md#sendgrid."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from domain.callback_ports import Callback, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.email_sendgrid import KEY_ARGUMENT

OLDEST = timedelta(hours=24)
"""SendGrid repeats for a day what we could not take in, and a call repeated by somebody who kept it changes nothing:
each event has an id and is stored once."""
FURTHEST_AHEAD = timedelta(minutes=5)
"""What clocks may differ; a signature from later than this is nobody's."""

_SIGNATURE: Final = EventWebhookHeader.SIGNATURE.lower()
_TIMESTAMP: Final = EventWebhookHeader.TIMESTAMP.lower()

_REPORTS: Final = {
    "processed": DeliveryReport.ACCEPTED,
    "deferred": DeliveryReport.DEFERRED,
    "delivered": DeliveryReport.DELIVERED,
    "spamreport": DeliveryReport.COMPLAINED,
    # Never with tracking off; whoever finds a way asks us to stop all the same.
    "unsubscribe": DeliveryReport.COMPLAINED,
    "group_unsubscribe": DeliveryReport.COMPLAINED,
}
_WHY_DROPPED: Final = (
    ("unsubscribed", DeliveryReport.COMPLAINED),
    ("spam reporting", DeliveryReport.COMPLAINED),
    ("spam content", DeliveryReport.FAILED),
    ("invalid smtpapi", DeliveryReport.FAILED),
    ("recipient list over", DeliveryReport.FAILED),
)
"""How SendGrid's reasons begin, in lower case; any other is about the address: bounced before, or invalid."""


class SendGridEvents:
    """Believes what is signed with the account's key, and recently.

    Raises:
        ValueError: The key is none, as SendGrid shows it: one line of base64.
    """

    def __init__(self, public_key: str | None) -> None:
        self._webhook = EventWebhook(public_key.strip()) if public_key else None

    def read(self, callback: Callback) -> tuple[ProviderReport, ...]:
        """Read a batch of events; those that tell nothing of a delivery are left out.

        Raises:
            NotGenuine: No key is configured, or the signature is missing, malformed, wrong or too old.
            NotUnderstood: It is signed, and no list of events.
        """
        self._verify(callback)
        return tuple(report for event in _events(callback.body) if (report := _told(event)))

    def _verify(self, callback: Callback) -> None:
        signature, timestamp = callback.headers.get(_SIGNATURE), callback.headers.get(_TIMESTAMP)
        if not (self._webhook and signature and timestamp):
            raise NotGenuine("no key, or no signature")
        try:
            # Over the bytes as they came: decoded strictly, they are the same bytes again.
            genuine = self._webhook.verify_signature(callback.body.decode(), signature, timestamp)
            signed_at = datetime.fromtimestamp(int(timestamp), UTC)
        except (ValueError, TypeError, OverflowError, OSError):  # the client lets malformed ones raise
            raise NotGenuine("a malformed signature") from None
        if not genuine:
            raise NotGenuine("a wrong signature")
        if not -FURTHEST_AHEAD <= callback.received_at - signed_at <= OLDEST:
            raise NotGenuine("a signature too old, or from the future")


def _events(body: bytes) -> list[Mapping[str, Any]]:
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("no JSON") from None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise NotUnderstood("no list of events")
    return events


def _told(event: Mapping[str, Any]) -> ProviderReport | None:
    report = _report(event)
    name = str(event.get("sg_event_id") or "")
    if report is None or not name:
        return None
    return ProviderReport(
        event_id=name,
        channel=Channel.EMAIL,
        report=report,
        at=_at(event.get("timestamp")),
        message_key=str(event.get(KEY_ARGUMENT) or ""),
        # The name given in the answer, before what each recipient's copy adds to it.
        provider_id=str(event.get("sg_message_id") or "").partition(".")[0],
    )


def _report(event: Mapping[str, Any]) -> DeliveryReport | None:
    match event.get("event"):
        case "bounce":
            is_blocked = event.get("type") == "blocked"
            return DeliveryReport.UNDELIVERED if is_blocked else DeliveryReport.BOUNCED
        case "dropped":
            reason = str(event.get("reason") or "").lower()
            found = (report for begins, report in _WHY_DROPPED if reason.startswith(begins))
            return next(found, DeliveryReport.BOUNCED)
        case str() as other:
            return _REPORTS.get(other)
        case _:
            return None


def _at(timestamp: object) -> datetime | None:
    if not isinstance(timestamp, int | float):
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None
