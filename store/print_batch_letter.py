"""The letters of a printed batch, and which of them may not leave any more.  Rules 1 and 4 of docs/policy.md."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from domain.facts import Facts
from domain.gate import Write, ask, may_go
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, MessageState, Purpose, Stage
from store import stop
from store.columns import AnyRow
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE
from store.referral_document import ADULT_AT, facts_of, number_id
from store.referral_row import REFERRAL, document_of, state_of

IN_BATCH = (
    select(
        MESSAGE.c.key,
        MESSAGE.c.id.label("message_id"),
        MESSAGE.c.purpose,
        MESSAGE.c.state.label("message_state"),
        MESSAGE.c.address_id,
        stop.stands(MESSAGE.c.referral_id).label("stopped"),
        REFERRAL,
    )
    .join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)
    .where(MESSAGE.c.batch_id == bindparam("this"))
    .order_by(REFERRAL.c.id, MESSAGE.c.key)
)


def to_pull(connection: Connection, keyring: Keyring, batch_id: str, now: datetime) -> dict[str, str]:
    """The printed letters that have to be taken out before posting, by public id, and why."""
    found = {}
    for letter in connection.execute(IN_BATCH, {"this": batch_id}).all():
        if letter.message_state == MessageState.SENDING:
            cipher = cipher_of(keyring, letter.id, letter.wrapped_key)
            state = state_of(cipher, letter.id, letter.state_enc)
            facts = facts_of(
                document_of(cipher, letter.id, letter.document_enc),
                number_id=number_id(keyring),
                received_at=letter.received_at,
                child_under=state.policy.triage.child_under if state else ADULT_AT,
            )
            why = _why(letter, state, facts, now)
            if why:
                found[letter.message_id] = why
    return found


def _why(letter: AnyRow, state: ReferralState | None, facts: Facts, now: datetime) -> str:
    """Judge once more whether a printed letter may leave; empty: it may."""
    writing = state.writing if state else None
    if letter.stopped:
        return "Everything was stopped."
    if state is None or writing is None or writing.key != letter.key:
        return "Its referral has gone on without it."
    if not writing.is_waiting:
        return "It was recalled after it had been printed."
    act = Write(channel=Channel.LETTER, purpose=Purpose(letter.purpose), approved=writing.approved)
    ruling = ask(act, state.circumstances(now, facts=facts, stopped=letter.stopped))
    if not may_go(ruling):
        return ruling.reason
    return "" if letter.stage == Stage.WRITING else "Its referral is not where a letter leaves any more."
