"""The page behind the link in a tradesperson's text: made for a telephone in the rain, on a bad connection.

The link is the whole permission: no cookie, no session, no form token.  Opening it changes nothing, because programs
open links by themselves.  Every form may be sent again: it is the same command, and leads to the same page.
Source: docs/repairs.md#the-link.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.command import hand_over
from api.form import ONCE, FormError, Shown, read_fields
from api.pages import show, to
from api.problems import Kind, Problem
from api.rate_limit import RETRY_AFTER_SECONDS, TRADE_ANSWERS, TRADE_GUESSES
from api.services import In, Services
from api.trades.answers import ANSWER, FIELDS, Typed, Unfit, command_of, field_of, may_say, read_answer
from api.trades.shown import ETAS, REASONS_TOLD, offer_shown
from domain.events import Answer
from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.kinds import TradeAnswer
from store.columns import is_uuid
from store.command import NewCommand
from store.repair_dispatch.offer_page import OfferOpened
from store.repair_dispatch.photo import Kept

SAID = "said"
"""In the address: the command that a form became."""
PHOTOS_TOLD: Mapping[str, str] = {
    Kept.KEPT: "We have your photo. Thank you.",
    Kept.KEPT_BEFORE: "We have this photo already. Thank you.",
}
LONGEST_ONCE = 64
_HEADERS = {"X-Robots-Tag": "noindex, nofollow"}
_PRESS_AGAIN = "Open the link again, and press a button of the page."

router = APIRouter(include_in_schema=False)


@router.get("/trades/{token}")
async def trade_page(request: Request, services: In, token: str) -> Response:
    """Show where the offer stands.  Nothing happens by looking."""
    offer = await opened(request, services, token)
    if offer is None:
        return gone(request)
    said, answer = await run_in_threadpool(_became, services, offer, request.query_params.get(SAID, ""))
    photo = PHOTOS_TOLD.get(request.query_params.get("photo", ""), "")
    return page(request, services, token, offer, said=said, answer=answer, photo=photo)


@router.post("/trades/{token}")
async def trade_answers(request: Request, services: In, token: str) -> Response:
    """Take an answer in, and lead to the page that says what became of it."""
    typed = _typed(await read_fields(request, services))
    offer = await opened(request, services, token)
    if offer is None:
        return gone(request)
    slow_down(request, TRADE_ANSWERS, "trade-answer", offer)
    if not may_say(offer, typed.answer):
        return to(f"/trades/{token}")
    now = services.clock()
    try:
        event = read_answer(typed, offer, now=now, zone=services.zone)
    except Unfit as unfit:
        form = Shown(fields=_fields_of(typed), errors=tuple(unfit.errors))
        return page(request, services, token, offer, form=form, status=422)
    command = command_of(typed, offer, event, now=now)
    await _give(services, command)
    return to(f"/trades/{token}?{SAID}={command.id}")


async def opened(request: Request, services: Services, token: str) -> OfferOpened | None:
    """Open a link; of those that open nothing so many are looked at from one place."""
    found = await run_in_threadpool(services.offer_pages.open, token, now=services.clock())
    limiter = request.app.state.rate_limiter
    if found is None and not limiter.count(request, TRADE_GUESSES, "trade-link"):
        raise _too_many()
    return found


def gone(request: Request) -> Response:
    """The one page for a link that was never ours, has run out or opens nothing any more."""
    response = show(request, "trades_gone.html", status=404)
    response.headers.update(_HEADERS)
    return response


def slow_down(request: Request, limit: Any, what: str, offer: OfferOpened) -> None:
    """Count one more deed of a link.  Raises `Problem` when it is too many."""
    if not request.app.state.rate_limiter.count(request, limit, f"{what}:{offer.offer_id}"):
        raise _too_many()


def page(
    request: Request,
    services: Services,
    token: str,
    offer: OfferOpened,
    *,
    form: Shown | None = None,
    status: int = 200,
    said: TradeAnswer | None = None,
    answer: Answer | None = None,
    photo: str = "",
) -> Response:
    """Show the page of an offer; `form` as it was typed, when something in it has to be mended."""
    now = services.clock()
    response = show(
        request,
        "trades.html",
        status=status,
        action=f"/trades/{token}",
        form=form or Shown(),
        offer=offer_shown(offer, now=now, zone=services.zone, said=said, answer=answer),
        etas=ETAS,
        reasons=REASONS_TOLD,
        currency="£" if services.region == "GB" else "$",
        photo=photo,
    )
    response.headers.update(_HEADERS)
    return response


async def _give(services: Services, command: NewCommand) -> None:
    """Store first, then hand over; what cannot be handed over now is brought by the relay."""
    stored = await run_in_threadpool(services.commands.store, command)
    await hand_over(services, stored)


def _became(
    services: Services, offer: OfferOpened, command_id: str
) -> tuple[TradeAnswer | None, Answer | None]:
    """What became of a command of this very offer; of any other nothing is told."""
    stored = services.commands.get(command_id) if is_uuid(command_id) else None
    if stored is None or not isinstance(stored.event, TradeAnswered):
        return None, None
    if stored.event.offer_id != offer.offer_id:
        return None, None
    return stored.event.answer, stored.answer


def _typed(fields: dict[str, list[str]]) -> Typed:
    try:
        answer = TradeAnswer(fields.get(ANSWER, [""])[0])
    except ValueError:
        raise Problem(Kind.REQUEST, _PRESS_AGAIN) from None
    once = fields.get(ONCE, [""])[0]
    if not 0 < len(once) <= LONGEST_ONCE:
        raise Problem(Kind.REQUEST, _PRESS_AGAIN)
    kept = {name: values for name, values in fields.items() if name in FIELDS and any(values)}
    return Typed(answer=answer, fields=kept, once=once)


def _fields_of(typed: Typed) -> dict[str, list[str]]:
    return {field_of(typed.answer, name): values for name, values in typed.fields.items()}


def mistake(field: str, text: str) -> Shown:
    """A form of the page with one thing to mend."""
    return Shown(errors=(FormError(field=field, text=text),))


def _too_many() -> Problem:
    return Problem(
        Kind.TOO_MANY,
        "Wait a few minutes and try again, or ring us.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )
