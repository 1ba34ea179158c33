"""The table of printed batches, and what is read of one: ids, counts and checksums, nothing of a person."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from store.columns import AnyRow, moment, table_of, text, uuid_key, whole


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
    confirmation: str | None = text(nullable=True)
    """JSON: which letters were pulled out, and which were in the box already."""


PRINT_BATCH = table_of(PrintBatchRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedItem:
    """One letter of a batch."""

    number: int
    """Its place in the pile, from 1."""
    message: str
    """The message's public id."""
    pages: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One letter that did not come into a batch, and why."""

    message: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a person says of a batch that went to the post."""

    pulled: tuple[str, ...] = ()
    """The letters that were taken out before; by their public ids, in order."""
    in_the_box: tuple[str, ...] = ()
    """Those that should have been taken out and were posted already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintBatch:
    """One batch as it was made."""

    id: str
    made_at: datetime
    made_by: str
    pages: int
    sha256: str
    items: tuple[PrintedItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    posted_at: datetime | None = None
    posted_by: str | None = None
    confirmation: Confirmation = Confirmation()


def row_of(batch: PrintBatch) -> dict[str, Any]:
    """The columns of a new batch."""
    manifest = {
        "letters": [asdict(item) for item in batch.items],
        "left_out": [asdict(left) for left in batch.left_out],
    }
    return {
        "id": batch.id,
        "made_at": batch.made_at,
        "made_by": batch.made_by,
        "letters": len(batch.items),
        "pages": batch.pages,
        "sha256": batch.sha256,
        "manifest": json.dumps(manifest),
    }


def batch_of(row: AnyRow) -> PrintBatch:
    """Read a row."""
    manifest = json.loads(row.manifest)
    said = json.loads(row.confirmation) if row.confirmation else {}
    return PrintBatch(
        id=row.id,
        made_at=row.made_at,
        made_by=row.made_by,
        pages=row.pages,
        sha256=row.sha256,
        items=tuple(PrintedItem(**item) for item in manifest["letters"]),
        left_out=tuple(LeftOut(**left) for left in manifest["left_out"]),
        posted_at=row.posted_at,
        posted_by=row.posted_by,
        confirmation=Confirmation(**{name: tuple(ids) for name, ids in said.items()}),
    )


def confirmation_to_json(confirmation: Confirmation) -> str:
    """Write down what a person said."""
    return json.dumps(asdict(confirmation))
