"""Ongoing support: one row for each opening that led to it; its workflow projects, the referral's begins it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, ForeignKey, Index, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from domain.errors import ReferralNotFound
from domain.ongoing_support import first_review_at
from domain.policy import Policy
from domain.ports import SupportBegun, SupportProjection
from domain.referral_state import OngoingSupport
from domain.vocabulary import SupportKind
from store import command_row
from store.columns import UUID, AnyRow, day, moment, sealed, table_of, text, whole
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL, state_of
from store.timeline import TIMELINE, lines


class SupportRow(SQLModel, table=True):
    """One ongoing support."""

    __tablename__ = "ongoing_support"
    __table_args__ = (
        Index("ongoing_support_referral", "referral_id"),
        Index("ongoing_support_review", "review_at", postgresql_where="ended_at IS NULL"),
        Index("ongoing_support_escalated", "support_id", postgresql_where="escalated_at IS NOT NULL"),
    )

    support_id: str = text(primary_key=True)
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), nullable=False)
    )
    kind: str = text()
    owner_enc: bytes | None = sealed(nullable=True)
    first_contact_on: date = day()
    begun_at: datetime = moment()
    turn: int = whole()
    state_enc: bytes | None = sealed(nullable=True)
    review_at: datetime | None = moment(nullable=True)
    """When the next review is due."""
    ended_at: datetime | None = moment(nullable=True)
    escalated_at: datetime | None = moment(nullable=True)
    escalation_enc: bytes | None = sealed(nullable=True)


SUPPORT = table_of(SupportRow)


class SupportStore:
    """Implements `domain.ports.SupportTables`."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def take_up_support(self, support_id: str) -> SupportBegun:
        """Read where an ongoing support stands.  Raises `ReferralNotFound` if it never began."""
        statement = select(SUPPORT, REFERRAL.c.wrapped_key, REFERRAL.c.state_enc.label("of_referral"))
        with self._engine.connect() as connection:
            row = connection.execute(
                statement.join_from(SUPPORT, REFERRAL, REFERRAL.c.id == SUPPORT.c.referral_id).where(
                    SUPPORT.c.support_id == support_id
                )
            ).first()
        if row is None:
            raise ReferralNotFound(f"no ongoing support {support_id}")
        return _begun(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row)

    def has_ended(self, support_id: str) -> bool:
        """Whether an ongoing support has ended, or never began."""
        statement = select(SUPPORT.c.ended_at).where(SUPPORT.c.support_id == support_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
        return row is None or row.ended_at is not None

    def project_support(self, projection: SupportProjection) -> None:
        """Write a turn once: the row, the referral's timeline, the command it answers."""
        with self._engine.begin() as connection:
            wrapped = _locked(connection, projection)
            if wrapped is None:
                return
            cipher = cipher_of(self._keyring, projection.referral_id, wrapped)
            mine = SUPPORT.c.support_id == projection.support_id
            connection.execute(update(SUPPORT).where(mine).values(_values(cipher, projection)))
            rows = lines(
                cipher,
                referral_id=projection.referral_id,
                stream=projection.support_id,
                turn=projection.turn,
                entries=projection.entries,
                at=projection.at,
                command_id=projection.command_id,
            )
            if rows:
                connection.execute(insert(TIMELINE).on_conflict_do_nothing(), rows)
            if projection.command_id is not None and projection.answer is not None:
                command_row.settle(
                    connection, cipher, projection.command_id, projection.answer, now=projection.at
                )


def begin_row(
    connection: Connection,
    cipher: PersonCipher,
    *,
    referral_id: str,
    support: OngoingSupport,
    policy: Policy,
    at: datetime,
) -> None:
    """Make the row, in the transaction of the referral's turn that begins the support."""
    owner = support.owner
    row = {
        "support_id": support.support_id,
        "referral_id": referral_id,
        "kind": support.kind,
        "owner_enc": cipher.seal_text("ongoing_support.owner_enc", support.support_id, owner)
        if owner
        else None,
        "first_contact_on": support.first_contact_on,
        "begun_at": at,
        "review_at": first_review_at(support.first_contact_on, at, policy),
        "turn": 0,
    }
    connection.execute(insert(SUPPORT).on_conflict_do_nothing(), row)


def _locked(connection: Connection, projection: SupportProjection) -> bytes | None:
    """Lock the row and give the person's wrapped key; `None` when this turn was written before."""
    mine = (SUPPORT.c.support_id == projection.support_id) & (SUPPORT.c.turn < projection.turn)
    statement = select(REFERRAL.c.wrapped_key).join_from(
        SUPPORT, REFERRAL, REFERRAL.c.id == SUPPORT.c.referral_id
    )
    wrapped: bytes | None = connection.scalar(statement.where(mine).with_for_update(of=SUPPORT))
    return wrapped


def _values(cipher: PersonCipher, projection: SupportProjection) -> dict[str, Any]:
    support_id, asks = projection.support_id, projection.escalation
    return {
        "turn": projection.turn,
        "state_enc": cipher.seal_packed("ongoing_support.state_enc", support_id, projection.state.encode()),
        "review_at": projection.review_at,
        "ended_at": projection.ended_at,
        "escalated_at": projection.at if asks else None,
        "escalation_enc": cipher.seal_text("ongoing_support.escalation_enc", support_id, asks)
        if asks
        else None,
    }


def _begun(cipher: PersonCipher, row: AnyRow) -> SupportBegun:
    of_referral = state_of(cipher, row.referral_id, row.of_referral)
    assert of_referral is not None, "a support begins with a turn of its referral"
    state = None
    if row.state_enc is not None:
        state = cipher.open_packed("ongoing_support.state_enc", row.support_id, row.state_enc).decode()
    return SupportBegun(
        support_id=row.support_id,
        referral_id=row.referral_id,
        kind=SupportKind(row.kind),
        owner=cipher.open_text("ongoing_support.owner_enc", row.support_id, row.owner_enc) or None,
        first_contact_on=row.first_contact_on,
        begun_at=row.begun_at,
        policy=of_referral.policy,
        state=state,
    )
