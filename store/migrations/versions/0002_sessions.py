"""Sessions of people at the pages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE session (
            hash text PRIMARY KEY,
            token_id text NOT NULL,
            begun_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL
        )
        """
    )
