"""Chooses the way out of each channel, and who reads what its provider calls back with.

A provider without a key is simulated; one with half of what it needs is refused, because what it was meant to send
would look sent.  Source: docs/providers.md#which-provider-sends-what.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from domain.callback_ports import CallbackReader, ReportSource
from domain.errors import HoldfastError
from domain.message_ports import MessageProvider
from domain.profile import Profile
from domain.vocabulary import Channel, PrintedBy
from providers.email_sendgrid import SendGridProvider
from providers.letter_print_room import PrintRoom
from providers.notify_callbacks import NotifyCallbacks
from providers.notify_govuk import NotifyAccount, NotifyProvider
from providers.sendgrid_events import SendGridEvents
from providers.simulated import SimulatedProvider
from providers.sms_twilio import TwilioProvider
from providers.twilio_callbacks import TwilioCallbacks
from wiring.settings import Settings

_OF_NOTIFY = re.compile(r"[0-9a-f-]{36}-[0-9a-f-]{36}$", re.IGNORECASE)
"""How a key of Notify ends: the service's id and the secret.  Its client takes any other apart without a word."""


class NotEquipped(HoldfastError):
    """Something the environment must name is missing; the text says what."""


def ways_out(settings: Settings, profile: Profile) -> Mapping[Channel, MessageProvider]:
    """Choose one way out for each channel.

    Raises:
        NotEquipped: A provider has its key, and not all it needs besides.
    """
    return {
        Channel.LETTER: letter_way(settings, profile),
        Channel.EMAIL: email_way(settings, profile),
        Channel.TEXT: text_way(settings),
    }


def report_sources(settings: Settings, profile: Profile) -> Mapping[Channel, ReportSource]:
    """The providers that have to be asked what became of a message: Notify, which does not tell of letters."""
    way = letter_way(settings, profile)
    return {Channel.LETTER: way} if isinstance(way, NotifyProvider) else {}


def callback_readers(settings: Settings) -> Mapping[str, CallbackReader]:
    """Who reads the calls of which provider, by the last part of the address; one without its key believes nobody.

    Raises:
        NotEquipped: A key is not of the shape its provider gives it.
    """
    token, bearer = settings.twilio_auth_token, settings.notify_callback_token
    return {
        "sendgrid": _sendgrid_events(settings.sendgrid_webhook_public_key),
        "twilio": TwilioCallbacks(token.get_secret_value() if token else None),
        "notify": NotifyCallbacks(bearer.get_secret_value() if bearer else None),
    }


def email_way(settings: Settings, profile: Profile) -> MessageProvider:
    """SendGrid, else Notify, else nobody.  Raises `NotEquipped`."""
    if settings.sendgrid_api_key:
        return SendGridProvider(
            api_key=settings.sendgrid_api_key.get_secret_value(),
            base_url=settings.sendgrid_base_url,
            sender=profile.email_from,
        )
    return _notify(settings, Channel.EMAIL, settings.notify_email_template_id) or _simulated(Channel.EMAIL)


def text_way(settings: Settings) -> MessageProvider:
    """Twilio, else Notify, else nobody.  Raises `NotEquipped`."""
    if settings.twilio_auth_token is None:
        return _notify(settings, Channel.TEXT, settings.notify_text_template_id) or _simulated(Channel.TEXT)
    if not settings.twilio_account_sid:
        raise NotEquipped("TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID is not")
    if not settings.twilio_from:
        raise NotEquipped("TWILIO_AUTH_TOKEN is set, but TWILIO_FROM is not")
    return TwilioProvider(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_from,
        base_url=settings.twilio_base_url,
        public_url=settings.public_url,
    )


def letter_way(settings: Settings, profile: Profile) -> MessageProvider:
    """The service's own printer where the profile says so, else Notify, else nobody.  Raises `NotEquipped`."""
    if profile.printed_by is PrintedBy.SERVICE:
        return PrintRoom()
    if settings.notify_api_key is None:
        return _simulated(Channel.LETTER)
    return NotifyProvider(channel=Channel.LETTER, account=_account(settings.notify_api_key, settings))


def _notify(settings: Settings, channel: Channel, template_id: str | None) -> MessageProvider | None:
    if settings.notify_api_key is None or not template_id:
        return None
    account = _account(settings.notify_api_key, settings)
    return NotifyProvider(channel=channel, account=account, template_id=template_id)


def _account(key: SecretStr, settings: Settings) -> NotifyAccount:
    if not _OF_NOTIFY.search(key.get_secret_value()):
        raise NotEquipped(
            "NOTIFY_API_KEY is not a key of GOV.UK Notify, which ends in two ids of 36 characters"
        )
    return NotifyAccount(api_key=key.get_secret_value(), base_url=settings.notify_base_url)


def _sendgrid_events(public_key: str | None) -> SendGridEvents:
    try:
        return SendGridEvents(public_key)
    except ValueError:
        raise NotEquipped("SENDGRID_WEBHOOK_PUBLIC_KEY is not a public key, as SendGrid shows it") from None


def _simulated(channel: Channel) -> MessageProvider:
    return SimulatedProvider(channel=channel)
