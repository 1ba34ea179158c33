"""The worklist's order as an index, so that its first page is read without reading every open referral."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX referral_worklist ON referral (
            in_danger DESC,
            (escalated_at IS NOT NULL) DESC,
            promised DESC,
            high_risk DESC,
            lapses DESC,
            (stage = 'held'),
            next_action_due_at,
            id,
            (CASE
                WHEN stage = 'held' OR escalated_at IS NOT NULL THEN '-infinity'::timestamptz
                WHEN stage = 'contacting' AND next_action_kind IS DISTINCT FROM 'call' THEN '-infinity'::timestamptz
                WHEN stage = 'contacting' THEN next_action_due_at
                ELSE NULL
            END)
        ) WHERE stage <> 'closed'
        """
    )
    op.execute(
        "CREATE INDEX ongoing_support_escalated ON ongoing_support (support_id) WHERE escalated_at IS NOT NULL"
    )
