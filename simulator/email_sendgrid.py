"""SendGrid: `POST /v3/mail/send`, and its signed event webhook."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from simulator import answering, body
from simulator.clock import now
from simulator.course import Call, course
from simulator.email_sendgrid_mail import CannotBeTaken, Mail, read_mail
from simulator.kept import Message, Way
from simulator.script import Provider, Trouble
from simulator.world import World, world_of

router = APIRouter()

LARGEST = 30_000_000
"""Bytes of one e-mail with everything in it."""

Event = dict[str, Any]


def _problem(status: int, message: str, field: str | None = None, **headers: str) -> JSONResponse:
    return JSONResponse(
        {"errors": [{"message": message, "field": field, "help": None}]}, status, headers=headers
    )


def _too_many(seconds: float) -> Response:
    at = int(now().timestamp() + seconds) + 1
    return JSONResponse(
        {"errors": [{"field": None, "message": "too many requests"}]},
        429,
        headers={"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(at)},
    )


MANNERS = answering.Manners(
    provider=Provider.SENDGRID,
    too_many=_too_many,
    failed=lambda: _problem(500, "internal server error"),
    unavailable=lambda: _problem(503, "service unavailable"),
)


@router.post("/v3/mail/send")
async def send(request: Request) -> Response:
    """Take an e-mail."""
    world = world_of(request)
    if request.headers.get("authorization") != f"Bearer {world.keys.sendgrid_api_key}":
        return _problem(401, "The provided authorization grant is invalid, expired, or revoked")
    sent = await body.read(request, most=LARGEST)
    if sent is None:
        return _problem(413, "The JSON payload you have included in your request exceeds 30MB")
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    troubles = world.prompter.draw(Provider.SENDGRID)
    if (response := await answering.not_taken(request, world, MANNERS, troubles)) is not None:
        return response
    try:
        mail = read_mail(sent)
    except CannotBeTaken as error:
        return _problem(400, str(error), error.field)
    if Trouble.REFUSED in troubles:
        return _problem(400, "Does not contain a valid address.", "personalizations.0.to.0.email")
    message = _message(mail)
    natural = [(status, _telling(world, events)) for status, events in _natural(message, troubles)]
    return await answering.taken(
        request,
        world,
        MANNERS,
        troubles,
        course(message, natural, troubles, world.script),
        Response(status_code=202, headers={"X-Message-Id": message.id}),
    )


def _message(mail: Mail) -> Message:
    return Message(
        id=base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode(),
        provider=Provider.SENDGRID,
        way=Way.EMAIL,
        to=mail.to,
        sender=mail.sender,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        labels=mail.labels,
        unsubscribe_url=mail.unsubscribe_url,
        one_click=mail.one_click,
        taken_at=now(),
        status="accepted",
    )


def _natural(message: Message, troubles: frozenset[Trouble]) -> Iterator[tuple[str, list[Event]]]:
    """What becomes of an e-mail; each item is one call of the webhook, of one event or several."""
    processed = _event(message, "processed", **{"smtp-id": f"<{message.id}@simulator.example>"})
    if Trouble.OPTED_OUT in troubles:
        yield "dropped", [_event(message, "dropped", reason="Unsubscribed Address", status="5.0.0")]
    elif Trouble.BOUNCED in troubles:
        yield "processed", [processed]
        yield (
            "bounce",
            [
                _event(
                    message,
                    "bounce",
                    type="bounce",
                    status="5.1.1",
                    reason="550 5.1.1 The account that you tried to reach does not exist",
                    bounce_classification="Invalid Address",
                )
            ],
        )
    elif Trouble.FAILED in troubles:
        yield "processed", [processed]
        yield (
            "bounce",
            [_event(message, "bounce", type="blocked", status="4.7.1", reason="421 4.7.1 Try again later")],
        )
    elif Trouble.DEFERRED in troubles:
        yield "deferred", [processed, _event(message, "deferred", response="451 4.3.0 Busy", attempt="1")]
        yield "delivered", [_event(message, "delivered", response="250 2.0.0 OK")]
    else:
        yield "processed", [processed]
        yield "delivered", [_event(message, "delivered", response="250 2.0.0 OK")]
        if Trouble.COMPLAINED in troubles:
            yield "spamreport", [_event(message, "spamreport")]


def _event(message: Message, event: str, **more: str) -> Event:
    # Custom arguments lie beside SendGrid's own fields, which win.
    return {
        **message.labels,
        "email": message.to,
        "timestamp": int(now().timestamp()),
        "event": event,
        "sg_event_id": base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode(),
        "sg_message_id": f"{message.id}.recvd-5f6d7c8b9-x2k4j-1-{secrets.token_hex(4).upper()}-1.0",
        **more,
    }


def _telling(world: World, events: list[Event]) -> Callable[[], Call]:
    def tell() -> Call:
        return signed(world, events)

    return tell


def signed(world: World, events: list[Event]) -> Call:
    """Make a call of the event webhook, signed as of now over the time and the exact bytes."""
    # Real bodies end with a line break, which is part of what is signed.
    said = json.dumps(events, separators=(",", ":")).encode() + b"\r\n"
    at = str(int(now().timestamp()))
    signature = world.keys.sendgrid_signing_key.sign(at.encode() + said, ec.ECDSA(hashes.SHA256()))
    return Call(
        url=world.webhook(Provider.SENDGRID),
        body=said,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": at,
        },
    )
