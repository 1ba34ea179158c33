"""The Postgres of a data directory, and where its programs are found."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from cli import postgres_binaries
from cli.data_directory import DataDirectory
from cli.embedded_postgres import EmbeddedPostgres
from cli.failures import CommandFailed
from cli.processes import Account, is_running, wait_until, working_in

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
NOBODY = Account("nobody", 65534, 65534)


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path)


def test_nobody_gets_in_without_the_password(postgres_server: EmbeddedPostgres) -> None:
    wrong = postgres_server.url("postgres").replace(":", ":x", 2).replace(":x//", "://")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_it_listens_on_a_private_socket_only(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.superuser_url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert Path(postgres_server.socket_directory).stat().st_mode & 0o777 == 0o700


def test_what_a_failing_statement_said_is_not_in_the_log(postgres_server: EmbeddedPostgres) -> None:
    """Errors quote rows and values; a log file is not where personal data belongs."""
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY)")
        for statement in (
            "INSERT INTO person VALUES ('Ada Example'), ('Ada Example')",
            "SELECT 'Ada Example'::int",
            "SELECT 1 FROM nowhere WHERE name = 'Ada Example'",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        connection.execute("DROP TABLE person")
    assert "Ada" not in (postgres_server.data.path / "postgres.log").read_text()


def test_committed_rows_survive_the_death_of_the_server(data: DataDirectory) -> None:
    server = EmbeddedPostgres(data)
    with server.running(data.path / "log"), psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        for process in working_in(data.cluster):
            os.kill(process.pid, 9)
    # Another program has got the dead server's pid meanwhile, as happens in containers.
    (data.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n1\n5432\n/tmp\n\n\n")
    again = EmbeddedPostgres(data)
    with again.running(data.path / "log"), psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_server_that_outlived_its_supervisor_is_ended_before_the_next_is_started(
    data: DataDirectory,
) -> None:
    first = EmbeddedPostgres(data)
    first.prepare()
    left = subprocess.Popen(
        first.command(),
        pass_fds=first.descriptors,
        cwd="/",
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_until(first.is_ready, seconds=10)
        processes = list(working_in(data.cluster))
        second = EmbeddedPostgres(data)
        with second.running(data.path / "log"):
            assert not any(map(is_running, processes))
            assert second.is_ready()
    finally:
        left.kill()
        left.wait()
        first.close()


def test_a_half_made_cluster_is_made_again(data: DataDirectory) -> None:
    half = data.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    server = EmbeddedPostgres(data)
    with server.running(data.path / "log"):
        assert server.is_ready()


def test_a_cluster_of_another_version_is_refused(data: DataDirectory) -> None:
    data.cluster.mkdir()
    (data.cluster / "PG_VERSION").write_text("17\n")
    data.superuser_password.write_text("x")
    server = EmbeddedPostgres(data)
    with pytest.raises(CommandFailed, match="made by Postgres 17"), server.running(data.path / "log"):
        pass


@as_root
def test_a_cluster_restored_by_root_is_given_back_to_its_server(data: DataDirectory) -> None:
    server = EmbeddedPostgres(data)
    with server.running(data.path / "log"):
        pass
    for folder, _, files in os.walk(data.cluster):
        for path in (Path(folder), *(Path(folder) / name for name in files)):
            os.chown(path, 0, 0)
    restored = EmbeddedPostgres(data)
    with restored.running(data.path / "log"):
        assert data.cluster.stat().st_uid == restored.account.uid != 0


@pytest.fixture
def private_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package below a folder only root may enter, and a cache of this test's own."""
    real = postgres_binaries._installed()
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(real, private / "embedded_postgres", ignore=shutil.ignore_patterns("include"))
    for libraries in real.parent.glob("embedded_postgres.*libs"):
        shutil.copytree(libraries, private / libraries.name)
    cache = Path(f"/tmp/holdfast-test-cache-{os.getpid()}")
    monkeypatch.setattr(postgres_binaries, "_installed", lambda: private / "embedded_postgres")
    monkeypatch.setattr(postgres_binaries, "_CACHES", (cache,))
    yield cache
    shutil.rmtree(cache, ignore_errors=True)


@as_root
def test_programs_that_the_servers_user_cannot_reach_are_copied_once_and_checked_before_reuse(
    private_package: Path, data: DataDirectory
) -> None:
    server = EmbeddedPostgres(data)
    with server.running(data.path / "log"):
        assert server.is_ready()
    found = postgres_binaries.find(NOBODY)
    assert found.is_relative_to(private_package)
    before = (found / "postgres").stat()
    assert before.st_uid == 0
    assert stat.S_IMODE(before.st_mode) == 0o755
    assert (postgres_binaries.find(NOBODY) / "postgres").stat().st_ino == before.st_ino
    (found / "initdb").write_bytes(b"something else")
    again = postgres_binaries.find(NOBODY)
    assert (again / "initdb").stat().st_size > 1000


@as_root
def test_a_copy_that_somebody_else_could_have_written_is_not_used(private_package: Path) -> None:
    private_package.mkdir()
    os.chown(private_package, 65534, 65534)
    found = postgres_binaries.find(NOBODY)
    assert not found.is_relative_to(private_package)
    shutil.rmtree(found.parents[3])


def test_programs_that_can_be_reached_are_used_where_they_are() -> None:
    assert postgres_binaries.find(None) == postgres_binaries._installed() / "pginstall/bin"
