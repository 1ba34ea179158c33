"""The table of what providers reported."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from store.columns import moment, table_of, text


class ProviderReportRow(SQLModel, table=True):
    """One report."""

    __tablename__ = "provider_report"
    __table_args__ = (
        Index("provider_report_message", "message_key"),
        Index("provider_report_unmatched", "received_at", postgresql_where="provider_id IS NOT NULL"),
    )

    event_hash: str = text(primary_key=True)
    """Of the channel and the provider's own id of the event."""
    message_key: str | None = text(nullable=True)
    """Of a message, or of a notice to a tradesperson; `None`: of one that is not ours, or not known yet or any more."""
    channel: str = text()
    report: str = text()
    happened_at: datetime | None = moment(nullable=True)
    received_at: datetime = moment()
    provider_id: str | None = text(nullable=True)
    """What the provider calls the message, while nobody here knows it by that: it may be settled a moment later."""


PROVIDER_REPORT = table_of(ProviderReportRow)
