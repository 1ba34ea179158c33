"""Who is at the browser: a session's cookie, and which role may see which page."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import NotSaved, Sent, local_path, read_fields, read_form
from api.guard import cookie, set_cookie
from api.identity import STAFF
from api.problems import DATABASE_AWAY, Kind, Problem
from api.services import In, Services
from domain.vocabulary import Role
from store.session import Session

_COOKIE = "session"


class SignInNeeded(Exception):
    """Nobody has signed in here, or the session has ended."""

    def __init__(self, to: str) -> None:
        super().__init__("nobody has signed in")
        self.to = to


async def visitor(request: Request, services: In) -> Session | None:
    """Recognise who is at the browser; looked up every time, so that a revoked token ends at once."""
    secret = request.cookies.get(cookie(services, _COOKIE))
    if not secret:
        return None
    return await run_in_threadpool(services.sessions.find, secret, now=services.clock())


async def visitor_if_known(request: Request, services: In) -> Session | None:
    """The same for pages that anybody may see: nobody, while the database is away."""
    try:
        return await visitor(request, services)
    except DATABASE_AWAY:
        return None


Visitor = Annotated[Session | None, Depends(visitor_if_known)]
"""Who is at a page that anybody may see, if they have signed in."""


def _only(roles: frozenset[Role]) -> Callable[[Request, Services, Session | None], Awaitable[Session]]:
    async def check(
        request: Request, services: In, session: Annotated[Session | None, Depends(visitor)]
    ) -> Session:
        if session is None:
            if request.method != "POST":
                raise SignInNeeded(local_path(request.url))
            fields = await read_fields(request, services)
            raise NotSaved(fields, local_path(request.url))
        if session.token.role not in roles:
            raise Problem(Kind.ROLE_NOT_ALLOWED, f"This page is for: {', '.join(sorted(roles))}.")
        return session

    return check


StaffVisit = Annotated[Session, Depends(_only(STAFF))]
"""A coordinator or manager at a page."""
ManagerVisit = Annotated[Session, Depends(_only(frozenset({Role.MANAGER})))]
"""A manager at a page."""
OfficerVisit = Annotated[Session, Depends(_only(frozenset({Role.POLICE})))]
"""A police officer at a page."""


async def _by_staff(request: Request, services: In, session: StaffVisit) -> Sent:
    return await read_form(request, services, session)


async def _by_officer(request: Request, services: In, session: OfficerVisit) -> Sent:
    return await read_form(request, services, session)


async def _by_anybody(request: Request, services: In, session: Visitor) -> Sent:
    return await read_form(request, services, session)


FromStaff = Annotated[Sent, Depends(_by_staff)]
"""A form sent by staff from our own page."""
FromOfficer = Annotated[Sent, Depends(_by_officer)]
"""A form sent by an officer from our own page."""
FromAnybody = Annotated[Sent, Depends(_by_anybody)]
"""A form sent from our own page by whoever."""


def keep_session(response: Response, services: Services, secret: str) -> None:
    """Let the browser keep a session that has begun."""
    set_cookie(response, services, _COOKIE, secret)


async def end_session(request: Request, services: Services) -> None:
    """Sign out; harmless when nobody has signed in."""
    secret = request.cookies.get(cookie(services, _COOKIE))
    if secret:
        await run_in_threadpool(services.sessions.end, secret)
