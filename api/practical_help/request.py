"""Asking for practical help: what is needed, and why."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from api.fields import Body, Note
from api.json_body import validated, without_nulls
from api.practical_help.step import MOST_LINES, GoodsIn
from api.problems import Problem
from domain.dispatch_events import HelpAsked

KIND = "practical_help"
"""Of the command that asks for it."""


class HelpIn(Body):
    """What is asked for; what is ordered later may be something else."""

    items: Annotated[list[GoodsIn], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    note: Note = Field(default=None, description="Why, how urgent, who said so.")


def read_help(body: dict[str, Any]) -> HelpIn:
    """Check a request.  Raises a problem that names the fields."""
    wanted = validated(HelpIn, without_nulls(body))
    if not wanted.items and not wanted.note:
        raise Problem.at("items", "is required, or a note that says what is needed")
    return wanted


def help_asked() -> HelpAsked:
    """The event of a request, under a new id."""
    return HelpAsked(help_id=str(uuid.uuid4()))


def words_of_request(wanted: HelpIn) -> dict[str, Any]:
    """What is kept sealed with the command."""
    items = [item.model_dump(exclude_none=True, mode="json") for item in wanted.items]
    return {"items": items or None, "note": wanted.note}
