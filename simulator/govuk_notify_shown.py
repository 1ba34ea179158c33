"""Messages as Notify's API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.clock import iso
from simulator.kept import Message, Way
from simulator.keys import SENDER

_PAGE = 250
_TYPES = {Way.EMAIL: "email", Way.TEXT: "sms", Way.LETTER: "letter"}
_DONE = ("delivered", "permanent-failure", "temporary-failure", "technical-failure", "received")


def type_of(message: Message) -> str:
    """`email`, `sms` or `letter`."""
    return _TYPES[message.way]


def taken_as(message: Message, base_url: str) -> dict[str, Any]:
    """The answer to who has handed a message over."""
    if message.way is Way.LETTER:
        return {"id": message.id, "reference": message.reference, "postage": message.postage}
    content: dict[str, Any] = {"body": message.text}
    if message.way is Way.EMAIL:
        content |= {
            "subject": message.subject,
            "from_email": "simulated@notify.example",
            "one_click_unsubscribe_url": message.unsubscribe_url or None,
        }
    else:
        content["from_number"] = SENDER
    return {
        "id": message.id,
        "reference": message.reference or None,
        "content": content,
        "uri": f"{base_url}/v2/notifications/{message.id}",
        "template": _template(message, base_url),
        "scheduled_for": None,
    }


def shown(message: Message) -> dict[str, Any]:
    """A message and what became of it."""
    at = message.updated_at or message.taken_at
    return {
        "id": message.id,
        "reference": message.reference or None,
        "email_address": message.to if message.way is Way.EMAIL else None,
        "phone_number": message.to if message.way is Way.TEXT else None,
        **{f"line_{number}": None for number in range(1, 8)},
        "postcode": None,
        "type": type_of(message),
        "status": message.status,
        "template": _template(message, ""),
        "body": message.text,
        "subject": message.subject or None,
        "created_at": iso(message.taken_at),
        "created_by_name": None,
        "sent_at": None if message.status in ("created", "pending-virus-check") else iso(at),
        "completed_at": iso(at) if message.status in _DONE else None,
        "scheduled_for": None,
        "postage": message.postage or None,
        "one_click_unsubscribe_url": message.unsubscribe_url or None,
    }


def listed(messages: Sequence[Message], asked: Mapping[str, str]) -> dict[str, Any]:
    """A page of messages, newest first."""
    found = [
        one
        for one in reversed(messages)
        if asked.get("reference") in (None, one.reference)
        and asked.get("template_type") in (None, type_of(one))
        and asked.get("status") in (None, one.status)
    ]
    older_than = asked.get("older_than")
    ids = [one.id for one in found]
    if older_than:
        found = found[ids.index(older_than) + 1 :] if older_than in ids else []
    page = found[:_PAGE]
    links = {"current": "/v2/notifications"}
    if page:
        # The client reads the id out of it, and asks until a page is empty.
        links["next"] = f"/v2/notifications?older_than={page[-1].id}"
    return {"notifications": [shown(one) for one in page], "links": links}


def _template(message: Message, base_url: str) -> dict[str, Any]:
    which = message.template_id or None
    return {"id": which, "version": 1, "uri": f"{base_url}/v2/template/{which}/version/1"}
