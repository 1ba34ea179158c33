"""Reads an e-mail as SendGrid's client writes it, and says what SendGrid would say against it."""

import json
import re
from dataclasses import dataclass
from typing import Any

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINK = re.compile(r"<(https?://[^>\s]+)>")
_MOST_LABELS = 10_000
"""Bytes of custom arguments together."""


class CannotBeTaken(Exception):
    """SendGrid refuses it with 400."""

    def __init__(self, why: str, field: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail to one person."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    labels: dict[str, str]
    unsubscribe_url: str
    one_click: bool


def read_mail(sent: bytes) -> Mail:
    """Read one e-mail.

    Raises:
        CannotBeTaken: It lacks something, or has more than one recipient, which is for newsletters.
    """
    try:
        told = json.loads(sent)
    except ValueError:
        raise CannotBeTaken("Bad Request", "") from None
    told = told if isinstance(told, dict) else {}
    people = told.get("personalizations")
    if not isinstance(people, list) or len(people) != 1 or not isinstance(people[0], dict):
        raise CannotBeTaken(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
    [person] = people
    headers = {
        str(name).casefold(): str(value)
        for source in (told.get("headers"), person.get("headers"))
        for name, value in (source or {}).items()
    }
    link = _LINK.search(headers.get("list-unsubscribe", ""))
    return Mail(
        to=_address(person.get("to"), "personalizations.0.to"),
        sender=_address([told.get("from")], "from"),
        subject=_subject(told, person),
        **_content(told.get("content")),
        labels=_labels(told, person),
        unsubscribe_url=link[1] if link else "",
        one_click=headers.get("list-unsubscribe-post") == "List-Unsubscribe=One-Click",
    )


def _address(people: Any, field: str) -> str:
    if not isinstance(people, list) or len(people) != 1 or not isinstance(people[0], dict):
        raise CannotBeTaken("Exactly one address is required.", field)
    address = people[0].get("email")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise CannotBeTaken("Does not contain a valid address.", f"{field}.0.email")
    return address


def _subject(told: dict[str, Any], person: dict[str, Any]) -> str:
    subject = person.get("subject") or told.get("subject")
    if not isinstance(subject, str) or not subject:
        raise CannotBeTaken("The subject is required.", "subject")
    return subject


def _content(parts: Any) -> dict[str, str]:
    if not isinstance(parts, list) or not parts:
        raise CannotBeTaken("The content is required.", "content")
    found = {"text": "", "html": ""}
    for part in parts:
        name = {"text/plain": "text", "text/html": "html"}.get(part.get("type"))
        if name is None or not part.get("value"):
            raise CannotBeTaken(
                "The content value must be a string at least one character in length.", "content"
            )
        found[name] = str(part["value"])
    return found


def _labels(told: dict[str, Any], person: dict[str, Any]) -> dict[str, str]:
    labels = {**(told.get("custom_args") or {}), **(person.get("custom_args") or {})}
    if len(json.dumps(labels)) > _MOST_LABELS:
        raise CannotBeTaken("The custom arguments must not exceed 10000 bytes.", "custom_args")
    return {str(name): str(value) for name, value in labels.items()}
