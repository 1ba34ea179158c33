"""What the running service tells of itself at one address: its workers, its speed, and nobody's name."""

import re

import httpx2

from tests.journeys.people import FORCE, Coordinator, Force, eventually
from tests.servers import Tree


def metrics(tree: Tree) -> str:
    return httpx2.get(f"{tree.base_url}/metrics", timeout=5).text


def value(told: str, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", told, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_a_referral_and_a_command_are_seen_in_the_metrics_and_the_person_is_not(
    shared_tree: Tree, force: Force, coordinator: Coordinator
) -> None:
    before = metrics(shared_tree)
    referral = force.refer(victim__given_name="Zephyrine", notes="The dog barked.")
    coordinator.ring(referral, "answered", note="Zephyrine asked for a visit.")
    assert coordinator.try_to_decide(referral, "promote").status_code == 409
    at_least = {
        'holdfast_ready{part="database"}': 1,
        'holdfast_ready{part="temporal"}': 1,
        "holdfast_workers": 1,
        "holdfast_decisions_waiting": 1,
        'holdfast_start_seconds_count{result="started"}': 1,
        'holdfast_command_seconds_count{result="applied"}': 1,
        'holdfast_command_seconds_count{result="refused"}': 1,
        # What a worker counted comes with its next beat.
        "holdfast_workflow_task_wait_seconds_count": 3,
        "holdfast_activity_wait_seconds_count": 3,
        'holdfast_worker_slots_free{kind="activity"}': 1,
        "holdfast_workflows_cached": 1,
    }
    counters = {name for name in at_least if "_count" in name}

    def seen() -> str | None:
        told = metrics(shared_tree)
        more = {
            name: value(told, name) - (value(before, name) if name in counters else 0) for name in at_least
        }
        return told if all(more[name] >= least for name, least in at_least.items()) else None

    told = eventually(seen, 30, or_else=lambda: metrics(shared_tree))
    assert value(told, "holdfast_workers") == 1
    assert value(told, 'holdfast_workflow_task_failures_total{reason="other"}') == 0
    assert re.search(r'^holdfast_activity_failures_total{activity="project_referral"} ', told, re.MULTILINE)
    command = [line for line in told.splitlines() if line.startswith("holdfast_command_seconds_sum")]
    assert 0 < value(told, 'holdfast_command_seconds_sum{result="applied"}') < 60, command
    reference = coordinator.see(referral)["reference"]
    for secret in (
        "Zephyrine",
        "barked",
        "07700",
        "7700900",
        FORCE,
        "Constabulary",
        referral,
        reference,
        "Sam",
    ):
        assert secret not in told, secret


def test_a_worker_that_dies_takes_nothing_it_has_told_with_it(tree: Tree) -> None:
    # A counter that fell would look as if it had begun anew: failures would be counted twice, or forgotten.
    counter = "holdfast_workflow_task_wait_seconds_count"
    force = Force(tree.base_url, tree.issue_token("police", "rms", FORCE))
    force.refer()
    told = eventually(lambda: (told := metrics(tree)) and value(told, counter) and told, 30)
    killed = tree.kill("worker")
    tree.wait_for_another("worker", killed)
    force.refer()
    after = eventually(
        lambda: (now := metrics(tree)) and value(now, counter) > value(told, counter) and now, 30
    )
    assert value(after, "holdfast_workers") >= 1
    force.close()
