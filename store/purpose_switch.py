"""The stop switch of each purpose: while it is off, nothing of that kind leaves; what is made waits.

Nobody keeps a copy: every step `reserved → sending` reads it.  Source: docs/policy.md#providers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from domain.departure import Wait
from domain.vocabulary import Purpose
from store.columns import AnyRow, moment, sealed, table_of, text
from store.keyring import Keyring

LOOK_AGAIN = timedelta(minutes=1)
"""How soon a message that is kept back looks again; after a long time off a little later, so that a switch forgotten
for months costs nothing."""
LOOK_AGAIN_AT_MOST = timedelta(minutes=10)
_WHY = "Nothing of this kind leaves at present: it is switched off. It leaves by itself when it is switched on again."
_SEALING = "purpose switch"


class PurposeSwitchRow(SQLModel, table=True):
    """One purpose that was ever switched off."""

    __tablename__ = "purpose_switch"

    purpose: str = text(primary_key=True)
    off_since: datetime | None = moment(nullable=True)
    """`None`: it is on again."""
    changed_at: datetime = moment()
    by_name: str = text()
    """Who switched it last, off or on."""
    reason_enc: bytes = sealed()
    """With the service's own key: it is about no referral."""


PURPOSE_SWITCH = table_of(PurposeSwitchRow)
_IS_OFF = PURPOSE_SWITCH.c.off_since.is_not(None)
ALL_OFF = select(PURPOSE_SWITCH.c.purpose).where(_IS_OFF)
"""The purposes that are off."""
_OFF_SINCE = select(PURPOSE_SWITCH.c.off_since).where(PURPOSE_SWITCH.c.purpose == bindparam("this"), _IS_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeSwitch:
    """One purpose, on or off."""

    purpose: Purpose
    off_since: datetime | None = None
    changed_at: datetime | None = None
    """`None`: it was never switched."""
    by_name: str = ""
    reason: str = ""

    @property
    def is_on(self) -> bool:
        """Whether messages of this kind leave."""
        return self.off_since is None


def kept_back(connection: Connection, purpose: Purpose, now: datetime) -> Wait | None:
    """Say whether messages of this purpose wait, inside the transaction in which one would leave; `None`: no."""
    off_since = connection.execute(_OFF_SINCE, {"this": purpose}).scalar()
    if off_since is None:
        return None
    sleep = min(max((now - off_since) / 10, LOOK_AGAIN), LOOK_AGAIN_AT_MOST)
    return Wait(retry_at=now + sleep, why=_WHY)


class PurposeSwitchStore:
    """Reads and turns the switches."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def all(self) -> tuple[PurposeSwitch, ...]:
        """Every purpose, in the order of the closed list."""
        with self._engine.connect() as connection:
            rows = {row.purpose: row for row in connection.execute(select(PURPOSE_SWITCH))}
        return tuple(
            self._opened(rows[purpose]) if purpose in rows else PurposeSwitch(purpose=purpose)
            for purpose in Purpose
        )

    def turn(
        self, purpose: Purpose, *, is_on: bool, by_name: str, reason: str, now: datetime
    ) -> PurposeSwitch:
        """Turn a switch; one that stands so already stays as it is, with who turned it and why."""
        values = {
            "off_since": None if is_on else now,
            "changed_at": now,
            "by_name": by_name,
            "reason_enc": self._keyring.seal(_SEALING, reason.encode(), place=_place(purpose)),
        }
        on = update(PURPOSE_SWITCH).where(PURPOSE_SWITCH.c.purpose == purpose, _IS_OFF).values(values)
        off = insert(PURPOSE_SWITCH).values(purpose=purpose, **values)
        off = off.on_conflict_do_update(index_elements=["purpose"], set_=values, where=~_IS_OFF)
        with self._engine.begin() as connection:
            connection.execute(on if is_on else off)
        return next(switch for switch in self.all() if switch.purpose is purpose)

    def _opened(self, row: AnyRow) -> PurposeSwitch:
        reason = self._keyring.open(_SEALING, row.reason_enc, place=_place(row.purpose)).decode()
        return PurposeSwitch(
            purpose=Purpose(row.purpose),
            off_since=row.off_since,
            changed_at=row.changed_at,
            by_name=row.by_name,
            reason=reason,
        )


def _place(purpose: str) -> str:
    return f"purpose_switch.reason_enc:{purpose}"
