"""Sessions of people at the pages: an opaque cookie, kept as a hash, ended by rest, by age or by the token's end."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, delete, insert, or_, select, update
from sqlmodel import SQLModel

from store.columns import moment, table_of, text
from store.tokens import TOKEN, Token, token_of

ENDS_AFTER_REST = timedelta(hours=2)
"""Longer than the longest call and the notes after it."""
ENDS_AFTER = timedelta(hours=12)
"""A working day with its breaks; the next one begins with signing in."""
_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last visit is kept: a write for every page would buy nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One person at one browser."""

    hash: str
    """What the cookie's secret is known by here."""
    token: Token
    """With which they signed in."""


class SessionRow(SQLModel, table=True):
    """A session that has not been ended."""

    __tablename__ = "session"

    hash: str = text(primary_key=True)
    token_id: str = text()
    begun_at: datetime = moment()
    seen_at: datetime = moment()


SESSION = table_of(SessionRow)
_FOUND = (
    select(TOKEN, SESSION.c.seen_at)
    .join(SESSION, SESSION.c.token_id == TOKEN.c.id)
    .where(
        SESSION.c.hash == bindparam("this"),
        SESSION.c.begun_at > bindparam("begun_after"),
        SESSION.c.seen_at > bindparam("seen_after"),
        TOKEN.c.revoked_at.is_(None),
    )
)


class SessionStore:
    """Begins, recognises and ends sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, token: Token, *, now: datetime) -> str:
        """Begin a session and give the cookie's secret, which is nowhere kept; what is over is forgotten."""
        secret = secrets.token_urlsafe(32)
        row = {"hash": _hash(secret), "token_id": token.id, "begun_at": now, "seen_at": now}
        is_over = or_(SESSION.c.begun_at <= now - ENDS_AFTER, SESSION.c.seen_at <= now - ENDS_AFTER_REST)
        with self._engine.begin() as connection:
            connection.execute(delete(SESSION).where(is_over))
            connection.execute(insert(SESSION), row)
        return secret

    def find(self, secret: str, *, now: datetime) -> Session | None:
        """Recognise a cookie; `None` when the session is over or its token revoked.  Notes the visit."""
        this = _hash(secret)
        times = {"begun_after": now - ENDS_AFTER, "seen_after": now - ENDS_AFTER_REST}
        with self._engine.begin() as connection:
            row = connection.execute(_FOUND, {"this": this, **times}).first()
            if row is None:
                return None
            if row.seen_at <= now - _NOTED_EVERY:
                connection.execute(update(SESSION).where(SESSION.c.hash == this).values(seen_at=now))
        return Session(hash=this, token=token_of(row))

    def end(self, secret: str) -> None:
        """End a session at once; harmless when there is none."""
        with self._engine.begin() as connection:
            connection.execute(delete(SESSION).where(SESSION.c.hash == _hash(secret)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
