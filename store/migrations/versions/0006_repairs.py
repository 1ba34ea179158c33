"""Repairs: the register of tradespeople, repairs, offers, what tradespeople are told, spend, photos."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STEPS = (
    """
    CREATE TABLE tradesperson (
        id uuid PRIMARY KEY,
        person_enc bytea NOT NULL,
        phone_hash text NOT NULL,
        firm_id text,
        channel text NOT NULL,
        skills text[] NOT NULL,
        base text NOT NULL,
        areas text[] NOT NULL,
        most_km integer NOT NULL,
        hours jsonb NOT NULL,
        on_call jsonb NOT NULL,
        vetting_until date,
        insurance_until date,
        safeguarding_until date,
        capacity integer NOT NULL,
        languages text[] NOT NULL,
        active boolean NOT NULL,
        revision integer NOT NULL,
        made_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX tradesperson_phone ON tradesperson (phone_hash)",
    "CREATE UNIQUE INDEX tradesperson_firm ON tradesperson (firm_id) WHERE firm_id IS NOT NULL",
    "CREATE INDEX tradesperson_skills ON tradesperson USING gin (skills)",
    """
    CREATE TABLE repair (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referral (id) ON DELETE CASCADE,
        command_id uuid NOT NULL,
        reference text NOT NULL,
        kinds text[] NOT NULL,
        urgency text NOT NULL,
        area text NOT NULL,
        address_hash text NOT NULL,
        job_enc bytea NOT NULL,
        request_enc bytea NOT NULL,
        state_enc bytea,
        turn integer NOT NULL,
        revision integer NOT NULL,
        stage text NOT NULL,
        holds text[] NOT NULL,
        asks text[] NOT NULL,
        asks_since timestamptz,
        wants integer NOT NULL,
        waiting_since timestamptz,
        asked_at timestamptz NOT NULL,
        clock_from timestamptz NOT NULL,
        on_site_by timestamptz NOT NULL,
        done_by timestamptz NOT NULL,
        offered_at timestamptz,
        accepted_at timestamptz,
        eta_at timestamptz,
        arrived_at timestamptz,
        made_safe_at timestamptz,
        finished_at timestamptz,
        follow_up_at timestamptz,
        ended_at timestamptz,
        confirmed_offer uuid,
        confirmed_trade uuid,
        told boolean NOT NULL,
        committed_pence bigint NOT NULL,
        reopened integer NOT NULL,
        measured_from timestamptz NOT NULL,
        measured_on_site_by timestamptz,
        measured_done_by timestamptz,
        first_accepted_at timestamptz,
        first_arrived_at timestamptz,
        first_done_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX repair_reference ON repair (reference)",
    "CREATE INDEX repair_referral ON repair (referral_id)",
    "CREATE INDEX repair_live ON repair (urgency, clock_from) WHERE ended_at IS NULL",
    "CREATE INDEX repair_waiting ON repair (waiting_since) WHERE wants > 0 AND ended_at IS NULL",
    "CREATE INDEX repair_asks ON repair (asks_since) WHERE asks_since IS NOT NULL",
    "CREATE INDEX repair_address ON repair (address_hash, asked_at)",
    "CREATE INDEX repair_asked ON repair (asked_at)",
    """
    CREATE TABLE repair_offer (
        id uuid PRIMARY KEY,
        repair_id uuid NOT NULL REFERENCES repair (id) ON DELETE CASCADE,
        trade_id uuid NOT NULL REFERENCES tradesperson (id),
        channel text NOT NULL,
        round integer NOT NULL,
        turn integer NOT NULL,
        place integer NOT NULL,
        state text NOT NULL,
        reserved_at timestamptz NOT NULL,
        made_at timestamptz,
        answer_by timestamptz,
        settled_at timestamptz,
        reason text,
        why text NOT NULL,
        token_hash text NOT NULL,
        link_until timestamptz NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX repair_offer_confirmed ON repair_offer (repair_id) WHERE state = 'confirmed'",
    "CREATE UNIQUE INDEX repair_offer_token ON repair_offer (token_hash)",
    "CREATE INDEX repair_offer_repair ON repair_offer (repair_id)",
    "CREATE INDEX repair_offer_load ON repair_offer (trade_id) WHERE state IN ('reserved', 'offered', 'confirmed')",
    "CREATE INDEX repair_offer_record ON repair_offer (trade_id, made_at)",
    """
    CREATE TABLE trade_notice (
        key text PRIMARY KEY,
        repair_id uuid NOT NULL REFERENCES repair (id) ON DELETE CASCADE,
        offer_id uuid NOT NULL REFERENCES repair_offer (id) ON DELETE CASCADE,
        kind text NOT NULL,
        verdict text,
        why text NOT NULL,
        tries integer NOT NULL,
        wanted_at timestamptz NOT NULL,
        told_at timestamptz,
        simulated boolean NOT NULL,
        provider_id text,
        shown_enc bytea
    )
    """,
    "CREATE INDEX trade_notice_repair ON trade_notice (repair_id)",
    """
    CREATE TABLE repair_spend (
        id text PRIMARY KEY,
        repair_id uuid NOT NULL,
        month date NOT NULL,
        kind text NOT NULL,
        pence bigint NOT NULL,
        trade_id uuid,
        invoice_reference text NOT NULL,
        made_at timestamptz NOT NULL,
        by_name text NOT NULL,
        area text NOT NULL,
        repair_reference text NOT NULL,
        reason_enc bytea
    )
    """,
    "CREATE INDEX repair_spend_month ON repair_spend (month)",
    "CREATE INDEX repair_spend_repair ON repair_spend (repair_id)",
    "CREATE INDEX repair_spend_invoice ON repair_spend (invoice_reference) WHERE invoice_reference <> ''",
    """
    CREATE FUNCTION repair_spend_stands() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is only added to'; END $$
    """,
    """
    CREATE TRIGGER repair_spend_stands BEFORE UPDATE OR DELETE ON repair_spend
        FOR EACH ROW EXECUTE FUNCTION repair_spend_stands()
    """,
    """
    CREATE TABLE repair_photo (
        id uuid PRIMARY KEY,
        repair_id uuid NOT NULL REFERENCES repair (id) ON DELETE CASCADE,
        offer_id uuid NOT NULL REFERENCES repair_offer (id) ON DELETE CASCADE,
        content_hash text NOT NULL,
        photo_enc bytea NOT NULL,
        width integer NOT NULL,
        height integer NOT NULL,
        taken_in_at timestamptz NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX repair_photo_content ON repair_photo (repair_id, content_hash)",
    """
    CREATE TABLE trade_event (
        event_hash text PRIMARY KEY,
        offer_id uuid,
        command_id uuid,
        received_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for step in _STEPS:
        op.execute(step)
