"""What is read for the page of a repair."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.referral_page_found import MOST_LINES
from api.repair_dispatch.repair_page_forms import Choosable
from api.repair_dispatch.repair_page_lines import Where
from api.repair_dispatch.repair_page_shown import RepairFound
from api.repair_dispatch.telling import telling_fields
from api.services import Services
from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.state import RepairState
from store.repair_dispatch.views import RepairView
from store.tradesperson.row import RegisterEntry
from store.tradesperson.wanted import EntriesWanted

MOST_OFFERED = 100
"""Entries of the register a coordinator chooses from."""
MOST_RANKED = 20
"""Of these as the desk would ask them."""


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
    referral = services.referrals.view(repair.referral_id)
    return Read(
        found=RepairFound(
            repair=repair,
            lines=services.timeline.of(repair.referral_id, limit=MOST_LINES, stream=repair.id),
            photos=services.repair_photos.of_repair(repair.id) if repair.photos else (),
            duplicates=services.repairs.duplicates(repair.id, within=within),
            telling=telling_fields(repair.job, referral.document) if referral else (),
            sent=services.repair_pages.sent(repair.id),
            pending=pending,
            command=command if command is not None and command.referral_id == repair.referral_id else None,
        ),
        state=services.repair_pages.state(repair.id),
    )


def register_for(services: Services, repair: RepairView) -> tuple[Choosable, ...]:
    """Whom a coordinator could ask next: first whom the desk would ask, the nearest first, then everybody else.

    The desk leaves out who was asked already, does not work at this hour or is too far away; a person may know better.
    """
    if not repair.stage.is_live or repair.confirmed_offer is not None:
        return ()
    ranked = services.offer_desk.ranking(repair.id, at=services.clock(), most=MOST_RANKED)
    known = services.tradespeople.some([one.trade_id for one in ranked])
    nearest = [Choosable(entry=known[one.trade_id], why=one.why) for one in ranked if one.trade_id in known]
    ids = {one.trade_id for one in ranked}
    others = [entry for entry in _able(services, repair) if entry.who.id not in ids]
    return (*nearest, *(Choosable(entry=entry) for entry in others))[:MOST_OFFERED]


def _able(services: Services, repair: RepairView) -> Iterator[RegisterEntry]:
    """Who may be sent today and can do all of it: those of that area first, then as the register has them."""
    on = services.clock().astimezone(services.zone).date()
    skills = {kind.skill for kind in repair.kinds}
    within = services.profile.repairs.expiry_warning
    anywhere = EntriesWanted(on=on, within=within, skill=min(skills), active=True)
    there = [replace(anywhere, area=repair.area)] if repair.area else []
    seen: set[str] = set()
    for wanted in (*there, anywhere):
        for entry in services.tradespeople.find(wanted, limit=MOST_OFFERED):
            if entry.who.id not in seen and skills <= set(entry.who.skills) and entry.who.may_be_sent(on):
                seen.add(entry.who.id)
                yield entry


def where_of(services: Services) -> Where:
    """Where and when the page is read."""
    return Where(
        zone=services.zone,
        now=services.clock(),
        region=services.region,
        warn_before=services.profile.repairs.warn_before,
    )
