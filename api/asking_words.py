"""What repairs and practical help ask, as the worklist says it.  Pure."""

from dataclasses import dataclass

from api.repair_dispatch.ask_words import gravest_first
from api.repair_dispatch.plain_words import ASKS
from domain.repair_dispatch.kinds import RepairAsk
from store.asking import Asking, AskingKind

_ALARM = "A visitor has not checked in: ring them now"
_HELP = "It waits for its next step"
_PAGES = {AskingKind.REPAIR: "/repairs", AskingKind.PRACTICAL_HELP: "/practical-help"}
_NAMES = {AskingKind.REPAIR: "Repair", AskingKind.PRACTICAL_HELP: "Practical help"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingShown:
    """One line of the worklist, with the way to what asks."""

    name: str
    address: str
    reasons: str


def reasons_of(asking: Asking) -> tuple[str, ...]:
    """Say what is asked, the gravest first."""
    if asking.kind is AskingKind.PRACTICAL_HELP:
        return (_ALARM if asking.is_urgent else _HELP,)
    return tuple(ASKS[ask] for ask in gravest_first(map(RepairAsk, asking.asks)))


def asking_shown(asking: Asking) -> AskingShown:
    """Show what asks."""
    return AskingShown(
        name=f"{_NAMES[asking.kind]} {asking.reference}".strip(),
        address=f"{_PAGES[asking.kind]}/{asking.id}",
        reasons=". ".join(reasons_of(asking)),
    )
