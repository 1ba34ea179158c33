"""Referrals, their commands, timeline, messages and support; tokens and idempotency keys.

Columns ending `_enc` are encrypted, `_hash` and `source_key` are keyed hashes: nothing personal is in clear.
"""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    """
    CREATE TABLE referral (
        id uuid PRIMARY KEY,
        reference text NOT NULL,
        received_at timestamptz NOT NULL,
        owner text NOT NULL,
        source_key text,
        content_hash text NOT NULL,
        wrapped_key bytea NOT NULL,
        document_enc bytea NOT NULL,
        state_enc bytea,
        turn integer NOT NULL,
        revision integer NOT NULL,
        stage text NOT NULL,
        outcome text,
        lane text NOT NULL,
        opening integer NOT NULL,
        sensitive boolean NOT NULL,
        high_risk boolean NOT NULL,
        in_danger boolean NOT NULL,
        attempts_counted integer NOT NULL,
        reached boolean NOT NULL,
        reached_since_opening boolean NOT NULL,
        decision text,
        next_action_kind text,
        next_action_due_at timestamptz,
        next_phone_id text,
        promised boolean NOT NULL,
        lapses integer NOT NULL,
        escalated_at timestamptz,
        question_open boolean NOT NULL,
        support_id text,
        closed_at timestamptz
    ) WITH (fillfactor = 70, toast_tuple_target = 4080)
    """,
    # A turn rewrites the row some ten times in its life; left on one page, with room to spare and no index
    # over what changes each time, that stays cheap.
    "CREATE UNIQUE INDEX referral_reference_key ON referral (reference)",
    "CREATE UNIQUE INDEX referral_source_key ON referral (source_key)",
    "CREATE INDEX referral_received ON referral (received_at, id)",
    "CREATE INDEX referral_owner ON referral (owner, received_at, id)",
    "CREATE INDEX referral_live ON referral (stage) WHERE stage <> 'closed'",
    """
    CREATE TABLE outbox (
        referral_id uuid PRIMARY KEY REFERENCES referral ON DELETE CASCADE,
        made_at timestamptz NOT NULL,
        next_try_at timestamptz NOT NULL,
        tries integer NOT NULL
    )
    """,
    "CREATE INDEX outbox_next_try ON outbox (next_try_at)",
    """
    CREATE TABLE command (
        id uuid PRIMARY KEY,
        target_id text NOT NULL,
        referral_id uuid NOT NULL REFERENCES referral ON DELETE CASCADE,
        ordinal integer NOT NULL,
        kind text NOT NULL,
        event_enc bytea NOT NULL,
        words_enc bytea,
        by_token text NOT NULL,
        by_role text NOT NULL,
        by_name text NOT NULL,
        by_organisation text,
        made_at timestamptz NOT NULL,
        next_try_at timestamptz NOT NULL,
        tries integer NOT NULL,
        state text NOT NULL,
        code text,
        why_enc bytea,
        revision integer,
        counted boolean,
        why_not_counted text,
        settled_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX command_ordinal_key ON command (target_id, ordinal)",
    "CREATE INDEX command_referral ON command (referral_id)",
    "CREATE INDEX command_pending ON command (next_try_at) WHERE state = 'pending'",
    """
    CREATE TABLE timeline (
        id bigint GENERATED ALWAYS AS IDENTITY,
        referral_id uuid NOT NULL REFERENCES referral ON DELETE CASCADE,
        stream text NOT NULL,
        turn integer NOT NULL,
        n integer NOT NULL,
        at timestamptz NOT NULL,
        what_enc bytea NOT NULL,
        why_enc bytea,
        by_role text,
        by_name text,
        command_id uuid,
        PRIMARY KEY (referral_id, stream, turn, n)
    )
    """,
    "CREATE UNIQUE INDEX timeline_order ON timeline (referral_id, id)",
    """
    CREATE TABLE message (
        key text PRIMARY KEY,
        id uuid NOT NULL,
        referral_id uuid NOT NULL REFERENCES referral ON DELETE CASCADE,
        channel text NOT NULL,
        purpose text NOT NULL,
        state text NOT NULL,
        why_enc bytea NOT NULL,
        made_at timestamptz NOT NULL,
        leaves_at timestamptz,
        sending_at timestamptz,
        settled_at timestamptz,
        provider_id text NOT NULL,
        simulated boolean NOT NULL,
        words_enc bytea,
        pdf_enc bytea
    )
    """,
    "CREATE UNIQUE INDEX message_id_key ON message (id)",
    "CREATE INDEX message_referral ON message (referral_id, made_at)",
    "CREATE INDEX message_made ON message (made_at)",
    """
    CREATE TABLE person_mark (
        referral_id uuid NOT NULL REFERENCES referral ON DELETE CASCADE,
        kind text NOT NULL,
        hash text NOT NULL,
        PRIMARY KEY (referral_id, kind, hash)
    )
    """,
    "CREATE INDEX person_mark_hash ON person_mark (hash, kind)",
    """
    CREATE TABLE ongoing_support (
        support_id text PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referral ON DELETE CASCADE,
        kind text NOT NULL,
        owner_enc bytea,
        first_contact_on date NOT NULL,
        begun_at timestamptz NOT NULL,
        turn integer NOT NULL,
        state_enc bytea,
        review_at timestamptz,
        ended_at timestamptz,
        escalated_at timestamptz,
        escalation_enc bytea
    )
    """,
    "CREATE INDEX ongoing_support_referral ON ongoing_support (referral_id)",
    "CREATE INDEX ongoing_support_review ON ongoing_support (review_at) WHERE ended_at IS NULL",
    """
    CREATE TABLE idempotency (
        token_id text NOT NULL,
        key_hash text NOT NULL,
        fingerprint text NOT NULL,
        subject_kind text NOT NULL,
        subject_id text NOT NULL,
        status integer,
        answer_enc bytea,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (token_id, key_hash)
    )
    """,
    """
    CREATE TABLE token (
        id text PRIMARY KEY,
        hash text NOT NULL,
        role text NOT NULL,
        name text NOT NULL,
        organisation text,
        issued_at timestamptz NOT NULL,
        revoked_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX token_hash_key ON token (hash)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
