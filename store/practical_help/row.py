"""The table of practical help: one row for each that was asked for."""

from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Column, ForeignKey, Index
from sqlmodel import Field, SQLModel

from domain.practical_help.state import HelpState
from store.columns import UUID, moment, sealed, table_of, text, truth, uuid_key, whole
from store.encryption import PersonCipher

_STATE = "practical_help.state_enc"


class PracticalHelpRow(SQLModel, table=True):
    """One practical help.  Who visits and what is said stays with its commands, sealed."""

    __tablename__ = "practical_help"
    __table_args__ = (
        Index("practical_help_referral", "referral_id"),
        Index(
            "practical_help_live",
            "asked_at",
            postgresql_where="ended_at IS NULL OR alarm_from IS NOT NULL OR alerted",
        ),
        Index("practical_help_alarm", "alarm_from", postgresql_where="alarm_from IS NOT NULL"),
    )

    id: str = uuid_key()
    referral_id: str = Field(
        sa_column=Column(UUID, ForeignKey("referral.id", ondelete="CASCADE"), nullable=False)
    )
    command_id: str = Field(sa_column=Column(UUID, nullable=False))
    """The command that asked for it: what was wanted, and why."""
    asked_at: datetime = moment()
    turn: int = whole()
    revision: int = whole()
    stage: str = text()
    state_enc: bytes | None = sealed(nullable=True)
    asks_from: datetime | None = moment(nullable=True)
    """From when a coordinator is asked something, if nothing happens."""
    alarm_from: datetime | None = moment(nullable=True)
    """From when a visitor has to be rung, if nothing is heard: the clock of the visit, for whoever looks."""
    alerted: bool = truth()
    """Whether a word for duress was used and no supervisor has acted on it."""
    ended_at: datetime | None = moment(nullable=True)


PRACTICAL_HELP = table_of(PracticalHelpRow)


@lru_cache(maxsize=1)
def _states() -> TypeAdapter[HelpState]:
    return TypeAdapter(HelpState)


def seal_state(cipher: PersonCipher, state: HelpState) -> bytes:
    """Seal where it stands."""
    return cipher.seal_packed(_STATE, state.help_id, _states().dump_json(state))


def open_state(cipher: PersonCipher, help_id: str, state_enc: bytes | None) -> HelpState | None:
    """Open where it stands; `None` until its workflow's first turn.  Fields added since have their defaults."""
    if state_enc is None:
        return None
    return _states().validate_json(cipher.open_packed(_STATE, help_id, state_enc))
