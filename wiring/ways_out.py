"""Chooses the way out of each channel, and who reads what its provider calls back with.

A provider without a key is simulated; one with half of what it needs is refused, because what it was meant to send
would look sent.  So is a simulator in a provider's place where no rehearsal is played.
Source: docs/providers.md#which-provider-sends-what.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from domain.callback_ports import CallbackReader, InboundSource, ReportSource
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
from providers.twilio_inbound import TwilioInbound
from wiring.settings import Settings

_OF_NOTIFY = re.compile(r"[0-9a-f-]{36}-[0-9a-f-]{36}$", re.IGNORECASE)
"""How a key of Notify ends: the service's id and the secret.  Its client takes any other apart without a word."""


_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}")
"""A number, or a messaging service: a name cannot be answered, and says who writes."""
_INVENTED = "simulated"
"""In every key of the provider simulator, and in none of a provider."""


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
        Channel.TEXT: text_way(settings, profile),
    }


def report_sources(settings: Settings, profile: Profile) -> Mapping[Channel, ReportSource]:
    """The providers that have to be asked what became of a message: Notify, which does not tell of letters."""
    way = letter_way(settings, profile)
    return {Channel.LETTER: way} if isinstance(way, NotifyProvider) else {}


def inbound_source(settings: Settings) -> InboundSource | None:
    """Who is asked which texts came in: Twilio, if it sends from a number; a messaging service may have many."""
    token, account, sender = settings.twilio_auth_token, settings.twilio_account_sid, settings.twilio_from
    if token is None or not account or not sender or not sender.startswith("+"):
        return None
    return TwilioInbound(
        account_sid=account,
        auth_token=token.get_secret_value(),
        number=sender,
        base_url=settings.twilio_base_url,
    )


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


def is_invented(key: SecretStr | None) -> bool:
    """Whether a key is the provider simulator's."""
    return key is not None and _INVENTED in key.get_secret_value()


def is_this_machine(url: str) -> bool:
    """Whether an address leads nowhere but here."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def email_way(settings: Settings, profile: Profile) -> MessageProvider:
    """SendGrid, else Notify, else nobody.  Raises `NotEquipped`."""
    if settings.sendgrid_api_key is None:
        notify = _notify(settings, profile, Channel.EMAIL, settings.notify_email_template_id)
        return notify or _simulated(Channel.EMAIL)
    base_url = settings.sendgrid_base_url
    must_be_real(profile, "SENDGRID_API_KEY", settings.sendgrid_api_key, "SENDGRID_BASE_URL", base_url)
    return SendGridProvider(
        api_key=settings.sendgrid_api_key.get_secret_value(), base_url=base_url, sender=profile.email_from
    )


def text_way(settings: Settings, profile: Profile) -> MessageProvider:
    """Twilio, else Notify, else nobody.  Raises `NotEquipped`."""
    if settings.twilio_auth_token is None:
        notify = _notify(settings, profile, Channel.TEXT, settings.notify_text_template_id)
        return notify or _simulated(Channel.TEXT)
    if not settings.twilio_account_sid:
        raise NotEquipped("TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID is not")
    if not settings.twilio_from:
        raise NotEquipped("TWILIO_AUTH_TOKEN is set, but TWILIO_FROM is not")
    if not _SENDER.fullmatch(settings.twilio_from):
        raise NotEquipped("TWILIO_FROM is neither a number like +447700900000 nor a messaging service's MG…")
    token, base_url = settings.twilio_auth_token, settings.twilio_base_url
    must_be_real(profile, "TWILIO_AUTH_TOKEN", token, "TWILIO_BASE_URL", base_url)
    return TwilioProvider(
        account_sid=settings.twilio_account_sid,
        auth_token=token.get_secret_value(),
        sender=settings.twilio_from,
        base_url=base_url,
        public_url=settings.public_url,
    )


def letter_way(settings: Settings, profile: Profile) -> MessageProvider:
    """The service's own printer where the profile says so, else Notify, else nobody.  Raises `NotEquipped`."""
    if profile.printed_by is PrintedBy.SERVICE:
        return PrintRoom()
    if settings.notify_api_key is None:
        return _simulated(Channel.LETTER)
    return NotifyProvider(
        channel=Channel.LETTER, account=_account(settings.notify_api_key, settings, profile)
    )


def must_be_real(profile: Profile, key_name: str, key: SecretStr, url_name: str, url: str) -> None:
    """Refuse whoever could take messages in a provider's place, outside a rehearsal.

    Plain HTTP is left to what stands on this very machine, where nobody else can listen.
    """
    if profile.rehearsal:
        return
    if is_invented(key):
        raise NotEquipped(f"{key_name} is the provider simulator's: only a rehearsal may use it")
    if not url.startswith("https://") and not is_this_machine(url):
        raise NotEquipped(f"{url_name} has to begin with https://")


def _notify(
    settings: Settings, profile: Profile, channel: Channel, template_id: str | None
) -> MessageProvider | None:
    if settings.notify_api_key is None or not template_id:
        return None
    account = _account(settings.notify_api_key, settings, profile)
    return NotifyProvider(channel=channel, account=account, template_id=template_id)


def _account(key: SecretStr, settings: Settings, profile: Profile) -> NotifyAccount:
    if not _OF_NOTIFY.search(key.get_secret_value()):
        raise NotEquipped(
            "NOTIFY_API_KEY is not a key of GOV.UK Notify, which ends in two ids of 36 characters"
        )
    must_be_real(profile, "NOTIFY_API_KEY", key, "NOTIFY_BASE_URL", settings.notify_base_url)
    return NotifyAccount(api_key=key.get_secret_value(), base_url=settings.notify_base_url)


def _sendgrid_events(public_key: str | None) -> SendGridEvents:
    try:
        return SendGridEvents(public_key)
    except ValueError:
        raise NotEquipped("SENDGRID_WEBHOOK_PUBLIC_KEY is not a public key, as SendGrid shows it") from None


def _simulated(channel: Channel) -> MessageProvider:
    return SimulatedProvider(channel=channel)
