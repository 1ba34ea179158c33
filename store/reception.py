"""Taking a referral in: unique by its source, safe to repeat, with the outbox row in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from domain.errors import ReferenceTaken
from domain.facts import Facts
from domain.referral_state import NextAction
from domain.triage import lane_of
from domain.vocabulary import NextActionKind, Stage
from store import idempotency, person_mark
from store.document_change import canonical
from store.encryption import PersonCipher, new_person_key
from store.idempotency import IDEMPOTENCY, Claim
from store.keyring import Keyring
from store.outbox import OUTBOX, RELAY_WAITS
from store.referral_document import facts_of, number_id
from store.referral_row import REFERRAL
from store.timeline import TIMELINE
from store.tokens import Maker

RECEIVED = NextAction(kind=NextActionKind.WAIT, due_at=None, reason="Triage has not run yet.")
"""What is wanted of a referral whose workflow has not spoken yet; due when it was received."""

_CREATED = postgres_insert(REFERRAL).on_conflict_do_nothing().returning(REFERRAL.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A referral as it came in, checked."""

    referral_id: str
    reference: str
    document: dict[str, Any]
    """JSON-ready, in the contract's shape, nulls removed."""
    received_at: datetime
    by: Maker
    claim: Claim | None = None


class ReceptionResult(StrEnum):
    """What became of it."""

    CREATED = "created"
    SAME = "same"
    """The owner sent the same before."""
    CONFLICT = "conflict"
    """The source reference belongs to other content, or to another owner."""
    REPLAYED = "replayed"
    """The idempotency key was used before, with the same body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """The answer to a referral."""

    result: ReceptionResult
    referral_id: str
    """Of the referral now or already there; empty for a conflict."""
    reference: str


def receive(connection: Connection, keyring: Keyring, received: Received, *, child_under: int) -> Reception:
    """Store a referral, inside the caller's transaction, which is to be undone on a conflict."""
    if received.claim is not None:
        earlier = _claim(connection, received.claim, received)
        if earlier is not None:
            return earlier
    source_key = _source_key(keyring, received)
    content_hash = keyring.fingerprint(canonical(received.document))
    facts = facts_of(
        received.document,
        number_id=number_id(keyring),
        received_at=received.received_at,
        child_under=child_under,
    )
    cipher, wrapped_key = new_person_key(keyring, received.referral_id)
    row = {
        **_clear(received, facts),
        "source_key": source_key,
        "content_hash": content_hash,
        "wrapped_key": wrapped_key,
        "document_enc": cipher.seal_json("referral.document_enc", received.referral_id, received.document),
    }
    if connection.scalar(_CREATED, row) is None:
        return _already_there(connection, received, source_key, content_hash)
    _around_it(connection, keyring, cipher, received)
    return Reception(
        result=ReceptionResult.CREATED, referral_id=received.referral_id, reference=received.reference
    )


def _claim(connection: Connection, claim: Claim, received: Received) -> Reception | None:
    earlier = idempotency.take(
        connection,
        claim,
        subject_kind="referral",
        subject_id=received.referral_id,
        now=received.received_at,
    )
    if earlier is None:
        return None
    reference = (
        connection.scalar(select(REFERRAL.c.reference).where(REFERRAL.c.id == earlier)) if earlier else ""
    )
    return Reception(result=ReceptionResult.REPLAYED, referral_id=earlier, reference=reference or "")


def _already_there(
    connection: Connection, received: Received, source_key: str | None, content_hash: str
) -> Reception:
    """Tell a repetition from a conflict.  Somebody else's referral is never shown."""
    columns = select(REFERRAL.c.id, REFERRAL.c.reference, REFERRAL.c.owner, REFERRAL.c.content_hash)
    there = (
        connection.execute(columns.where(REFERRAL.c.source_key == source_key)).first() if source_key else None
    )
    if there is None:
        raise ReferenceTaken(f"the reference of {received.referral_id} is taken")
    if there.owner != received.by.owner or there.content_hash != content_hash:
        return Reception(result=ReceptionResult.CONFLICT, referral_id="", reference="")
    if received.claim is not None:
        mine = (IDEMPOTENCY.c.token_id == received.claim.token_id) & (
            IDEMPOTENCY.c.key_hash == received.claim.key_hash
        )
        connection.execute(update(IDEMPOTENCY).where(mine).values(subject_id=there.id))
    return Reception(result=ReceptionResult.SAME, referral_id=there.id, reference=there.reference)


def _around_it(connection: Connection, keyring: Keyring, cipher: PersonCipher, received: Received) -> None:
    """The outbox row, the first line of the timeline, the marks by which the person is known again."""
    referral_id, at = received.referral_id, received.received_at
    connection.execute(
        insert(OUTBOX),
        {"referral_id": referral_id, "made_at": at, "next_try_at": at + RELAY_WAITS, "tries": 0},
    )
    place = f"{referral_id}:referral:0:0"
    line = {
        "referral_id": referral_id,
        "stream": "referral",
        "turn": 0,
        "n": 0,
        "at": at,
        "what_enc": cipher.seal_text("timeline.what_enc", place, "The referral was received."),
        "by_role": received.by.role,
        "by_name": received.by.name,
    }
    connection.execute(insert(TIMELINE), line)
    person_mark.put(connection, keyring, referral_id, received.document)


def _source_key(keyring: Keyring, received: Received) -> str | None:
    """Without an organisation the reference is unique among the owner's own."""
    source = received.document.get("source", {})
    if not source.get("reference"):
        return None
    organisation = " ".join(source.get("organisation", "").casefold().split()) or received.by.owner
    parts = (organisation, source["reference"], source.get("person_reference") or "")
    return keyring.lookup_hash("source", "\x1f".join(parts))


def _clear(received: Received, facts: Facts) -> dict[str, Any]:
    return {
        "id": received.referral_id,
        "reference": received.reference,
        "received_at": received.received_at,
        "owner": received.by.owner,
        "turn": 0,
        "revision": 0,
        "stage": Stage.RECEIVED,
        "lane": lane_of(facts, sensitive=facts.is_sensitive),
        "opening": 1,
        "sensitive": facts.is_sensitive,
        "high_risk": facts.is_high_risk,
        "in_danger": False,
        "attempts_counted": 0,
        "reached": False,
        "reached_since_opening": False,
        "next_action_kind": RECEIVED.kind,
        "next_action_due_at": received.received_at,
        "promised": False,
        "lapses": 0,
        "question_open": False,
    }
