"""The step `reserved → sending`: the locks it takes, and what it asks before a message may leave.

Source: rules 1, 4 and 5 of docs/policy.md; docs/decisions/0005-nothing-leaves-unasked.md.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import BindParameter, Connection, bindparam, select

from domain.errors import ReferralNotFound
from domain.facts import Facts
from domain.gate import Alter, AskAPerson, Hold, Permit, Write, permit
from domain.identifiers import referral_workflow_id
from domain.message_ports import Beginning, Begun
from domain.policy import MessagePolicy, Policy
from domain.referral_state import ReferralState
from domain.release import still_released
from domain.vocabulary import Channel, ContactChannel, MessageState, Purpose, Recipient, Stage
from store import stop
from store.columns import AnyRow, is_uuid
from store.command_row import is_awaited
from store.message_row import MESSAGE
from store.referral_row import REFERRAL

_REFUSED = "The safety gate said no at the last moment."
_OVERTAKEN = "It was recalled before it left."

TAKE_IN_FIRST = "Something was recorded that has to be taken in first."
_QUIET = MessagePolicy(texts_from=time(9), texts_until=time(20), unknown_after=timedelta(0), unknown_rules={})
"""What the gate asks where a policy says nothing of messages.  Source: docs/policy.md#messages."""

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
        MESSAGE.c.why_enc,
        MESSAGE.c.report,
        MESSAGE.c.address_id,
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
        approved=_is_approved(key, replace(state, facts=facts)),
        address_id=errand.address_id if errand else "",
    )
    known = state.circumstances(now, facts=facts, stopped=message.stopped, known_opt_outs=known_opt_outs)
    ruling = permit(str(message.id), act, replace(known, policy=_with_quiet_hours(known.policy)))
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


def overtaken(message: AnyRow, referral: AnyRow, turn: int | None) -> Begun | None:
    """Whether something has to be taken in first; `None`: nothing, or a stop stands in its way already.

    A stop holds from the moment it is stored, for everything that goes to the victim.  A question to the referrer
    leaves all the same, and so not past a call or correction that was stored before it.
    """
    if message.stopped and Purpose(message.purpose).recipient is Recipient.VICTIM:
        return None
    if message.awaited or (turn is not None and turn != referral.turn):
        return Begun(beginning=Beginning.DEFERRED, state=MessageState.RESERVED, why=TAKE_IN_FIRST)
    return None


def _with_quiet_hours(policy: Policy) -> Policy:
    """A policy older than the rules for messages wakes nobody at night either."""
    return policy if policy.messages is not None else replace(policy, messages=_QUIET)


def _is_wanted(key: str, state: ReferralState) -> bool:
    writing = state.writing
    if writing is not None and writing.key == key:
        return writing.is_waiting
    return any(errand.key == key and errand.is_waiting for errand in state.errands)


def _is_approved(key: str, state: ReferralState) -> bool:
    return state.writing is not None and state.writing.key == key and still_released(state, state.writing)


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
