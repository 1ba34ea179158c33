"""What the environment says, read once.

Temporal is not here: `temporalio.envconfig` reads its own standard variables.  The reference page
`docs/reference/environment.md` is made from the descriptions below.
"""

import base64
import binascii
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import HoldfastError

ROOT = Path(__file__).resolve().parent.parent
"""Where the rooms lie, in a checkout as in an installed wheel; `profiles/` lies beside them."""

DEFAULT_PROFILE = Path("profiles/cambridgeshire.toml")
"""The first service Holdfast runs when none is named."""

KEY_BYTES = 32
"""AES-256."""


class InvalidSettings(HoldfastError):
    """A variable holds something unusable; the text names the variable, never what it holds."""


class Settings(BaseSettings):
    """Every variable Holdfast reads itself; an empty one counts as unset."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="HOLDFAST_DATABASE_URL",
        description="The Postgres to use, as `postgresql://user:password@host:port/database`. "
        "Unset under `holdfast up`: an embedded Postgres below the data directory.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        validation_alias="HOLDFAST_PUBLIC_URL",
        description="The address under which people and providers reach Holdfast; used in links, and to "
        "verify the signature of webhooks; providers are told to call it. Unset under `holdfast up`: where it listens.",
    )
    encryption_keys: SecretStr | None = Field(
        default=None,
        validation_alias="HOLDFAST_KEYS",
        description="Encryption keys, newest first, separated by commas; each is 32 random bytes in "
        "base64url. Data is written with the first and read with any. Unset under `holdfast up`: made on "
        "first start in the data directory. Lose them and the personal data is lost.",
    )
    profile: Path = Field(
        default=DEFAULT_PROFILE,
        validation_alias="HOLDFAST_PROFILE",
        description="The TOML file that says which service this is. A relative path is looked for in the "
        "current directory, then beside the installed code. `holdfast up --profile` goes before it.",
    )

    trusted_proxies: str | None = Field(
        default=None,
        validation_alias="HOLDFAST_TRUSTED_PROXIES",
        description="Addresses of the proxies before the API, separated by commas, or `*`; their "
        "`X-Forwarded-For` and `X-Forwarded-Proto` are believed. Unset: nobody's, and everybody behind a proxy "
        "shares one limit of how often the public form may be sent.",
    )

    sendgrid_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="SENDGRID_API_KEY",
        description="Key for e-mail through SendGrid. Unset: e-mail is simulated, nothing leaves.",
    )
    sendgrid_base_url: str = Field(
        default="https://api.sendgrid.com",
        validation_alias="SENDGRID_BASE_URL",
        description="Where the SendGrid API is; `https://api.eu.sendgrid.com` keeps data in the EU.",
    )
    sendgrid_webhook_public_key: str | None = Field(
        default=None,
        validation_alias="SENDGRID_WEBHOOK_PUBLIC_KEY",
        description="The public key SendGrid signs its event webhook with. Unset: every such call is refused.",
    )
    twilio_account_sid: str | None = Field(
        default=None,
        validation_alias="TWILIO_ACCOUNT_SID",
        description="The Twilio account that sends texts.",
    )
    twilio_auth_token: SecretStr | None = Field(
        default=None,
        validation_alias="TWILIO_AUTH_TOKEN",
        description="Its token, which also verifies webhooks. Unset: texts are simulated, nothing leaves.",
    )
    twilio_from: str | None = Field(
        default=None,
        validation_alias="TWILIO_FROM",
        description="The number (`+44…`) or messaging service (`MG…`) texts come from.",
    )
    twilio_base_url: str = Field(
        default="https://api.twilio.com",
        validation_alias="TWILIO_BASE_URL",
        description="Where the Twilio API is; `https://api.dublin.ie1.twilio.com` for an account in Ireland.",
    )
    notify_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="NOTIFY_API_KEY",
        description="Key for GOV.UK Notify, which prints and posts letters. Unset: post is simulated, unless the "
        "profile says that the service prints its letters itself.",
    )
    notify_base_url: str = Field(
        default="https://api.notifications.service.gov.uk",
        validation_alias="NOTIFY_BASE_URL",
        description="Where the Notify API is.",
    )
    notify_callback_token: SecretStr | None = Field(
        default=None,
        validation_alias="NOTIFY_CALLBACK_TOKEN",
        description="The bearer token Notify sends with its callbacks. Unset: every such call is refused.",
    )
    notify_email_template_id: str | None = Field(
        default=None,
        validation_alias="NOTIFY_EMAIL_TEMPLATE_ID",
        description="A Notify e-mail template of `((subject))` and `((body))`. With it, and without a SendGrid key, "
        "e-mail goes through Notify.",
    )
    notify_text_template_id: str | None = Field(
        default=None,
        validation_alias="NOTIFY_TEXT_TEMPLATE_ID",
        description="A Notify text template of `((body))`. With it, and without a Twilio token, texts go through "
        "Notify.",
    )
    trades_api_url: str | None = Field(
        default=None,
        validation_alias="TRADES_API_URL",
        description="The system of the firm that is offered repairs, below which `/v1/offers` lies. Unset: what it "
        "would have been told is simulated.",
    )
    trades_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="TRADES_API_KEY",
        description="The secret both sides sign with, ours and theirs: `whsec_…` as Standard Webhooks writes it, or "
        "any text of at least 24 bytes. Unset: every call of theirs is refused.",
    )

    @field_validator("sendgrid_base_url", "twilio_base_url", "notify_base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        read = urlsplit(value)
        if read.scheme not in {"http", "https"} or not read.hostname:
            raise ValueError("has to begin with https:// and name a host")
        if read.path.strip("/") or read.query or read.fragment or read.username is not None:
            raise ValueError("has to be a scheme and a host alone, without a path")
        return value.rstrip("/")

    @field_validator("trades_api_url")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        if value is None:
            return None
        read = urlsplit(value)
        if read.scheme not in {"http", "https"} or not read.hostname:
            raise ValueError("has to begin with https:// and name a host")
        if read.query or read.fragment or read.username is not None:
            raise ValueError("has to be a scheme, a host and at most a path")
        return value.rstrip("/")

    @field_validator("encryption_keys")
    @classmethod
    def _keys_are_whole(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_keys(value.get_secret_value())
        return value

    def keys(self) -> tuple[bytes, ...]:
        """The encryption keys, newest first; empty when none is set."""
        return parse_keys(self.encryption_keys.get_secret_value()) if self.encryption_keys else ()

    def profile_path(self) -> Path:
        """The profile as an absolute path."""
        return locate(self.profile)


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        InvalidSettings: A variable is unusable; one line, without its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = first["loc"][0] if first["loc"] else "the environment"
        raise InvalidSettings(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read comma-separated base64url keys, newest first.

    Raises:
        ValueError: One of them is not 32 bytes; the text says which, not what it is.
    """
    return tuple(_key(part.strip(), place) for place, part in enumerate(text.split(","), start=1))


def _key(text: str, place: int) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"key {place} is not base64url") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"key {place} is {len(key)} bytes long, not {KEY_BYTES}")
    return key


def locate(path: Path) -> Path:
    """Find a file named from the current directory or, failing that, from where Holdfast is installed."""
    here = Path.cwd() / path
    return here if here.exists() or not (ROOT / path).exists() else ROOT / path
