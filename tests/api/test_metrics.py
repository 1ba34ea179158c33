"""What `/metrics` tells a manager and an operator, and that its page says the same."""

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from api import health, metering
from store.worker_pulse import SUM, Beat, Tally, WorkerPulseStore
from tests.api.people import a_referral
from tests.servers import REPOSITORY
from wiring.database import POOL_SIZE

PAGE = (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8")
OF_THE_LIBRARY = re.compile(r"_created$")
"""When counting began; the page says it once for all."""


async def told(client) -> dict[str, float]:
    """Every sample by its name and labels, as one would ask for it."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    families = list(text_string_to_metric_families(answer.text))
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


async def test_a_manager_sees_who_waits_and_what_became_of_the_others(officer, coordinator, client):
    await officer.refer()
    spoken, closed, held = [await officer.refer() for _ in range(3)]
    await coordinator.ring(spoken, "answered")
    await coordinator.ring(closed, "answered")
    await coordinator.decide(closed, "single_call")
    await coordinator.ring(held, "immediate_danger")
    seen = await told(client)
    assert seen["holdfast_calls_waiting now"] == 1
    assert seen["holdfast_calls_waiting over_a_day_late"] == 0
    assert 0 <= seen["holdfast_calls_oldest_overdue_seconds"] < 60
    assert seen["holdfast_decisions_waiting"] == 1
    assert seen["holdfast_referrals_held immediate_danger"] == 1
    assert seen["holdfast_referrals_escalated"] == 1
    assert seen["holdfast_referrals_received_today"] == 4
    assert seen["holdfast_referrals_closed_today single_call"] == 1
    assert seen["holdfast_messages letter unknown"] == 0


async def test_an_operator_sees_how_long_a_referral_has_not_been_started(officer, temporal, client, services):
    temporal.away = True
    answer = await officer.post("/referrals", a_referral())
    assert answer.status_code == 202
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET made_at = made_at - interval '10 minutes'"))
    seen = await told(client)
    assert 600 <= seen["holdfast_schedule_lag_seconds start"] < 660
    assert seen["holdfast_schedule_lag_seconds command"] == 0
    assert (seen["holdfast_ready database"], seen["holdfast_ready temporal"]) == (1, 0)


async def test_what_the_workers_counted_is_shown_as_prometheus_adds_it_up(client, services):
    # A bucket holds everything up to its bound: shown as they lie in the table, quantiles would be nonsense.
    beat = Beat(
        worker_id=str(uuid.uuid4()),
        started_at=datetime.now(UTC),
        workflow_slots_free=90,
        activity_slots_free=11,
        workflows_cached=3,
    )
    counted = {
        (Tally.WORKFLOW_TASK_WAIT, "0.05"): 3,
        (Tally.WORKFLOW_TASK_WAIT, "1"): 1,
        (Tally.WORKFLOW_TASK_WAIT, SUM): 0.9,
        (Tally.WORKFLOW_TASK_FAILED, "nondeterminism"): 2,
        (Tally.ACTIVITY_FAILED, "send_message"): 0,
    }
    WorkerPulseStore(services.engine).beat(beat, counted, now=datetime.now(UTC))
    seen = await told(client)
    assert seen["holdfast_workers"] == 1
    assert seen["holdfast_worker_slots_free activity"] == 11
    assert seen["holdfast_workflows_cached"] == 3
    buckets = {
        bound: seen[f"holdfast_workflow_task_wait_seconds_bucket {bound}"]
        for bound in ("0.01", "0.05", "0.5", "1", "+Inf")
    }
    assert buckets == {"0.01": 0, "0.05": 3, "0.5": 3, "1": 4, "+Inf": 4}
    assert seen["holdfast_workflow_task_wait_seconds_count"] == 4
    assert seen["holdfast_workflow_task_wait_seconds_sum"] == 0.9
    assert seen["holdfast_workflow_task_failures_total nondeterminism"] == 2
    assert seen["holdfast_activity_failures_total send_message"] == 0


async def test_without_its_database_a_process_still_tells_what_it_counts_itself(client, services):
    await client.get("/healthz")
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE worker_tally"))
    seen = await told(client)
    assert seen["holdfast_ready database"] == 0
    assert seen["holdfast_requests_total GET /healthz 200"] == 1
    assert "holdfast_workers" not in seen, "it would look as if there were none"


async def test_when_every_connection_is_taken_a_process_tells_that_and_does_not_wait_for_one(
    client, services, monkeypatch
):
    # It is then that somebody asks; a scraper waits ten seconds, as long as we wait for a connection.
    monkeypatch.setattr(health, "COUNTED_WITHIN", timedelta(milliseconds=200))
    taken = [services.engine.connect() for _ in range(2 * POOL_SIZE)]
    try:
        seen = await asyncio.wait_for(told(client), 3)
    finally:
        for connection in taken:
            connection.close()
    assert seen["holdfast_database_connections in_use"] == 2 * POOL_SIZE
    assert seen["holdfast_ready database"] == 0
    async with asyncio.timeout(5):
        while services.engine.pool.checkedout():  # the count that came too late
            await asyncio.sleep(0.02)


async def test_asking_often_does_not_count_often(client, services, monkeypatch):
    # Somebody who reloads a dashboard, or a scraper gone wild, must not take the database from the coordinators.
    statements = []
    event.listen(services.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    await asyncio.gather(*(client.get("/metrics") for _ in range(10)))
    assert len(statements) == 1
    monkeypatch.setattr(metering, "LOOKS_EVERY", timedelta())
    await client.get("/metrics")
    assert len(statements) == 2


async def test_one_who_leaves_while_everybody_waits_keeps_nobody_waiting(client, services, monkeypatch):
    first = asyncio.create_task(client.get("/metrics"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(client.get("/metrics")) for _ in range(3)]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    answers = await asyncio.wait_for(asyncio.gather(*others), 10)
    assert {answer.status_code for answer in answers} == {200}


async def test_the_page_describes_every_metric_and_no_other(officer, client):
    # Whoever is woken by one of them looks there.
    await officer.refer()
    shown = set(re.findall(r"^# TYPE (\S+) ", (await client.get("/metrics")).text, re.MULTILINE))
    shown = {name for name in shown if not OF_THE_LIBRARY.search(name)}
    described = set(re.findall(r"^\| `((?:holdfast|process)_[a-z_]+)", PAGE, re.MULTILINE))
    assert described == shown


def test_what_the_page_asks_for_is_there():
    # An alarm on a name that is not there never rings.
    described = set(re.findall(r"^\| `((?:holdfast|process)_[a-z_]+)", PAGE, re.MULTILINE))
    asked = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in re.findall(r"\b(?:holdfast|process)_[a-z_]+", PAGE)
    }
    assert asked == described


@pytest.mark.parametrize("label", ["part", "due", "hold", "state", "step", "result", "kind"])
async def test_the_page_names_every_value_of_a_label(client, label):
    told = (await client.get("/metrics")).text
    values = set(re.findall(rf'{label}="([^"]+)"', told))
    assert {value for value in values if f"`{value}`" not in PAGE} == set()
