"""docker-compose.yml, its image and `.env.example` hang together, and with what the code reads.

Without Docker only that can be judged; tests/journeys/test_plain_processes.py runs what compose would run.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cli import embedded_postgres, embedded_temporal, supervisor
from cli.main import COMMANDS
from tests.compose import EXAMPLE, FILE, Compose, NotSet, offered, seconds
from tests.house.test_plan import PLACES, is_there
from tests.servers import REPOSITORY
from wiring import database, temporal
from wiring.settings import Settings, parse_keys

COMPOSE = Compose.of()
SERVICES = COMPOSE.services
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
STAGES = [stage.splitlines() for stage in re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]]
PAGE = (REPOSITORY / "docs/reference/environment.md").read_text()
SECRETS = sorted(name for name, value in offered().items() if value is not None)
FILES_OF_THE_MACHINE = r"TEMPORAL_(CONFIG_FILE|PROFILE|TLS_\w+_PATH)|TMPDIR"
"""Variables of the reference page that name a file: a container has none of them, and takes the `_DATA` instead."""
TEMPORAL_TAKES = 4 * (20 + 10)
"""Connections: for each of its four services `SQL_MAX_CONNS` and `SQL_VIS_MAX_CONNS`, as its own configuration has them."""


def complaints(tree: dict[str, Any]) -> list[str]:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    found = Draft202012Validator(json.loads(schema.read_text())).iter_errors(tree)
    return [f"{error.json_path}: {error.message}" for error in found]


def connected_to(network: str) -> set[str]:
    return {name for name, service in SERVICES.items() if network in service["networks"]}


def of_the_page() -> set[str]:
    """The variables of docs/reference/environment.md, which is made from the settings."""
    cells = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", PAGE, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}


def allowed_into_the_image() -> list[str]:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_the_file_is_what_compose_understands() -> None:
    assert complaints(COMPOSE.tree) == []
    misspelt = deepcopy(COMPOSE.tree)
    misspelt["services"]["api"]["prots"] = []
    assert complaints(misspelt)


def test_the_example_offers_every_variable_that_compose_looks_for_and_no_other() -> None:
    # A variable that is not offered is found by nobody; one that is not looked for does nothing when it is set.
    assert set(offered()) == COMPOSE.named()


def test_the_example_holds_no_secret_and_leaves_no_choice_empty() -> None:
    # A secret that is published is one that somebody keeps; a choice left empty looks like one made.
    filled_in = {name: value for name, value in offered().items() if value is not None}
    assert filled_in == dict.fromkeys(SECRETS, "")
    assert {name for name in SECRETS if "PASSWORD" in name or name == "HOLDFAST_KEYS"} == set(SECRETS)


@pytest.mark.parametrize("missing", SECRETS)
def test_compose_refuses_to_start_without_a_secret(missing: str) -> None:
    given = dict.fromkeys(SECRETS, "given") | {missing: ""}
    with pytest.raises(NotSet, match=f"^{missing}$"):
        Compose.of(**given).fill_in()
    Compose.of(**given | {missing: "given"}).fill_in()


def test_no_secret_has_a_default() -> None:
    asked_for = re.findall(r"\$\{(\w+)([^}]*)\}", FILE.read_text())
    assert {how[:2] for name, how in asked_for if name in SECRETS} == {":?"}


def test_what_the_example_says_to_type_makes_usable_secrets() -> None:
    commands = re.findall(r"^#   python3 (-c) '(.+)'$", EXAMPLE.read_text(), flags=re.MULTILINE)
    made = [
        subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True).stdout.strip()
        for command in commands
    ]
    password, key = made
    assert re.fullmatch(r"[\w-]{40,}", password)  # it stands in an address
    assert len(parse_keys(key)) == 1


def test_what_holds_the_secrets_is_never_committed_nor_packed() -> None:
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", ".env"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if asked.returncode == 128:
        pytest.skip("not a checkout")
    assert asked.returncode == 0
    assert {".env", "var", "keys"}.isdisjoint(allowed_into_the_image())


@pytest.mark.parametrize("service", ["api", "worker"])
def test_every_setting_can_be_given_to_a_container(service: str) -> None:
    given = set(SERVICES[service]["environment"])
    assert {str(field.validation_alias) for field in Settings.model_fields.values()} <= given
    assert {name for name in of_the_page() if not re.fullmatch(FILES_OF_THE_MACHINE, name)} == given


@pytest.mark.parametrize(
    "name", sorted(name for name in SERVICES["worker"]["environment"] if name.startswith("TEMPORAL_"))
)
def test_what_is_said_of_temporal_reaches_the_client(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A misspelt variable is no error to anybody: the worker would knock at another door, or without its key.
    monkeypatch.delenv(name, raising=False)
    without = temporal._connection()
    monkeypatch.setenv(name, "true" if name == "TEMPORAL_TLS" else "given")
    assert temporal._connection() != without


def test_migrations_are_given_the_database_and_no_key() -> None:
    assert set(SERVICES["migrate"]["environment"]) == {"HOLDFAST_DATABASE_URL"}


def test_all_processes_agree_about_what_they_are_given() -> None:
    # Two workers with other keys, or an API with another profile, would disagree about the same person.
    compose = Compose.of(**dict.fromkeys(COMPOSE.named(), "given"))
    assert compose.environment("api") == compose.environment("worker")
    assert compose.environment("migrate").items() <= compose.environment("api").items()


def test_what_is_not_chosen_is_not_there_rather_than_empty() -> None:
    assert "TEMPORAL_API_KEY" not in Compose.of(**dict.fromkeys(SECRETS, "given")).environment("api")


@pytest.mark.parametrize("service", OURS)
def test_our_services_run_commands_that_exist(service: str) -> None:
    assert COMPOSE.command(service)[0] in COMMANDS


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_reached_from_outside_this_machine(service: str) -> None:
    for port in SERVICES[service].get("ports", ()):
        assert COMPOSE.filled(port).startswith("127.0.0.1:"), port
    assert not {"network_mode", "privileged", "pid", "ipc"} & set(SERVICES[service])


def test_postgres_and_temporal_are_not_even_reached_from_this_machine() -> None:
    # Whoever speaks to Temporal can end every referral: it asks for no password.
    assert COMPOSE.tree["networks"]["inside"]["internal"] is True
    assert connected_to("inside") == set(SERVICES)
    assert connected_to("outside") == {"api", "worker", "temporal-ui"}
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api", "temporal-ui"}


def test_temporal_is_made_with_enough_shards() -> None:
    # The number can never be changed, and the server's own default is 4.
    assert SERVICES["temporal"]["environment"]["NUM_HISTORY_SHARDS"] == "512"


def test_closed_workflows_are_kept_as_long_as_under_up() -> None:
    script = COMPOSE.command("temporal-namespace")[-1]
    assert re.findall(r"--retention (\S+)", script) == [embedded_temporal.RETENTION]


@pytest.mark.parametrize("service", sorted(set(SERVICES) - set(OURS)))
def test_images_are_of_one_version(service: str) -> None:
    # Otherwise tomorrow's start is not today's, and a major version more cannot read the data.
    assert re.fullmatch(r"[\w/-]+:\d+\.\d+(\.\d+)?(-\w+)?", SERVICES[service]["image"])


def test_the_servers_are_those_that_the_tests_run_on() -> None:
    tags = {name: service["image"].rpartition(":")[2] for name, service in SERVICES.items()}
    told = subprocess.run(
        [Path(sys.executable).with_name("temporal"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    tested = re.search(r"Server (?P<server>[\d.]+), UI (?P<ui>[\d.]+)", told)
    assert tested
    assert {tags[name] for name in ("temporal", "temporal-schema", "temporal-namespace")} == {
        tested["server"]
    }
    assert tags["temporal-ui"] == tested["ui"]
    postgres = importlib.metadata.version("embedded-postgres")
    assert {tags["postgres"], tags["databases"]} == {postgres.rpartition(".")[0] + "-trixie"}


def test_postgres_keeps_what_statements_say_out_of_its_log() -> None:
    given = dict(part.removeprefix("--").split("=", 1) for part in SERVICES["postgres"]["command"][1:])
    wanted = {name: value for name, value in embedded_postgres._SETTINGS.items() if name.startswith("log_")}
    assert wanted.items() <= (given | {"logging_collector": "off"}).items()


def test_postgres_has_connections_for_temporal_an_api_and_four_workers() -> None:
    (given,) = (part for part in SERVICES["postgres"]["command"] if part.startswith("--max_connections="))
    assert int(given.partition("=")[2]) >= TEMPORAL_TAKES + 5 * 2 * database.POOL_SIZE


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gains_rights_while_running(service: str) -> None:
    assert "no-new-privileges:true" in SERVICES[service]["security_opt"]
    if service != "postgres":  # which starts as root, to own its files, and steps down
        assert SERVICES[service]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("service", OURS)
def test_our_containers_write_nothing_and_are_nobody(service: str) -> None:
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["tmpfs"] == ["/tmp"]
    assert "user" not in SERVICES[service]  # the image's own, below
    assert "volumes" not in SERVICES[service]


@pytest.mark.parametrize("service", OURS)
def test_our_containers_are_given_the_time_that_they_were_promised(service: str) -> None:
    assert seconds(SERVICES[service]["stop_grace_period"]) > supervisor.STOP_WITHIN
    assert SERVICES[service]["init"] is True  # or `migrate`, being the first process, would not hear SIGTERM


def test_workers_can_be_as_many_as_one_likes() -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_is_waited_for_says_when_it_is_there(service: str) -> None:
    for name, told in SERVICES[service].get("depends_on", {}).items():
        awaited = SERVICES[name]
        if told["condition"] == "service_healthy":
            assert awaited["healthcheck"]["test"]
            assert awaited["restart"] == "unless-stopped"
        else:
            assert told["condition"] == "service_completed_successfully"
            assert "restart" not in awaited


def test_referrals_are_taken_in_although_temporal_does_not_start() -> None:
    waited_for, left = set(), ["api"]
    while left:
        needed = SERVICES[left.pop()].get("depends_on", {})
        waited_for |= set(needed)
        left += needed
    assert waited_for == {"migrate", "databases", "postgres"}


def test_the_image_is_made_in_stages_of_one_version_each() -> None:
    bases = [stage[0] for stage in STAGES]
    names = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, flags=re.MULTILINE)
    assert names == ["assets", "build"]
    for base in bases:
        assert re.match(r"FROM (node|python):\d+\.\d+\.\d+-\w*-?slim(-\w+)?( AS \w+)?$", base), base
    assert set(re.findall(r"--from=(\w+)", DOCKERFILE)) <= set(names)
    assert bases[1].split()[1] == bases[2].split()[1]  # or the bytecode and the libraries are for another one


def test_the_image_has_no_tools_to_build_with_and_runs_as_nobody() -> None:
    last = STAGES[-1]
    assert not [line for line in last if line.startswith(("RUN", "ADD", "COPY . "))]
    (user,) = (line.split()[1] for line in last if line.startswith("USER "))
    uid, _, gid = user.partition(":")  # by number: whoever runs the image can see that it is not root
    assert (int(uid) > 0, int(gid) > 0) == (True, True)


def test_the_image_has_what_was_locked_and_where_the_code_looks_for_it() -> None:
    assert "--require-hashes --requirement /tmp/requirements.lock" in DOCKERFILE
    assert "RUN npm ci\n" in DOCKERFILE
    assert (
        "COPY --from=assets /app/frontend/dist frontend/dist" in DOCKERFILE
    )  # beside the rooms: wiring.settings.ROOT


def test_everything_that_is_packed_is_let_into_the_image() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    packed = {
        path.partition("/")[0]
        for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    }
    allowed = allowed_into_the_image()
    assert packed | {"frontend", "pyproject.toml", "requirements.lock"} <= set(allowed)
    assert [name for name in allowed if not (REPOSITORY / name).exists()] == []


@pytest.mark.parametrize("file", ["docker-compose.yml", ".env.example", "Dockerfile"])
def test_every_page_that_is_named_is_there(file: str) -> None:
    named = PLACES.finditer((REPOSITORY / file).read_text())
    assert [
        place[0] for place in named if not is_there(REPOSITORY / "docs" / place["page"], place["anchor"])
    ] == []


def test_what_is_not_named_stays_out_of_the_image() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
