"""What is read for the page of a referral, and the setting in which it is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.problems import not_found
from api.referral_out import MOST_LINKS
from api.services import Services
from domain.emergency import Emergency
from domain.identifiers import referral_workflow_id, support_workflow_id
from domain.repair_dispatch.policy import RepairPolicy
from domain.vocabulary import Channel, ContactChannel, Role
from store.command import StoredCommand
from store.message import MessageView
from store.person_mark import Link
from store.practical_help.view import HelpView
from store.referral_view import ReferralView
from store.repair_dispatch.views import RepairView
from store.stop import StandingStop
from store.timeline import TimelineLine

MOST_LINES = 2000
"""Of a timeline; years of support have a few hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was read for one page."""

    view: ReferralView
    lines: Sequence[TimelineLine]
    messages: Sequence[MessageView]
    links: Sequence[Link]
    pending: Sequence[StoredCommand]
    """Stored, and not applied yet."""
    command: StoredCommand | None
    """What somebody has just sent."""
    stops: Sequence[StandingStop]
    """Nothing leaves while one stands."""
    known_opt_outs: Sequence[ContactChannel]
    """By which ways somebody at a number or address of this person ever asked us to stop, on whatever referral."""
    helps: Sequence[HelpView]
    """Practical help, oldest first."""
    repairs: Sequence[RepairView]
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when a page is read, and by whom."""

    role: Role
    now: datetime
    zone: ZoneInfo
    neutral_name: str
    language: str
    """The service's own."""
    emergency: Emergency
    simulated: Collection[Channel]
    region: str
    repair_policy: RepairPolicy
    code_word: str
    """For the door, suggested to whoever asks for a repair."""


def find(services: Services, referral_id: str, command_id: str, *, alerts: bool) -> Found:
    """Read everything; what is pending before what stands, so that nothing applied meanwhile is missed.

    Raises:
        Problem: There is no such referral.
    """
    pending = _pending(services, referral_id)
    view = services.referrals.view(referral_id)
    if view is None:
        raise not_found()
    if view.support_id is not None:
        pending += services.commands.pending(support_workflow_id(view.support_id))
    command = services.commands.get(command_id) if command_id else None
    return Found(
        view=view,
        lines=services.timeline.of(view.id, limit=MOST_LINES, alerts=alerts),
        messages=services.messages.of_referral(view.id),
        links=services.referrals.linked(view.id, limit=MOST_LINKS),
        pending=pending,
        command=command if command is not None and command.referral_id == view.id else None,
        stops=services.stops.standing(view.id),
        known_opt_outs=services.opt_outs.known(view.document),
        helps=services.helps.of_referral(view.id),
        repairs=services.repairs.of_referral(view.id),
    )


def _pending(services: Services, referral_id: str) -> list[StoredCommand]:
    return services.commands.pending(referral_workflow_id(referral_id))
