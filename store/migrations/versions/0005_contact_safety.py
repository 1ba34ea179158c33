"""Contact safety: stops, opt-outs, what providers report, what comes in, and how messages leave after an outage."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STEPS = (
    """
    ALTER TABLE message
        ADD COLUMN urgency integer NOT NULL DEFAULT 50,
        ADD COLUMN next_try_at timestamptz,
        ADD COLUMN queued_at timestamptz,
        ADD COLUMN batch_id uuid,
        ADD COLUMN address_id text,
        ADD COLUMN report text,
        ADD COLUMN reported_at timestamptz,
        ADD COLUMN unsubscribe_hash text
    """,
    "ALTER TABLE message ALTER COLUMN urgency DROP DEFAULT",
    "CREATE INDEX message_waiting ON message (channel, next_try_at) WHERE next_try_at IS NOT NULL",
    "CREATE INDEX message_queued ON message (queued_at) WHERE queued_at IS NOT NULL",
    "CREATE INDEX message_batch ON message (batch_id) WHERE batch_id IS NOT NULL",
    "CREATE INDEX message_provider ON message (provider_id) WHERE provider_id <> ''",
    "CREATE INDEX message_unsubscribe ON message (unsubscribe_hash) WHERE unsubscribe_hash IS NOT NULL",
    "ALTER TABLE referral ADD COLUMN alerted_at timestamptz",
    "CREATE INDEX referral_alerted ON referral (alerted_at) WHERE alerted_at IS NOT NULL",
    """
    CREATE TABLE stop (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referral (id) ON DELETE CASCADE,
        cause text NOT NULL,
        ordinal integer NOT NULL,
        made_at timestamptz NOT NULL,
        lifted_at timestamptz
    )
    """,
    "CREATE INDEX stop_standing ON stop (referral_id) WHERE lifted_at IS NULL",
    """
    CREATE TABLE opt_out (
        hash text NOT NULL,
        channel text NOT NULL,
        way text NOT NULL,
        made_at timestamptz NOT NULL,
        lifted_at timestamptz,
        PRIMARY KEY (hash, channel)
    )
    """,
    """
    CREATE TABLE provider_report (
        event_hash text PRIMARY KEY,
        message_key text,
        channel text NOT NULL,
        report text NOT NULL,
        happened_at timestamptz,
        received_at timestamptz NOT NULL,
        provider_id text
    )
    """,
    "CREATE INDEX provider_report_message ON provider_report (message_key)",
    "CREATE INDEX provider_report_unmatched ON provider_report (received_at) WHERE provider_id IS NOT NULL",
    """
    CREATE TABLE inbound_text (
        id uuid PRIMARY KEY,
        event_hash text NOT NULL,
        sender_hash text NOT NULL,
        sender_enc bytea NOT NULL,
        words_enc bytea NOT NULL,
        meaning text NOT NULL,
        referral_id uuid REFERENCES referral (id) ON DELETE SET NULL,
        received_at timestamptz NOT NULL,
        needs_person boolean NOT NULL,
        handled_at timestamptz,
        handled_by text
    )
    """,
    "CREATE UNIQUE INDEX inbound_text_event ON inbound_text (event_hash)",
    "CREATE INDEX inbound_text_open ON inbound_text (received_at) WHERE needs_person AND handled_at IS NULL",
    "CREATE INDEX inbound_text_sender ON inbound_text (sender_hash)",
    "CREATE INDEX inbound_text_received ON inbound_text (received_at, id)",
    """
    CREATE TABLE purpose_switch (
        purpose text PRIMARY KEY,
        off_since timestamptz,
        changed_at timestamptz NOT NULL,
        by_name text NOT NULL,
        reason_enc bytea NOT NULL
    )
    """,
    """
    CREATE TABLE channel_pace (
        channel text PRIMARY KEY,
        next_slot_at timestamptz NOT NULL,
        failures integer NOT NULL,
        away_since timestamptz,
        away_until timestamptz,
        probed_until timestamptz
    )
    """,
    """
    CREATE TABLE print_batch (
        id uuid PRIMARY KEY,
        made_at timestamptz NOT NULL,
        made_by text NOT NULL,
        letters integer NOT NULL,
        pages integer NOT NULL,
        sha256 text NOT NULL,
        manifest text NOT NULL,
        posted_at timestamptz,
        posted_by text,
        confirmation text
    )
    """,
    """
    CREATE TABLE wording_check (
        path text PRIMARY KEY,
        sha256 text NOT NULL,
        checked_by text NOT NULL,
        checked_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for step in _STEPS:
        op.execute(step)
