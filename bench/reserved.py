"""Messages whose time has come, written by the store without Temporal: the worker would let each leave now."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine

from bench.caseload import A_TRANSACTION, POLICE
from bench.service import referral
from domain.facts import Facts
from domain.ports import Projection
from domain.referral_state import Effects, MessageChange, ReferralState
from domain.vocabulary import Answer, Channel, MessageState
from store.keyring import Keyring
from store.projection import project
from store.reception import Received, receive
from store.referral_document import ADULT_AT
from tests.builders import Life, some_facts

_FACTS: dict[Channel, Facts] = {
    Channel.EMAIL: some_facts(address_safe=Answer.NO),
    Channel.TEXT: some_facts(address_safe=Answer.NO, email_safe=None),
}
"""Somebody who may be written to by this channel and by no safer one."""


def reserve(engine: Engine, keyring: Keyring, channel: Channel, number: int) -> tuple[list[str], datetime]:
    """Write referrals after three unanswered calls, each with a message whose cut-off has passed.

    Returns:
        The messages' keys, and the time it is then.
    """
    life = Life(_FACTS[channel]).is_silent(3).reaches_cut_off()
    keys: list[str] = []
    while len(keys) < number:
        with engine.begin() as connection:
            for _ in range(min(A_TRANSACTION, number - len(keys))):
                state = _another(life.state)
                received = Received(
                    referral_id=state.referral_id,
                    reference=f"{state.referral_id[:4]}-{state.referral_id[4:8]}".upper(),
                    document=_document(channel),
                    received_at=state.received_at,
                    by=POLICE,
                )
                receive(connection, keyring, received, child_under=ADULT_AT)
                change = _made(state)
                project(
                    connection,
                    keyring,
                    Projection(state=state, effects=Effects(messages=(change,)), at=life.now),
                )
                keys.append(change.key)
    return keys, life.now


def _another(state: ReferralState) -> ReferralState:
    """The same state as somebody else's."""
    assert state.writing is not None
    referral_id = str(uuid4())
    key = state.writing.key.replace(state.referral_id, referral_id)
    return replace(
        state, referral_id=referral_id, writing=replace(state.writing, key=key), turn=state.turn + 1
    )


def _made(state: ReferralState) -> MessageChange:
    writing = state.writing
    assert writing is not None
    return MessageChange(
        key=writing.key,
        state=MessageState.RESERVED,
        why="Its cut-off has passed.",
        channel=writing.channel,
        purpose=writing.purpose,
    )


def _document(channel: Channel) -> dict[str, Any]:
    document = referral()
    victim = document["victim"]
    victim["address"]["safe"] = "no"
    if channel is Channel.EMAIL:
        victim["emails"] = [{"address": f"{victim['given_name'].lower()}@example.org", "safe": "yes"}]
    return document
