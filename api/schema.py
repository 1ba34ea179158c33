"""What `/openapi.json` says beyond the routes: bodies, problems, and who may come in."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.problems import MEDIA_TYPE, Kind, ProblemOut

PREFIX = "/api/v1"
"""Where the JSON API is."""
_REF = "#/components/schemas/{model}"
_bodies: dict[str, type[BaseModel]] = {}


def takes(body: type[BaseModel], *, required: bool = True, example: Mapping[str, Any] | None = None) -> Any:
    """Describe the JSON body of a route; we read it ourselves, so that errors stay ours."""
    _bodies[body.__name__] = body
    content: dict[str, Any] = {"schema": {"$ref": _REF.format(model=body.__name__)}}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def answers(good: Mapping[int, type[BaseModel] | None], *bad: int) -> dict[int | str, dict[str, Any]]:
    """Describe what a route answers: by status, and the problems it may have."""
    told: dict[int | str, dict[str, Any]] = {
        status: ({"model": model} if model else {}) for status, model in good.items()
    }
    for status in (*bad, 500, 503):
        titles = sorted({kind.title for kind in Kind if kind.status == status})
        told[status] = {
            "description": ". ".join(titles),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemOut.__name__)}}},
        }
    return told


def describe(app: FastAPI) -> None:
    """Give the application a schema with our own parts in it."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _made(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    models = [(body, "validation") for body in (*_bodies.values(), ProblemOut)]
    _, ours = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name, part in ours.get("$defs", {}).items():
        components.setdefault(name, part)
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    _drop_default_422(schema)
    return schema


def _drop_default_422(schema: dict[str, Any]) -> None:
    """FastAPI adds its own 422, which we never send."""
    for path in schema.get("paths", {}).values():
        for route in path.values():
            content = route.get("responses", {}).get("422", {}).get("content", {})
            if "application/json" in content:
                del content["application/json"]
                content[MEDIA_TYPE] = {"schema": {"$ref": _REF.format(model=ProblemOut.__name__)}}
