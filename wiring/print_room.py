"""The post room of a service that prints its own letters: the day's batch, one PDF in post order, and its posting.

Every letter is written anew and asks the safety gate once more as it is printed: who was reached, stopped or held
since the cut-off is not in the batch.  Making is safe to repeat, also after a crash half-way.
Source: rules 1 and 5 of docs/policy.md; docs/post.md.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from domain.errors import CannotBeWritten, HoldfastError
from domain.message_ports import Beginning, Draft, Writer
from store.message import MessageStore
from store.print_batch import Confirmation, LeftOut, PrintBatch, PrintBatchStore, PrintedItem, Queued
from store.tokens import Maker
from templates.letter_batch import pages_of, put_together

_log = structlog.get_logger(__name__)

TRIES = 3
"""How often a letter is written again because its referral has moved on meanwhile."""
_LAST = "\N{HEAVY ASTERISK}"
"""Sorts after every letter and digit of a postcode."""


class BatchDamaged(HoldfastError):
    """A letter of a batch is not what it was when it was printed; the text names the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What came of making a batch."""

    batch: PrintBatch | None
    """`None`: there was nothing to print."""
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPdf:
    """The letters of a batch as they are to be printed."""

    pdf: bytes
    left_out: Mapping[str, str]
    """Letters that were stopped since, by public id, and why: they are not in it."""


class PrintRoom:
    """Makes batches, gives them to the printer, and takes the word of whoever posted them."""

    def __init__(
        self,
        *,
        batches: PrintBatchStore,
        messages: MessageStore,
        writer: Writer,
        zone: ZoneInfo,
    ) -> None:
        self._batches = batches
        self._messages = messages
        self._writer = writer
        self._zone = zone

    def make_batch(self, by: Maker, now: datetime) -> Making:
        """Print what waits: letters that may leave come into one batch, the others are listed with why not.

        What an earlier try left unfinished is finished, and what waits now joins it.  A letter that cannot be read
        stands in no other's way: it is left out, waits on and is named.

        Raises:
            NotPossibleNow: Somebody else is making it at this moment.
        """
        with self._batches.alone():
            cut_off = self._batches.unfinished()
            for each in cut_off:
                self._put_back_what_is_damaged(each, now)
            batch_id = cut_off[0] if cut_off else str(uuid.uuid4())
            left_out = tuple(
                LeftOut(message=letter.message, why=why)
                for letter in self._batches.queued()
                if (why := self._let_in(letter, batch_id, by, now))
            )
            made = [self._finish(each, left_out, by, now) for each in dict.fromkeys([batch_id, *cut_off])]
        return Making(batch=made[0], left_out=left_out)

    def confirm_posted(
        self, batch_id: str, by: Maker, said: Confirmation, now: datetime
    ) -> PrintBatch | None:
        """Take somebody's word that a batch was posted; see `PrintBatchStore.confirm`."""
        return self._batches.confirm(batch_id, said, by=by, now=now)

    def pdf_of(self, batch: PrintBatch, now: datetime) -> BatchPdf:
        """Put a batch together again, without what was stopped since or taken out.

        Raises:
            BatchDamaged: A letter, or the whole, is not what it was.
        """
        stopped = self._batches.not_to_print(batch.id, now)
        out = {**stopped, **dict.fromkeys(batch.confirmation.pulled, "It was taken out before posting.")}
        letters = [self._printed(item) for item in batch.items if item.message not in out]
        whole = put_together(letters, batch.made_at)
        if not out and hashlib.sha256(whole).hexdigest() != batch.sha256:
            raise BatchDamaged(f"batch {batch.id} is not what it was when it was made")
        return BatchPdf(pdf=whole, left_out=out)

    def _put_back_what_is_damaged(self, batch_id: str, now: datetime) -> None:
        """Let a letter of an unfinished batch that cannot be read be written anew: nobody can have printed it."""
        for key, message_id in self._batches.keys_in(batch_id):
            try:
                self._messages.draft(key)
                self._content(message_id)
            except HoldfastError as error:
                _log.warning("letter_put_back", message=message_id, error=type(error).__name__)
                self._batches.requeue(key, now)

    def _let_in(self, letter: Queued, batch_id: str, by: Maker, now: datetime) -> str:
        """Bring one letter into the batch; say why not, or nothing."""
        try:
            return self._try_to_let_in(letter, batch_id, by, now)
        except (
            HoldfastError
        ) as error:  # its referral can be told nothing: it waits, and is named again next time
            _log.warning("letter_cannot_be_read", message=letter.message, error=type(error).__name__)
            return "It cannot be read: what is kept of it or of its referral cannot be opened."

    def _try_to_let_in(self, letter: Queued, batch_id: str, by: Maker, now: datetime) -> str:
        why = ""
        for _ in range(TRIES):
            draft = self._messages.draft(letter.key, now=now)
            try:
                written = self._writer.write(draft, now.astimezone(self._zone).date())
            except CannotBeWritten as error:
                why = f"It cannot be printed: {error}."
                self._batches.give_back(letter, why, by=by, now=now)
                return why
            begun = self._messages.begin(letter.key, written, now, turn=draft.turn, batch_id=batch_id)
            why = begun.why
            match begun.beginning:
                case Beginning.BEGUN:
                    return ""
                case Beginning.REFUSED:
                    self._batches.give_back(letter, why, by=by, now=now)
                    return why or "It may not leave."
                case Beginning.SETTLED | Beginning.INTERRUPTED:
                    return why or "It is not waiting any more."
                case Beginning.DEFERRED:  # its referral has moved on: read it again
                    continue
        return why

    def _finish(
        self, batch_id: str, left_out: Sequence[LeftOut], by: Maker, now: datetime
    ) -> PrintBatch | None:
        """Put the letters of a batch in order, count and sum them up, and write the batch down."""
        drafts = [self._messages.draft(key, now=now) for key, _ in self._batches.keys_in(batch_id)]
        if not drafts:
            return None
        in_order = sorted(drafts, key=post_order)
        letters = [self._content(draft.id) for draft in in_order]
        items = tuple(
            PrintedItem(
                number=number,
                message=draft.id,
                pages=pages_of(letter),
                sha256=hashlib.sha256(letter).hexdigest(),
            )
            for number, (draft, letter) in enumerate(zip(in_order, letters, strict=True), start=1)
        )
        batch = PrintBatch(
            id=batch_id,
            made_at=now,
            made_by=by.name,
            pages=sum(item.pages for item in items),
            sha256=hashlib.sha256(put_together(letters, now)).hexdigest(),
            items=items,
            left_out=tuple(left_out),
        )
        self._batches.keep(batch, by=by)
        return batch

    def _printed(self, item: PrintedItem) -> bytes:
        letter = self._content(item.message)
        if hashlib.sha256(letter).hexdigest() != item.sha256:
            raise BatchDamaged(f"message {item.message} is not what it was when it was printed")
        return letter

    def _content(self, message_id: str) -> bytes:
        content = self._messages.content(message_id)
        if content is None or not content.pdf:
            raise BatchDamaged(f"message {message_id} has no letter any more")
        return content.pdf


def post_order(draft: Draft) -> tuple[object, ...]:
    """Where a letter stands in the pile: by postcode, numbers by their size, then by address.

    Without a postcode it comes last.  The message's id settles the rest, so that the order is always the same.
    """
    postcode = draft.postcode or _LAST
    return (_natural(postcode), [_natural(line) for line in reversed(draft.address_lines)], draft.id)


def _natural(words: str) -> list[tuple[int, int, str]]:
    """Split "CB10 1AA" so that it comes after "CB2 1AA"."""
    parts = re.findall(r"\d+|[^\d\s]+", words.casefold())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
