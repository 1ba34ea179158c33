"""The letters a service prints itself: one batch a day, safe to make, fetch and confirm again."""

from datetime import datetime

from sqlmodel import SQLModel

from store.columns import moment, table_of, text, uuid_key, whole


class PrintBatchRow(SQLModel, table=True):
    """One batch."""

    __tablename__ = "print_batch"

    id: str = uuid_key()
    made_at: datetime = moment()
    made_by: str = text()
    letters: int = whole()
    pages: int = whole()
    sha256: str = text()
    """Of the whole PDF."""
    manifest: str = text()
    """JSON: ids, pages and checksums of the letters in post order; nothing of a person."""
    posted_at: datetime | None = moment(nullable=True)
    posted_by: str | None = text(nullable=True)


PRINT_BATCH = table_of(PrintBatchRow)
