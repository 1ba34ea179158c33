"""The page on which whoever read a message of ours stops the next one; it says nothing of who we are.

The answer is the same, and takes as long, whether or not we know the reference: nobody learns from us.  Rules 8 and 11
of docs/policy.md.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from math import ceil

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import form_words as words
from api.form import FormError, Sent, Shown, again, id_of
from api.pages import AGAIN, show
from api.problems import DATABASE_AWAY
from api.rate_limit import STOPS, RateLimiter
from api.services import In, Services
from api.visit import FromAnybody, Visitor
from domain.events import OptedOut
from domain.vocabulary import ContactChannel, OptOutWay
from store.session import Session

REFERENCE, CHANNELS, SOURCE = "reference", "channels[]", "from"
LETTER = "letter"
"""In the address that a letter prints: how the reader came to know the reference."""
CHOICES = {
    ContactChannel.TEXT: "Texts",
    ContactChannel.EMAIL: "E-mails",
    ContactChannel.LETTER: "Letters",
    ContactChannel.PHONE: "Phone calls",
}
NO_REFERENCE = "Enter the reference, such as K7PM-4T2Q"
NO_CHANNEL = "Choose what we should stop"
TOO_MANY = (
    "Too many were sent from here in a few minutes. Wait ten minutes and send it again, or call us on {}"
)
AWAY = "We could not save this just now. Send it again in a minute, or call us on {}"
NOT_SENT = "Nothing has been sent yet. Fill it in again; if you see this once more, call us on {}"
ANSWERS_AFTER = timedelta(milliseconds=250)
"""Many times what the work takes.  What takes longer is answered after twice or three times this, so that even then
the time tells next to nothing."""
_LONGEST = 60
_GAPS = re.compile(r"[\s.\-\N{EN DASH}\N{EM DASH}_]+")
_HALF = 4

router = APIRouter(include_in_schema=False)


@router.get("/stop")
async def stop_messages(request: Request, services: In, session: Visitor) -> Response:
    """Ask for the reference and what to stop; nothing happens by looking."""
    errors = []
    if AGAIN in request.query_params:
        errors.append(FormError(field=REFERENCE, text=NOT_SENT.format(services.profile.telephone)))
    source = LETTER if request.query_params.get(SOURCE) == LETTER else ""
    return _form(request, session, Shown(fields={SOURCE: [source]}, errors=errors))


@router.post("/stop")
async def stopped(request: Request, services: In, session: Visitor, sent: FromAnybody) -> Response:
    """Stop what was ticked, if we know the reference, and answer alike if we do not."""
    errors = _mistakes(sent)
    if errors:
        return _form(request, session, again(sent, errors), status=422)
    limiter: RateLimiter = request.app.state.rate_limiter
    if not limiter.count(request, STOPS, "stop"):
        return _not_taken(request, services, session, sent, TOO_MANY, 429, wait="600")
    try:
        async with _as_slowly_as_ever():
            await run_in_threadpool(_stop, services, sent)
    except DATABASE_AWAY:
        return _not_taken(request, services, session, sent, AWAY, 503, wait="60")
    return show(
        request, "stop_done.html", session=session, told="If we know this reference, we stop what you chose."
    )


def reference_in(typed: str) -> str:
    """Read a reference as people copy it: in lower case, with or without its hyphen."""
    plain = _GAPS.sub("", typed).upper()
    return f"{plain[:_HALF]}-{plain[_HALF:]}"


def _mistakes(sent: Sent) -> list[FormError]:
    errors = []
    if not 0 < len(sent.text(REFERENCE)) <= _LONGEST:
        errors.append(FormError(field=REFERENCE, text=NO_REFERENCE))
    if not _chosen(sent):
        errors.append(FormError(field=CHANNELS, text=NO_CHANNEL))
    return errors


def _chosen(sent: Sent) -> list[ContactChannel]:
    ticked = set(sent.all(CHANNELS))
    return [channel for channel in ContactChannel if channel in ticked]


@asynccontextmanager
async def _as_slowly_as_ever() -> AsyncIterator[None]:
    """Let work that takes its time and work that has nothing to do take the same time."""
    clock, step = asyncio.get_running_loop().time, ANSWERS_AFTER.total_seconds()
    began = clock()
    try:
        yield
    finally:
        taken = clock() - began
        await asyncio.sleep(max(ceil(taken / step), 1) * step - taken)


def _stop(services: Services, sent: Sent) -> None:
    referral_id = services.opt_out_requests.referral_of(reference_in(sent.text(REFERENCE)))
    is_from_letter = sent.text(SOURCE) == LETTER
    for channel in _chosen(sent):
        if referral_id is not None:
            # Who wants no more letters has one in front of them, whichever address they typed.
            is_by_letter = is_from_letter or channel is ContactChannel.LETTER
            way = OptOutWay.LETTER_CODE if is_by_letter else OptOutWay.WEB
            event = OptedOut(channel=channel, way=way)
            services.opt_out_requests.ask(referral_id, event, now=services.clock())


def _not_taken(
    request: Request,
    services: Services,
    session: Session | None,
    sent: Sent,
    why: str,
    status: int,
    *,
    wait: str,
) -> Response:
    errors = [FormError(field=REFERENCE, text=why.format(services.profile.telephone))]
    response = _form(request, session, again(sent, errors), status=status)
    response.headers["Retry-After"] = wait
    return response


def _form(request: Request, session: Session | None, form: Shown, *, status: int = 200) -> Response:
    return show(
        request,
        "stop.html",
        status=status,
        session=session,
        form=form,
        id_of=id_of,
        channels=words.choices(CHOICES),
    )
