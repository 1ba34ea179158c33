import threading

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from tests.store.lives import Office, another_person
from wiring.database import make_engine


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_both_ways_of_writing_the_address_work(database_url: str, scheme: str) -> None:
    engine = make_engine(scheme + "://" + database_url.partition("://")[2])
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW timezone")) == "UTC"
        assert connection.scalar(text("SHOW application_name")) == "holdfast"
        assert connection.scalar(text("SHOW statement_timeout")) == "10s"
    engine.dispose()


def test_connections_that_postgres_dropped_are_replaced_unnoticed(office: Office, database_url: str) -> None:
    # After a restart of Postgres every pooled connection is dead; no request may fail for it.
    _in_parallel(office, 6)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    _in_parallel(office, 6)


def test_a_database_that_is_away_is_said_so_soon(database_url: str) -> None:
    engine = make_engine("postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as caught:
        engine.connect()
    assert "secret" not in str(caught.value)


def test_an_engine_does_not_show_its_password(engine: Engine, database_url: str) -> None:
    password = psycopg.conninfo.conninfo_to_dict(database_url).get("password")
    assert password
    assert password not in repr(engine)


def _in_parallel(office: Office, times: int) -> None:
    failures: list[Exception] = []
    together = threading.Barrier(times)

    def read(number: int) -> None:
        together.wait()
        try:
            office.statistics.funnel()
            office.receives(another_person(number))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
