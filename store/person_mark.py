"""How a person is known again: keyed hashes, so that likely duplicates and repeat victims can be shown.

They are shown to a person and never merged, held or returned by machine.  Source: docs/policy.md#triage.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Select,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlmodel import Field, SQLModel

from store.columns import UUID, table_of
from store.keyring import Keyring
from store.referral_document import Document, folded, full_name, name_of, numbers
from store.referral_row import REFERRAL

AT_MOST = 20
"""How many links are ever shown."""
REPEAT_WITHIN = timedelta(days=366)
"""Twelve months: who is referred again within them is a repeat victim."""


class LinkKind(StrEnum):
    """What another referral seems to be to this one."""

    DUPLICATE = "duplicate"
    """The same person and the same incident."""
    REPEAT = "repeat"
    """The same person, another incident."""
    SAME_CONTACT = "same_contact"
    """A shared number or e-mail address: a household, a guardian, or the same person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another referral a coordinator should know of."""

    referral_id: str
    reference: str
    kind: LinkKind
    why: str
    """What is alike, without saying it."""


_STRONG = {
    "name_dob": "name and date of birth",
    "name_postcode": "name and postcode",
    "phone": "telephone number",
    "email": "e-mail address",
}
"""Marks that link by themselves; the others only tell what a link means."""


class PersonMarkRow(SQLModel, table=True):
    """One mark of one referral."""

    __tablename__ = "person_mark"
    __table_args__ = (Index("person_mark_hash", "hash", "kind"),)

    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    hash: str = Field(sa_column=Column(Text, primary_key=True))


PERSON_MARK = table_of(PersonMarkRow)


def put(connection: Connection, keyring: Keyring, referral_id: str, document: Document) -> None:
    """Write the marks of a new referral."""
    rows = [
        {"referral_id": referral_id, "kind": kind, "hash": keyring.lookup_hash(f"mark:{kind}", value)}
        for kind, value in sorted(set(_marks(document)))
    ]
    if rows:
        connection.execute(insert(PERSON_MARK), rows)


def refresh(connection: Connection, keyring: Keyring, referral_id: str, document: Document) -> None:
    """Write them anew after a correction."""
    connection.execute(delete(PERSON_MARK).where(PERSON_MARK.c.referral_id == referral_id))
    put(connection, keyring, referral_id, document)


def links(connection: Connection, referral_id: str, *, limit: int) -> list[Link]:
    """Find what is alike within twelve months, nearest in time first."""
    rows = connection.execute(_LINKS, {"this": referral_id, "most": min(limit, AT_MOST)})
    return [_link(row.id, row.reference, frozenset(row.kinds)) for row in rows]


def _linked() -> Select[Any]:
    """Referrals that share a strong mark with this one, and every kind of mark they share."""
    own: BindParameter[str] = bindparam("this", type_=UUID)
    mine = PERSON_MARK.alias("mine")
    this = REFERRAL.alias("this")
    alike = (
        select(PERSON_MARK.c.referral_id, PERSON_MARK.c.kind)
        .join(mine, (mine.c.hash == PERSON_MARK.c.hash) & (mine.c.kind == PERSON_MARK.c.kind))
        .where(mine.c.referral_id == own, PERSON_MARK.c.referral_id != own)
    )
    strong = alike.where(PERSON_MARK.c.kind.in_(_STRONG)).subquery()
    apart = func.abs(func.extract("epoch", REFERRAL.c.received_at - this.c.received_at))
    found = (
        select(REFERRAL.c.id, REFERRAL.c.reference, apart.label("apart"))
        .join(this, this.c.id == own)
        .where(REFERRAL.c.id.in_(select(strong.c.referral_id)), apart <= REPEAT_WITHIN.total_seconds())
        .order_by("apart", REFERRAL.c.id)
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )
    every = alike.where(PERSON_MARK.c.referral_id.in_(select(found.c.id))).subquery()
    return (
        select(found.c.id, found.c.reference, func.array_agg(every.c.kind).label("kinds"))
        .join(every, every.c.referral_id == found.c.id)
        .group_by(found.c.id, found.c.reference, found.c.apart)
        .order_by(found.c.apart, found.c.id)
    )


_LINKS = _linked()
"""Made once: making it anew costs more than Postgres needs to carry it out."""


def _link(referral_id: str, reference: str, kinds: frozenset[str]) -> Link:
    same_person = bool(kinds & {"name_dob", "name_postcode"}) or "name" in kinds
    if not same_person:
        kind = LinkKind.SAME_CONTACT
    else:
        kind = LinkKind.DUPLICATE if kinds & {"crime", "event"} else LinkKind.REPEAT
    why = "Same " + ", ".join(words for mark, words in _STRONG.items() if mark in kinds)
    if "crime" in kinds:
        why += ", same source reference"
    return Link(referral_id=referral_id, reference=reference, kind=kind, why=why + ".")


def _marks(document: Document) -> Iterator[tuple[str, str]]:
    victim = document["victim"]
    yield from (("phone", number) for number in numbers(document))
    for owner in (victim, victim.get("guardian") or {}):
        yield from (("email", email["address"].strip().lower()) for email in owner.get("emails", ()))
    yield from _name_marks(victim)
    yield from _incident_marks(document)


def _name_marks(victim: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name = folded(full_name(victim) or name_of(victim))
    if not name:
        return
    yield "name", name
    if victim.get("date_of_birth"):
        yield "name_dob", f"{name}\x1f{victim['date_of_birth']}"
    postcode = folded((victim.get("address") or {}).get("postcode", ""))
    if postcode:
        yield "name_postcode", f"{name}\x1f{postcode}"


def _incident_marks(document: Document) -> Iterator[tuple[str, str]]:
    source, incident = document["source"], document["incident"]
    if source.get("reference"):
        yield "crime", f"{source.get('organisation', '')}\x1f{source['reference']}"
    if incident.get("occurred_at"):
        yield "event", f"{incident['kind']}\x1f{incident['occurred_at'][:10]}"
