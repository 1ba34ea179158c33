"""Counts for `/metrics`: how much is where, never who."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Engine

from domain.vocabulary import Channel, MessageState, Outcome, Stage
from store.columns import AnyRow
from store.metrics_statement import EVERYTHING, Due, HoldGroup, OurStep, moments
from store.worker_pulse import Counted, Tally

__all__ = ["Counts", "Due", "HoldGroup", "MetricsStore", "OurStep", "Workers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """What the workers told of themselves."""

    alive: int
    workflow_slots_free: int
    activity_slots_free: int
    workflows_cached: int
    counted: Counted
    """The totals of all workers that ever were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the tables hold at one moment; every closed list is there in full."""

    referrals_by_stage: Mapping[str, int]
    calls_by_due: Mapping[str, int]
    oldest_call_due_at: datetime | None
    """Of the call that is wanted since longest, or first."""
    to_decide: int
    """People spoken to, about whom a coordinator has to decide."""
    lapsed: int
    """Calls whose slot has lapsed and that have not been made."""
    escalated: int
    held_by_group: Mapping[str, int]
    holds_to_review: int
    """Held referrals whose review date has passed."""
    reviews_due: int
    """Of ongoing support."""
    supports_escalated: int
    received_today: int
    closed_today_by_outcome: Mapping[str, int]
    messages: Mapping[tuple[str, str], int]
    """By channel and state."""
    awaiting_cut_off: Mapping[str, int]
    """Messages that leave at their cut-off unless somebody is reached before, by channel."""
    waiting_for_provider: Mapping[str, int]
    """Messages that are due while their provider is away or busy, by channel."""
    away_since: Mapping[str, datetime]
    """Since when a channel's provider does not take messages; without those whose does."""
    off_since: Mapping[str, datetime]
    """Since when a purpose is switched off; without those that are on."""
    outbox_waiting: int
    commands_pending: int
    due_since: Mapping[str, datetime]
    """Since when the longest overdue of each of our own steps is due; without those of which none is."""
    workers: Workers

    @property
    def messages_by_state(self) -> dict[str, int]:
        """Of all channels together."""
        return {state: sum(self.messages[channel, state] for channel in Channel) for state in MessageState}


class MetricsStore:
    """Counts, in one statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self, *, now: datetime | None = None, zone: tzinfo = UTC) -> Counts:
        """Count everything a dashboard draws.

        Args:
            now: An aware time; by default this moment.
            zone: In which a day begins and ends.
        """
        asked = moments(now or datetime.now(UTC), zone)
        with self._engine.connect() as connection:
            return _counts(_Found(connection.execute(EVERYTHING, asked)))


class _Found:
    """The lines of the answer, to be asked for by what they are about."""

    def __init__(self, rows: Iterable[AnyRow]) -> None:
        self._lines = {(row.of, row.name, row.label): (row.number, row.since) for row in rows}

    def number(self, of: str, name: str = "", label: str = "") -> int:
        """How many; none where there is no line."""
        return int(self._lines.get((of, name, label), _NO_LINE)[0])

    def each(self, of: str, names: Iterable[str]) -> dict[str, int]:
        """How many of each."""
        return {name: self.number(of, name) for name in names}

    def sinces(self, of: str) -> dict[str, datetime]:
        """Since when, of each that is."""
        return {name: since for (what, name, _), (_, since) in self._lines.items() if what == of and since}

    def tallies(self) -> dict[tuple[Tally, str], float]:
        """The totals of the workers that this version knows."""
        known = set(Tally)
        return {
            (Tally(name), label): number
            for (of, name, label), (number, _) in self._lines.items()
            if of == "tally" and name in known
        }


_NO_LINE = (0.0, None)


def _counts(found: _Found) -> Counts:
    stages = found.each("stage", Stage)
    return Counts(
        referrals_by_stage={**stages, Stage.CLOSED: found.number("all") - sum(stages.values())},
        calls_by_due=found.each("call", Due),
        oldest_call_due_at=min(found.sinces("call").values(), default=None),
        to_decide=found.number("to_decide"),
        lapsed=found.number("lapsed"),
        escalated=found.number("escalated"),
        held_by_group=found.each("held", HoldGroup),
        holds_to_review=found.number("holds_to_review"),
        reviews_due=found.number("reviews_due"),
        supports_escalated=found.number("supports_escalated"),
        received_today=found.number("received_today"),
        closed_today_by_outcome=found.each("closed_today", Outcome),
        messages={
            (channel, state): found.number("message", channel, state)
            for channel in Channel
            for state in MessageState
        },
        awaiting_cut_off=found.each("awaiting_cut_off", Channel),
        waiting_for_provider=found.each("for_provider", Channel),
        away_since=found.sinces("away"),
        off_since=found.sinces("off"),
        outbox_waiting=found.number("step", OurStep.START),
        commands_pending=found.number("step", OurStep.COMMAND),
        due_since=found.sinces("step"),
        workers=Workers(
            alive=found.number("worker", "alive"),
            workflow_slots_free=found.number("worker", "workflow_slots_free"),
            activity_slots_free=found.number("worker", "activity_slots_free"),
            workflows_cached=found.number("worker", "workflows_cached"),
            counted=found.tallies(),
        ),
    )
