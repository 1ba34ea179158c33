"""What the workers tell of themselves, and the indexes that keep counting cheap."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STEPS = (
    """
    CREATE TABLE worker_pulse (
        worker_id uuid PRIMARY KEY,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        workflow_slots_free integer NOT NULL,
        activity_slots_free integer NOT NULL,
        workflows_cached integer NOT NULL
    )
    """,
    """
    CREATE TABLE worker_tally (
        name text NOT NULL,
        label text NOT NULL,
        total double precision NOT NULL,
        PRIMARY KEY (name, label)
    )
    """,
    # Without them `/metrics` reads every message and every referral there ever was: 300 ms of 50,000 closed ones,
    # and what is worked with falls out of the cache.
    "CREATE INDEX message_state ON message (state, channel)",
    "CREATE INDEX referral_closed ON referral (closed_at, outcome) WHERE stage = 'closed'",
)


def upgrade() -> None:
    for step in _STEPS:
        op.execute(step)
