"""Lists page by page: a cursor nobody needs to understand, and `Link` to the next page (RFC 8288)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import JSONResponse

from api.problems import Problem
from api.referral_out import Json

T = TypeVar("T")

MOST_AT_ONCE = 200
"""Entries of one page."""


class AskedFor(BaseModel):
    """Parameters of an address; an empty one counts as absent."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return (
            {name: value for name, value in given.items() if value != ""}
            if isinstance(given, dict)
            else given
        )


class PageQuery(AskedFor):
    """How much, and from where on."""

    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 50
    cursor: Annotated[
        str | None, Field(max_length=200, description="From the `Link` of the page before.")
    ] = None

    def after(self) -> tuple[str, ...]:
        """Where the page before ended; empty at the start."""
        if self.cursor is None:
            return ()
        try:
            place = base64.b64decode(self.cursor.encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            raise bad_cursor() from None
        return tuple(place.split("|"))


def bad_cursor() -> Problem:
    """A cursor that was not ours."""
    return Problem.at("cursor", "is not a cursor of this list")


def page(
    request: Request,
    query: PageQuery,
    found: Sequence[T],
    *,
    shown: Callable[[T], Json],
    place: Callable[[T], tuple[object, ...]],
) -> JSONResponse:
    """Answer with one page.

    Args:
        request: For its address.
        query: How much was asked for.
        found: That much and, if there is more, one more.
        shown: How one entry is shown.
        place: Where one entry stands, to go on after it.
    """
    entries = found[: query.limit]
    response = JSONResponse({"items": [shown(entry) for entry in entries]})
    if len(found) > query.limit:
        response.headers["Link"] = f'<{next_address(request, place(entries[-1]))}>; rel="next"'
    return response


def next_address(request: Request, place: tuple[object, ...]) -> str:
    """The address of the next page, without the host: a proxy may have another."""
    cursor = base64.b64encode("|".join(map(str, place)).encode(), altchars=b"-_").decode()
    asked = [(name, value) for name, value in parse_qsl(request.url.query) if name != "cursor"]
    return f"{request.url.path}?{urlencode([*asked, ('cursor', cursor)])}"
