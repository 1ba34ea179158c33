"""`Idempotency-Key`: the same key and body get the same answer, per token.

A claim is written in the transaction that stores what came in, so that a crash in between leaves either
both or neither.  The answer is kept afterwards; until then the claim says what was made.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from domain.errors import IdempotencyConflict
from store.columns import AnyRow, moment, sealed, table_of, text, whole
from store.keyring import Keyring

_PURPOSE = "kept answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A token's idempotency key and what it was sent with, both as keyed hashes."""

    token_id: str
    key_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a key was used for, and what was answered."""

    subject_kind: str
    """`referral` or `command`, or empty."""
    subject_id: str
    status: int | None
    """`None`: the answer is not kept yet; whoever claimed is at work, or died."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class IdempotencyRow(SQLModel, table=True):
    """One key of one token."""

    __tablename__ = "idempotency"

    token_id: str = text(primary_key=True)
    key_hash: str = text(primary_key=True)
    fingerprint: str = text()
    subject_kind: str = text()
    subject_id: str = text()
    status: int | None = whole(nullable=True)
    answer_enc: bytes | None = sealed(nullable=True)
    made_at: datetime = moment()


IDEMPOTENCY = table_of(IdempotencyRow)
_TAKEN = insert(IDEMPOTENCY).on_conflict_do_nothing().returning(IDEMPOTENCY.c.token_id)


class IdempotencyStore:
    """Keeps answers."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def claim(self, *, token_id: str, key: str, method: str, path: str, body: bytes) -> Claim:
        """Fold a request to a claim; nothing is written."""
        content = f"{method} {path}\x00".encode() + body
        return Claim(
            token_id=token_id,
            key_hash=self._keyring.lookup_hash("idempotency", key),
            fingerprint=self._keyring.fingerprint(content),
        )

    def find(self, claim: Claim) -> KeptAnswer | None:
        """Find what this key was used for.  Raises `IdempotencyConflict` if with another body."""
        with self._engine.connect() as connection:
            row = _find(connection, claim)
        return None if row is None else self._kept(row)

    def complete(
        self,
        claim: Claim,
        *,
        status: int,
        body: bytes,
        headers: dict[str, str],
        now: datetime,
        subject_kind: str = "",
        subject_id: str = "",
    ) -> None:
        """Keep an answer; the first one kept stays."""
        answer = json.dumps({"headers": headers, "body": body.decode()}).encode()
        answer_enc = self._keyring.seal(_PURPOSE, answer, place=_place(claim.token_id, claim.key_hash))
        statement = insert(IDEMPOTENCY).values(
            **_row(claim, subject_kind, subject_id, now), status=status, answer_enc=answer_enc
        )
        statement = statement.on_conflict_do_update(
            index_elements=["token_id", "key_hash"],
            set_={"status": status, "answer_enc": answer_enc},
            where=IDEMPOTENCY.c.status.is_(None) & (IDEMPOTENCY.c.fingerprint == claim.fingerprint),
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def forget(self, older_than: datetime) -> int:
        """Drop keys first used before then; say how many."""
        with self._engine.begin() as connection:
            return connection.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.made_at < older_than)).rowcount

    def _kept(self, row: AnyRow) -> KeptAnswer:
        answer: dict[str, Any] = {"headers": {}, "body": ""}
        if row.answer_enc is not None:
            place = _place(row.token_id, row.key_hash)
            answer = json.loads(self._keyring.open(_PURPOSE, row.answer_enc, place=place))
        return KeptAnswer(
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            status=row.status,
            headers=answer["headers"],
            body=answer["body"].encode(),
        )


def take(
    connection: Connection, claim: Claim, *, subject_kind: str, subject_id: str, now: datetime
) -> str | None:
    """Claim a key inside the caller's transaction.

    Waits for another transaction that is claiming the same key.

    Returns:
        `None` if it is ours now, else the id of what it was used for before.

    Raises:
        IdempotencyConflict: It was used with another body.
    """
    if connection.scalar(_TAKEN, _row(claim, subject_kind, subject_id, now)) is not None:
        return None
    earlier = _find(connection, claim)
    return None if earlier is None else str(earlier.subject_id)


def _find(connection: Connection, claim: Claim) -> AnyRow | None:
    mine = (IDEMPOTENCY.c.token_id == claim.token_id) & (IDEMPOTENCY.c.key_hash == claim.key_hash)
    row = connection.execute(select(IDEMPOTENCY).where(mine)).first()
    if row is not None and row.fingerprint != claim.fingerprint:
        raise IdempotencyConflict("This idempotency key was used with another body.")
    return row


def _row(claim: Claim, subject_kind: str, subject_id: str, now: datetime) -> dict[str, Any]:
    return {
        "token_id": claim.token_id,
        "key_hash": claim.key_hash,
        "fingerprint": claim.fingerprint,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "made_at": now,
    }


def _place(token_id: str, key_hash: str) -> str:
    return f"idempotency.answer_enc:{token_id}:{key_hash}"
