import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from store import tables
from wiring.database import migrate


def test_the_models_and_the_migrations_agree(engine: Engine) -> None:
    # Otherwise a column exists only on the machine of whoever added it.
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.METADATA) == []


def test_every_table_has_a_row_class(engine: Engine) -> None:
    made = {row.__tablename__ for row in tables.ROWS}
    assert set(inspect(engine).get_table_names()) == made | {"alembic_version"}
    assert set(tables.METADATA.tables) == made


def test_several_processes_may_migrate_at_once(database_url: str, engine: Engine) -> None:
    # `holdfast api` and `holdfast worker` may be started side by side on an empty database.
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    failures: list[BaseException] = []

    def try_it() -> None:
        try:
            migrate(database_url)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert "referral" in inspect(engine).get_table_names()
