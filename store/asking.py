"""What repairs and practical help ask of a coordinator, beside what their referrals want: for the worklist.

Each kind is one statement over its own partial index, so that only those that ask anything are read; another kind is
one more.  They ask while their referral is closed, too.  Source: docs/repairs.md#board.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from domain.repair_dispatch.kinds import RepairAsk
from store.practical_help.row import PRACTICAL_HELP
from store.repair_dispatch.row import REPAIR


class AskingKind(StrEnum):
    """What asks."""

    REPAIR = "repair"
    PRACTICAL_HELP = "practical_help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One repair or practical help that asks something."""

    kind: AskingKind
    id: str
    reference: str
    """Short and speakable; empty where there is none."""
    asks: tuple[str, ...]
    """Words of its kind's closed list; empty: its own page says."""
    since: datetime
    is_urgent: bool
    """More than a call that is due: somebody is not coming, or is in danger."""


_NOW = bindparam("now", type_=DateTime(timezone=True))
_ALARMS = bindparam("alarms", value=True, type_=Boolean)
"""Whether an alarm for a visitor is among it; who shows those in a place of their own leaves them out here."""
ROUTINE = (RepairAsk.FOLLOW_UP,)
"""Asked of every repair that went well."""


def _repairs() -> Select[Any]:
    routine = cast(array(ROUTINE), ARRAY(Text))
    return select(
        REPAIR.c.referral_id,
        literal(AskingKind.REPAIR.value).label("kind"),
        REPAIR.c.id,
        REPAIR.c.reference,
        REPAIR.c.asks,
        REPAIR.c.asks_since.label("since"),
        (~REPAIR.c.asks.contained_by(routine)).label("is_urgent"),
    ).where(REPAIR.c.asks_since.is_not(None))


def _practical_help() -> Select[Any]:
    rings = func.coalesce(PRACTICAL_HELP.c.alarm_from <= _NOW, False)
    is_alarm = rings & _ALARMS
    asks_first = (
        PRACTICAL_HELP.c.asks_from < PRACTICAL_HELP.c.alarm_from
    )  # else what asks is the alarm itself
    asks_else = (PRACTICAL_HELP.c.asks_from <= _NOW) & (~rings | func.coalesce(asks_first, False))
    is_live = or_(
        PRACTICAL_HELP.c.ended_at.is_(None),
        PRACTICAL_HELP.c.alarm_from.is_not(None),
        PRACTICAL_HELP.c.alerted,
    )
    return select(
        PRACTICAL_HELP.c.referral_id,
        literal(AskingKind.PRACTICAL_HELP.value),
        PRACTICAL_HELP.c.id,
        literal(""),
        cast(array([], type_=Text), ARRAY(Text)),
        func.least(PRACTICAL_HELP.c.asks_from, PRACTICAL_HELP.c.alarm_from),
        is_alarm,
    ).where(is_live, is_alarm | asks_else)


_EACH = union_all(_repairs(), _practical_help()).subquery("asking")
ASKED = (
    select(
        _EACH.c.referral_id,
        func.min(_EACH.c.since).label("asked_since"),
        func.bool_or(_EACH.c.is_urgent).label("asks_urgently"),
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "kind",
                    _EACH.c.kind,
                    "id",
                    _EACH.c.id,
                    "reference",
                    _EACH.c.reference,
                    "asks",
                    _EACH.c.asks,
                    "since",
                    _EACH.c.since,
                    "is_urgent",
                    _EACH.c.is_urgent,
                ),
                _EACH.c.is_urgent.desc(),
                _EACH.c.since,
                _EACH.c.id,
            )
        ).label("asking"),
    )
    .group_by(_EACH.c.referral_id)
    .cte("asked")
)
"""Everything that asks, by referral.  Takes `now`, and `alarms`."""


def asking_of(found: Iterable[Mapping[str, Any]] | None) -> tuple[Asking, ...]:
    """Read what a list found of one referral; the urgent ones first."""
    return tuple(
        Asking(
            kind=AskingKind(each["kind"]),
            id=each["id"],
            reference=each["reference"],
            asks=tuple(each["asks"]),
            since=datetime.fromisoformat(each["since"]),
            is_urgent=each["is_urgent"],
        )
        for each in found or ()
    )
