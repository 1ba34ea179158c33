"""The letters of a printed batch, and which of them may not leave any more.  Rules 1 and 4 of docs/policy.md."""

import uuid
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, cast, func, select

from domain.errors import CannotBeOpened, KeyNotFound
from domain.events import MessageReported
from domain.facts import Facts
from domain.gate import Write, ask, may_go
from domain.identifiers import referral_workflow_id
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, CommandState, MessageState, Purpose, Stage
from store import stop
from store.columns import AnyRow
from store.command_row import COMMAND, NewCommand
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE
from store.message_step import TAKE_IN_FIRST
from store.referral_document import ADULT_AT, facts_of, number_id
from store.referral_row import REFERRAL, document_of, state_of
from store.tokens import Maker

MAY_STILL_LEAVE = (MessageState.SENDING, MessageState.UNKNOWN)
"""A printed letter of which nobody has said what became of it; what a provider might say of it means nothing."""
PRINTED = "printed"
"""The occasion on which a referral is told that its letter lies in a batch."""
_UNREADABLE = "It cannot be read any more, so nobody can say whether it may leave."
_AWAITED = func.array(
    select(COMMAND.c.id)
    .where(
        COMMAND.c.target_id == referral_workflow_id("") + cast(MESSAGE.c.referral_id, Text),
        COMMAND.c.state == CommandState.PENDING,
    )
    .correlate(MESSAGE)
    .scalar_subquery()
)
"""The commands its referral has not taken in."""

IN_BATCH = (
    select(
        MESSAGE.c.key,
        MESSAGE.c.id.label("message_id"),
        MESSAGE.c.purpose,
        MESSAGE.c.state.label("message_state"),
        MESSAGE.c.address_id,
        stop.stands(MESSAGE.c.referral_id).label("stopped"),
        _AWAITED.label("awaited"),
        REFERRAL,
    )
    .join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)
    .where(MESSAGE.c.batch_id == bindparam("this"))
    .order_by(REFERRAL.c.id, MESSAGE.c.key)
)


def occasion_id(message_id: str, occasion: str) -> str:
    """The id of the command that tells a referral of its letter: the same however often it is told."""
    return str(uuid.uuid5(uuid.UUID(message_id), occasion))


def told(
    message: str, referral_id: str, occasion: str, report: MessageReported, *, by: Maker, now: datetime
) -> NewCommand:
    """What a referral is told of its letter: the same command however often it is said of one occasion."""
    return NewCommand(
        id=occasion_id(message, occasion),
        referral_id=referral_id,
        kind="report",
        event=report,
        by=by,
        made_at=now,
        at_once=True,
    )


def to_pull(connection: Connection, keyring: Keyring, batch_id: str, now: datetime) -> dict[str, str]:
    """The printed letters that have to be taken out before posting, by public id, and why.

    Where something was stored that its referral has not taken in, somebody may have been reached: nobody knows yet.
    """
    found = {}
    for letter in _may_still_leave(connection, batch_id):
        why = _why_not(keyring, letter, now)
        if why or _is_awaited(letter):
            found[letter.message_id] = why or TAKE_IN_FIRST
    return found


def not_to_print(connection: Connection, keyring: Keyring, batch_id: str, now: datetime) -> dict[str, str]:
    """The letters of a batch that may not leave for certain; what is only doubtful is printed, and has to be pulled.

    Otherwise a letter that may leave after all would be missing from the pile without anybody knowing.
    """
    letters = _may_still_leave(connection, batch_id)
    return {letter.message_id: why for letter in letters if (why := _why_not(keyring, letter, now))}


def _may_still_leave(connection: Connection, batch_id: str) -> Iterator[AnyRow]:
    rows = connection.execute(IN_BATCH, {"this": batch_id}).all()
    return (row for row in rows if row.message_state in MAY_STILL_LEAVE)


def _is_awaited(letter: AnyRow) -> bool:
    """Whether a command waits; that it was printed, its referral may hear later."""
    return bool({str(command) for command in letter.awaited} - {occasion_id(letter.message_id, PRINTED)})


def _why_not(keyring: Keyring, letter: AnyRow, now: datetime) -> str:
    try:
        cipher = cipher_of(keyring, letter.id, letter.wrapped_key)
        state = state_of(cipher, letter.id, letter.state_enc)
        document = document_of(cipher, letter.id, letter.document_enc)
    except (CannotBeOpened, KeyNotFound):
        return _UNREADABLE
    facts = facts_of(
        document,
        number_id=number_id(keyring),
        received_at=letter.received_at,
        child_under=state.policy.triage.child_under if state else ADULT_AT,
    )
    return _why(letter, state, facts, now)


def _why(letter: AnyRow, state: ReferralState | None, facts: Facts, now: datetime) -> str:
    """Judge once more whether a printed letter may leave; empty: it may."""
    writing = state.writing if state else None
    if letter.stopped:
        return "Everything was stopped."
    if state is None or writing is None or writing.key != letter.key:
        return "Its referral has gone on without it."
    if not writing.is_waiting and (writing.state is not MessageState.UNKNOWN or writing.recall_asked):
        return "It was recalled after it had been printed."
    act = Write(channel=Channel.LETTER, purpose=Purpose(letter.purpose), approved=writing.approved)
    ruling = ask(act, state.circumstances(now, facts=facts, stopped=letter.stopped))
    if not may_go(ruling):
        return ruling.reason
    return "" if letter.stage == Stage.WRITING else "Its referral is not where a letter leaves any more."
