"""What Twilio calls a service with, signed as only who has the token can: status callbacks and texts that come in."""

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from simulator.clock import now
from simulator.course import Call
from simulator.kept import Answer, Message
from simulator.script import Provider, Trouble
from simulator.text_parts import parts
from simulator.world import World


def natural(
    world: World, message: Message, troubles: frozenset[Trouble]
) -> Iterator[tuple[str, Callable[[], Call] | None]]:
    """What becomes of a text, reported to the address it named; without one nobody is told."""
    for status, error in _statuses(troubles):
        yield status, _telling(world, message, status, error) if message.status_callback else None


def _statuses(troubles: frozenset[Trouble]) -> Iterator[tuple[str, int | None]]:
    yield "queued", None
    if Trouble.FAILED in troubles:
        yield "failed", 30008
        return
    if Trouble.DEFERRED in troubles:
        yield "sending", None
    yield "sent", None
    if Trouble.BOUNCED in troubles:
        yield "undelivered", 30005
    else:
        yield "delivered", None


def _telling(world: World, message: Message, status: str, error: int | None) -> Callable[[], Call]:
    said = {
        "AccountSid": world.keys.twilio_account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.id,
        "MessageStatus": status,
        "SmsSid": message.id,
        "SmsStatus": status,
        "To": message.to,
    }
    if error:
        said["ErrorCode"] = str(error)
    if status in ("delivered", "undelivered"):
        said["RawDlrDoneDate"] = now().strftime("%y%m%d%H%M")
    return lambda: signed(world, message.status_callback, said)


def inbound(world: World, answer: Answer) -> Call:
    """A text somebody wrote to the service's number."""
    return signed(
        world,
        world.webhook(Provider.TWILIO),
        {
            "AccountSid": world.keys.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "Body": answer.words,
            "From": answer.sender,
            "MessageSid": answer.id,
            "NumMedia": "0",
            "NumSegments": str(parts(answer.words)),
            "SmsMessageSid": answer.id,
            "SmsSid": answer.id,
            "SmsStatus": "received",
            "To": world.keys.twilio_from,
        },
    )


def signed(world: World, url: str, said: dict[str, str]) -> Call:
    """Make a call; its signature is over the address as the service is known outside, and what is said."""
    signature = RequestValidator(world.keys.twilio_auth_token).compute_signature(url, said)
    return Call(
        url=url,
        body=urlencode(said).encode(),
        headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        },
    )
