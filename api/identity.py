"""Who is asking: bearer tokens, and which role may come in where."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from api.problems import Kind, Problem
from api.services import In
from domain.vocabulary import Role
from store.tokens import Token

STAFF = frozenset({Role.COORDINATOR, Role.MANAGER})
"""Who may see the person's data."""
EVERYONE = frozenset(Role)
"""Everybody with a token."""

_bearer = HTTPBearer(auto_error=False, description="A token of `holdfast token issue`.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _token(services: In, credentials: _Credentials) -> Token:
    """Recognise the bearer; looked up every time, so that a revoked token ends at once."""
    if credentials is None:
        raise _unauthenticated()
    token = await run_in_threadpool(services.tokens.find, credentials.credentials)
    if token is None:
        raise _unauthenticated()
    return token


def _unauthenticated() -> Problem:
    return Problem(
        Kind.UNAUTHENTICATED,
        "Send a token that was issued and has not been revoked.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def only(roles: frozenset[Role]) -> Callable[[Token], Awaitable[Token]]:
    """Let these roles in."""

    async def check(token: Annotated[Token, Depends(_token)]) -> Token:
        if token.role not in roles:
            raise Problem(Kind.ROLE_NOT_ALLOWED, f"Only for: {', '.join(sorted(roles))}.")
        return token

    return check


Anyone = Annotated[Token, Depends(only(EVERYONE))]
"""Any token."""
OfStaff = Annotated[Token, Depends(only(STAFF))]
"""Any token of staff, for routes that show more to one role than to another."""
STAFF_ONLY = Depends(only(STAFF))
"""For routes that need not know who it is."""
MANAGERS_ONLY = Depends(only(frozenset({Role.MANAGER})))
"""The same for managers."""


def is_staff(token: Token) -> bool:
    """Whether the bearer may see the person's data."""
    return token.role in STAFF


def sees_alerts(role: Role) -> bool:
    """Whether quiet alerts are shown to this role; to all others a referral looks as if there were none."""
    return role.may_act_as(Role.MANAGER)


def may_see(token: Token, owner: str) -> bool:
    """Whether the bearer may know of what belongs to this owner."""
    return is_staff(token) or token.owner == owner
