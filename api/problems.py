"""Errors as RFC 9457 problems: stable types, plain words, never a character of what was sent."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Self

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.errors import IdempotencyConflict, ReferralNotFound, Refusal, RepairNotFound, SourceConflict

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:holdfast:problem:"
MOST_ERRORS = 50
"""Fields named in one problem; the rest would not be read."""
RETRY_AFTER_SECONDS = "2"
"""When to come back while the database is away."""

DATABASE_AWAY = (OperationalError, InterfaceError, PoolExhausted)
"""How it is noticed that the database does not answer."""

_log = structlog.get_logger("api.problems")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_EXPECTED_VALUE = re.compile(r"'([^']*)'")


class Kind(Enum):
    """Every type of problem, with its status and title."""

    VALIDATION = ("validation", 422, "The request is not valid")
    INCOMPLETE = ("incomplete", 422, "Something is missing for this step")
    IDEMPOTENCY_CONFLICT = ("idempotency-conflict", 422, "This key was used with another request")
    OTHER_SITE = ("other-site", 403, "This form was sent from another site")
    NOT_GENUINE = ("not-genuine", 403, "This call is not the provider's")
    TOO_MANY = ("too-many", 429, "Too many at once")
    UNAUTHENTICATED = ("unauthenticated", 401, "A valid bearer token is needed")
    ROLE_NOT_ALLOWED = ("role-not-allowed", 403, "Your role does not allow this")
    NOT_FOUND = ("not-found", 404, "There is nothing here")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This address does not take this method")
    SOURCE_CONFLICT = (
        "source-conflict",
        409,
        "This source reference is taken: by other content, or by somebody else",
    )
    NOT_POSSIBLE_NOW = ("not-possible-now", 409, "This is not possible now")
    TAKEN = ("taken", 409, "Somebody else has this job now")
    CHANGED_MEANWHILE = ("changed-meanwhile", 412, "It was changed since you read it")
    TOO_LARGE = ("too-large", 413, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "The body has to be JSON")
    REQUEST = ("request", 400, "The request cannot be understood")
    INTERNAL = ("internal", 500, "Something went wrong here")
    UNAVAILABLE = ("unavailable", 503, "The service cannot answer just now")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title

    @property
    def type(self) -> str:
        """The stable `type` of RFC 9457."""
        return TYPE_PREFIX + self.slug


class FieldError(BaseModel):
    """What is wrong with one field."""

    path: str = Field(description="The field, as in `victim.phones[0].number`; empty for the whole body.")
    reason: str
    allowed: list[str] | None = Field(default=None, description="The closed list, where there is one.")


class ProblemOut(BaseModel):
    """An error, as RFC 9457 has it.  It never repeats what was sent."""

    type: str = Field(examples=[Kind.VALIDATION.type])
    title: str = Field(examples=[Kind.VALIDATION.title])
    status: int = Field(examples=[Kind.VALIDATION.status])
    detail: str = ""
    errors: list[FieldError] | None = None


class Problem(Exception):
    """An answer other than the one hoped for."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @classmethod
    def at(cls, path: str, reason: str, allowed: Iterable[str] = ()) -> Self:
        """One field that is not valid."""
        error = FieldError(path=path, reason=reason, allowed=list(allowed) or None)
        return cls(Kind.VALIDATION, f"{path or 'body'}: {reason}", errors=[error])

    @classmethod
    def of_validation(cls, errors: Sequence[Mapping[str, Any]]) -> Self:
        """What pydantic found, in our own words: its own may quote what was sent."""
        found = [_field_error(error) for error in errors[:MOST_ERRORS]]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        first = f"{found[0].path or 'body'}: {found[0].reason}{more}" if found else ""
        return cls(Kind.VALIDATION, first, errors=found)

    def response(self) -> JSONResponse:
        """The answer as it leaves."""
        body: dict[str, Any] = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [error.model_dump(exclude_none=True) for error in self.errors]
        return JSONResponse(body, self.kind.status, headers=self.headers, media_type=MEDIA_TYPE)


def not_found() -> Problem:
    """Unknown, or not yours: the two are told apart by nobody."""
    return Problem(Kind.NOT_FOUND, "There is no such record, or none you may see.")


Answering = Callable[[Request, "Problem"], Awaitable[Response]]
"""How a problem leaves: as JSON, or as a page where a person looks."""


async def as_json(_: Request, problem: Problem) -> Response:
    """Let a problem leave as machines take it."""
    return problem.response()


def install(app: FastAPI, answer: Answering = as_json) -> None:
    """Let every error of this application leave as a problem."""
    found: dict[type[Exception], Callable[[Exception], Problem]] = {
        Problem: _as_it_is,
        Refusal: _of_refusal,
        ReferralNotFound: lambda _: not_found(),
        RepairNotFound: lambda _: not_found(),
        SourceConflict: lambda _: Problem(
            Kind.SOURCE_CONFLICT, "Send what has changed as a correction of the referral that exists."
        ),
        IdempotencyConflict: lambda _: Problem(Kind.IDEMPOTENCY_CONFLICT, "Use a new key for a new request."),
        RequestValidationError: _of_request_validation,
        HTTPException: _of_http,
        **dict.fromkeys(DATABASE_AWAY, _of_database_away),
    }

    def handler(
        problem_of: Callable[[Exception], Problem],
    ) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handle(request: Request, error: Exception) -> Response:
            problem = problem_of(error)
            if problem.kind is Kind.UNAVAILABLE:
                _log.warning("the database is away", route=route_of(request.scope), exc_info=error)
            return await answer(request, problem)

        return handle

    for error, problem_of in found.items():
        app.add_exception_handler(error, handler(problem_of))


def mistake(answer: Answering = as_json) -> ASGIApp:
    """Make the answer to what went wrong here; the log has the place."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        problem = Problem(Kind.INTERNAL, "The mistake is ours and has been logged.")
        response = await answer(Request(scope, receive), problem)
        await response(scope, receive, send)

    return respond


def refusal(code: str, why: str) -> Problem:
    """A refusal of the stage table, by its code."""
    kinds = {
        "not_possible_now": Kind.NOT_POSSIBLE_NOW,
        "role_not_allowed": Kind.ROLE_NOT_ALLOWED,
        "incomplete": Kind.INCOMPLETE,
        "taken": Kind.TAKEN,
    }
    return Problem(kinds.get(code, Kind.NOT_POSSIBLE_NOW), why)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    expected = error.get("ctx", {}).get("expected", "") if error["type"] in _CLOSED_LISTS else ""
    return FieldError(
        path=path_of(error["loc"]),
        reason=_reason(error),
        allowed=_EXPECTED_VALUE.findall(str(expected)) or None,
    )


def path_of(location: Sequence[int | str]) -> str:
    """Write a place as `victim.phones[0].number`; a name that is no identifier is not repeated."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in {"body", "query"} or path:
            name = step if _FIELD_NAME.fullmatch(step) else "?"
            path += f".{name}" if path else name
    return path


OURS = "holdfast"
"""The type of errors our own validators raise; only their words are passed on."""
_CLOSED_LISTS = frozenset({"enum", "literal_error"})
_REASONS = {
    "missing": "is required",
    "extra_forbidden": "is not a field we know",
    "enum": "is not one of the values allowed",
    "literal_error": "is not one of the values allowed",
    "string_type": "has to be a string",
    "bool_type": "has to be true or false",
    "int_type": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "list_type": "has to be a list",
    "model_type": "has to be an object",
    "model_attributes_type": "has to be an object",
    "dict_type": "has to be an object",
    "string_pattern_mismatch": "does not have the form it should",
}
_BOUNDS = {
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is shorter than {min_length} characters",
    "too_long": "has more than {max_length} entries",
    "too_short": "has fewer than {min_length} entries",
    "greater_than_equal": "has to be at least {ge}",
    "less_than_equal": "has to be at most {le}",
}


def _reason(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind == OURS:
        return str(error["msg"])
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**error["ctx"])
    return _REASONS.get(kind, "is not valid")


def _as_it_is(error: Exception) -> Problem:
    assert isinstance(error, Problem)
    return error


def _of_refusal(error: Exception) -> Problem:
    assert isinstance(error, Refusal)
    return refusal(error.code, error.reason)


def _of_request_validation(error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)
    return Problem.of_validation(error.errors())


def _of_http(error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    kinds = {kind.status: kind for kind in (Kind.NOT_FOUND, Kind.METHOD_NOT_ALLOWED, Kind.TOO_LARGE)}
    return Problem(kinds.get(error.status_code, Kind.REQUEST), headers=error.headers)


def _of_database_away(_: Exception) -> Problem:
    return Problem(
        Kind.UNAVAILABLE,
        "The database is away; nothing was lost. Try again soon.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )


def route_of(scope: Mapping[str, Any]) -> str:
    """The template of the route, never the address itself."""
    return str(getattr(scope.get("route"), "path", "unknown"))
