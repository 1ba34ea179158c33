"""The referral's table: what lists and rules need in clear, and what is personal, sealed."""

from datetime import datetime

from sqlalchemy import Index, literal_column
from sqlmodel import SQLModel

from domain.referral_state import ReferralState
from store.columns import moment, sealed, table_of, text, truth, uuid_key, whole
from store.encryption import PersonCipher
from store.json_form import state_from_json
from store.referral_document import Document

WANTED_AT = """
CASE
    WHEN stage = 'held' OR escalated_at IS NOT NULL THEN '-infinity'::timestamptz
    WHEN stage = 'contacting' AND next_action_kind IS DISTINCT FROM 'call' THEN '-infinity'::timestamptz
    WHEN stage = 'contacting' THEN next_action_due_at
    ELSE NULL
END"""
"""From when a person is wanted, whatever ongoing support says; null while nobody is."""
MOST_URGENT_FIRST = (
    "in_danger DESC",
    "(escalated_at IS NOT NULL) DESC",
    "promised DESC",
    "high_risk DESC",
    "lapses DESC",
    "(stage = 'held')",
    "next_action_due_at",
    "id",
)
"""The order of the worklist."""


class ReferralRow(SQLModel, table=True):
    """One referral.  Clear columns hold categories, counts, times, opaque ids and keyed hashes only."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("referral_reference_key", "reference", unique=True),
        Index("referral_source_key", "source_key", unique=True),
        Index("referral_received", "received_at", "id"),
        Index("referral_live", "stage", postgresql_where="stage <> 'closed'"),
        Index("referral_owner", "owner", "received_at", "id"),
        Index(
            "referral_worklist",
            *map(literal_column, MOST_URGENT_FIRST),
            literal_column(f"({WANTED_AT})"),
            postgresql_where="stage <> 'closed'",
        ),
        Index("referral_alerted", "alerted_at", postgresql_where="alerted_at IS NOT NULL"),
        Index("referral_closed", "closed_at", "outcome", postgresql_where="stage = 'closed'"),
    )

    id: str = uuid_key()
    reference: str = text()
    received_at: datetime = moment()
    owner: str = text()
    """`organisation:…` or `token:…`: whose referral it is."""
    source_key: str | None = text(nullable=True)
    """Keyed hash of organisation, reference and person reference; null without a reference."""
    content_hash: str = text()
    """Keyed hash of what was sent at first, to know a repetition."""
    wrapped_key: bytes = sealed()
    document_enc: bytes = sealed()
    """The referral as last corrected."""
    state_enc: bytes | None = sealed(nullable=True)
    """The workflow's state, policy included; null until its first turn."""
    turn: int = whole()
    revision: int = whole()
    stage: str = text()
    outcome: str | None = text(nullable=True)
    lane: str = text()
    """`information` until left for good."""
    opening: int = whole()
    sensitive: bool = truth()
    high_risk: bool = truth()
    in_danger: bool = truth()
    """Held for immediate danger."""
    attempts_counted: int = whole()
    reached: bool = truth()
    reached_since_opening: bool = truth()
    decision: str | None = text(nullable=True)
    """The coordinator's decision since (re)opening."""
    next_action_kind: str | None = text(nullable=True)
    next_action_due_at: datetime | None = moment(nullable=True)
    next_phone_id: str | None = text(nullable=True)
    promised: bool = truth()
    lapses: int = whole()
    escalated_at: datetime | None = moment(nullable=True)
    alerted_at: datetime | None = moment(nullable=True)
    """A quiet alert: for supervisors alone."""
    question_open: bool = truth()
    support_id: str | None = text(nullable=True)
    closed_at: datetime | None = moment(nullable=True)


REFERRAL = table_of(ReferralRow)


def state_of(cipher: PersonCipher, referral_id: str, state_enc: bytes | None) -> ReferralState | None:
    """Open a referral's state; `None` until its workflow's first turn."""
    if state_enc is None:
        return None
    return state_from_json(cipher.open_packed("referral.state_enc", referral_id, state_enc))


def document_of(cipher: PersonCipher, referral_id: str, document_enc: bytes) -> Document:
    """Open a referral as last corrected."""
    return cipher.open_json("referral.document_enc", referral_id, document_enc)
