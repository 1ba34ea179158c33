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
    provider_report_row,
    purpose_switch,
    referral_row,
    session,
    stop,
    timeline,
    tokens,
    wording_check,
    worker_pulse,
)
from store.practical_help import row as practical_help_row
from store.repair_dispatch import photo as repair_photo
from store.repair_dispatch import row as repair_row
from store.tradesperson import row as tradesperson_row

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
    provider_report_row.ProviderReportRow,
    inbound_text.InboundTextRow,
    purpose_switch.PurposeSwitchRow,
    departures.ChannelPaceRow,
    print_batch.PrintBatchRow,
    wording_check.WordingCheckRow,
    tradesperson_row.TradespersonRow,
    repair_row.RepairRow,
    repair_row.RepairOfferRow,
    repair_row.TradeNoticeRow,
    repair_row.RepairSpendRow,
    repair_photo.RepairPhotoRow,
    repair_row.TradeEventRow,
    practical_help_row.PracticalHelpRow,
)
"""In the order in which they can be made."""

METADATA = SQLModel.metadata
"""What the migrations have to agree with."""
