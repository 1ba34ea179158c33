"""What a provider said of a message that was handed over, written down if it can still be news.

Source: rules 1 and 5 of docs/policy.md.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from domain.message_ports import Beginning, Begun
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, DeliveryReport, MessageState
from store.columns import AnyRow
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, sealed_why, why_of
from store.referral_row import REFERRAL, state_of

_FOLLOWS = {
    MessageState.RESERVED: (MessageState.SENDING, MessageState.UNKNOWN),
    MessageState.UNKNOWN: (MessageState.SENDING,),
    MessageState.SENT: (MessageState.SENDING, MessageState.UNKNOWN),
    MessageState.REJECTED: (MessageState.SENDING, MessageState.UNKNOWN),
}
"""What a provider's answer may follow; `reserved` when it proved not to have taken the message."""
_RECALLED = "It was recalled; it had not left."
_UNDECIDED = frozenset({MessageState.HELD, MessageState.RESERVED, MessageState.UNKNOWN})

_THIS: BindParameter[str] = bindparam("this")
_LOCKED = (
    select(REFERRAL.c.id, REFERRAL.c.wrapped_key, REFERRAL.c.state_enc, MESSAGE.c.channel)
    .join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)
    .where(MESSAGE.c.key == _THIS)
    .with_for_update(of=REFERRAL, key_share=True)
)
_SETTLED = update(MESSAGE).where(
    MESSAGE.c.key == _THIS, MESSAGE.c.state.in_(bindparam("follows", expanding=True))
)


def settle(
    connection: Connection,
    keyring: Keyring,
    key: str,
    state: MessageState,
    *,
    why: str,
    provider_id: str,
    now: datetime,
    report: DeliveryReport | None,
    simulated: Collection[Channel],
) -> None:
    """Write what became of a message, inside the caller's transaction.

    The referral is locked, as everybody does: a recall that comes while it was being handed over is either seen
    here, or finds what is written here.
    """
    referral = connection.execute(_LOCKED, {"this": key}).first()
    if referral is None:
        return
    cipher = cipher_of(keyring, referral.id, referral.wrapped_key)
    values: dict[str, Any] = {
        "this": key,
        "follows": _FOLLOWS.get(state, ()),
        "state": state,
        "why_enc": sealed_why(cipher, key, why),
        "provider_id": provider_id,
        "simulated": referral.channel in simulated,
        "settled_at": now,
    }
    if report is not None:
        values |= {"report": report, "reported_at": now}
    if state is MessageState.RESERVED:
        values |= _given_back(cipher, key, referral)
    connection.execute(_SETTLED, values)


def _given_back(cipher: PersonCipher, key: str, referral: AnyRow) -> dict[str, Any]:
    """It did not leave: it waits again, unless its referral does not want it any more."""
    given_back = {"sending_at": None, "settled_at": None}
    if _may_be_wanted(key, state_of(cipher, referral.id, referral.state_enc)):
        return given_back
    recalled = {"state": MessageState.RECALLED, "why_enc": sealed_why(cipher, key, _RECALLED)}
    return given_back | recalled


def _may_be_wanted(key: str, state: ReferralState | None) -> bool:
    """Whether its referral may still want it to leave; one of unknown fate is decided about once this is known."""
    if state is None:
        return False
    writing = state.writing
    if writing is not None and writing.key == key:
        return writing.state in _UNDECIDED and not writing.recall_asked
    return any(errand.key == key and errand.state in _UNDECIDED for errand in state.errands)


def already(cipher: PersonCipher, key: str, message: AnyRow) -> Begun:
    """What was settled of a message before: a step repeated after a crash tells all that the first one knew."""
    beginnings = {MessageState.SENDING: Beginning.INTERRUPTED, MessageState.HELD: Beginning.REFUSED}
    state = MessageState(message.state)
    return Begun(
        beginning=beginnings.get(state, Beginning.SETTLED),
        state=state,
        why=why_of(cipher, key, message.why_enc),
        report=DeliveryReport(message.report) if message.report else None,
        address_id=message.address_id or "",
    )
