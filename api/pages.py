"""Pages: one layout, what every page says, and errors that tell people what to do."""

import contextlib
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from typing_extensions import override

from api.form import NotSaved, Shown, local_path, typed_into
from api.guard import FormToken
from api.problems import Kind, Problem
from api.services import Services
from api.trades.mishap import WITH_LINK, mishap_of
from api.visit import SignInNeeded, visitor_if_known
from domain.vocabulary import Channel, Role
from store.session import Session
from templates.render import render_page
from wiring.settings import ROOT

SIGN_IN = "/sign-in"
AGAIN = "again"
"""In the address of a form that was sent by a browser that had forgotten us."""
ASSETS = ROOT / "frontend" / "dist"
"""Made by `make assets`; the pages work without."""
_WAYS = {Channel.EMAIL: "e-mails", Channel.TEXT: "texts", Channel.LETTER: "letters"}
_TELL_NOTHING = ("/stop", "/unsubscribe", "/trades/")
"""Where our messages lead to: whoever read one may be standing there.  Rule 12 of docs/policy.md."""
_STAFF_PAGES = (
    ("Worklist", "/worklist"),
    ("Repairs", "/repairs"),
    ("Practical help", "/practical-help"),
    ("Post room", "/post-room"),
    ("Texts", "/texts"),
    ("Tradespeople", "/tradespeople"),
)
_PAGES = {
    Role.COORDINATOR: _STAFF_PAGES,
    Role.MANAGER: (*_STAFF_PAGES, ("Statistics", "/statistics")),
    Role.POLICE: (("Refer a victim", "/police"),),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the layout says on every page."""

    neutral_name: str
    language: str
    telephone: str
    hours: str
    home: str
    """Empty where nothing may lead to the pages that tell what we do."""
    navigation: list[dict[str, Any]]
    who: str
    simulated: str
    """Which ways out are simulated; empty on pages that are not staff's."""
    exit: bool
    form_token: FormToken

    @property
    def telephone_link(self) -> str:
        """The number as a link dials it."""
        return self.telephone.replace(" ", "")


def show(
    request: Request,
    name: str,
    *,
    status: int = 200,
    session: Session | None = None,
    leave_quickly: bool = False,
    **facts: Any,
) -> Response:
    """Show a page.

    Args:
        request: For the browser's cookie and the way to the services.
        name: The template in `templates/pages/`.
        status: Of the answer.
        session: Who has signed in, if anybody.
        leave_quickly: Whether the page has the button to leave quickly: every page a victim may open that tells what
            we do. Those that our messages lead to tell nothing, and have none: it would tell that there is
            something to hide.
        facts: What the template uses besides `frame`.
    """
    services: Services = request.app.state.services
    token = FormToken(request, services, session)
    frame = _frame(request, services, session, token, leave_quickly=leave_quickly)
    response = HTMLResponse(render_page(name, frame=frame, **facts), status)
    token.put_on(response)
    return response


def to(address: str) -> Response:
    """Send the browser on after a form was taken in."""
    return RedirectResponse(address, 303)


def install(app: FastAPI) -> None:
    """Serve the assets, and ask people again where a form could not be saved."""
    app.mount("/assets", _Assets(directory=ASSETS, check_dir=False), name="assets")
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(NotSaved, _not_saved)


async def answer(request: Request, problem: Problem) -> Response:
    """Answer a problem: with a page where a person looks, else as machines take it."""
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
    if not wants_page:
        return problem.response()
    if request.url.path.startswith(WITH_LINK):
        return await _to_a_tradesperson(request, problem)
    session = typed = None
    if problem.kind is Kind.UNAVAILABLE:
        with contextlib.suppress(Problem):  # no form of ours: nothing to offer again
            typed = await typed_into(request, request.app.state.services)
        if typed is not None and request.url.path != SIGN_IN:  # a token is never written into a page
            return _offered_again(request, NotSaved(typed, local_path(request.url)), problem)
    elif problem.kind is not Kind.INTERNAL:  # there, too, the sessions may be what is away
        session = await visitor_if_known(request, request.app.state.services)
    response = show(
        request,
        "error.html",
        status=problem.kind.status,
        session=session,
        leave_quickly=session is None,
        title=problem.kind.title,
        detail=problem.detail,
    )
    response.headers.update(problem.headers)
    return response


async def _to_a_tradesperson(request: Request, problem: Problem) -> Response:
    """Say it small and in their words; what they sent can be sent again under its own nonce."""
    kept = None
    if problem.kind is Kind.UNAVAILABLE:
        with contextlib.suppress(Problem):  # a photo: to be chosen again
            typed = await typed_into(request, request.app.state.services)
            kept = NotSaved(typed, request.url.path) if typed else None
    response = show(
        request, "trades_error.html", status=problem.kind.status, mishap=mishap_of(problem.kind), kept=kept
    )
    response.headers.update({**problem.headers, "X-Robots-Tag": "noindex, nofollow"})
    return response


def _frame(
    request: Request,
    services: Services,
    session: Session | None,
    token: FormToken,
    *,
    leave_quickly: bool,
) -> Frame:
    profile = services.profile
    pages = _PAGES.get(session.token.role, ()) if session else ()
    is_staff = session is not None and session.token.role in {Role.COORDINATOR, Role.MANAGER}
    simulated = [word for channel, word in _WAYS.items() if channel in services.simulated]
    path = request.url.path
    tells_nothing = session is None and path.startswith(_TELL_NOTHING)
    return Frame(
        neutral_name=profile.neutral_name,
        language=profile.languages[0],
        telephone=profile.telephone,
        hours=profile.hours_in_words,
        home="" if tells_nothing else pages[0][1] if pages else "/",
        navigation=[
            {"text": text, "href": href, "current": path == href, "active": path.startswith(href)}
            for text, href in pages
        ],
        who=f"{session.token.name} ({session.token.role})" if session else "",
        simulated=_listed(simulated) if is_staff else "",
        exit=leave_quickly and not tells_nothing,
        form_token=token,
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    form = Shown(fields={"to": [error.to]})
    return show(request, "sign_in.html", status=401, form=form, kept=NotSaved({}, ""))


async def _not_saved(request: Request, error: Exception) -> Response:
    """Ask who it is first where somebody has to be signed in; else only to send it once more."""
    assert isinstance(error, NotSaved)
    services: Services = request.app.state.services
    session = await visitor_if_known(request, services)
    if session is None and not _is_public(request.url.path):
        return show(request, "sign_in.html", status=401, form=Shown(), kept=error)
    if session is None and not FormToken(request, services, None).was_given:
        # Somebody left quickly and the browser forgot us: with "back" nobody else is shown what was typed.
        return to(f"{request.url.path}?{AGAIN}=yes")
    return show(
        request,
        "kept.html",
        status=403,
        session=session,
        leave_quickly=session is None,
        form=error.form,
        kept=error,
        why="The page was open for a long time.",
    )


def _offered_again(request: Request, kept: NotSaved, problem: Problem) -> Response:
    """Offer what could not be saved, under its own nonce: if it was saved after all, it is not saved twice."""
    response = show(
        request,
        "kept.html",
        status=problem.kind.status,
        leave_quickly=True,
        form=kept.form,
        kept=kept,
        why="Something here does not answer just now.",
    )
    response.headers.update(problem.headers)
    return response


def _is_public(path: str) -> bool:
    return path.startswith(("/get-support", "/sign-", "/stop"))


class _Assets(StaticFiles):
    """Styles and scripts; always asked for again, so that an upgrade is seen at once (304 costs little)."""

    @override
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
