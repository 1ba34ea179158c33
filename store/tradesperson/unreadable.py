"""Entries of the register that cannot be opened: shown as that, so that they stand in nobody's way."""

from dataclasses import replace

import structlog

from domain.errors import CannotBeOpened, KeyNotFound
from domain.tradesperson import Tradesperson
from store.columns import AnyRow
from store.keyring import Keyring
from store.tradesperson.row import RegisterEntry, tradesperson_of, unnamed

UNREADABLE = "(This entry cannot be read)"
"""In the place of a name.  There is no telephone number with it."""

_log = structlog.get_logger(__name__)


def readable(keyring: Keyring, row: AnyRow) -> RegisterEntry:
    """Read a row of the register, as far as it can be."""
    return RegisterEntry(
        who=readable_trade(keyring, row),
        revision=row.revision,
        made_at=row.made_at,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def readable_trade(keyring: Keyring, row: AnyRow) -> Tradesperson:
    """Read who a row is about, as far as it can be: whoever rings them finds their number elsewhere."""
    try:
        return tradesperson_of(keyring, row)
    except (KeyNotFound, CannotBeOpened) as error:
        _log.warning("tradesperson_cannot_be_opened", trade_id=row.id, error=type(error).__name__)
        return replace(unnamed(row), name=UNREADABLE)
