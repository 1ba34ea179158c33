"""Opt-outs: a keyed hash of an address or number, and nothing of the person; it outlives the referral.

On the referral it was said on it stops the channel.  On a new one it is shown to a person, never obeyed blindly:
whoever holds the phone is not always the victim.  Rule 11 of docs/policy.md.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from domain.events import OptedIn, OptedOut
from domain.vocabulary import ContactChannel, OptOutWay
from store.columns import moment, table_of, text
from store.keyring import Keyring
from store.referral_document import Document, addresses, email_id_of, folded, number_id, numbers


class OptOutRow(SQLModel, table=True):
    """One address or number, and one channel.  No foreign key: it survives the erasure of every referral."""

    __tablename__ = "opt_out"

    hash: str = text(primary_key=True)
    channel: str = text(primary_key=True)
    way: str = text()
    made_at: datetime = moment()
    lifted_at: datetime | None = moment(nullable=True)


OPT_OUT = table_of(OptOutRow)
_STANDING = select(OPT_OUT.c.channel).where(
    OPT_OUT.c.hash.in_(bindparam("hashes", expanding=True)), OPT_OUT.c.lifted_at.is_(None)
)


class OptOutStore:
    """Says which addresses somebody asked us not to use."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def known(self, document: Document) -> tuple[ContactChannel, ...]:
        """By which channels somebody at a number or address of this referral ever asked us to stop."""
        with self._engine.connect() as connection:
            return known(connection, self._keyring, document)


def known(connection: Connection, keyring: Keyring, document: Document) -> tuple[ContactChannel, ...]:
    """The same inside the caller's transaction; in the order of the contact plan's lines."""
    hashes = [made for channel in ContactChannel for made in hashes_of(keyring, channel, document)]
    if not hashes:
        return ()
    found = set(connection.scalars(_STANDING, {"hashes": hashes}))
    return tuple(channel for channel in ContactChannel if channel in found)


def hash_of(keyring: Keyring, channel: ContactChannel, value: str) -> str:
    """Hash one normalised number or address: its channel is part of it, so that rows tell nothing together."""
    return keyring.lookup_hash(f"opt_out:{channel}", value)


def hashes_of(keyring: Keyring, channel: ContactChannel, document: Document) -> list[str]:
    """Hash every number or address that a channel can use on a referral, the guardian's too."""
    return [hash_of(keyring, channel, value) for value in dict.fromkeys(_values(channel, document)) if value]


def follow(
    connection: Connection,
    keyring: Keyring,
    event: OptedOut | OptedIn,
    document: Document,
    *,
    at: datetime,
    hashes: Sequence[str] | None = None,
) -> None:
    """Write down what somebody asked, or lift it, in the transaction that stores the command.

    Args:
        connection: The caller's.
        keyring: Makes the hashes.
        event: What was asked.
        document: The referral it was said on, as last corrected.
        at: When.
        hashes: Only these; by default every address of that channel on the referral.
    """
    found = hashes_of(keyring, event.channel, document) if hashes is None else hashes
    if isinstance(event, OptedOut):
        put(connection, found, event.channel, event.way, at=at)
    else:
        lift(connection, found, event.channel, at=at)


def follow_complaint(
    connection: Connection, keyring: Keyring, document: Document, address_id: str, *, at: datetime
) -> None:
    """Write down that the reader at one address marked a message as unwanted: that asks us to stop.

    Args:
        connection: The caller's.
        keyring: Makes the hashes.
        document: The referral the message was sent for, as last corrected.
        address_id: The opaque id of the number or e-mail address it went to.
        at: When.
    """
    name = number_id(keyring)
    named: dict[tuple[ContactChannel, OptOutWay], Callable[[str], str]] = {
        (ContactChannel.TEXT, OptOutWay.TEXT): name,
        (ContactChannel.EMAIL, OptOutWay.EMAIL): lambda value: email_id_of(name)({"address": value}),
    }
    for (channel, way), id_of in named.items():
        values = [value for value in _values(channel, document) if value and id_of(value) == address_id]
        put(connection, [hash_of(keyring, channel, value) for value in values], channel, way, at=at)


def put(
    connection: Connection, hashes: Iterable[str], channel: ContactChannel, way: OptOutWay, *, at: datetime
) -> None:
    """Write opt-outs down; one that was lifted stands again."""
    statement = insert(OPT_OUT)
    said = {"way": statement.excluded.way, "made_at": statement.excluded.made_at, "lifted_at": None}
    for found in sorted(
        set(hashes)
    ):  # in one order, so that two who write the same never wait for each other
        values = {"hash": found, "channel": channel, "way": way, "made_at": at, "lifted_at": None}
        connection.execute(
            statement.on_conflict_do_update(index_elements=[OPT_OUT.c.hash, OPT_OUT.c.channel], set_=said),
            values,
        )


def lift(connection: Connection, hashes: Iterable[str], channel: ContactChannel, *, at: datetime) -> None:
    """Lift opt-outs, at the word of whom they keep from being reached."""
    standing = (
        OPT_OUT.c.hash.in_(sorted(set(hashes)))
        & (OPT_OUT.c.channel == channel)
        & OPT_OUT.c.lifted_at.is_(None)
    )
    connection.execute(update(OPT_OUT).where(standing).values(lifted_at=at))


def _values(channel: ContactChannel, document: Document) -> list[str]:
    victim = document["victim"]
    owners = (victim, victim.get("guardian") or {})
    match channel:
        case ContactChannel.PHONE | ContactChannel.TEXT:
            return list(numbers(document))
        case ContactChannel.EMAIL:
            emails = [email.get("address") or "" for owner in owners for email in owner.get("emails", ())]
            return [email.strip().casefold() for email in emails]
        case ContactChannel.LETTER:
            posts = [post for owner in owners for post in addresses(owner)]
            return [folded(" ".join([*post.get("lines", ()), post.get("postcode") or ""])) for post in posts]
