"""E-mail through SendGrid's own client.

Facts of the wire, tried against the client: no idempotency; 202 with `X-Message-Id` on success; 429 proves that it was
not taken; custom arguments and the data of its webhook are not safe for personal details.
Source: docs/providers.md#sendgrid.
"""

import http.client
import json
from datetime import UTC, datetime

from python_http_client.exceptions import HTTPError
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

from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel, DeliveryReport
from providers.permission import must_be_permitted
from providers.proof import not_let_in, of_failure, of_status, unknown, wait_asked
from providers.sendgrid_client import sendgrid_client

WHO = "The e-mail provider"
KEY_ARGUMENT = "key"
"""The one thing of ours that SendGrid gives back with each event: the message's opaque id."""

_TAKEN, _BAD_REQUEST = 202, 400
_OURS = ("from", "reply_to", "tracking_settings", "mail_settings")
"""How the fields begin that are the same in every mail: a refusal about them says nothing of this message."""


class SendGridProvider:
    """Hands one e-mail over; whatever is ambiguous is `unknown`, never tried again on its own."""

    simulated = False
    collects = False

    def __init__(self, *, api_key: str, base_url: str, sender: str) -> None:
        self._client = sendgrid_client(api_key=api_key, base_url=base_url)
        self._sender = sender

    def send(self, outgoing: Outgoing) -> Delivery:
        """Hand an e-mail over.  Raises `NotPermitted`."""
        must_be_permitted(outgoing, Channel.EMAIL)
        mail = _mail(outgoing, self._sender)
        try:
            response = self._client.send(mail)
        except HTTPError as error:
            return _of_refusal(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return of_failure(error, who=WHO)
        if response.status_code != _TAKEN:
            return unknown(
                f"{WHO} answered {response.status_code}, which says nothing; it may have taken it."
            )
        taken_as = str(response.headers.get("X-Message-Id") or "")
        return Delivery(verdict=Verdict.ACCEPTED, provider_id=taken_as, why="Taken by the e-mail provider.")

    def reconcile(self, key: str) -> Delivery:
        """SendGrid cannot be asked by our key: only its event webhook may tell later."""
        return unknown("It is not known whether it left; the e-mail provider may still tell.")


def _mail(outgoing: Outgoing, sender: str) -> Mail:
    mail = Mail(
        from_email=sender,
        to_emails=outgoing.to,
        subject=outgoing.written.subject,
        plain_text_content=outgoing.written.text,
        html_content=outgoing.written.html or None,
    )
    mail.add_custom_arg(CustomArg(KEY_ARGUMENT, outgoing.key))
    if outgoing.unsubscribe_url:
        # One click, as mail programs show it.  Source: RFC 8058.
        mail.add_header(Header("List-Unsubscribe", f"<{outgoing.unsubscribe_url}>"))
        mail.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    # Said with every mail, so that no setting of the account can put a tracked link or a footer into it.
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )
    mail.mail_settings = MailSettings(footer_settings=FooterSettings(enable=False))
    return mail


def _of_refusal(error: HTTPError) -> Delivery:
    """Judge a refusal; its fields tell what it is about, its words may repeat an address."""
    fields = _fields(error)
    ours = [name for name in _OURS if any(field.startswith(name) for field in fields)]
    if error.status_code == _BAD_REQUEST and ours:
        return not_let_in(f"{WHO} refuses our settings ({', '.join(ours)}): mend them, and it leaves.")
    about_it = any(field.startswith("personalizations") and ".to" in field for field in fields)
    return of_status(
        error.status_code,
        who=WHO,
        retry_after=wait_asked(error.headers, datetime.now(UTC)),
        report=DeliveryReport.BOUNCED if about_it else None,
    )


def _fields(error: HTTPError) -> list[str]:
    try:
        return [str(one.get("field")) for one in json.loads(error.body)["errors"]]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []
