"""The row is made in the turn of the referral that begins it, so that there is never one without the other."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from domain.practical_help.kinds import HelpStage
from store.practical_help.row import PRACTICAL_HELP

_MADE = insert(PRACTICAL_HELP).on_conflict_do_nothing()


def begin_row(
    connection: Connection, *, help_id: str, referral_id: str, command_id: str, at: datetime
) -> None:
    """Make the row, inside the caller's transaction; a second time changes nothing.

    Args:
        connection: Of the referral's turn.
        help_id: Its own.
        referral_id: For whom.
        command_id: The command that asked for it.
        at: When that was taken in: from then on somebody is asked if nothing follows.
    """
    row = {
        "id": help_id,
        "referral_id": referral_id,
        "command_id": command_id,
        "asked_at": at,
        "turn": 0,
        "revision": 0,
        "stage": HelpStage.LIVE,
        "alerted": False,
    }
    connection.execute(_MADE, row)
