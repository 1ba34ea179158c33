"""What docs/operations/backup.md tells to type brings a service back, also when its two stores are not of one moment."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.data_directory import DataDirectory
from tests.compose import Compose
from tests.journeys.deployment import Deployment, postgres_elsewhere, temporal_elsewhere
from tests.journeys.people import People, eventually
from tests.servers import REPOSITORY

PAGE = (REPOSITORY / "docs/operations/backup.md").read_text()
VARIABLES = {
    "POSTGRES_PASSWORD": "of-the-superuser",
    "POSTGRES_PASSWORD_HOLDFAST": "of-holdfast",
    "POSTGRES_PASSWORD_TEMPORAL": "of-temporal",
    "HOLDFAST_KEYS": "A" * 43,
    "TEMPORAL_NAMESPACE": "cambridgeshire",
}
IN_A_CONTAINER = re.compile(
    r"^docker compose (?:(?:stop|up|down) .*|down)\n|^docker volume .*\n", flags=re.MULTILINE
)
"""Lines that start and stop containers; here the test does that."""


def commands(name: str) -> str:
    """A block of the page, for programs that are not in containers."""
    (block,) = re.findall(rf"^<!-- {name} -->\n```bash\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    script = IN_A_CONTAINER.sub("", block)
    for there, here in (
        ("docker compose exec -T postgres ", ""),
        ("docker compose run --rm --no-deps -T --entrypoint sh postgres -euc", "sh -euc"),
        ("docker compose run --rm --no-deps -T temporal-namespace", "sh -euc"),
        ("docker compose run --rm databases", "true"),
        ("chown -R postgres:postgres /var/lib/postgresql", "true"),
    ):
        script = script.replace(there, here)
    assert "docker" not in script, script
    return script


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., int]]:
    """Run servers of Postgres; their ports."""
    with ExitStack() as running:

        def run(directory: Path | None = None) -> int:
            directory = directory or tmp_path_factory.mktemp("postgres")
            password = VARIABLES["POSTGRES_PASSWORD"]
            return running.enter_context(postgres_elsewhere(directory, superuser_password=password))

        yield run


def started(deployment: Deployment) -> list[subprocess.Popen[bytes]]:
    processes = [deployment.start("api"), deployment.start("worker")]
    eventually(lambda: deployment.is_healthy("api"), 60, or_else=deployment.told)
    return processes


def test_tables_of_yesterday_are_gone_on_from_although_temporal_is_of_today(
    elsewhere: Callable[..., int],
    people_at: Callable[..., People],
    slower_rehearsal: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # Otherwise what was restored looks well, and nobody is rung.
    profile, room = slower_rehearsal(minimum_gap="PT1S", cut_off_after="PT60S"), tmp_path_factory.mktemp
    compose, directory = Compose.of(HOLDFAST_PROFILE=str(profile), **VARIABLES), room("deployment")
    with (
        temporal_elsewhere(room("temporal")) as temporal,
        Deployment(compose, postgres_port=elsewhere(), temporal=temporal, directory=directory) as today,
    ):
        for job in ("databases", "temporal-namespace", "migrate"):
            today.do(job)
        processes = started(today)
        people = people_at(today)
        rung, supported = people.force.refer(), people.force.refer()
        people.coordinator.ring(rung, "no_answer")
        people.coordinator.ring(supported, "answered")
        people.coordinator.decide(supported, "ongoing_support", reason="Would like visits.")
        today.shell(commands("backup"))
        people.coordinator.ring(rung, "no_answer")
        late = people.force.refer()
        assert today.stop("worker", processes) == [0, 0]

        data = DataDirectory(room("restored"))
        data.superuser_password.write_text(VARIABLES["POSTGRES_PASSWORD"])
        today.shell(commands("restore"), PGDATA=str(data.cluster))
        restored = today.on(elsewhere(data.path))
        restored.shell(commands("end"))
        restored.shell(commands("fill"))
        restored.shell(commands("fill"))
        processes = started(restored)

        assert people.coordinator.get(f"/referrals/{late}").status_code == 404
        assert people.coordinator.see(rung)["attempts_counted"] == 1
        assert people.coordinator.ring_in_vain(rung, times=2)["stage"] == "writing"
        assert [letter["state"] for letter in people.coordinator.messages(rung)] == ["held"]
        review = people.coordinator.post(f"/referrals/{supported}/reviews", {"outcome": "engaged"})
        assert (review.status_code, review.json()["stage"]) == (200, "supporting")
        assert restored.stop("worker", processes) == [0, 0]


def test_dumps_go_into_another_server(elsewhere: Callable[..., int], tmp_path: Path) -> None:
    compose = Compose.of(HOLDFAST_PROFILE="", **VARIABLES)
    old = Deployment(compose, postgres_port=elsewhere(), temporal="", directory=tmp_path)
    old.do("databases")
    old.do("migrate")
    old.issue_token("manager", "Robin")
    old.shell(commands("dump"))
    new = old.on(elsewhere())
    new.do("databases")
    new.shell(commands("load"))
    assert "Robin" in new.holdfast("token", "list")
    assert new.lets_in("temporal", "temporal_visibility")
