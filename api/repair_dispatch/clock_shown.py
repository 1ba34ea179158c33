"""The two promises of a repair as people read them: until when, and how much of that is left.  Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.repair_dispatch.plain_words import in_minutes
from api.times import Time, time_in_words
from domain.repair_dispatch.kinds import RepairStage
from store.repair_dispatch.views import RepairView


class Level(StrEnum):
    """How a promise stands.  Always said in words too, never by colour alone."""

    KEPT = "kept"
    IN_TIME = "in_time"
    NEAR = "near"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShown:
    """One promise."""

    what: str
    at: Time
    says: str
    level: Level


def on_site_clock(
    repair: RepairView, *, warn_before: timedelta, zone: ZoneInfo, now: datetime
) -> ClockShown | None:
    """The promise to be there; `None` while nothing is promised: held, or cancelled before anybody came."""
    return _clock("On site", repair, repair.on_site_by, _arrived_at(repair), warn_before, zone, now)


def done_clock(
    repair: RepairView, *, warn_before: timedelta, zone: ZoneInfo, now: datetime
) -> ClockShown | None:
    """The promise to be done; `None` while nothing is promised."""
    return _clock("Done", repair, repair.done_by, repair.finished_at, warn_before, zone, now)


def level_of(by: datetime, *, warn_before: timedelta, now: datetime) -> Level:
    """How a promise stands that has not been kept yet."""
    if by <= now:
        return Level.LATE
    return Level.NEAR if by - now <= warn_before else Level.IN_TIME


def _arrived_at(repair: RepairView) -> datetime | None:
    return repair.arrived_at or repair.made_safe_at or repair.finished_at


def _clock(
    what: str,
    repair: RepairView,
    by: datetime,
    kept_at: datetime | None,
    warn_before: timedelta,
    zone: ZoneInfo,
    now: datetime,
) -> ClockShown | None:
    if kept_at is not None:
        return _kept(what, by, kept_at, zone, now)
    if not repair.turn or not repair.stage.is_live or repair.stage is RepairStage.HELD:
        return None
    level = level_of(by, warn_before=warn_before, now=now)
    left = f"{_in_words(abs(by - now))} {'late' if level is Level.LATE else 'left'}"
    return ClockShown(what=f"{what} by", at=_short(by, zone, now), says=left, level=level)


def _kept(what: str, by: datetime, kept_at: datetime, zone: ZoneInfo, now: datetime) -> ClockShown:
    is_late = kept_at > by
    says = f"{_in_words(kept_at - by)} later than promised" if is_late else "within the promise"
    return ClockShown(
        what=what,
        at=_short(kept_at, zone, now),
        says=says,
        level=Level.LATE if is_late else Level.KEPT,
    )


def _short(at: datetime, zone: ZoneInfo, now: datetime) -> Time:
    """A time of today is a time alone: a board is looked at, not read."""
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return Time(text=f"{local:%H:%M}", machine=local.isoformat())
    return time_in_words(at, zone=zone, now=now)


def _in_words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} second{'s' if seconds != 1 else ''}" if seconds < _MINUTE else in_minutes(span)


_MINUTE = 60
