"""Forms as browsers send them, and how they are shown again with what was typed and what to mend."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import URL

from api.guard import FIELD, FormToken, refuse_other_sites
from api.json_body import read_body
from api.problems import Kind, Problem
from api.services import Services
from store.session import Session

ONCE = "form_once"
"""The hidden field that makes a form sent twice one deed: an idempotency key."""
MOST_FIELDS = 400
_OWN = frozenset({FIELD, ONCE})
_NOT_KEPT = frozenset({"contact_plan.duress_word", "visitor.duress_word"})
"""Fields that stand on their own page alone.  Source: docs/policy.md#contact-plan."""
_STEP = re.compile(r"([a-z_]+)((?:\[\d{1,2}\])*)")
_INDEX = re.compile(r"\[(\d+)\]")

_TYPED = "holdfast.typed"
"""Where a request remembers its form: a body can be read once."""

Fields = dict[str, list[str]]
"""What was typed, by field."""


class NotSaved(Exception):
    """What was typed is fine but cannot be believed yet: it is shown again, to be sent once more.

    The page was open too long, or the session has ended.
    """

    def __init__(self, fields: Fields, action: str) -> None:
        super().__init__("a form was not saved")
        self.fields = {name: values for name, values in fields.items() if name not in _OWN | _NOT_KEPT}
        self.leaves_out = any(any(fields.get(name, ())) for name in _NOT_KEPT)
        """Whether something typed is on no page that anybody might read, and has to be typed again."""
        self.action = action
        self.once = fields.get(ONCE, [""])[0]
        """Its nonce, kept: if it was taken in after all, sending it again is no second deed."""

    @property
    def form(self) -> "Shown":
        """The form in which it is offered again."""
        return Shown(once=self.once) if self.once else Shown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form that our own page sent."""

    fields: Fields
    once: str

    def text(self, name: str) -> str:
        """What was typed into a field; empty if nothing was."""
        return self.fields.get(name, [""])[0].strip()

    def all(self, name: str) -> list[str]:
        """Everything that was ticked."""
        return [value for value in self.fields.get(name, []) if value]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormError:
    """What is wrong with one field, and how to mend it."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A form as a page shows it: fresh, or again with what was typed."""

    fields: Fields = field(default_factory=dict)
    errors: Sequence[FormError] = ()
    once: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def value(self, name: str, default: str = "") -> str:
        """What a field holds."""
        return self.fields.get(name, [default])[0]

    def values(self, name: str) -> list[str]:
        """What is ticked."""
        return self.fields.get(name, [])

    def error(self, *names: str) -> dict[str, str] | None:
        """What is wrong with a field (or with any of these), as the components take it."""
        found = [error.text for error in self.errors if error.field in names]
        return {"text": ". ".join(found)} if found else None

    @property
    def summary(self) -> list[dict[str, str]]:
        """Every error with the way to its field."""
        return [{"text": error.text, "href": f"#{id_of(error.field)}"} for error in self.errors]


def again(sent: Sent, errors: Sequence[FormError]) -> Shown:
    """Show a form again."""
    return Shown(fields=sent.fields, errors=tuple(errors))


async def read_form(request: Request, services: Services, session: Session | None) -> Sent:
    """Read a form that our own page sent.

    Raises:
        Problem: It came from another site, or it is too large or no form.
        NotSaved: Its token is not this browser's: the page was open too long.
    """
    fields = await read_fields(request, services)
    token, once = (fields.get(name, [""])[0] for name in (FIELD, ONCE))
    typed = {name: values for name, values in fields.items() if name not in _OWN}
    if not FormToken(request, services, session).is_right(token):
        raise NotSaved(fields, local_path(request.url))
    return Sent(fields=typed, once=once or secrets.token_urlsafe(16))


async def read_fields(request: Request, services: Services) -> Fields:
    """Read whatever a form holds.  Raises `Problem`."""
    refuse_other_sites(request, services)
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "Send the form of the page.")
    try:
        pairs = parse_qsl(
            (await read_body(request)).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Problem(Kind.REQUEST, "This is no form of ours.") from None
    fields: Fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    request.scope[_TYPED] = fields
    return fields


async def typed_into(request: Request, services: Services) -> Fields | None:
    """What a form held that failed for another reason; `None` when nothing was typed.  Raises `Problem`."""
    if request.method != "POST":
        return None
    fields: Fields = request.scope.get(_TYPED) or await read_fields(request, services)
    return fields


def errors_of(problem: Problem, labels: Mapping[str, str]) -> list[FormError]:
    """Say a problem of the JSON API in a page's words.

    Args:
        problem: Whose paths are the names of the fields.
        labels: What each field is called on the page; a path without one is named by its nearest parent.
    """
    if not problem.errors:
        return [FormError(field=next(iter(labels)), text=problem.detail)]
    return [_in_words(error.path, error.reason, labels) for error in problem.errors]


def document_of(sent: Sent) -> dict[str, Any]:
    """Make the JSON document that a form's field names describe, such as `victim.phones[0].number`.

    Empty fields are left out; a name that ends in `[]` is a list of everything ticked.
    """
    document: dict[str, Any] = {}
    for name, values in sent.fields.items():
        path = list(_steps(name.removesuffix("[]")))
        said: Any = [value for value in values if value.strip()] if name.endswith("[]") else values[0].strip()
        if path and said:
            _put(document, path, said)
    made: dict[str, Any] = _compact(document)
    return made


def id_of(name: str) -> str:
    """The HTML id of a field."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")


def local_path(url: URL) -> str:
    """An address within this service."""
    return url.path + (f"?{url.query}" if url.query else "")


def _in_words(path: str, reason: str, labels: Mapping[str, str]) -> FormError:
    place = path
    while place and place not in labels:
        place = re.sub(r"(\[\d+\]|\.?[^.\[\]]+)$", "", place)
    if not place:
        place = next(iter(labels))
    return FormError(field=place, text=f"{labels[place]} {reason}")


def _steps(name: str) -> Iterator[str | int]:
    for part in name.split("."):
        found = _STEP.fullmatch(part)
        if found is None:
            raise Problem(Kind.REQUEST, "This is no form of ours.")
        yield found.group(1)
        yield from (int(index) for index in _INDEX.findall(found.group(2)))


def _put(document: dict[str, Any], path: Sequence[str | int], said: Any) -> None:
    place: dict[Any, Any] = document
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise Problem(Kind.REQUEST, "This is no form of ours.")
    place[path[-1]] = said


def _compact(value: Any) -> Any:
    """Make lists of what was counted, in its order."""
    if not isinstance(value, dict):
        return value
    parts = {name: _compact(part) for name, part in value.items()}
    if parts and all(isinstance(name, int) for name in parts):
        return [parts[index] for index in sorted(parts)]
    return parts
