"""Makes docs/reference/lifecycle.md from the table of the heart and the closed lists."""

import inspect
from collections.abc import Iterable
from enum import StrEnum

from domain import vocabulary
from domain.closure import NEVER_BY_CLOSE, REOPENED_WITH_CARE
from domain.hold_kinds import KINDS, HoldKind
from domain.referral import TABLE, Row
from domain.vocabulary import AttemptOutcome, DecisionKind, Outcome, Stage

_BEFORE = """\
# The life of a referral

Made from `domain/referral.py`, `domain/hold_kinds.py` and `domain/vocabulary.py` by `make docs`; do not edit.

A referral is in exactly one stage at any moment. What can happen to it is one table of stage and event; the refusals of
the API, the decisions it offers (`allowed_decisions`) and this page are all made from that table. Why each rule is as
it is: [policy](../policy.md).

In the names of events, `attempt:` is a call with its outcome, `decision:` what a person decides, `time` a deadline
that has come, `message` what became of something that was sent.
"""

_EVENTS = """\
## What can happen in which stage

An empty cell means that the table has no such step: a call or decision there is answered with 409 and the reason, and
changes nothing. A step may still be refused by what it asks for, as the next section says.
"""

_OVER_ALL = """\
Over every row: where a machine would close or write to a sensitive, bereaved or child referral, or write to a
self-referral nobody has spoken to, the referral is held, proposing that step. Where it would do so to somebody who was
reached or replied, the referral goes to `contacting` for a person to decide.
"""

_OUTCOMES = """\
### Outcomes

Of closed referrals only. *By `close`*: whether a person may name it in the decision `close`; `support_completed` also
needs ongoing support, `not_reached` somebody never reached, `informed` the information lane. *Held when reopened*: when
a reply, a call from the victim or a correction reopens it, a person looks first; so too with every sensitive referral.
"""

_ATTEMPTS = """\
### Outcomes of a call

*Can count*: silence on the line, if the rules of the contact policy are met. *Reaches*: the victim or guardian was
spoken to.
"""

_HOLDS = """\
### Kinds of hold

Gravest first: `release` without a kind lifts the first one present. A manager may do whatever a coordinator may. A
person may also hold with a word of their own; it ranks with `other`. *Not yet sent*: what happens to a message that
was made and has not left; one that may be leaving just then is recalled in any case.
"""

_SHOWN = (Stage, Outcome, AttemptOutcome, DecisionKind)
"""Lists with a table of their own."""


def render() -> str:
    """Write the page."""
    sections = (
        _BEFORE,
        _EVENTS,
        _table(("event", *_quoted(Stage)), map(_cells_of_event, _events())),
        "## What follows\n",
        _table(("event", "in", "then"), map(_cells_of_row, TABLE)),
        _OVER_ALL,
        "## Closed lists\n\nThey grow by adding; a word never changes its meaning.\n",
        f"### Stages\n\n{', '.join(_quoted(Stage))}\n",
        _OUTCOMES,
        _table(("outcome", "by `close`", "held when reopened"), map(_cells_of_outcome, Outcome)),
        _ATTEMPTS,
        _table(("outcome", "can count", "reaches"), map(_cells_of_attempt, AttemptOutcome)),
        f"### Decisions\n\n{', '.join(_quoted(DecisionKind))}\n",
        _HOLDS,
        _table(("kind", "released by", "not yet sent", "why"), map(_cells_of_hold, KINDS.values())),
        "### Every other list\n",
        _table(("list", "meaning", "words"), map(_cells_of_list, _other_lists())),
    )
    return "\n".join(sections)


def _events() -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.event for row in TABLE))


def _cells_of_event(event: str) -> tuple[str, ...]:
    possible = {stage for row in TABLE if row.event == event for stage in row.stages}
    return (f"`{event}`", *("yes" if stage in possible else "" for stage in Stage))


def _cells_of_row(row: Row) -> tuple[str, ...]:
    return f"`{row.event}`", _stages(row), row.then


def _stages(row: Row) -> str:
    if row.stages == set(Stage):
        return "every stage"
    if row.stages == set(Stage) - {Stage.CLOSED}:
        return "every live stage"
    return ", ".join(f"`{stage}`" for stage in Stage if stage in row.stages)


def _cells_of_outcome(outcome: Outcome) -> tuple[str, ...]:
    by_close = "no: it has a decision of its own" if outcome in NEVER_BY_CLOSE else "yes"
    return f"`{outcome}`", by_close, _yes(outcome in REOPENED_WITH_CARE)


def _cells_of_attempt(outcome: AttemptOutcome) -> tuple[str, ...]:
    return f"`{outcome}`", _yes(outcome.is_silence), _yes(outcome.reaches)


def _cells_of_hold(kind: HoldKind) -> tuple[str, ...]:
    return f"`{kind.kind}`", kind.release_by_role, "recalled" if kind.recalls else "kept back", kind.reason


def _cells_of_list(words: type[StrEnum]) -> tuple[str, ...]:
    meaning = (inspect.getdoc(words) or "").splitlines()[0]
    return words.__name__, meaning, " ".join(_quoted(words))


def _other_lists() -> tuple[type[StrEnum], ...]:
    here = vars(vocabulary).values()
    lists = (found for found in here if inspect.isclass(found) and issubclass(found, StrEnum))
    return tuple(words for words in lists if words is not StrEnum and words not in _SHOWN)


def _quoted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"`{word}`" for word in words)


def _yes(claim: bool) -> str:  # noqa: FBT001 - one cell of a table
    return "yes" if claim else ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_line(heads), "|" + "---|" * len(heads), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
