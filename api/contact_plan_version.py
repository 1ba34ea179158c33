"""Which state of a contact plan somebody has seen, and what is on its way to change it."""

import json

from api.contact_plan_change import KIND
from api.problems import Kind, Problem
from api.services import Services
from domain.identifiers import referral_workflow_id
from store.command import StoredCommand
from store.contact_plan import plan_part
from store.referral_view import ReferralView

_CHANGES_PLANS = frozenset({KIND, "correction"})
_ANY = "*"
_CHANGED = "The contact plan was changed since you read it, or a change of it is stored. Read it again."


def waiting_changes(services: Services, referral_id: str) -> list[StoredCommand]:
    """Changes of the plan and corrections that are stored and not applied yet."""
    waiting = services.commands.pending(referral_workflow_id(referral_id))
    return [command for command in waiting if command.kind in _CHANGES_PLANS]


def etag_of(services: Services, view: ReferralView) -> str:
    """What changes whenever the plan does, or will; a keyed hash, from which nobody reads a word."""
    waiting = [command.id for command in waiting_changes(services, view.id)]
    seen = json.dumps([plan_part(view.document), waiting], sort_keys=True).encode()
    return f'"{services.keyring.fingerprint(seen)}"'


def refuse_stale(services: Services, view: ReferralView, if_match: str | None) -> None:
    """Refuse a change of a plan that its sender has not seen (RFC 9110, 13.1.1); without the header nothing is."""
    if if_match is None:
        return
    seen = {tag.strip() for tag in if_match.split(",")}
    if _ANY not in seen and etag_of(services, view) not in seen:
        raise Problem(Kind.CHANGED_MEANWHILE, _CHANGED)
