"""Every table, gathered for the migrations: importing this knows them all."""

from sqlmodel import SQLModel

from store import (
    command_row,
    departures,
    idempotency,
    inbound_text,
    message_row,
    ongoing_support,
    opt_out,
    outbox,
    person_mark,
    print_batch,
    provider_report,
    purpose_switch,
    referral_row,
    session,
    stop,
    timeline,
    tokens,
    wording_check,
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
    stop.StopRow,
    opt_out.OptOutRow,
    provider_report.ProviderReportRow,
    inbound_text.InboundTextRow,
    purpose_switch.PurposeSwitchRow,
    departures.ChannelPaceRow,
    print_batch.PrintBatchRow,
    wording_check.WordingCheckRow,
)
"""In the order in which they can be made."""

METADATA = SQLModel.metadata
"""What the migrations have to agree with."""
