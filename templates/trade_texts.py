"""The words of texts to tradespeople: plain, neutral, in English, and never an address.

What they may say is the area, the task and the times; everything else stands on the page behind the link, for whoever
has the job.  Source: docs/policy.md#rules-no-profile-may-switch-off, rules 8 and 12.
"""

from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from domain.repair_dispatch.kinds import RepairKind, Urgency
from domain.repair_dispatch.ports import TradeNotice
from templates import gsm7
from templates.neutrality import require_neutral
from templates.passages import one_line
from templates.render import render

ROOM: Final = "repair_dispatch"
MOST_PARTS: Final = 2
"""In how many parts a text may be sent; a name that makes it longer is left out."""
_A_DAY: Final = 24 * 60 * 60

TASKS: Final = {
    RepairKind.BOARD_UP: "board up",
    RepairKind.LOCKS: "change locks",
    RepairKind.DOOR: "repair a door",
    RepairKind.WINDOW: "repair a window",
    RepairKind.KEY_SAFE: "fit a key safe",
    RepairKind.ALARM: "fit an alarm",
}
WHEN: Final = {
    Urgency.OPEN_PROPERTY: "make it safe now",
    Urgency.TODAY: "today",
    Urgency.PLANNED: "to be planned",
}


def trade_text(notice: TradeNotice, *, wording_folder: Path | None = None) -> str:
    """Write a notice as one text.

    Args:
        notice: What the tradesperson is told.
        wording_folder: A profile's own words, looked in first; the same paths as `templates/`.

    Raises:
        UnsafeWords: It would carry a forbidden word.
    """
    text = _written(notice, notice.neutral_name, wording_folder)
    if gsm7.parts(text) > MOST_PARTS:
        text = _written(notice, "", wording_folder)
    require_neutral(text=text.replace(notice.link, "") if notice.link else text)
    return text


def _written(notice: TradeNotice, name: str, wording_folder: Path | None) -> str:
    filled = render(
        f"{ROOM}/{notice.kind}.txt.j2",
        wording_folder=wording_folder,
        neutral_name=one_line(name),
        area=one_line(notice.area) or "you",
        task=", ".join(TASKS[kind] for kind in notice.kinds),
        when=WHEN[notice.urgency],
        on_site_by=_at(notice.on_site_by, notice),
        answer_by=_time(notice.answer_by, notice) if notice.answer_by else "",
        reference=one_line(notice.repair_reference),
        telephone=one_line(notice.coordinator_phone),
        link=notice.link,
    )
    return gsm7.with_plain_marks(" ".join(filled.split())).removeprefix(": ")


def _at(moment: datetime, notice: TradeNotice) -> str:
    """By the clock on their wall; with the day where it is not within a day of when an answer is wanted."""
    local = moment.astimezone(ZoneInfo(notice.time_zone))
    near = notice.answer_by is not None and (moment - notice.answer_by).total_seconds() < _A_DAY
    return f"{local:%H:%M}" if near else f"{local.day} {local:%b}, {local:%H:%M}"


def _time(moment: datetime, notice: TradeNotice) -> str:
    return f"{moment.astimezone(ZoneInfo(notice.time_zone)):%H:%M}"
