"""What is read for the page of a repair."""

from dataclasses import dataclass

from api.referral_page_found import MOST_LINES
from api.repair_dispatch.repair_page_lines import Where
from api.repair_dispatch.repair_page_shown import RepairFound
from api.services import Services
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.state import RepairState
from store.repair_dispatch.views import RepairView
from store.tradesperson.row import RegisterEntry
from store.tradesperson.wanted import EntriesWanted

MOST_OFFERED = 100
"""Entries of the register a coordinator chooses from: the nearest by base come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was found, and where the repair stands in full."""

    found: RepairFound
    state: RepairState | None
    """`None`: its workflow has not spoken yet, and nothing can be decided."""


def find(services: Services, repair: RepairView, command_id: str) -> Read:
    """Read everything; what is pending before what stands, so that nothing applied meanwhile is missed."""
    pending = services.commands.pending(repair_workflow_id(repair.id))
    command = services.commands.get(command_id) if command_id else None
    within = services.profile.repairs.duplicate_within
    return Read(
        found=RepairFound(
            repair=repair,
            lines=services.timeline.of(repair.referral_id, limit=MOST_LINES, stream=repair.id),
            photos=services.repair_photos.of_repair(repair.id) if repair.photos else (),
            duplicates=services.repairs.duplicates(repair.id, within=within),
            sent=services.repair_pages.sent(repair.id),
            pending=pending,
            command=command if command is not None and command.referral_id == repair.referral_id else None,
        ),
        state=services.repair_pages.state(repair.id),
    )


def register_for(services: Services, repair: RepairView) -> tuple[RegisterEntry, ...]:
    """Whom a coordinator could ask next: who may be sent today and can do all of it, those of that area first."""
    if not repair.stage.is_live or repair.confirmed_offer is not None:
        return ()
    on = services.clock().astimezone(services.zone).date()
    skills = {kind.skill for kind in repair.kinds}
    wanted = EntriesWanted(
        on=on,
        within=services.profile.repairs.expiry_warning,
        skill=min(skills),
        active=True,
    )
    found = services.tradespeople.find(wanted, limit=MOST_OFFERED)
    able = [entry for entry in found if skills <= set(entry.who.skills) and entry.who.may_be_sent(on)]
    return tuple(sorted(able, key=lambda entry: repair.area not in (entry.who.base, *entry.who.areas)))


def where_of(services: Services) -> Where:
    """Where and when the page is read."""
    return Where(
        zone=services.zone,
        now=services.clock(),
        region=services.region,
        warn_before=services.profile.repairs.warn_before,
    )
