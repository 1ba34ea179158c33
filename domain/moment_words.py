"""A moment as people read it, where the service is."""

from datetime import datetime
from zoneinfo import ZoneInfo


def moment_in_words(at: datetime, *, zone: ZoneInfo, now: datetime | None = None) -> str:
    """Say a moment: "Tue 24 Nov, 09:30"; with the year unless it is now's."""
    local = at.astimezone(zone)
    year = f" {local.year}" if now is None or local.year != now.astimezone(zone).year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"
