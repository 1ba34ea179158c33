"""Twilio: `Messages.json`, its status callbacks, and texts that come in."""

import base64
import binascii
import re
import secrets
from datetime import datetime
from operator import itemgetter
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from simulator import answering, body
from simulator.clock import now, rfc2822
from simulator.course import course
from simulator.kept import Answer, Message, Way
from simulator.script import Provider, Trouble
from simulator.text_parts import parts
from simulator.text_twilio_calls import natural
from simulator.world import World, world_of

router = APIRouter(prefix="/2010-04-01/Accounts")

_LARGEST = 100_000
"""Bytes of one request."""
_LONGEST = 1_600
"""Characters of one text."""
_NUMBER = re.compile(r"\+[1-9]\d{7,14}")
_PAGE, _LARGEST_PAGE = 50, 1000
_ERRORS = {
    "undelivered": 30005,  # unknown destination
    "failed": 30008,  # unknown error
}


def _problem(status: int, code: int, message: str, **headers: str) -> JSONResponse:
    said = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(said, status, headers=headers)


MANNERS = answering.Manners(
    provider=Provider.TWILIO,
    too_many=lambda seconds: _problem(
        429, 20429, "Too Many Requests", **{"Retry-After": str(int(seconds) or 1)}
    ),
    failed=lambda: _problem(500, 20500, "An internal server error has occurred"),
    unavailable=lambda: _problem(503, 20503, "Service Unavailable"),
)


@router.post("/{account}/Messages.json")
async def send(request: Request, account: str) -> Response:
    """Take a text."""
    world = world_of(request)
    if (refused := _stranger(request, world, account)) is not None:
        return refused
    sent = await body.read(request, most=_LARGEST)
    if sent is None:
        return _problem(413, 20413, "Request entity too large")
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    troubles = world.prompter.draw(Provider.TWILIO)
    if (response := await answering.not_taken(request, world, MANNERS, troubles)) is not None:
        return response
    form = dict(parse_qsl(sent.decode(errors="replace"), keep_blank_values=True))
    if (refused := _unusable(form, troubles)) is not None:
        return refused
    message = _message(form)
    answer = JSONResponse(shown(world, message), 201)
    return await answering.taken(
        request,
        world,
        MANNERS,
        troubles,
        course(message, natural(world, message, troubles), troubles, world.script),
        answer,
    )


@router.get("/{account}/Messages/{sid}.json")
async def one(request: Request, account: str, sid: str) -> Response:
    """Show a text."""
    world = world_of(request)
    if (refused := _stranger(request, world, account)) is not None:
        return refused
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    message = world.kept.message(sid)
    if message is None or message.provider is not Provider.TWILIO:
        return _problem(404, 20404, "The requested resource was not found")
    return JSONResponse(shown(world, message))


@router.get("/{account}/Messages.json")
async def several(request: Request, account: str) -> Response:
    """List texts of both ways, newest first, to one number and since a time if they are named: the first page alone."""
    world = world_of(request)
    if (refused := _stranger(request, world, account)) is not None:
        return refused
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    to, since = (request.query_params.get(name) for name in ("To", "DateSent>"))
    size = min(int(request.query_params.get("PageSize", _PAGE)), _LARGEST_PAGE)
    out = [
        (one.serial, one.updated_at or one.taken_at, shown(world, one))
        for one in world.kept.messages(provider=Provider.TWILIO)
    ]
    came = [(one.serial, one.written_at, came_in(world, one)) for one in world.kept.answers() if is_ours(one)]
    page = [
        told
        for _, at, told in sorted(out + came, key=itemgetter(0), reverse=True)
        if to in (None, told["to"]) and (since is None or at >= datetime.fromisoformat(since))
    ][:size]
    return JSONResponse(
        {
            "messages": page,
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(len(page) - 1, 0),
            "uri": request.url.path,
            "first_page_uri": request.url.path,
            "next_page_uri": None,
            "previous_page_uri": None,
        }
    )


def shown(world: World, message: Message) -> dict[str, object]:
    """Show a text as the API does."""
    account = world.keys.twilio_account_sid
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.id}"
    error = _ERRORS.get(message.status)
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": rfc2822(message.taken_at),
        "date_sent": rfc2822(message.updated_at) if message.updated_at else None,
        "date_updated": rfc2822(message.updated_at or message.taken_at),
        "direction": "outbound-api",
        "error_code": error,
        "error_message": "Not delivered" if error else None,
        "from": None if message.sender.startswith("MG") else message.sender,
        "messaging_service_sid": message.sender if message.sender.startswith("MG") else None,
        "num_media": "0",
        "num_segments": str(parts(message.text)),
        "price": None,
        "price_unit": "USD",
        "sid": message.id,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def came_in(world: World, answer: Answer) -> dict[str, object]:
    """Show a text somebody wrote to us as the API does, whether or not the call that told of it arrived."""
    account, at = world.keys.twilio_account_sid, rfc2822(answer.written_at)
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": answer.words,
        "date_created": at,
        "date_sent": at,
        "date_updated": at,
        "direction": "inbound",
        "error_code": None,
        "error_message": None,
        "from": answer.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(parts(answer.words)),
        "price": None,
        "price_unit": "USD",
        "sid": answer.id,
        "status": "received",
        "to": world.keys.twilio_from,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{answer.id}.json",
    }


def is_ours(answer: Answer) -> bool:
    """Whether a text was written to Twilio's number, and not to Notify's."""
    return answer.id.startswith("SM")


def _message(form: dict[str, str]) -> Message:
    return Message(
        id=f"SM{secrets.token_hex(16)}",
        provider=Provider.TWILIO,
        way=Way.TEXT,
        to=form["To"],
        sender=form.get("MessagingServiceSid") or form["From"],
        text=form["Body"],
        status_callback=form.get("StatusCallback", ""),
        taken_at=now(),
        status="accepted" if form.get("MessagingServiceSid") else "queued",
    )


def _stranger(request: Request, world: World, account: str) -> Response | None:
    """Refuse who does not know the account's token."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    try:
        who, _, token = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        who = token = ""
    known = (world.keys.twilio_account_sid, world.keys.twilio_auth_token)
    if scheme.casefold() != "basic" or (who, token) != known:
        return _problem(401, 20003, "Authenticate")
    if account != world.keys.twilio_account_sid:
        return _problem(404, 20404, "The requested resource was not found")
    return None


def _unusable(form: dict[str, str], troubles: frozenset[Trouble]) -> Response | None:
    """Refuse a text for what it is or for whom."""
    if not form.get("To"):
        return _problem(400, 21604, "A 'To' phone number is required.")
    if not (form.get("From") or form.get("MessagingServiceSid")):
        return _problem(400, 21603, "A 'From' phone number is required.")
    if not form.get("Body"):
        return _problem(400, 21602, "Message body is required.")
    if len(form["Body"]) > _LONGEST:
        return _problem(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if not _NUMBER.fullmatch(form["To"]) or Trouble.REFUSED in troubles:
        return _problem(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
    if Trouble.OPTED_OUT in troubles:
        return _problem(400, 21610, "Attempt to send to unsubscribed recipient")
    return None
