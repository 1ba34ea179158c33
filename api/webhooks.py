"""The doors of the providers: signature first, then stored, then 2xx.  Duplicates and any order are harmless.

What is not genuine is refused with 403 and nothing of it is kept.  What is genuine and of a shape nobody knows is
refused with 422, and nothing of it is kept either: a 2xx would lose it without a word, while a refusal stands in the
provider's own log and is sent again by those who do that.  While the database is away the answer is 503: a provider
that repeats will repeat.  Source: docs/policy.md#messages.
"""

import contextlib
from collections.abc import Iterable, Mapping

import structlog
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import hand_over
from api.json_body import read_body
from api.problems import DATABASE_AWAY, Kind, Problem
from api.services import In, Services
from domain.callback_ports import Callback, InboundText, ProviderReport, TradeCallback
from domain.errors import NotGenuine, NotUnderstood
from store.command import StoredCommand

MOST_BYTES = 1024 * 1024
"""Of one call: SendGrid collects events up to 768 KiB."""

Told = ProviderReport | InboundText | TradeCallback
"""What providers tell us."""

_log = structlog.get_logger("api.webhooks")


class _Nobody:
    """Reads for a provider that nobody here can verify."""

    def read(self, callback: Callback) -> tuple[Told, ...]:
        """Believe nothing."""
        raise NotGenuine("nobody here can verify this provider")


_NOBODY = _Nobody()

router = APIRouter(prefix="/webhooks", include_in_schema=False)


@router.post("/sendgrid", status_code=204)
async def sendgrid(request: Request, services: In) -> Response:
    """Take in what became of e-mails."""
    return await _take_in(request, services, "sendgrid")


@router.post("/twilio", status_code=204)
async def twilio(request: Request, services: In) -> Response:
    """Take in a text that came, or what became of one that was sent."""
    return await _take_in(request, services, "twilio")


@router.post("/twilio/status/{message_id}", status_code=204)
async def twilio_status(request: Request, services: In, message_id: str) -> Response:
    """Take in what became of one text; the address says which, by its public id."""
    return await _take_in(request, services, "twilio", path={"message_id": message_id})


@router.post("/notify", status_code=204)
async def notify(request: Request, services: In) -> Response:
    """Take in what became of an e-mail or text, or a text that came."""
    return await _take_in(request, services, "notify")


@router.post("/notify/returned", status_code=204)
async def notify_returned(request: Request, services: In) -> Response:
    """Take in that a letter came back; the same as `/webhooks/notify`, which tells them apart by shape."""
    return await _take_in(request, services, "notify")


@router.post("/trades", status_code=204)
async def trades(request: Request, services: In) -> Response:
    """Take in what tradespeople answer by the tradesperson API.

    Nothing is told about an offer that is not, or no more, one of ours: it is noted and answered alike.
    """
    return await _take_in(request, services, "trades")


async def _take_in(
    request: Request, services: Services, provider: str, *, path: Mapping[str, str] | None = None
) -> Response:
    """Verify, store, and say so: with 204, because Twilio would send the words of any other answer as a text."""
    callback = Callback(
        body=await read_body(request, most=MOST_BYTES),
        headers={name.lower(): value for name, value in request.headers.items()},
        url=_public_address(request, services),
        received_at=services.clock(),
        path=path or {},
    )
    told = await run_in_threadpool(_believed, services, provider, callback)
    stored = await run_in_threadpool(_store, services, told)
    return Response(status_code=204, background=BackgroundTask(_hand_over, services, stored))


def _public_address(request: Request, services: Services) -> str:
    """Our address as the provider called it: behind a proxy the request itself knows another."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{services.public_url.rstrip('/')}{request.url.path}{query}"


def _believed(services: Services, provider: str, callback: Callback) -> tuple[Told, ...]:
    reader = services.callback_readers.get(provider, _NOBODY)
    try:
        return reader.read(callback)
    except NotGenuine as error:
        _log.warning("callback_refused", provider=provider, why=str(error))
        raise Problem(Kind.NOT_GENUINE, "The signature or token is missing, wrong or too old.") from None
    except NotUnderstood as error:
        _log.error("callback_not_understood", provider=provider, why=str(error))
        raise Problem(
            Kind.VALIDATION, "It is genuine, but not of a shape we know; nothing was kept."
        ) from None


def _store(services: Services, told: Iterable[Told]) -> list[StoredCommand]:
    """Store what was told, and give the commands that nobody else brings to their workflows at once."""
    answers = []
    for one in told:
        match one:
            case ProviderReport():
                services.reports.take_in([one], now=services.clock())
            case InboundText():
                services.inbound_texts.take_in(one, now=services.clock())
            case TradeCallback():
                answers.append(services.trade_events.take_in(one, now=services.clock()))
    return [stored for stored in answers if stored is not None]


async def _hand_over(services: Services, stored: Iterable[StoredCommand]) -> None:
    """Hand over after the answer: whoever calls us is not kept waiting.  The relay brings what is left."""
    with contextlib.suppress(*DATABASE_AWAY):
        for command in stored:
            await hand_over(services, command)
