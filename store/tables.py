"""Every table, gathered for the migrations: importing this knows them all."""

from sqlmodel import SQLModel

from store import (
    command_row,
    idempotency,
    message_row,
    ongoing_support,
    outbox,
    person_mark,
    referral_row,
    session,
    timeline,
    tokens,
    worker_pulse,
)

ROWS = (
    referral_row.ReferralRow,
    outbox.OutboxRow,
    command_row.CommandRow,
    timeline.TimelineRow,
    message_row.MessageRow,
    person_mark.PersonMarkRow,
    ongoing_support.SupportRow,
    idempotency.IdempotencyRow,
    tokens.TokenRow,
    session.SessionRow,
    worker_pulse.WorkerPulseRow,
    worker_pulse.WorkerTallyRow,
)
"""In the order in which they can be made."""

METADATA = SQLModel.metadata
"""What the migrations have to agree with."""
