"""The switches as the post room shows them.  Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.form import id_of
from api.message_entry import POST_ROOM, PURPOSES
from api.times import Time, time_in_words
from domain.vocabulary import Purpose
from store.purpose_switch import PurposeSwitch

SWITCHES = f"{POST_ROOM}/switches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One purpose and its button."""

    purpose: Purpose
    name: str
    is_on: bool
    changed: Time | None
    """When it was last turned."""
    by: str
    reason: str
    address: str
    """Where its form goes."""
    field: str
    """The id of the field for the reason."""


def switches_of(found: Iterable[PurposeSwitch], *, zone: ZoneInfo, now: datetime) -> tuple[Switch, ...]:
    """Say how each switch stands."""
    return tuple(
        Switch(
            purpose=switch.purpose,
            name=PURPOSES[switch.purpose].capitalize(),
            is_on=switch.is_on,
            changed=time_in_words(switch.changed_at, zone=zone, now=now) if switch.changed_at else None,
            by=switch.by_name,
            reason=switch.reason,
            address=f"{SWITCHES}/{switch.purpose}",
            field=id_of(reason_of(switch.purpose)),
        )
        for switch in found
    )


def off_of(found: Iterable[PurposeSwitch], *, zone: ZoneInfo, now: datetime) -> tuple[Switch, ...]:
    """Those that are off: every page of the post room says so."""
    return tuple(switch for switch in switches_of(found, zone=zone, now=now) if not switch.is_on)


def reason_of(purpose: Purpose) -> str:
    """The name under which the reason of one switch is found wrong: there are several on the page."""
    return f"reason.{purpose}"
