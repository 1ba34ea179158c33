"""One POST of the JSON API: who asks, what for, and the idempotency key it came under."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from api.idempotency import Key, Once
from api.identity import EVERYONE, STAFF, only
from api.json_body import read_json
from api.services import In, Services
from domain.vocabulary import Role
from store.tokens import Token


class AnsweredBefore(Exception):
    """The same was asked under the same key and has been answered: the answer is given again."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered before")
        self.response = response


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for."""

    caller: Token
    body: dict[str, Any]
    once: Once


async def answer_again(_: Request, error: Exception) -> Response:
    """Give the answer that was given before."""
    assert isinstance(error, AnsweredBefore)
    return error.response


def _asked(roles: frozenset[Role], *, optional: bool = False) -> Callable[..., Awaitable[Asked]]:
    async def read(
        request: Request, caller: Annotated[Token, Depends(only(roles))], services: In, key: Key
    ) -> Asked:
        body = await read_json(request, optional=optional)
        return await _opened(services, caller, request, key, body)

    return read


async def _opened(
    services: Services, caller: Token, request: Request, key: str | None, body: dict[str, Any]
) -> Asked:
    once = Once.of(services, caller, request, key, body)
    kept = await once.kept()
    if kept is not None:
        raise AnsweredBefore(kept)
    return Asked(caller=caller, body=body, once=once)


AskedByStaff = Annotated[Asked, Depends(_asked(STAFF))]
"""A POST of coordinators and managers."""
AskedByStaffOptionally = Annotated[Asked, Depends(_asked(STAFF, optional=True))]
"""The same; no body at all means an empty object."""
AskedByManager = Annotated[Asked, Depends(_asked(frozenset({Role.MANAGER})))]
"""A POST of managers."""
AskedByAnyone = Annotated[Asked, Depends(_asked(EVERYONE))]
"""A POST of whoever has a token."""
AskedByAnyoneOptionally = Annotated[Asked, Depends(_asked(EVERYONE, optional=True))]
"""The same; no body at all means an empty object."""
