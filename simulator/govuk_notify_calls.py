"""What Notify calls a service with: delivery receipts of e-mails and texts, and letters that came back.

Of letters on their way nobody is told: one has to ask.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from simulator.clock import iso, now
from simulator.course import Call
from simulator.govuk_notify_shown import type_of
from simulator.kept import Answer, Message, Way
from simulator.keys import SENDER
from simulator.script import Provider, Trouble
from simulator.world import World

Natural = Iterator[tuple[str, Callable[[], Call] | None]]


def natural(world: World, message: Message, troubles: frozenset[Trouble]) -> Natural:
    """What becomes of a message; Notify reports its end alone."""
    if message.way is Way.LETTER:
        yield from _letter(world, message, troubles)
        return
    yield "sending", None
    if Trouble.DEFERRED in troubles and message.way is Way.TEXT:
        yield "pending", None
    end = "delivered"
    if troubles & {Trouble.BOUNCED, Trouble.OPTED_OUT}:
        end = "permanent-failure"
    elif Trouble.FAILED in troubles:
        end = "temporary-failure"
    yield end, lambda: receipt(world, message, end)
    if end == "delivered" and Trouble.COMPLAINED in troubles and message.way is Way.EMAIL:
        complained = complaint(world, message)
        yield end, lambda: complained


def _letter(world: World, message: Message, troubles: frozenset[Trouble]) -> Natural:
    if Trouble.UNPRINTABLE in troubles:
        yield "validation-failed", None
        return
    yield "accepted", None
    if Trouble.FAILED in troubles:
        yield "technical-failure", None
        return
    yield "received", None
    if Trouble.BOUNCED in troubles:
        # Weeks later, and the status stays what it is.
        yield "received", lambda: returned(world, message)


def receipt(world: World, message: Message, status: str) -> Call:
    """The delivery receipt of an e-mail or a text."""
    at = iso(message.updated_at or now())
    return _call(
        world,
        {
            "id": message.id,
            "reference": message.reference or None,
            "to": message.to,
            "status": status,
            "created_at": iso(message.taken_at),
            "completed_at": at,
            "sent_at": iso(message.taken_at),
            "notification_type": type_of(message),
            "template_id": message.template_id,
            "template_version": 1,
        },
    )


def complaint(world: World, message: Message) -> Call:
    """The reader of an e-mail has called it spam."""
    return _call(
        world,
        {
            "notification_id": message.id,
            "complaint_id": str(uuid4()),
            "reference": message.reference or None,
            "to": message.to,
            "complaint_date": iso(now()),
        },
    )


def returned(world: World, message: Message) -> Call:
    """A letter that was returned to the sender."""
    return _call(
        world,
        {
            "notification_id": message.id,
            "reference": message.reference,
            "date_sent": iso(message.taken_at),
            "sent_by": None,
            "template_name": "Pre-compiled PDF",
            "template_id": message.template_id or None,
            "template_version": 1,
            "spreadsheet_file_name": None,
            "spreadsheet_row_number": None,
            "upload_letter_file_name": None,
        },
    )


def inbound(world: World, answer: Answer) -> Call:
    """A text somebody wrote to the service's number at Notify."""
    return _call(
        world,
        {
            "id": answer.id,
            "source_number": answer.sender.removeprefix("+"),
            "destination_number": SENDER.removeprefix("+"),
            "message": answer.words,
            "date_received": iso(answer.written_at),
        },
    )


def _call(world: World, said: dict[str, Any]) -> Call:
    return Call(
        url=world.webhook(Provider.NOTIFY),
        body=json.dumps(said).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {world.keys.notify_callback_token}",
        },
    )
