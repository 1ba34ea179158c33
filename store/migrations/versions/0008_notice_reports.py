"""What providers report of texts to tradespeople finds its notice."""

from alembic import op

revision = "0008"
down_revision = "0007"

_STEPS = (
    "ALTER TABLE trade_notice ADD COLUMN public_id uuid",
    "ALTER TABLE trade_notice ADD COLUMN report text",
    "ALTER TABLE trade_notice ADD COLUMN reported_at timestamptz",
    "CREATE UNIQUE INDEX trade_notice_public ON trade_notice (public_id)",
    "CREATE INDEX trade_notice_provider ON trade_notice (provider_id) WHERE provider_id IS NOT NULL",
)


def upgrade() -> None:
    for step in _STEPS:
        op.execute(step)
