"""Keys and accounts, all invented, all made from one secret."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

INVENTED = "simulated"
"""In each key: Holdfast takes such a key in a rehearsal alone, and no real provider makes one."""
SENDER = "+447700900000"
"""The number texts come from; of the regulator's range for drama."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What both sides have to know."""

    sendgrid_api_key: str
    sendgrid_signing_key: ec.EllipticCurvePrivateKey
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from: str
    notify_service_id: str
    notify_secret: str
    notify_callback_token: str
    notify_email_template_id: str
    notify_text_template_id: str
    trades_api_key: str

    @classmethod
    def invented(cls) -> "Keys":
        """Invent keys nobody has had before."""
        return cls.made_from(secrets.token_bytes(32))

    @classmethod
    def kept_in(cls, path: Path) -> "Keys":
        """Take the keys of an earlier start; the first one makes the file, readable by its owner alone."""
        with contextlib.suppress(FileExistsError):
            new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(new, f"{secrets.token_urlsafe(32)}\n".encode())
            os.close(new)
        return cls.made_from(path.read_text().strip().encode())

    @classmethod
    def made_from(cls, secret: bytes) -> "Keys":
        """Make the same keys from the same secret."""

        def made(label: str) -> bytes:
            return hmac.digest(secret, label.encode(), hashlib.sha256)

        def name(label: str) -> str:
            return str(UUID(bytes=made(label)[:16], version=4))

        # 248 bits: below the order of the curve, whatever they are.
        number = int.from_bytes(made("sendgrid signing")[:31]) + 1
        return cls(
            sendgrid_api_key=f"SG.{INVENTED}-{_text(made('sendgrid id')[:16])}.{_text(made('sendgrid key'))}",
            sendgrid_signing_key=ec.derive_private_key(number, ec.SECP256R1()),
            twilio_account_sid=f"AC{made('twilio account').hex()[:32]}",
            twilio_auth_token=f"{INVENTED}-{made('twilio token').hex()[:32]}",
            twilio_from=SENDER,
            notify_service_id=name("notify service"),
            notify_secret=name("notify secret"),
            notify_callback_token=f"{INVENTED}-{_text(made('notify callback'))}",
            notify_email_template_id=name("notify e-mail template"),
            notify_text_template_id=name("notify text template"),
            trades_api_key=f"{INVENTED}-{_text(made('trades key'))}",
        )

    @property
    def notify_api_key(self) -> str:
        """As Notify writes it: a name, the service and the secret, of which the last 73 characters count."""
        return f"{INVENTED}-{self.notify_service_id}-{self.notify_secret}"

    @property
    def sendgrid_public_key(self) -> str:
        """As SendGrid's settings page shows it: DER in base64."""
        public = self.sendgrid_signing_key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def environment(
        self, *, sendgrid_url: str, twilio_url: str, notify_url: str, trades_url: str
    ) -> dict[str, str]:
        """The variables with which Holdfast takes the simulator for its providers."""
        return {
            "SENDGRID_API_KEY": self.sendgrid_api_key,
            "SENDGRID_BASE_URL": sendgrid_url,
            "SENDGRID_WEBHOOK_PUBLIC_KEY": self.sendgrid_public_key,
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_FROM": self.twilio_from,
            "TWILIO_BASE_URL": twilio_url,
            "NOTIFY_API_KEY": self.notify_api_key,
            "NOTIFY_BASE_URL": notify_url,
            "NOTIFY_CALLBACK_TOKEN": self.notify_callback_token,
            "NOTIFY_EMAIL_TEMPLATE_ID": self.notify_email_template_id,
            "NOTIFY_TEXT_TEMPLATE_ID": self.notify_text_template_id,
            "TRADES_API_URL": trades_url,
            "TRADES_API_KEY": self.trades_api_key,
        }


def _text(made: bytes) -> str:
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
