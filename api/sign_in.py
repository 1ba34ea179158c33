"""Signing in and out at the pages, and leaving quickly."""

import contextlib
import re

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.form import ONCE, FormError, NotSaved, Sent, Shown
from api.pages import show, to
from api.problems import DATABASE_AWAY, Kind
from api.rate_limit import RETRY_AFTER_SECONDS, SIGN_INS, RateLimiter
from api.services import In, Services
from api.visit import FromAnybody, Visitor, end_session, keep_session
from domain.vocabulary import Role
from store.tokens import Token

WRONG = "Enter a token that was issued and has not been revoked; one for a system is not for these pages"
TOO_MANY = "Too many wrong tokens came from here. Wait five minutes; what you typed is kept on this page"
_KEPT = "kept."
"""Before the names of fields that could not be saved."""
_START = {Role.POLICE: "/police"}
_LEFT = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
"""Source: https://www.w3.org/TR/clear-site-data/"""
_WITHIN = re.compile(r"/(?![/\\])[\w\-./?=&%:+]*")

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in_page(request: Request, session: Visitor) -> Response:
    """Ask for a token."""
    return show(request, "sign_in.html", session=session, form=Shown(), kept=NotSaved({}, ""))


@router.post("/sign-in")
async def sign_in(request: Request, services: In, sent: FromAnybody) -> Response:
    """Sign in and go on to where the person wanted to go; what could not be saved is offered again."""
    limiter: RateLimiter = request.app.state.rate_limiter
    if not limiter.allows(request, SIGN_INS, "sign-in"):
        return _asked_again(request, sent, TOO_MANY, 429)
    token = await run_in_threadpool(_token, services, sent.text("token"))
    if token is None:
        limiter.count(request, SIGN_INS, "sign-in")
        return _asked_again(request, sent, WRONG, 422)
    await end_session(request, services)
    secret = await run_in_threadpool(services.sessions.begin, token, now=services.clock())
    kept = _kept(sent)
    if kept.action:
        session = await run_in_threadpool(services.sessions.find, secret, now=services.clock())
        why = "You have signed in again."
        response = show(request, "kept.html", session=session, form=kept.form, kept=kept, why=why)
    else:
        response = to(_within(sent.text("to")) or _START.get(token.role, "/worklist"))
    keep_session(response, services, secret)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, services: In, _: FromAnybody) -> Response:
    """End the session here and now."""
    await end_session(request, services)
    response = to("/sign-in")
    response.headers.update(_LEFT)
    return response


@router.get("/exit")
async def leave(request: Request, services: In) -> Response:
    """End the session, clear what the browser keeps of us, and go where nothing tells of us."""
    with contextlib.suppress(
        *DATABASE_AWAY
    ):  # who leaves quickly leaves; the browser forgets the session anyway
        await end_session(request, services)
    return RedirectResponse(services.profile.exit_to, 303, headers=_LEFT)


def _asked_again(request: Request, sent: Sent, why: str, status: int) -> Response:
    """Ask again; what was to be saved is kept on the page."""
    form = Shown(fields={"to": [sent.text("to")]}, errors=(FormError(field="token", text=why),))
    response = show(request, "sign_in.html", status=status, form=form, kept=_kept(sent))
    if status == Kind.TOO_MANY.status:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _token(services: Services, bearer: str) -> Token | None:
    token = services.tokens.find(bearer) if bearer else None
    return None if token is None or token.role is Role.SYSTEM else token


def _kept(sent: Sent) -> NotSaved:
    fields = {
        name.removeprefix(_KEPT): values for name, values in sent.fields.items() if name.startswith(_KEPT)
    }
    kept = NotSaved(fields | {ONCE: [sent.text("kept_once")]}, _within(sent.text("kept_action")))
    kept.leaves_out = kept.leaves_out or bool(sent.text("kept_leaves_out"))
    return kept


def _within(address: str) -> str:
    """An address of ours, or nothing: nobody is sent to another site from here."""
    return address if _WITHIN.fullmatch(address) else ""
