"""The table of the register: what ranking and warnings need in clear, and who somebody is, sealed."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from domain.policy import Period
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import Paper, Tradesperson
from domain.vocabulary import Weekday
from store.columns import AnyRow, day, moment, sealed, table_of, text, truth, uuid_key, whole
from store.keyring import Keyring

_PURPOSE = "register"
_PERSONAL = ("name", "firm", "phone", "email")


def _words() -> Any:
    """Several words of a closed list, or codes of places."""
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


def _week() -> Any:
    """Periods of a week, as JSON."""
    return Field(sa_column=Column(JSONB, nullable=False))


class TradespersonRow(SQLModel, table=True):
    """One entry.  Clear columns hold skills, places, hours, days and opaque codes only."""

    __tablename__ = "tradesperson"
    __table_args__ = (
        Index("tradesperson_phone", "phone_hash", unique=True),
        Index("tradesperson_firm", "firm_id", unique=True, postgresql_where="firm_id IS NOT NULL"),
        Index("tradesperson_skills", "skills", postgresql_using="gin"),
    )

    id: str = uuid_key()
    person_enc: bytes = sealed()
    """Name, firm, telephone number and e-mail address, with the service's own key: they are about no referral."""
    phone_hash: str = text()
    """So that nobody stands in the register twice."""
    firm_id: str | None = text(nullable=True)
    channel: str = text()
    skills: list[str] = _words()
    base: str = text()
    areas: list[str] = _words()
    most_km: int = whole()
    hours: list[dict[str, Any]] = _week()
    on_call: list[dict[str, Any]] = _week()
    vetting_until: date | None = day(nullable=True)
    insurance_until: date | None = day(nullable=True)
    safeguarding_until: date | None = day(nullable=True)
    capacity: int = whole()
    languages: list[str] = _words()
    active: bool = truth()
    revision: int = whole()
    made_at: datetime = moment()
    changed_at: datetime = moment()
    changed_by: str = text()
    """Of the member of staff."""


TRADESPERSON = table_of(TradespersonRow)
UNTIL = {paper: TRADESPERSON.c[f"{paper}_until"] for paper in Paper}
"""The column of each paper's last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """Somebody in the register, with who changed the entry last."""

    who: Tradesperson
    revision: int
    """Rises by one with every change."""
    made_at: datetime
    changed_at: datetime
    changed_by: str


def columns_of(keyring: Keyring, who: Tradesperson) -> dict[str, Any]:
    """The columns that say who somebody is and what they can do; a revision and its times are the caller's."""
    person = json.dumps({name: getattr(who, name) for name in _PERSONAL}, ensure_ascii=False).encode()
    return {
        "id": who.id,
        "person_enc": keyring.seal(_PURPOSE, person, place=_place(who.id)),
        "phone_hash": phone_hash(keyring, who.phone),
        "firm_id": who.firm_id or None,
        "channel": who.channel,
        "skills": list(who.skills),
        "base": who.base,
        "areas": list(who.areas),
        "most_km": who.most_km,
        "hours": [_period_to_json(period) for period in who.hours],
        "on_call": [_period_to_json(period) for period in who.on_call],
        **{f"{paper}_until": who.valid_until(paper) for paper in Paper},
        "capacity": who.capacity,
        "languages": list(who.languages),
        "active": who.active,
    }


def phone_hash(keyring: Keyring, phone: str) -> str:
    """The keyed hash by which an entry is found again from its number in E.164."""
    return keyring.lookup_hash("tradesperson phone", phone)


def entry_of(keyring: Keyring, row: AnyRow) -> RegisterEntry:
    """Open a whole row.  Raises `KeyNotFound`, `CannotBeOpened`."""
    return RegisterEntry(
        who=tradesperson_of(keyring, row),
        revision=row.revision,
        made_at=row.made_at,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def tradesperson_of(keyring: Keyring, row: AnyRow) -> Tradesperson:
    """Open who a row is about.  Raises `KeyNotFound`, `CannotBeOpened`."""
    person = json.loads(keyring.open(_PURPOSE, row.person_enc, place=_place(row.id)))
    return replace(unnamed(row), **person)


def unnamed(row: AnyRow) -> Tradesperson:
    """Read what ranking needs of a row: nothing is opened, so name, firm, number and address are empty."""
    return Tradesperson(
        id=row.id,
        name="",
        channel=TradeChannel(row.channel),
        phone="",
        firm_id=row.firm_id or "",
        skills=tuple(Skill(skill) for skill in row.skills),
        base=row.base,
        areas=tuple(row.areas),
        most_km=row.most_km,
        hours=_periods(row.hours),
        on_call=_periods(row.on_call),
        papers=tuple(
            (paper, until) for paper in Paper if (until := getattr(row, f"{paper}_until")) is not None
        ),
        capacity=row.capacity,
        languages=tuple(row.languages),
        active=row.active,
    )


def _period_to_json(period: Period) -> dict[str, Any]:
    return {**asdict(period), "opens": f"{period.opens:%H:%M}", "closes": f"{period.closes:%H:%M}"}


def _periods(found: Iterable[dict[str, Any]]) -> tuple[Period, ...]:
    return tuple(
        Period(
            days=tuple(Weekday(day) for day in period["days"]),
            opens=time.fromisoformat(period["opens"]),
            closes=time.fromisoformat(period["closes"]),
        )
        for period in found
    )


def _place(entry_id: str) -> str:
    return f"tradesperson.person_enc:{entry_id}"
