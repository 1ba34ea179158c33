"""What docker-compose.yml runs works: the same commands with the same variables, as plain processes."""

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.compose import Compose
from tests.journeys.deployment import Deployment, postgres_elsewhere, temporal_elsewhere
from tests.journeys.people import People, eventually

VARIABLES = {
    "POSTGRES_PASSWORD": "of-the-superuser",
    "POSTGRES_PASSWORD_HOLDFAST": "of-holdfast",
    "POSTGRES_PASSWORD_TEMPORAL": "of-temporal",
    "HOLDFAST_KEYS": "A" * 43,
    "TEMPORAL_NAMESPACE": "cambridgeshire",
}
DATABASES = {
    ("holdfast", "holdfast"): True,
    ("temporal", "temporal"): True,
    ("temporal", "temporal_visibility"): True,
    ("holdfast", "temporal"): False,
    ("temporal", "holdfast"): False,
}


@pytest.fixture(scope="module")
def deployment(
    slower_rehearsal: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Databases and namespace are made, and nothing else."""
    profile = slower_rehearsal(minimum_gap="PT1S", cut_off_after="PT8S")
    compose = Compose.of(HOLDFAST_PROFILE=str(profile), **VARIABLES)
    room = tmp_path_factory.mktemp
    with (
        temporal_elsewhere(room("temporal")) as temporal,
        postgres_elsewhere(room("postgres"), superuser_password=VARIABLES["POSTGRES_PASSWORD"]) as port,
        Deployment(compose, postgres_port=port, temporal=temporal, directory=room("deployment")) as made,
    ):
        made.do("databases")
        made.do("temporal-namespace")
        yield made


@pytest.fixture(scope="module")
def migrated(deployment: Deployment) -> list[int]:
    """The exit statuses of three migrations at once, as when three machines are brought up together."""
    begun = [deployment.start("migrate", number) for number in (1, 2, 3)]
    return [process.wait(60) for process in begun]


def test_several_migrations_at_once_are_harmless(deployment: Deployment, migrated: list[int]) -> None:
    assert migrated == [0, 0, 0], deployment.told()


def test_each_role_reaches_its_own_databases_alone(deployment: Deployment) -> None:
    # Otherwise whoever gets into Temporal reads the tables too.
    assert {where: deployment.lets_in(*where) for where in DATABASES} == DATABASES


def test_a_changed_password_is_taken_over(deployment: Deployment) -> None:
    # Otherwise Temporal is locked out of its own database after the next `docker compose up`.
    changed = deployment.with_variables(POSTGRES_PASSWORD_TEMPORAL="another")
    try:
        changed.do("databases")
        assert changed.lets_in("temporal", "temporal")
        assert not deployment.lets_in("temporal", "temporal")
    finally:
        deployment.do("databases")


async def test_the_namespace_is_made_once_and_then_left_as_it_is(deployment: Deployment) -> None:
    # A day, as is usual, is too short: `holdfast replay` would see little of what an upgrade must not break.
    assert await deployment.retention() == timedelta(days=30)
    deployment.keep(timedelta(days=60))
    deployment.do("temporal-namespace")
    assert await deployment.retention() == timedelta(days=60)


async def test_a_referral_comes_to_its_letter_although_the_worker_that_had_it_is_killed(
    deployment: Deployment, migrated: list[int], people_at: Callable[..., People]
) -> None:
    api = deployment.start("api")
    workers = [deployment.start("worker", number) for number in (1, 2)]
    eventually(lambda: deployment.is_healthy("api"), 60, or_else=deployment.told)
    people = people_at(deployment)
    referral = people.force.refer()
    people.coordinator.wait_for(referral, stage="contacting")
    people.coordinator.ring_in_vain(referral)
    assert [letter["state"] for letter in people.coordinator.messages(referral)] == ["held"]

    has_it = await deployment.worker_of(referral)
    (killed,) = (worker for worker in workers if worker.pid == has_it)
    killed.send_signal(signal.SIGKILL)
    closed = people.coordinator.wait_for(referral, 60, stage="closed")
    assert closed["outcome"] == "not_reached"
    assert [letter["state"] for letter in people.coordinator.messages(referral)] == ["sent"]
    assert await deployment.worker_of(referral) != has_it

    left = [worker for worker in workers if worker is not killed]
    assert deployment.stop("api", [api]) == [0]
    assert deployment.stop("worker", left) == [0]
