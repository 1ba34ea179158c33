"""Reads what GOV.UK Notify calls us with: receipts, returned letters, complaints and texts that came in.

All four come to one address, with the token we chose.  Source: docs/providers.md#govuk-notify.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any

import phonenumbers

from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.notify_statuses import CHANNELS, last_time, told

_BEARER = "Bearer "
_HOME = "GB"
"""Where a number without its country is at home: Notify writes its own so."""


class NotifyCallbacks:
    """Believes whoever has the token."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def read(self, callback: Callback) -> tuple[ProviderReport | InboundText, ...]:
        """Read one callback; a status that tells nothing is left out.

        Raises:
            NotGenuine: No token is configured, or the call has none or another.
            NotUnderstood: It has the token, and is nothing we know.
        """
        self._verify(callback)
        body = _read(callback.body)
        match body:
            case {"source_number": str(sender), "message": str(words), "id": str(name)}:
                return (_text(name, sender, words, callback),)
            case {"complaint_id": str(complaint), "notification_id": str(name)}:
                return (_complaint(body, name, complaint),)
            case {"status": str(), "id": str(), "notification_type": str(kind)} if kind in CHANNELS:
                report = told(body, CHANNELS[kind])
                return (report,) if report else ()
            case {"notification_id": str(name)} if "status" not in body:
                return (_returned(body, name),)
            case _:
                raise NotUnderstood("nothing that Notify is known to send")

    def _verify(self, callback: Callback) -> None:
        given = callback.headers.get("authorization", "")
        if not self._token or not given.startswith(_BEARER):
            raise NotGenuine("no token")
        if not hmac.compare_digest(given.removeprefix(_BEARER).encode(), self._token.encode()):
            raise NotGenuine("a wrong token")


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("no JSON") from None
    if not isinstance(read, dict):
        raise NotUnderstood("no object")
    return read


def _returned(body: Mapping[str, Any], name: str) -> ProviderReport:
    """A letter that came back; the only date given is when it was sent, so its own is not known."""
    return ProviderReport(
        event_id=f"{name}:returned-letter",
        channel=Channel.LETTER,
        report=DeliveryReport.RETURNED,
        message_key=str(body.get("reference") or ""),
        provider_id=name,
    )


def _complaint(body: Mapping[str, Any], name: str, complaint: str) -> ProviderReport:
    return ProviderReport(
        event_id=f"{name}:{complaint}",
        channel=Channel.EMAIL,
        report=DeliveryReport.COMPLAINED,
        at=last_time(body, "complaint_date"),
        message_key=str(body.get("reference") or ""),
        provider_id=name,
    )


def _text(name: str, sender: str, words: str, callback: Callback) -> InboundText:
    return InboundText(event_id=name, sender=_in_full(sender), words=words, received_at=callback.received_at)


def _in_full(number: str) -> str:
    """Write a number in E.164; Notify leaves the plus out, and what is no number is kept as it came."""
    written = number if number.startswith(("0", "+")) else f"+{number}"
    try:
        read = phonenumbers.parse(written, _HOME)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
