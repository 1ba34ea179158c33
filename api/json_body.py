"""Bodies: bounded, strict JSON, in which `null` and absent are alike."""

import json
from datetime import tzinfo
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.problems import Kind, Problem

MOST_BYTES = 256 * 1024
"""Of one body; a referral with everything in it has a few thousand."""
DEEPEST = 12
"""Levels of nesting; a referral has four."""

M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """Read the body as one JSON object.

    Args:
        request: The request; its body is read once.
        optional: Whether no body at all means an empty object.

    Raises:
        Problem: It is too large, not JSON, or not an object.
    """
    raw = await read_body(request)
    if optional and not raw:
        return {}
    _check_media_type(request)
    value = _parse(raw)
    if not isinstance(value, dict):
        raise Problem.at("", "has to be a JSON object")
    if _is_deeper_than(value, DEEPEST):
        raise Problem.at("", "is nested too deeply")
    return value


def without_nulls(value: Any) -> Any:
    """Leave out every `null`, in objects and lists."""
    match value:
        case dict():
            return {name: without_nulls(part) for name, part in value.items() if part is not None}
        case list():
            return [without_nulls(part) for part in value if part is not None]
        case _:
            return value


def validated(
    model: type[M], document: object, *, region: str | None = None, zone: tzinfo | None = None
) -> M:
    """Check a document against a model; what is wrong is said in our own words."""
    try:
        return model.model_validate(document, context={"region": region, "zone": zone})
    except ValidationError as error:
        raise Problem.of_validation(error.errors(include_input=False, include_url=False)) from None


async def read_body(request: Request, *, most: int = MOST_BYTES) -> bytes:
    """Read a body of bounded size.  Raises `Problem`."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem(Kind.TOO_LARGE, f"At most {most} bytes are taken.", headers={"Connection": "close"})
        parts.append(part)
    return b"".join(parts)


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if not is_json or encoding != "identity":
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "Send application/json, not compressed.")


def _parse(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem.at("", "is not valid JSON in UTF-8") from None


def _refuse_constant(_: str) -> None:
    raise ValueError("not a number of JSON")


def _is_deeper_than(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(
        _is_deeper_than(part, levels - 1) for part in (value.values() if isinstance(value, dict) else value)
    )
