"""Practical help: goods from suppliers, and visits with a clock."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STEPS = (
    """
    CREATE TABLE practical_help (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referral (id) ON DELETE CASCADE,
        command_id uuid NOT NULL,
        asked_at timestamptz NOT NULL,
        turn integer NOT NULL,
        revision integer NOT NULL,
        stage text NOT NULL,
        state_enc bytea,
        asks_from timestamptz,
        alarm_from timestamptz,
        alerted boolean NOT NULL,
        ended_at timestamptz
    )
    """,
    "CREATE INDEX practical_help_referral ON practical_help (referral_id)",
    """
    CREATE INDEX practical_help_live ON practical_help (asked_at)
        WHERE ended_at IS NULL OR alarm_from IS NOT NULL OR alerted
    """,
    "CREATE INDEX practical_help_alarm ON practical_help (alarm_from) WHERE alarm_from IS NOT NULL",
)


def upgrade() -> None:
    for step in _STEPS:
        op.execute(step)
