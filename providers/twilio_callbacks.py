"""Reads Twilio's status callbacks, and the texts people send us.  Source: docs/providers.md#twilio."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from domain.callback_ports import Callback, InboundText, ProviderReport
from domain.errors import NotGenuine, NotUnderstood
from domain.vocabulary import Channel, DeliveryReport
from providers.sms_twilio import REPORTS_BY_CODE

_REPORTS: Final = {
    "accepted": DeliveryReport.ACCEPTED,
    "scheduled": DeliveryReport.ACCEPTED,
    "queued": DeliveryReport.ACCEPTED,
    "sending": DeliveryReport.ACCEPTED,
    "sent": DeliveryReport.SENT,
    "delivered": DeliveryReport.DELIVERED,
    "read": DeliveryReport.DELIVERED,
    "undelivered": DeliveryReport.UNDELIVERED,
    "failed": DeliveryReport.FAILED,
    "canceled": DeliveryReport.FAILED,
}
_FAILURES: Final = frozenset({"undelivered", "failed"})
"""Of these the code may know more: no such number, or one that does not want us."""
_COMING_IN: Final = frozenset({"receiving", "received"})


class TwilioCallbacks:
    """Believes what is signed with the account's token, over the address Twilio called."""

    def __init__(self, auth_token: str | None) -> None:
        self._validator = RequestValidator(auth_token) if auth_token else None

    def read(self, callback: Callback) -> tuple[ProviderReport | InboundText, ...]:
        """Read a status callback or a text that came in; a status that tells nothing is left out.

        Raises:
            NotGenuine: No token is configured, or the signature is missing or wrong.
            NotUnderstood: It is signed, and neither.
        """
        fields = self._verified(callback)
        status = fields.first("MessageStatus") or ""
        if "Body" in fields.names and (not status or status in _COMING_IN):
            return (_text(fields, callback),)
        if status:
            return _report(fields, status, callback.path.get("message_id", ""))
        raise NotUnderstood("neither a status nor a text")

    def _verified(self, callback: Callback) -> "_Fields":
        signature = callback.headers.get(SIGNATURE_HEADER.lower())
        if self._validator is None or not signature:
            raise NotGenuine("no token, or no signature")
        try:
            fields = _Fields(callback.body)
        except ValueError:
            raise NotGenuine("no form") from None
        if not self._validator.validate(callback.url, fields, signature):
            raise NotGenuine("a wrong signature")
        return fields


class _Fields:
    """A form as it was sent, with empty fields and repeated ones: the signature is over all of them."""

    def __init__(self, body: bytes) -> None:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.names = frozenset(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getall(self, name: str) -> list[str]:
        """Every value of a field, as the validator asks for them."""
        return self._values[name]

    def first(self, name: str) -> str | None:
        """The first value of a field, if it was sent."""
        return self._values.get(name, [None])[0]


def _report(fields: _Fields, status: str, message_id: str) -> tuple[ProviderReport, ...]:
    name = fields.first("MessageSid")
    if not name:
        raise NotUnderstood("a status of nothing")
    report = _REPORTS.get(status)
    if report is None:
        return ()
    code = fields.first("ErrorCode") or ""
    if status in _FAILURES and code.isdecimal():
        report = REPORTS_BY_CODE.get(int(code), report)
    return (
        ProviderReport(
            event_id=f"{name}:{status}",
            channel=Channel.TEXT,
            report=report,
            message_id=message_id,
            provider_id=name,
        ),
    )


def _text(fields: _Fields, callback: Callback) -> InboundText:
    name, sender = fields.first("MessageSid"), fields.first("From")
    if not name or not sender:
        raise NotUnderstood("a text of nobody")
    return InboundText(
        event_id=name, sender=sender, words=fields.first("Body") or "", received_at=callback.received_at
    )
