"""Practical help on the page of a referral: what was asked for, and the form to ask for more.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.form_words import Choice, choices
from api.mending import FieldWords
from api.practical_help.help_shown import ADDRESS
from api.practical_help.plain_words import GOODS, HELP_STAGES
from domain.practical_help.asking import asked_now
from domain.practical_help.telling import asked_in_words
from store.practical_help.view import HelpView

FORM = "practical_help"
"""The name of the form."""
FIELDS = {
    "items": FieldWords(name="What is needed", ask="Choose what is needed, or say it in a note"),
    "note": FieldWords(name="The note", ask="Shorten the note"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpEntry:
    """One practical help of this referral."""

    address: str
    stage: str
    what: str
    asks: tuple[str, ...]
    has_alarm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Helps:
    """All of this referral, and what the form offers."""

    items: tuple[HelpEntry, ...]
    kinds: tuple[Choice, ...]


def helps_of(views: Sequence[HelpView], *, now: datetime) -> Helps:
    """Say what was asked for on a referral."""
    return Helps(items=tuple(_entry(view, now) for view in views), kinds=choices(GOODS))


def _entry(view: HelpView, now: datetime) -> HelpEntry:
    asked = asked_now(view.state, now) if view.state else ()
    wanted = [GOODS[item["kind"]].lower() for item in view.asked.get("items") or []]
    return HelpEntry(
        address=f"{ADDRESS}/{view.id}",
        stage=HELP_STAGES[view.stage],
        what=", ".join(wanted).capitalize() or "Practical help",
        asks=tuple(asked_in_words(asking)[0] for asking in asked),
        has_alarm=any(asking.kind.is_alarm for asking in asked),
    )
