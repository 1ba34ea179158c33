"""Every written message: `held → reserved → sending → sent | rejected | unknown`, or recalled before.

The step `reserved → sending` is the last moment at which anything can stop a message; it asks again, under
the referral's lock, whether everything still allows it.  Rules 1, 4 and 5 of docs/policy.md.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Select, bindparam, func, select, tuple_, update

from domain.errors import ReferralNotFound
from domain.facts import Facts
from domain.gate import Alter, AskAPerson, Hold, Permit, Write, permit
from domain.identifiers import referral_workflow_id
from domain.ports import Beginning, Begun, Draft, Written
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, MessageState, Purpose, Recipient, Stage
from store import departures, message_content, stop
from store.columns import AnyRow, is_uuid
from store.command_row import is_awaited
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, NOT_HANDED_OVER, WITHOUT_CONTENT, MessageView, sealed_why, view_of
from store.recipient import To, recipient_of, referrer_of
from store.referral_document import ADULT_AT, Document, facts_of, number_id
from store.referral_row import REFERRAL, document_of, state_of

__all__ = ["MessageStore", "MessageView"]

_SETTLED_FROM = {
    MessageState.RESERVED: (MessageState.SENDING, MessageState.UNKNOWN),
    MessageState.UNKNOWN: (MessageState.SENDING,),
    MessageState.SENT: (MessageState.SENDING, MessageState.UNKNOWN),
    MessageState.REJECTED: (MessageState.SENDING, MessageState.UNKNOWN),
}
"""What a provider's answer may follow; `reserved` when it proved not to have taken the message."""
_REFUSED = "The safety gate said no at the last moment."
_OVERTAKEN = "It was recalled before it left."
_TAKE_IN_FIRST = "Something was recorded that has to be taken in first."


def _of_message(*columns: Any) -> Select[Any]:
    return select(*columns).join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)


_THIS: BindParameter[str] = bindparam("this")
_DRAFTED = _of_message(
    MESSAGE.c.id.label("message_id"),
    MESSAGE.c.state.label("message_state"),
    MESSAGE.c.channel,
    MESSAGE.c.purpose,
    MESSAGE.c.provider_id,
    REFERRAL,
).where(MESSAGE.c.key == _THIS)
_TO_SETTLE = _of_message(MESSAGE.c.channel, REFERRAL.c.wrapped_key).where(MESSAGE.c.key == _THIS)
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
_WRITTEN = update(MESSAGE).where(MESSAGE.c.key == _THIS)
_SETTLED = update(MESSAGE).where(
    MESSAGE.c.key == _THIS, MESSAGE.c.state.in_(bindparam("follows", expanding=True))
)
_COUNTED = select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state)
"""Read from the index `message_state` alone."""


class MessageStore:
    """Implements `domain.ports.MessageTables`, and what the post room reads."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        *,
        simulated: Collection[Channel] = (),
        per_minute: Mapping[Channel, int] | None = None,
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._simulated = frozenset(simulated)
        self._per_minute = per_minute or {}
        self._number_id = number_id(keyring)

    def draft(self, key: str) -> Draft:
        """Read who it goes to and how, at this moment.  Raises `ReferralNotFound` for an unknown key."""
        with self._engine.connect() as connection:
            row = connection.execute(_DRAFTED, {"this": key}).first()
        if row is None:
            raise ReferralNotFound(f"no message {key}")
        cipher = cipher_of(self._keyring, row.id, row.wrapped_key)
        document, facts, state = self._read(cipher, row)
        to = self._to(key, Purpose(row.purpose), document, facts, state, sensitive=row.sensitive)
        channel = Channel(row.channel)
        return Draft(
            key=key,
            id=row.message_id,
            referral_id=row.id,
            reference=row.reference,
            channel=channel,
            purpose=Purpose(row.purpose),
            state=MessageState(row.message_state),
            neutral=row.sensitive or facts.is_sensitive or facts.is_bereaved or facts.is_child,
            name=to.name,
            addressee=to.addressee,
            language=to.language,
            address_lines=to.address_lines,
            postcode=to.postcode,
            email=to.email,
            phone=to.phone,
            turn=row.turn,
            recipient=Purpose(row.purpose).recipient,
            address_id=to.address_id(channel),
            access=facts.access,
            provider_id=row.provider_id,
        )

    def _to(
        self,
        key: str,
        purpose: Purpose,
        document: Document,
        facts: Facts,
        state: ReferralState | None,
        *,
        sensitive: bool,
    ) -> To:
        if purpose.recipient is Recipient.REFERRER:
            return referrer_of(document)
        return recipient_of(
            document,
            facts,
            sensitive=sensitive or facts.is_sensitive,
            closed=state.closed_ways if state else (),
            number_id=self._number_id,
            phone_id=next((e.address_id for e in state.errands if e.key == key), "") if state else "",
        )

    def begin(
        self,
        key: str,
        written: Written,
        now: datetime,
        *,
        turn: int | None = None,
        batch_id: str | None = None,
    ) -> Begun:
        """Ask for the last time whether a message may leave; see `domain.ports`."""
        with self._engine.begin() as connection:
            referral = _locked_referral(connection, key)
            message = _locked_message(connection, key)
            state = MessageState(message.state)
            if state is not MessageState.RESERVED:
                return Begun(beginning=_ALREADY.get(state, Beginning.SETTLED), state=state)
            if not message.stopped and (message.awaited or (turn is not None and turn != referral.turn)):
                return Begun(beginning=Beginning.DEFERRED, state=state, why=_TAKE_IN_FIRST)
            cipher = cipher_of(self._keyring, referral.id, referral.wrapped_key)
            document, facts, stands = self._read(cipher, referral)
            begun = _judge(key, message, referral.stage, stands, facts.as_of(now), now)
            if begun.beginning is Beginning.BEGUN:
                begun = self._in_turn(connection, key, message, begun, now, printed=batch_id is not None)
            if begun.beginning is Beginning.DEFERRED:
                return begun
            values: dict[str, Any] = {
                "this": key,
                "state": begun.state,
                "why_enc": sealed_why(cipher, key, begun.why),
                "leaves_at": None,
                "next_try_at": None,
                "queued_at": None,
            }
            if begun.beginning is Beginning.BEGUN:
                purpose = Purpose(message.purpose)
                to = self._to(key, purpose, document, facts.as_of(now), stands, sensitive=referral.sensitive)
                values |= {
                    "sending_at": now,
                    "batch_id": batch_id,
                    "address_id": to.address_id(Channel(message.channel)),
                    **message_content.seal(cipher, key, written),
                }
            connection.execute(_WRITTEN, values)
            return begun

    def _in_turn(
        self, connection: Connection, key: str, message: AnyRow, begun: Begun, now: datetime, *, printed: bool
    ) -> Begun:
        """Let what may leave wait if its purpose is switched off, or its provider is away or busy."""
        channel = Channel(message.channel)
        asks_provider = not printed and channel not in self._simulated
        wait = departures.may_leave(
            connection,
            departures.Asking(
                key=key,
                channel=channel,
                purpose=Purpose(message.purpose),
                urgency=message.urgency,
                made_at=message.made_at,
            ),
            per_minute=self._per_minute.get(channel) if asks_provider else None,
            now=now,
        )
        if wait is None:
            return begun
        return Begun(
            beginning=Beginning.DEFERRED, state=MessageState.RESERVED, why=wait.why, retry_at=wait.retry_at
        )

    def queue(self, key: str, now: datetime) -> None:
        """Note that a reserved letter waits for the next printed batch."""
        waits = (MESSAGE.c.key == key) & (MESSAGE.c.state == MessageState.RESERVED)
        with self._engine.begin() as connection:
            connection.execute(update(MESSAGE).where(waits).values(queued_at=now, leaves_at=None))

    def provider_answered(
        self, channel: Channel, *, taken: bool, retry_after: timedelta | None, now: datetime
    ) -> None:
        """Note whether a provider takes messages; see `store.departures`."""
        with self._engine.begin() as connection:
            departures.provider_answered(connection, channel, taken=taken, retry_after=retry_after, now=now)

    def settle(self, key: str, state: MessageState, *, why: str, provider_id: str, now: datetime) -> None:
        """Write what the provider said, if it can still be news."""
        with self._engine.begin() as connection:
            row = connection.execute(_TO_SETTLE, {"this": key}).first()
            if row is None:
                return
            cipher = cipher_of(self._keyring, key.partition(":")[0], row.wrapped_key)
            values: dict[str, Any] = {
                "this": key,
                "follows": _SETTLED_FROM.get(state, ()),
                "state": state,
                "why_enc": sealed_why(cipher, key, why),
                "provider_id": provider_id,
                "simulated": row.channel in self._simulated,
                "settled_at": now,
            }
            if state is MessageState.RESERVED:
                values |= {"sending_at": None, "settled_at": None}
            connection.execute(_SETTLED, values)

    def of_referral(self, referral_id: str) -> list[MessageView]:
        """Everything made for a referral, oldest first."""
        if not is_uuid(referral_id):
            return []
        mine = _of_message(*WITHOUT_CONTENT).where(MESSAGE.c.referral_id == referral_id)
        return self._views(mine.order_by(MESSAGE.c.made_at, MESSAGE.c.key))

    def get(self, message_id: str) -> MessageView | None:
        """Read one message by its public id."""
        if not is_uuid(message_id):
            return None
        found = self._views(_of_message(*WITHOUT_CONTENT).where(MESSAGE.c.id == message_id))
        return found[0] if found else None

    def recent(
        self,
        *,
        state: MessageState | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[MessageView]:
        """The post room: everything made, newest first.

        Args:
            state: Only what is in this state.
            after: When the last one of the page before was made, and its id: several may be made at one moment.
            limit: How many.
        """
        statement = _of_message(*WITHOUT_CONTENT)
        if state is not None:
            statement = statement.where(MESSAGE.c.state == state)
        if after is not None:
            statement = statement.where(tuple_(MESSAGE.c.made_at, MESSAGE.c.id) < after)
        return self._views(statement.order_by(MESSAGE.c.made_at.desc(), MESSAGE.c.id.desc()).limit(limit))

    def counts(self) -> dict[MessageState, int]:
        """How many messages are in each state."""
        with self._engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(_COUNTED)}
        return {state: found.get(state, 0) for state in MessageState}

    def content(self, message_id: str) -> Written | None:
        """What was handed over, and so left or may have left; `None` before that."""
        if not is_uuid(message_id):
            return None
        content = (MESSAGE.c.state, MESSAGE.c.words_enc, MESSAGE.c.pdf_enc)
        columns = (MESSAGE.c.key, MESSAGE.c.referral_id, REFERRAL.c.wrapped_key, *content)
        with self._engine.connect() as connection:
            row = connection.execute(_of_message(*columns).where(MESSAGE.c.id == message_id)).first()
        if row is None or row.words_enc is None or row.state in NOT_HANDED_OVER:
            return None
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return message_content.open_sealed(cipher, row.key, row.words_enc, row.pdf_enc)

    def _views(self, statement: Select[Any]) -> list[MessageView]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [view_of(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row) for row in rows]

    def _read(self, cipher: PersonCipher, referral: AnyRow) -> tuple[Document, Facts, ReferralState | None]:
        """The referral as it stands in the tables: its document, the facts folded from it now, its state."""
        document = document_of(cipher, referral.id, referral.document_enc)
        state = state_of(cipher, referral.id, referral.state_enc)
        facts = facts_of(
            document,
            number_id=self._number_id,
            received_at=referral.received_at,
            child_under=state.policy.triage.child_under if state else ADULT_AT,
        )
        return document, facts, state


_ALREADY = {MessageState.SENDING: Beginning.INTERRUPTED, MessageState.HELD: Beginning.REFUSED}


def _judge(
    key: str, message: AnyRow, stage: str, state: ReferralState | None, facts: Facts, now: datetime
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
    ruling = permit(key, act, state.circumstances(now, facts=facts, stopped=message.stopped))
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


def _locked_referral(connection: Connection, key: str) -> AnyRow:
    """Lock the referral first, as everybody does, so that nothing about it changes while we judge."""
    referral_id = key.partition(":")[0]
    row = connection.execute(_LOCKED, {"this": referral_id}).first() if is_uuid(referral_id) else None
    if row is None:
        raise ReferralNotFound(f"no message {key}")
    return row


def _locked_message(connection: Connection, key: str) -> AnyRow:
    """Lock the message; a statement of its own, so that it sees commands stored while we waited above."""
    target_id = referral_workflow_id(key.partition(":")[0])
    row = connection.execute(_LOCKED_MESSAGE, {"this": key, "target": target_id}).first()
    if row is None:
        raise ReferralNotFound(f"no message {key}")
    return row
