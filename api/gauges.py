"""What the tables and the workers tell, as Prometheus reads it: how much, never who.

Each is described in docs/metrics.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from domain.vocabulary import Channel, Purpose
from store.metrics import Counts, OurStep, Workers
from store.worker_pulse import SUM, WAITS, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What was seen at one moment."""

    at: datetime
    counts: Counts | None
    """`None`: the database is away, or of another shape."""
    temporal: bool
    """Whether Temporal answers."""
    connections_in_use: int
    connections_idle: int


class Gauges:
    """One glance, collected."""

    def __init__(self, glance: Glance) -> None:
        self._glance = glance

    def collect(self) -> Iterator[Metric]:
        """Give everything that was seen."""
        glance = self._glance
        parts = {"database": int(glance.counts is not None), "temporal": int(glance.temporal)}
        yield _by("holdfast_ready", "1 while the part answers, else 0.", "part", parts)
        yield _by(
            "holdfast_database_connections",
            "Connections to the database that this process keeps, by whether they are in use.",
            "state",
            {"in_use": glance.connections_in_use, "idle": glance.connections_idle},
        )
        if glance.counts is not None:
            yield from _of_work(glance.counts, glance.at)
            yield from _of_messages(glance.counts)
            yield from _of_departures(glance.counts, glance.at)
            yield from _of_hand_over(glance.counts, glance.at)
            yield from _of_workers(glance.counts.workers)


def _of_work(counts: Counts, at: datetime) -> Iterator[Metric]:
    yield _by("holdfast_referrals", "Referrals by stage.", "stage", counts.referrals_by_stage)
    yield _one(
        "holdfast_referrals_received_today",
        "Referrals that came in since midnight where the service is.",
        counts.received_today,
    )
    yield _by(
        "holdfast_referrals_closed_today",
        "Referrals closed since midnight where the service is, and still closed, by outcome.",
        "outcome",
        counts.closed_today_by_outcome,
    )
    yield _by(
        "holdfast_calls_waiting",
        "Calls that are wanted, by when they are due: over_a_day_late, over_an_hour_late, now (since an hour ago "
        "at most), within_an_hour, today (before midnight where the service is), later.",
        "due",
        counts.calls_by_due,
    )
    yield _one(
        "holdfast_calls_oldest_overdue_seconds",
        "How long the call that waits longest has been due; 0 when none is.",
        _age(counts.oldest_call_due_at, at),
    )
    yield _one("holdfast_calls_lapsed", "Calls whose slot has lapsed.", counts.lapsed)
    yield _one(
        "holdfast_decisions_waiting", "Referrals about which a coordinator has to decide.", counts.to_decide
    )
    yield _one("holdfast_referrals_escalated", "Referrals before a supervisor.", counts.escalated)
    yield _by(
        "holdfast_referrals_held",
        "Held referrals by their gravest hold: immediate_danger, confirm_safety, other.",
        "hold",
        counts.held_by_group,
    )
    yield _one(
        "holdfast_holds_review_overdue",
        "Held referrals whose gravest hold should have been looked at by now.",
        counts.holds_to_review,
    )
    yield _one(
        "holdfast_support_reviews_overdue",
        "Reviews of ongoing support that are due and not made.",
        counts.reviews_due,
    )
    yield _one(
        "holdfast_support_escalated", "Ongoing supports before a supervisor.", counts.supports_escalated
    )


def _of_messages(counts: Counts) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "holdfast_messages", "Messages by channel and state.", labels=["channel", "state"]
    )
    for (channel, state), count in counts.messages.items():
        family.add_metric([channel, state], count)
    yield family
    yield _by(
        "holdfast_messages_awaiting_cut_off",
        "Messages that leave at their cut-off unless the person is reached before.",
        "channel",
        counts.awaiting_cut_off,
    )


def _of_departures(counts: Counts, at: datetime) -> Iterator[Metric]:
    yield _by(
        "holdfast_messages_waiting",
        "Messages that are due while their provider is away or busy, by channel.",
        "channel",
        counts.waiting_for_provider,
    )
    yield _by(
        "holdfast_provider_away_seconds",
        "How long a channel's provider has not taken messages; 0 while it takes them.",
        "channel",
        {channel: _age(counts.away_since.get(channel), at) for channel in Channel},
    )
    yield _by(
        "holdfast_purpose_switched_off_seconds",
        "How long messages of a purpose have been switched off; 0 while they leave.",
        "purpose",
        {purpose: _age(counts.off_since.get(purpose), at) for purpose in Purpose},
    )


def _of_hand_over(counts: Counts, at: datetime) -> Iterator[Metric]:
    yield _one(
        "holdfast_outbox_waiting", "Referrals whose workflow is not started yet.", counts.outbox_waiting
    )
    yield _one("holdfast_commands_pending", "Commands that are not applied yet.", counts.commands_pending)
    yield _by(
        "holdfast_schedule_lag_seconds",
        "How long the service has owed what it owes longest, by step: start (of a referral), command, cut_off (of "
        "a message), hand_over (to a provider), close; 0 when nothing is owed.",
        "step",
        {step: _age(counts.due_since.get(step), at) for step in OurStep},
    )


def _of_workers(workers: Workers) -> Iterator[Metric]:
    yield _one("holdfast_workers", "Workers seen within the last 30 seconds.", workers.alive)
    yield _by(
        "holdfast_worker_slots_free",
        "How many more tasks all workers together had room for at their busiest in the last ten seconds, by kind.",
        "kind",
        {"workflow": workers.workflow_slots_free, "activity": workers.activity_slots_free},
    )
    yield _one(
        "holdfast_workflows_cached",
        "Workflows that workers keep in memory; the others are replayed at their next step.",
        workers.workflows_cached,
    )
    yield _failures(
        workers,
        Tally.WORKFLOW_TASK_FAILED,
        "holdfast_workflow_task_failures",
        "Workflow tasks that failed, each try, by reason: nondeterminism (the code no longer follows a history), "
        "other.",
        "reason",
    )
    yield _failures(
        workers,
        Tally.ACTIVITY_FAILED,
        "holdfast_activity_failures",
        "Tries of an activity that failed, by activity; they are made again.",
        "activity",
    )
    yield _waits(
        workers,
        Tally.WORKFLOW_TASK_WAIT,
        "holdfast_workflow_task_wait_seconds",
        "How long workflow tasks waited for a worker.",
    )
    yield _waits(
        workers,
        Tally.ACTIVITY_WAIT,
        "holdfast_activity_wait_seconds",
        "How long activities waited for a worker.",
    )


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)


def _by(name: str, told: str, label: str, amounts: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, amount in amounts.items():
        family.add_metric([value], amount)
    return family


def _failures(workers: Workers, tally: Tally, name: str, told: str, label: str) -> Metric:
    family = CounterMetricFamily(name, told, labels=[label])
    for (what, value), total in sorted(workers.counted.items()):
        if what is tally:
            family.add_metric([value], total)
    return family


def _waits(workers: Workers, tally: Tally, name: str, told: str) -> Metric:
    reached = accumulate(workers.counted.get((tally, bound), 0) for bound in WAITS)
    total = workers.counted.get((tally, SUM), 0)
    return HistogramMetricFamily(name, told, buckets=list(zip(WAITS, reached, strict=True)), sum_value=total)


def _age(since: datetime | None, at: datetime) -> float:
    return 0 if since is None else max(0.0, (at - since).total_seconds())
