"""An entry of the register as it leaves: what is in it, whether they may be sent, and what their offers say."""

from datetime import date, datetime

from pydantic import Field

from api.call_window import CallWindow
from api.referral_out import Json, Out, written
from api.services import Services
from api.tradesperson.fields_in import document_of
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import Paper
from store.tradesperson.record import TradeRecord
from store.tradesperson.row import RegisterEntry


class TradespersonOut(Out):
    """Somebody who can be sent to a home."""

    id: str
    revision: int = Field(description="Rises with every change; also the `ETag`.")
    name: str
    firm: str | None
    phone: str
    email: str | None
    channel: TradeChannel
    firm_id: str | None
    skills: list[Skill]
    base: str
    areas: list[str]
    most_km: int
    hours: list[CallWindow]
    on_call: list[CallWindow]
    vetting_until: date | None = Field(description="The last day; null: never seen.")
    insurance_until: date | None
    safeguarding_until: date | None
    capacity: int
    languages: list[str]
    active: bool
    may_be_sent: bool = Field(
        description="Active, and every paper is valid today: else no offer reaches them."
    )
    expired_papers: list[Paper] = Field(description="Also those never seen.")
    expiring_papers: list[Paper]
    load: int = Field(description="Offers that are out to them, and jobs they have.")
    offered: int = Field(description="Offers of the last ninety days.")
    accepted: int = Field(description="Of these, how often they had the job.")
    changed_at: datetime
    changed_by: str


class TradespersonList(Out):
    """One page of the register."""

    items: list[TradespersonOut]


def today(services: Services) -> date:
    """The day it is where the service is: papers are valid to the end of their last day there."""
    return services.clock().astimezone(services.zone).date()


def entry_shown(services: Services, entry: RegisterEntry, record: TradeRecord) -> Json:
    """One entry as it leaves."""
    who, day = entry.who, today(services)
    warning = services.profile.repairs.expiry_warning
    return {
        "id": who.id,
        "revision": entry.revision,
        **document_of(who),
        "may_be_sent": who.may_be_sent(day),
        "expired_papers": list(who.expired_papers(day)),
        "expiring_papers": list(who.expiring_papers(day, warning)),
        "load": record.load,
        "offered": record.offered,
        "accepted": record.accepted,
        "changed_at": written(entry.changed_at),
        "changed_by": entry.changed_by,
    }


def etag_of(entry: RegisterEntry) -> str:
    """What changes with every change of the entry (RFC 9110, 8.8.3)."""
    return f'"{entry.revision}"'
