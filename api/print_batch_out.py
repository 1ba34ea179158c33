"""Printed batches as the JSON API shows them: ids, counts and checksums, and nothing of a person."""

from datetime import datetime

from pydantic import Field

from api.print_batch_overdue import is_overdue
from api.referral_out import Json, Out, written
from api.services import Services
from store.print_batch import LeftOut, PrintBatch


class PrintedLetterOut(Out):
    """One letter in the pile."""

    number: int
    message: str
    pages: int
    sha256: str
    pull: str | None = Field(description="Why it has to be taken out before posting; null: it may leave.")


class LeftOutOut(Out):
    """One letter that did not come into the batch."""

    message: str
    why: str


class PrintBatchOut(Out):
    """One batch, and nothing of a person."""

    id: str
    made_at: datetime
    made_by: str
    pages: int
    sha256: str = Field(description="Of the whole PDF, as long as no letter was stopped or taken out.")
    letters: list[PrintedLetterOut]
    left_out: list[LeftOutOut]
    overdue: bool = Field(
        description="The next working day has come, and nobody has said that it was posted."
    )
    posted_at: datetime | None
    posted_by: str | None
    pulled: list[str]
    in_the_box: list[str]


class MakingOut(Out):
    """What came of making a batch."""

    batch: PrintBatchOut | None = Field(description="Null: there was nothing to print.")
    left_out: list[LeftOutOut]


class PrintBatchList(Out):
    """One page of batches, newest first."""

    items: list[PrintBatchOut]


def to_pull(services: Services, batch: PrintBatch) -> dict[str, str]:
    """The letters that may not leave any more, while the batch has not been posted."""
    return {} if batch.posted_at else services.batches.to_pull(batch.id, services.clock())


def left_out_shown(left_out: tuple[LeftOut, ...]) -> list[Json]:
    """Name the letters that did not come into a batch."""
    return [{"message": left.message, "why": left.why} for left in left_out]


def batch_shown(services: Services, batch: PrintBatch) -> Json:
    """Show a batch as it stands now."""
    pull = to_pull(services, batch)
    return {
        "id": batch.id,
        "made_at": written(batch.made_at),
        "made_by": batch.made_by,
        "pages": batch.pages,
        "sha256": batch.sha256,
        "letters": [
            {
                "number": item.number,
                "message": item.message,
                "pages": item.pages,
                "sha256": item.sha256,
                "pull": pull.get(item.message),
            }
            for item in batch.items
        ],
        "left_out": left_out_shown(batch.left_out),
        "overdue": is_overdue(services, batch),
        "posted_at": written(batch.posted_at),
        "posted_by": batch.posted_by,
        "pulled": list(batch.confirmation.pulled),
        "in_the_box": list(batch.confirmation.in_the_box),
    }
