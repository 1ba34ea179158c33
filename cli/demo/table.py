"""The table at the end: what was published, what was played, and what the statistics say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.demo.plan import PUBLISHED, Story

Json = dict[str, Any]

_CONTACTED = sum(PUBLISHED.values()) - PUBLISHED[Story.NOT_REACHED]
_YEAR = {
    "referred": sum(PUBLISHED.values()),
    "contacted": _CONTACTED,
    "ongoing_support": PUBLISHED[Story.ONGOING_SUPPORT],
    "single_call": PUBLISHED[Story.SINGLE_CALL],
    "declined": PUBLISHED[Story.DECLINED],
    "not_reached": PUBLISHED[Story.NOT_REACHED],
    "supported": _CONTACTED - PUBLISHED[Story.DECLINED],
}
_ROWS = (
    ("received", "received"),
    ("information", "  information lane"),
    ("referred", "  referred"),
    ("contacted", "    contacted"),
    ("ongoing_support", "      ongoing support"),
    ("single_call", "      supported in a single call"),
    ("declined", "      said no"),
    ("not_reached", "    not reached"),
    ("waiting", "    waiting"),
    ("undecided", "    reached, undecided"),
    ("held", "    held for a person"),
)
_LEFT = (("letters_sent", "letters"), ("emails_sent", "e-mails"), ("texts_sent", "texts"))


def show(console: Console, played: Json, told: Json) -> None:
    """Print the published year beside what was played and what the statistics say.

    Args:
        console: Where.
        played: What the statistics should say.
        told: What `GET /statistics` answered.
    """
    console.print(
        f"Referrals received from {_second(told['from'])} to {_second(told['to'])}:", highlight=False
    )
    table = Table(box=None)
    table.add_column("", no_wrap=True)
    for heading in ("published year", "played", "statistics"):
        table.add_column(heading, justify="right")
    for name, words in _ROWS:
        table.add_row(words, _number(_YEAR.get(name)), _number(played[name]), _number(told[name]))
    for outcome in sorted(set(played["diverted"]) | set(told["diverted"])):
        counts = (_number(side["diverted"].get(outcome, 0)) for side in (played, told))
        table.add_row(f"    closed as {outcome.replace('_', ' ')}", "", *counts)
    supported = (_number(side["supported"]) for side in (played, told))
    table.add_row("supported in all", _number(_YEAR["supported"]), *supported)
    console.print(table)
    left = ", ".join(f"{told[name]:,} {words}" for name, words in _LEFT)
    console.print(f"Left, or would have, and not recalled: {left}.", highlight=False)


def differences(played: Json, told: Json) -> list[str]:
    """Say where the statistics differ from what was played, or do not add up."""
    return [*_unlike(played, told), *_unbalanced(told)]


def _unlike(played: Json, told: Json) -> Iterator[str]:
    for name, number in played.items():
        if told[name] != number:
            yield f"{name} is {told[name]} instead of {number}"


def _unbalanced(told: Json) -> Iterator[str]:
    places = ("waiting", "held", "undecided", "contacted", "not_reached")
    sums = {
        "received": told["referred"] + told["information"],
        "referred": sum(told[place] for place in places) + sum(told["diverted"].values()),
        "contacted": told["supported"] + told["declined"],
        "supported": told["ongoing_support"] + told["single_call"],
    }
    for name, number in sums.items():
        if told[name] != number:
            yield f"{name} is {told[name]}, but its parts are {number}"


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _second(at: str) -> str:
    """A time of an answer as people read it."""
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
