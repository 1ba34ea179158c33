"""GOV.UK Notify: e-mails, texts and precompiled letters, and what became of them when asked."""

import json
from typing import Any
from uuid import UUID, uuid4

import jwt
from fastapi import APIRouter, Request
from notifications_python_client.authentication import decode_jwt_token
from notifications_python_client.errors import TokenError
from starlette.responses import JSONResponse, Response

from simulator import answering, body
from simulator.clock import now
from simulator.course import course
from simulator.govuk_notify_calls import natural
from simulator.govuk_notify_letter import precompiled
from simulator.govuk_notify_refused import VALIDATION, CannotBeTaken
from simulator.govuk_notify_shown import listed, shown, taken_as
from simulator.kept import Message, Way
from simulator.script import Provider, Trouble
from simulator.world import World, world_of

router = APIRouter(prefix="/v2/notifications")

_LARGEST = 4_000_000
"""Bytes of one request: a letter has at most two million, and base64 adds a third."""
_ADDRESSED_BY = {Way.EMAIL: "email_address", Way.TEXT: "phone_number"}
_REFUSALS = {
    Way.EMAIL: (VALIDATION, "email_address Not a valid email address"),
    Way.TEXT: (VALIDATION, "phone_number Not a UK mobile number"),
    Way.LETTER: ("BadRequestError", "Letter content is not a valid PDF"),
}
"""What is said against an address, or against a letter."""


def _problem(status: int, error: str, message: str) -> JSONResponse:
    return JSONResponse({"status_code": status, "errors": [{"error": error, "message": message}]}, status)


MANNERS = answering.Manners(
    provider=Provider.NOTIFY,
    # No header says when: the limit is of the last sixty seconds.
    too_many=lambda _: _problem(
        429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"
    ),
    failed=lambda: _problem(500, "Exception", "Internal server error"),
    unavailable=lambda: _problem(503, "Exception", "Service unavailable"),
)


@router.post("/email")
async def email(request: Request) -> Response:
    """Take an e-mail."""
    return await _send(request, Way.EMAIL)


@router.post("/sms")
async def text(request: Request) -> Response:
    """Take a text."""
    return await _send(request, Way.TEXT)


@router.post("/letter")
async def letter(request: Request) -> Response:
    """Take a precompiled letter."""
    return await _send(request, Way.LETTER)


@router.get("")
async def several(request: Request) -> Response:
    """List messages, newest first, at most 250: of one reference, if it is named."""
    world = world_of(request)
    if (refused := _stranger(request, world) or answering.away(world, MANNERS)) is not None:
        return refused
    return JSONResponse(listed(world.kept.messages(provider=Provider.NOTIFY), dict(request.query_params)))


@router.get("/{which}")
async def one(request: Request, which: str) -> Response:
    """Show a message."""
    found = _found(request, which)
    return found if isinstance(found, Response) else JSONResponse(shown(found))


@router.get("/{which}/pdf")
async def pdf(request: Request, which: str) -> Response:
    """Give a letter back."""
    found = _found(request, which)
    if isinstance(found, Response):
        return found
    if found.way is not Way.LETTER:
        return _problem(400, "BadRequestError", "Notification is not a letter")
    if found.status == "pending-virus-check":
        return _problem(400, "PDFNotReadyError", "PDF not available yet, try again later")
    return Response(found.pdf, media_type="application/pdf")


async def _send(request: Request, way: Way) -> Response:
    world = world_of(request)
    if (refused := _stranger(request, world)) is not None:
        return refused
    sent = await body.read(request, most=_LARGEST)
    if sent is None:
        return _problem(413, "RequestEntityTooLarge", "Request entity too large")
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    troubles = world.prompter.draw(Provider.NOTIFY)
    if (response := await answering.not_taken(request, world, MANNERS, troubles)) is not None:
        return response
    try:
        message = _message(world, way, sent)
    except CannotBeTaken as error:
        return _problem(400, error.name, str(error))
    if Trouble.REFUSED in troubles:
        return _problem(400, *_REFUSALS[way])
    answer = JSONResponse(taken_as(message, str(request.base_url).rstrip("/")), 201)
    return await answering.taken(
        request,
        world,
        MANNERS,
        troubles,
        course(message, natural(world, message, troubles), troubles, world.script),
        answer,
    )


def _message(world: World, way: Way, sent: bytes) -> Message:
    try:
        told = json.loads(sent)
    except ValueError:
        raise CannotBeTaken("Invalid JSON supplied in POST data") from None
    if not isinstance(told, dict):
        raise CannotBeTaken("Invalid JSON supplied in POST data")
    message = Message(
        id=str(uuid4()),
        provider=Provider.NOTIFY,
        way=way,
        to="",
        taken_at=now(),
        status="pending-virus-check" if way is Way.LETTER else "created",
        reference=str(told.get("reference") or ""),
    )
    if way is Way.LETTER:
        message.pdf, message.postage = precompiled(told)
    else:
        _write(world, message, told)
    return message


def _write(world: World, message: Message, told: dict[str, Any]) -> None:
    """Fill in the template: `((body))`, and `((subject))` for an e-mail.  Raises `CannotBeTaken`."""
    field = _ADDRESSED_BY[message.way]
    templates = {Way.EMAIL: world.keys.notify_email_template_id, Way.TEXT: world.keys.notify_text_template_id}
    if not told.get(field):
        raise CannotBeTaken(f"{field} is a required property", VALIDATION)
    if told.get("template_id") != templates[message.way]:
        raise CannotBeTaken("Template not found")
    words = told.get("personalisation") or {}
    wanted = ("subject", "body") if message.way is Way.EMAIL else ("body",)
    missing = [name for name in wanted if name not in words]
    if missing:
        raise CannotBeTaken(f"Missing personalisation: {', '.join(missing)}")
    message.to, message.template_id = str(told[field]), templates[message.way]
    message.text, message.subject = str(words["body"]), str(words.get("subject", ""))
    message.unsubscribe_url = str(told.get("one_click_unsubscribe_url") or "")
    message.one_click = bool(message.unsubscribe_url)


def _found(request: Request, which: str) -> Message | Response:
    world = world_of(request)
    if (refused := _stranger(request, world) or answering.away(world, MANNERS)) is not None:
        return refused
    try:
        UUID(which)
    except ValueError:
        return _problem(400, "ValidationError", "id is not a valid UUID")
    message = world.kept.message(which)
    if message is None or message.provider is not Provider.NOTIFY:
        return _problem(404, "NoResultFound", "No result found")
    return message


def _stranger(request: Request, world: World) -> Response | None:
    """Refuse who cannot sign for the service; the client's own library verifies."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        return _problem(401, "AuthError", "Unauthorized: authentication token must be provided")
    try:
        decode_jwt_token(token, world.keys.notify_secret)
        issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    except (TokenError, jwt.InvalidTokenError):
        return _problem(403, "AuthError", "Invalid token: API key not found")
    if issuer != world.keys.notify_service_id:
        return _problem(403, "AuthError", "Invalid token: service not found")
    return None
