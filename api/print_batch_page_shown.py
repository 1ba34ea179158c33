"""Printed batches as their pages show them.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.message_entry import POST_ROOM
from api.times import Time, time_in_words
from store.print_batch import PrintBatch

BATCHES = f"{POST_ROOM}/batches"
TAKEN_OUT, IN_THE_BOX = "pulled", "in_the_box"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """One batch in a list."""

    address: str
    made: Time
    by: str
    letters: int
    pages: int
    state: str
    colour: str
    posted: Time | None
    posted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InPile:
    """One letter of a batch."""

    number: int
    field: str
    on_pages: str
    """Where it lies in the pile."""
    reference: str
    address: str
    sha256: str
    stopped: str
    """Why it may not leave any more; empty: it may."""
    fate: str
    """What became of it, once that was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInPile:
    """One letter that did not come into the batch."""

    address: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch with its letters."""

    pile: Pile
    sha256: str
    letters: tuple[InPile, ...]
    left_out: tuple[NotInPile, ...]
    pdf: str
    is_overdue: bool
    is_posted: bool

    @property
    def stopped(self) -> tuple[InPile, ...]:
        """The letters that have to be taken out before posting."""
        return tuple(letter for letter in self.letters if letter.stopped)


def pile_of(batch: PrintBatch, *, is_overdue: bool, zone: ZoneInfo, now: datetime) -> Pile:
    """Say of one batch what it is and how far it has come."""
    if batch.posted_at is not None:
        state, colour = "Posted", "govuk-tag--green"
    elif is_overdue:
        state, colour = "Overdue: nobody has said that it was posted", "govuk-tag--red"
    else:
        state, colour = "Printed, to be posted", "govuk-tag--yellow"
    return Pile(
        address=f"{BATCHES}/{batch.id}",
        made=time_in_words(batch.made_at, zone=zone, now=now),
        by=batch.made_by,
        letters=len(batch.items),
        pages=batch.pages,
        state=state,
        colour=colour,
        posted=time_in_words(batch.posted_at, zone=zone, now=now) if batch.posted_at else None,
        posted_by=batch.posted_by or "",
    )


def batch_of(
    batch: PrintBatch,
    pile: Pile,
    *,
    references: Mapping[str, str],
    stopped: Mapping[str, str],
    is_overdue: bool,
) -> Batch:
    """Say of one batch where every letter lies, and which of them have to be taken out."""
    letters, page = [], 1
    for item in batch.items:
        last = page + item.pages - 1
        letters.append(
            InPile(
                number=item.number,
                field=f"letter.{item.number}",
                on_pages=f"{page}" if page == last else f"{page} to {last}",
                reference=references.get(item.message, ""),
                address=f"{POST_ROOM}/{item.message}",
                sha256=item.sha256,
                stopped=stopped.get(item.message, ""),
                fate=_fate(batch, item.message),
            )
        )
        page = last + 1
    return Batch(
        pile=pile,
        sha256=batch.sha256,
        letters=tuple(letters),
        left_out=tuple(
            NotInPile(address=f"{POST_ROOM}/{left.message}", why=left.why) for left in batch.left_out
        ),
        pdf=f"{pile.address}/letters.pdf",
        is_overdue=is_overdue,
        is_posted=batch.posted_at is not None,
    )


def _fate(batch: PrintBatch, message: str) -> str:
    if batch.posted_at is None:
        return ""
    if message in batch.confirmation.pulled:
        return "Taken out before posting"
    late = message in batch.confirmation.in_the_box
    return "Posted, though it had been stopped" if late else "Posted"
