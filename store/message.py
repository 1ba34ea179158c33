"""Every written message: `held → reserved → sending → sent | rejected | unknown`, or recalled before.

The step `reserved → sending` is the last moment at which anything can stop a message; it asks again, under
the referral's lock, whether everything still allows it.  Rules 1, 4 and 5 of docs/policy.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, bindparam, update

from domain.errors import ReferralNotFound
from domain.facts import Facts
from domain.message_ports import Beginning, Begun, Draft, Written
from domain.referral_state import ReferralState
from domain.vocabulary import Channel, DeliveryReport, MessageState, Purpose, Recipient
from store import departures, expected_visit, message_content, opt_out
from store.columns import AnyRow
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, WAITING, MessageView, sealed_why
from store.message_settled import already, settle
from store.message_step import judge, locked_message, locked_referral, overtaken
from store.post_room import PostRoom, of_message
from store.recipient import To, recipient_of, referrer_of
from store.referral_document import ADULT_AT, Document, facts_of, number_id
from store.referral_row import REFERRAL, document_of, state_of
from store.unsubscribe import unsubscribe_hash, unsubscribe_token

__all__ = ["MessageStore", "MessageView"]

_HANDED_OVER = frozenset({MessageState.SENDING, MessageState.UNKNOWN})

_THIS: BindParameter[str] = bindparam("this")
_DRAFTED = of_message(
    MESSAGE.c.id.label("message_id"),
    MESSAGE.c.state.label("message_state"),
    MESSAGE.c.channel,
    MESSAGE.c.purpose,
    MESSAGE.c.provider_id,
    MESSAGE.c.address_id,
    MESSAGE.c.batch_id,
    REFERRAL,
).where(MESSAGE.c.key == _THIS)
_WRITTEN = update(MESSAGE).where(MESSAGE.c.key == _THIS)


class MessageStore(PostRoom):
    """Implements `domain.message_ports.MessageTables`, and what the post room reads."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        *,
        simulated: Collection[Channel] = (),
        per_minute: Mapping[Channel, int] | None = None,
    ) -> None:
        super().__init__(engine, keyring)
        self._simulated = frozenset(simulated)
        self._per_minute = per_minute or {}
        self._number_id = number_id(keyring)

    def draft(self, key: str, *, now: datetime | None = None) -> Draft:
        """Read who it goes to and how; see `domain.message_ports`.  Raises `ReferralNotFound` for an unknown key."""
        with self._engine.connect() as connection:
            row = connection.execute(_DRAFTED, {"this": key}).first()
        if row is None:
            raise ReferralNotFound(f"no message {key}")
        cipher = cipher_of(self._keyring, row.id, row.wrapped_key)
        document, read, state = self._read(cipher, row)
        facts = read.as_of(now) if now else read
        to = self._to(key, Purpose(row.purpose), document, facts, state, sensitive=row.sensitive)
        channel, message_state = Channel(row.channel), MessageState(row.message_state)
        went_to = row.address_id if message_state in _HANDED_OVER else None
        with self._engine.connect() as connection:
            expected_at = expected_visit.expected_at(connection, key, state)
        return Draft(
            key=key,
            id=row.message_id,
            referral_id=row.id,
            reference=row.reference,
            channel=channel,
            purpose=Purpose(row.purpose),
            state=message_state,
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
            address_id=went_to or to.address_id(channel),
            access=facts.access,
            provider_id=row.provider_id,
            in_batch=row.batch_id is not None,
            unsubscribe_token=self._unsubscribe_token(row.message_id, channel, Purpose(row.purpose)),
            expected_at=expected_at,
        )

    def _unsubscribe_token(self, message_id: str, channel: Channel, purpose: Purpose) -> str:
        """E-mails to the person can be stopped with one click; a referrer's mailbox is not ours to stop."""
        offered = channel is Channel.EMAIL and purpose.recipient is Recipient.VICTIM
        return unsubscribe_token(self._keyring, message_id) if offered else ""

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
        """Ask for the last time whether a message may leave; see `domain.message_ports`."""
        with self._engine.begin() as connection:
            referral = locked_referral(connection, key)
            message = locked_message(connection, key)
            cipher = cipher_of(self._keyring, referral.id, referral.wrapped_key)
            if message.state not in WAITING:
                return already(cipher, key, message)
            waits = overtaken(message, referral, turn)
            if message.state == MessageState.RESERVED and waits is not None:
                return waits
            document, facts, stands = self._read(cipher, referral)
            earlier = opt_out.known(connection, self._keyring, document)
            begun = judge(key, message, referral.stage, stands, facts.as_of(now), now, known_opt_outs=earlier)
            if (
                message.state == MessageState.HELD
            ):  # a refusal that nobody has heard of, or it is not its time
                refused = begun.beginning is Beginning.REFUSED
                return replace(already(cipher, key, message), asks_person=refused and begun.asks_person)
            if begun.beginning is Beginning.BEGUN:
                begun = expected_visit.or_nobody_comes(connection, key, stands, begun, now)
            if begun.beginning is Beginning.BEGUN:
                begun = self._in_turn(connection, key, message, begun, now, printed=batch_id is not None)
            if begun.beginning is Beginning.DEFERRED:
                return begun
            if begun.beginning is Beginning.REFUSED and batch_id is not None:
                return (
                    begun  # whoever makes the batch gives it back and tells its referral in one transaction
                )
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
                    "report": None,  # of an earlier try, under the same key
                    "reported_at": None,
                    "batch_id": batch_id,
                    "address_id": to.address_id(Channel(message.channel)),
                    "unsubscribe_hash": self._unsubscribe_hash(message),
                    **message_content.seal(cipher, key, written),
                }
            connection.execute(_WRITTEN, values)
            return begun

    def _unsubscribe_hash(self, message: AnyRow) -> str | None:
        token = self._unsubscribe_token(message.id, Channel(message.channel), Purpose(message.purpose))
        return unsubscribe_hash(self._keyring, token) if token else None

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
        """Note whether a provider takes messages; see `store.departures`.  A simulated one is never away."""
        if channel in self._simulated:
            return
        with self._engine.begin() as connection:
            departures.provider_answered(connection, channel, taken=taken, retry_after=retry_after, now=now)

    def settle(
        self,
        key: str,
        state: MessageState,
        *,
        why: str,
        provider_id: str,
        now: datetime,
        report: DeliveryReport | None = None,
    ) -> None:
        """Write what the provider said, if it can still be news."""
        with self._engine.begin() as connection:
            settle(
                connection,
                self._keyring,
                key,
                state,
                why=why,
                provider_id=provider_id,
                now=now,
                report=report,
                simulated=self._simulated,
            )

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
