"""The peers of messages: SendGrid's and Twilio's own clients, handed the same words and nothing else.

What ours asks of the provider is asked here too (nothing tracked, nothing kept, one click to unsubscribe), so that both
put the same on the wire.  Our own providers are not used: nobody but the wiring knows them.
"""

from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    ClickTracking,
    CustomArg,
    FooterSettings,
    Ganalytics,
    Header,
    Mail,
    MailSettings,
    OpenTracking,
    SubscriptionTracking,
    TrackingSettings,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from typing_extensions import override

from domain.message_ports import Written

PUBLIC_URL = "https://hub.example"
_TAKEN = 202
_WITHIN = 10
"""Seconds."""


class SdkAlone(Protocol):
    """A provider's client."""

    name: str

    def send(self, to: str, written: Written, key: str) -> None:
        """Hand one message over."""


class SendGridAlone:
    """E-mails."""

    name = "SendGrid's SDK alone"

    def __init__(self, variables: dict[str, str], sender: str) -> None:
        self._client = SendGridAPIClient(variables["SENDGRID_API_KEY"], host=variables["SENDGRID_BASE_URL"])
        self._client.client.timeout = _WITHIN
        self._sender = sender

    def send(self, to: str, written: Written, key: str) -> None:
        """Hand one over."""
        mail = Mail(self._sender, to, written.subject, written.text, written.html)
        mail.add_custom_arg(CustomArg("key", key))
        mail.add_header(Header("List-Unsubscribe", f"<{PUBLIC_URL}/unsubscribe/{key}>"))
        mail.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        mail.tracking_settings = TrackingSettings(
            click_tracking=ClickTracking(enable=False, enable_text=False),
            open_tracking=OpenTracking(enable=False),
            subscription_tracking=SubscriptionTracking(enable=False),
            ganalytics=Ganalytics(enable=False),
        )
        mail.mail_settings = MailSettings(footer_settings=FooterSettings(enable=False))
        assert self._client.send(mail).status_code == _TAKEN


class TwilioAlone:
    """Texts, over connections that the client keeps open, as it does by itself."""

    name = "Twilio's SDK alone"

    def __init__(self, variables: dict[str, str]) -> None:
        self._client = Client(
            variables["TWILIO_ACCOUNT_SID"],
            variables["TWILIO_AUTH_TOKEN"],
            http_client=_Elsewhere(variables["TWILIO_BASE_URL"]),
        )
        self._sender = variables["TWILIO_FROM"]

    def send(self, to: str, written: Written, key: str) -> None:
        """Hand one over."""
        taken = self._client.messages.create(
            to=to,
            from_=self._sender,
            body=written.text,
            status_callback=f"{PUBLIC_URL}/webhooks/twilio/status/{key}",
            content_retention="discard",
            address_retention="obfuscate",
            validity_period=3600,
        )
        assert taken.sid


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc]
    """Its client has no base address of its own."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=_WITHIN)
        self._base = urlsplit(base_url)

    @override
    def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
        asked = urlsplit(url)
        there = urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, ""))
        return super().request(method, there, *rest, **named)
