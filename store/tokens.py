"""Bearer tokens of the JSON API: kept as hashes, shown once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Index, bindparam, insert, select, update
from sqlmodel import SQLModel

from domain.vocabulary import Role
from store.columns import AnyRow, moment, table_of, text

_PREFIX = "holdfast_"
"""So that a token found in a log or a repository can be recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who did something: a token's bearer, by role and name."""

    token_id: str
    role: str
    name: str
    organisation: str | None = None

    @property
    def owner(self) -> str:
        """Whose referrals these are: the organisation's, or without one the token's alone."""
        return f"organisation:{self.organisation}" if self.organisation else f"token:{self.token_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, without its secret."""

    id: str
    role: Role
    name: str
    organisation: str | None
    issued_at: datetime
    revoked_at: datetime | None

    @property
    def maker(self) -> Maker:
        """The bearer, as stored with what they do."""
        return Maker(token_id=self.id, role=self.role, name=self.name, organisation=self.organisation)

    @property
    def owner(self) -> str:
        """See `Maker.owner`."""
        return self.maker.owner


class TokenRow(SQLModel, table=True):
    """A token ever issued."""

    __tablename__ = "token"
    __table_args__ = (Index("token_hash_key", "hash", unique=True),)

    id: str = text(primary_key=True)
    hash: str = text()
    role: str = text()
    name: str = text()
    organisation: str | None = text(nullable=True)
    issued_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


TOKEN = table_of(TokenRow)
_FOUND = select(TOKEN).where(TOKEN.c.hash == bindparam("this"), TOKEN.c.revoked_at.is_(None))


class TokenStore:
    """Issues, lists, revokes and recognises tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, *, role: str, name: str, organisation: str | None, now: datetime) -> str:
        """Make a token and give its bearer string, which is nowhere kept."""
        bearer = _PREFIX + secrets.token_urlsafe(32)
        row = {
            "id": secrets.token_hex(4),
            "hash": _hash(bearer),
            "role": Role(role),
            "name": name,
            "organisation": organisation,
            "issued_at": now,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(TOKEN), row)
        return bearer

    def list(self) -> "list[Token]":
        """Every token ever issued, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(TOKEN).order_by(TOKEN.c.issued_at, TOKEN.c.id))
            return [token_of(row) for row in rows]

    def revoke(self, token_id: str, *, now: datetime) -> bool:
        """Revoke at once; false when there is no valid token of that id."""
        valid = (TOKEN.c.id == token_id) & TOKEN.c.revoked_at.is_(None)
        with self._engine.begin() as connection:
            return connection.execute(update(TOKEN).where(valid).values(revoked_at=now)).rowcount > 0

    def find(self, bearer: str) -> Token | None:
        """Recognise a bearer; `None` when it was never issued or is revoked."""
        with self._engine.connect() as connection:
            row = connection.execute(_FOUND, {"this": _hash(bearer)}).first()
        return token_of(row) if row else None


def _hash(bearer: str) -> str:
    return hashlib.sha256(bearer.encode()).hexdigest()


def token_of(row: AnyRow) -> Token:
    """Read a row of the table."""
    return Token(
        id=row.id,
        role=Role(row.role),
        name=row.name,
        organisation=row.organisation,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
    )
