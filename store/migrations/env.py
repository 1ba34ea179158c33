"""How Alembic runs our migrations: over the connection it is handed, never by itself."""

from alembic import context

from store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
