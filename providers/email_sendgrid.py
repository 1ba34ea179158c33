"""E-mail through SendGrid's own client.

Facts of the wire, tried against the client: no idempotency; 202 with `X-Message-Id` on success; 429 proves that it was
not taken; the client has no timeout of its own; custom arguments are not safe for personal data.
"""

import urllib.error

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    ClickTracking,
    CustomArg,
    Mail,
    OpenTracking,
    SubscriptionTracking,
    TrackingSettings,
)

from domain.ports import Delivery, Outgoing, Verdict

TIMEOUT_SECONDS = 10
"""For one request; an answer later than this is unknown."""
_TOO_MANY = 429
_SERVER_ERROR = 500


class SendGridProvider:
    """Hands one e-mail over; whatever is ambiguous is `unknown`, never tried again on its own."""

    simulated = False

    def __init__(self, *, api_key: str, base_url: str, sender: str) -> None:
        self._client = SendGridAPIClient(api_key, host=base_url)
        self._client.client.timeout = TIMEOUT_SECONDS
        self._sender = sender

    def send(self, outgoing: Outgoing) -> Delivery:
        """Hand an e-mail over."""
        try:
            response = self._client.send(_mail(outgoing, self._sender))
        except HTTPError as error:
            return _of_status(error.status_code)
        except urllib.error.URLError as error:
            return _of_connection(error.reason)
        except OSError as error:
            return _of_connection(error)
        return Delivery(
            verdict=Verdict.ACCEPTED,
            provider_id=str(response.headers.get("X-Message-Id", "")),
            why="Taken by the e-mail provider.",
        )

    def reconcile(self, key: str) -> Delivery:
        """SendGrid cannot be asked by our key: only its event webhook may tell later."""
        return Delivery(verdict=Verdict.UNKNOWN, why="Sending was cut off; it is not known whether it left.")


def _mail(outgoing: Outgoing, sender: str) -> Mail:
    mail = Mail(
        from_email=sender,
        to_emails=outgoing.to,
        subject=outgoing.written.subject,
        plain_text_content=outgoing.written.text,
        html_content=outgoing.written.html,
    )
    mail.add_custom_arg(CustomArg("key", outgoing.key))
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
    )
    return mail


def _of_status(status: int) -> Delivery:
    if status == _TOO_MANY:
        return Delivery(verdict=Verdict.NOT_TRIED, why="The e-mail provider asked us to slow down.")
    if status >= _SERVER_ERROR:
        return Delivery(verdict=Verdict.UNKNOWN, why="The e-mail provider failed; it may have taken it.")
    return Delivery(verdict=Verdict.REJECTED, why=f"The e-mail provider refused it ({status}).")


def _of_connection(reason: object) -> Delivery:
    if isinstance(reason, ConnectionRefusedError):
        return Delivery(verdict=Verdict.NOT_TRIED, why="The e-mail provider could not be reached.")
    return Delivery(verdict=Verdict.UNKNOWN, why="The e-mail provider did not answer; it may have taken it.")
