"""The step `reserved → sending`: the locks it takes, and what it asks before a message may leave.

Source: rules 1, 4 and 5 of docs/policy.md; docs/decisions/0005-nothing-leaves-unasked.md.
"""

from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, select

from domain.errors import ReferralNotFound
from domain.facts import Facts
from domain.gate import Alter, AskAPerson, Hold, Permit, Write, permit
from domain.identifiers import referral_workflow_id
from domain.message_ports import Beginning, Begun
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, ContactChannel, MessageState, Purpose, Stage
from store import stop
from store.columns import AnyRow, is_uuid
from store.command_row import is_awaited
from store.message_row import MESSAGE
from store.referral_row import REFERRAL

_REFUSED = "The safety gate said no at the last moment."
_OVERTAKEN = "It was recalled before it left."

_THIS: BindParameter[str] = bindparam("this")
_LOCKED = select(REFERRAL).where(REFERRAL.c.id == _THIS).with_for_update(key_share=True)
_LOCKED_MESSAGE = (
    select(
        MESSAGE.c.id,
        MESSAGE.c.state,
        MESSAGE.c.channel,
        MESSAGE.c.purpose,
        MESSAGE.c.urgency,
        MESSAGE.c.made_at,
        is_awaited(bindparam("target")).label("awaited"),
        stop.stands(MESSAGE.c.referral_id).label("stopped"),
    )
    .where(MESSAGE.c.key == _THIS)
    .with_for_update(of=MESSAGE)
)


def judge(
    key: str,
    message: AnyRow,
    stage: str,
    state: ReferralState | None,
    facts: Facts,
    now: datetime,
    *,
    known_opt_outs: tuple[ContactChannel, ...],
) -> Begun:
    """Judge by what the tables say now: the referral's step, then the gate."""
    if state is None or not _is_wanted(key, state):
        return Begun(beginning=Beginning.SETTLED, state=MessageState.RECALLED, why=_OVERTAKEN)
    purpose, channel = Purpose(message.purpose), Channel(message.channel)
    in_its_stage = state.writing is None or state.writing.key != key or stage == Stage.WRITING
    errand = next((known for known in state.errands if known.key == key), None)
    act = Write(
        channel=channel,
        purpose=purpose,
        approved=_is_approved(key, state),
        address_id=errand.address_id if errand else "",
    )
    known = state.circumstances(now, facts=facts, stopped=message.stopped, known_opt_outs=known_opt_outs)
    ruling = permit(key, act, known)
    if isinstance(ruling, Permit) and in_its_stage:
        why = "It was handed over; it may have left."
        return Begun(beginning=Beginning.BEGUN, state=MessageState.SENDING, why=why, permit=ruling)
    if isinstance(ruling, Alter) and ruling.at is not None and ruling.channel is None:
        return Begun(
            beginning=Beginning.DEFERRED, state=MessageState.RESERVED, why=ruling.reason, retry_at=ruling.at
        )
    asks = isinstance(ruling, AskAPerson)
    why = ruling.reason if isinstance(ruling, Hold | AskAPerson) else _REFUSED
    return Begun(beginning=Beginning.REFUSED, state=MessageState.HELD, why=why, asks_person=asks)


def _is_wanted(key: str, state: ReferralState) -> bool:
    writing = state.writing
    if writing is not None and writing.key == key:
        return writing.is_waiting
    return any(errand.key == key and errand.is_waiting for errand in state.errands)


def _is_approved(key: str, state: ReferralState) -> bool:
    return state.writing is not None and state.writing.key == key and state.writing.approved


def locked_referral(connection: Connection, key: str) -> AnyRow:
    """Lock the referral first, as everybody does, so that nothing about it changes while we judge."""
    referral_id = key.partition(":")[0]
    row = connection.execute(_LOCKED, {"this": referral_id}).first() if is_uuid(referral_id) else None
    if row is None:
        raise ReferralNotFound(f"no message {key}")
    return row


def locked_message(connection: Connection, key: str) -> AnyRow:
    """Lock the message; a statement of its own, so that it sees commands stored while we waited above."""
    target_id = referral_workflow_id(key.partition(":")[0])
    row = connection.execute(_LOCKED_MESSAGE, {"this": key, "target": target_id}).first()
    if row is None:
        raise ReferralNotFound(f"no message {key}")
    return row
