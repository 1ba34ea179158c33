"""What sending a message needs from outside: its tables, its words, its way out.

`domain.ports` has what referrals need, `domain.callback_ports` what providers tell us.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.gate import Permit
from domain.vocabulary import Access, Channel, DeliveryReport, MessageState, Purpose, Recipient


class Beginning(StrEnum):
    """What the tables answer when a message wants to leave."""

    BEGUN = "begun"
    """It is `sending` now: call the provider."""
    INTERRUPTED = "interrupted"
    """An earlier try was cut off while sending: nobody knows; reconcile first."""
    SETTLED = "settled"
    """It is `sent`, `rejected`, `unknown` or `recalled` already."""
    REFUSED = "refused"
    """The referral is held or closed, or the gate says no."""
    DEFERRED = "deferred"
    """Not yet: a stored command waits to be applied first, its provider is away or busy, or it is not its hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The tables' answer, and the permit if it may leave."""

    beginning: Beginning
    state: MessageState
    why: str = ""
    retry_at: datetime | None = None
    """For `deferred`: not before; `None`: soon."""
    asks_person: bool = False
    """For `refused`: it may leave if a person says so."""
    report: DeliveryReport | None = None
    """For `settled`: what was learnt of it when it was refused, such as `bounced`."""
    address_id: str = ""
    """For `settled`: where it had been handed over for, by the opaque id."""
    permit: Permit | None = None
    """For `begun`, and only then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it is written out.  Personal: never leaves the process that sends it."""

    key: str
    referral_id: str
    reference: str
    channel: Channel
    purpose: Purpose
    state: MessageState
    neutral: bool
    """Whether the neutral wording is due (sensitive, bereaved or child)."""
    name: str
    """How the person is greeted: the preferred name."""
    language: str
    addressee: str = ""
    """The full name on an envelope; empty: the same as `name`."""
    address_lines: tuple[str, ...] = ()
    postcode: str | None = None
    email: str | None = None
    phone: str | None = None
    turn: int = 0
    """The referral's turn it was read at; given back to `begin`, so that stale words never leave."""
    id: str = ""
    """The message's public id: opaque, fit for addresses of callbacks."""
    recipient: Recipient = Recipient.VICTIM
    address_id: str = ""
    """The opaque id of the number or address it goes to."""
    access: tuple[Access, ...] = ()
    """How the reader reads: large print, easy read."""
    provider_id: str = ""
    """What the provider called it, if it was ever taken."""
    in_batch: bool = False
    """Whether it lies in a printed batch: who posts that knows what becomes of it, and nobody else."""
    unsubscribe_token: str = ""
    """For the address at which one click stops e-mails (RFC 8058); empty: none is offered."""
    expected_at: datetime | None = None
    """For `visit_expected`: when somebody comes; `None`: nobody does any more, and it cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message written out, as it leaves."""

    text: str
    subject: str = ""
    html: str = ""
    pdf: bytes = b""
    note: str = ""
    """What a person should know of the words, such as that an unchecked translation was not used."""


class MessageTables(Protocol):
    """The rows of messages; each call is one transaction."""

    def draft(self, key: str, *, now: datetime | None = None) -> Draft:
        """Read who it goes to and how, at this moment and never from a copy.

        Args:
            key: Of the message.
            now: When it is to leave; `begin` is told the same, so that both mean the same address.
        """

    def begin(
        self,
        key: str,
        written: Written,
        now: datetime,
        *,
        turn: int | None = None,
        batch_id: str | None = None,
    ) -> Begun:
        """Move `reserved → sending` if stops, gate, pace and pending commands allow; keep what leaves.

        Args:
            key: Of the message.
            written: What leaves.
            now: An aware time.
            turn: The draft's; a referral that has moved on since is `DEFERRED`, and drafted again.
            batch_id: The printed batch it goes into, for letters the service prints itself.
        """

    def queue(self, key: str, now: datetime) -> None:
        """Note that a reserved letter waits for the next printed batch."""

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
        """Write what the provider said, and what a refusal tells of the address.  Final states stay."""

    def provider_answered(
        self, channel: Channel, *, taken: bool, retry_after: timedelta | None, now: datetime
    ) -> None:
        """Note whether a provider answers: one that does not is left alone for a while, by everybody."""


class Writer(Protocol):
    """Writes a draft out."""

    def write(self, draft: Draft, on: date) -> Written:
        """Make the words, and for a letter the PDF.  Raises `CannotBeWritten`."""


class Verdict(StrEnum):
    """What a provider's answer proves."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Not taken, and never will be."""
    NOT_TRIED = "not_tried"
    """Proved not to have been taken (refused connection, 429): safe to try again."""
    UNKNOWN = "unknown"
    """It may have been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A provider's answer."""

    verdict: Verdict
    provider_id: str = ""
    why: str = ""
    """In plain words, without personal details."""
    retry_after: timedelta | None = None
    """For `not_tried`: how long the provider asked us to wait."""
    report: DeliveryReport | None = None
    """For `rejected`: what the refusal says of the address, such as `bounced`; `None`: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What a provider is handed."""

    key: str
    """The message's public id: opaque, without so much as its purpose; all that a provider may keep of us."""
    to: str
    """An e-mail address, a phone number in E.164; empty for a letter (the address is on it)."""
    written: Written
    permit: Permit
    """The gate's; a provider refuses what has none, or another message's."""
    message_id: str = ""
    """The public id, for the addresses of callbacks."""
    unsubscribe_url: str = ""
    """Where one click stops e-mails (RFC 8058); empty: none is offered."""


class MessageProvider(Protocol):
    """One way out."""

    simulated: bool
    """Whether nothing really leaves."""
    collects: bool
    """Whether letters wait here until somebody prints a batch, rather than being handed over one by one."""

    def send(self, outgoing: Outgoing) -> Delivery:
        """Hand a message over, once.  Never raises for an answer of the provider."""

    def reconcile(self, key: str) -> Delivery:
        """Say what became of a message whose sending was cut off, or whose fate is unknown."""
