"""What the front door works with: the stores, the way to the workflows, the profile and a clock."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine

from domain.callback_ports import CallbackReader
from domain.events import Answer
from domain.ports import PolicySource
from domain.profile import Profile
from domain.vocabulary import Channel
from store.command import CommandStore
from store.command_row import AnyCommand
from store.departures import DepartureStore
from store.funnel import StatisticsStore
from store.idempotency import IdempotencyStore
from store.inbound_text import InboundTextStore
from store.keyring import Keyring
from store.message import MessageStore
from store.metrics import MetricsStore
from store.ongoing_support import SupportStore
from store.opt_out import OptOutStore
from store.opt_out_asked import OptOutRequests
from store.practical_help.view import HelpStore
from store.print_batch import PrintBatchStore
from store.provider_report import ReportStore
from store.purpose_switch import PurposeSwitchStore
from store.referral import ReferralStore
from store.repair_dispatch.desk import OfferDeskStore
from store.repair_dispatch.ledger import LedgerStore
from store.repair_dispatch.listed import RepairListing
from store.repair_dispatch.offer_page import OfferPages
from store.repair_dispatch.photo import RepairPhotoStore
from store.repair_dispatch.repair_page import RepairPages
from store.repair_dispatch.statistics import RepairStatisticsStore
from store.repair_dispatch.trade_event import TradeEventStore
from store.repair_dispatch.views import RepairViews
from store.returned_mail import ReturnedMailStore
from store.session import SessionStore
from store.stop import StopStore
from store.timeline import TimelineStore
from store.tokens import TokenStore
from store.tradesperson.register import TradespersonStore
from store.unsubscribe import UnsubscribeStore
from store.wording_check import WordingCheckStore
from wiring.places import load_places
from wiring.print_room import PrintRoom
from wiring.profile import ProfilePolicies
from wiring.writer import MessageWriter

DEFAULT_REGION = "GB"
"""Where a number without a country code is from, if the profile keeps nobody's holidays."""


class Orchestra(Protocol):
    """The way to the workflows; nothing here raises when Temporal is away."""

    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        """Start a referral's workflow; false when Temporal is away."""

    async def send_command(self, target_id: str, command: AnyCommand, *, within: timedelta) -> Answer | None:
        """Hand over a stored command and wait until the tables have it; `None`: not in time."""

    async def is_ready(self) -> bool:
        """Whether Temporal answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each, made when the application starts."""

    engine: Engine
    keyring: Keyring
    profile: Profile
    policies: PolicySource
    """The profile with its closed days, as a referral that comes in now would carry it."""
    orchestra: Orchestra
    writer: MessageWriter
    tokens: TokenStore
    sessions: SessionStore
    idempotency: IdempotencyStore
    referrals: ReferralStore
    commands: CommandStore
    messages: MessageStore
    departures: DepartureStore
    switches: PurposeSwitchStore
    timeline: TimelineStore
    supports: SupportStore
    statistics: StatisticsStore
    metrics: MetricsStore
    opt_outs: OptOutStore
    stops: StopStore
    reports: ReportStore
    inbound_texts: InboundTextStore
    unsubscribes: UnsubscribeStore
    opt_out_requests: OptOutRequests
    batches: PrintBatchStore
    print_room: PrintRoom
    returned_mail: ReturnedMailStore
    wording_checks: WordingCheckStore
    helps: HelpStore
    offer_desk: OfferDeskStore
    """Asked here only whom it would ask; it keeps places for workflows alone."""
    offer_pages: OfferPages
    repairs: RepairViews
    repair_listing: RepairListing
    repair_pages: RepairPages
    repair_photos: RepairPhotoStore
    repair_statistics: RepairStatisticsStore
    ledger: LedgerStore
    trade_events: TradeEventStore
    tradespeople: TradespersonStore
    clock: Callable[[], datetime]
    public_url: str
    simulated: frozenset[Channel]
    """Ways out through which nothing really leaves; every staff page says so."""
    callback_readers: Mapping[str, CallbackReader] = field(default_factory=dict)
    """Who verifies and reads the calls of each provider, by the name in the address; of any other none is believed."""

    @property
    def is_secure(self) -> bool:
        """Whether people reach us over TLS."""
        return self.public_url.startswith("https:")

    @property
    def region(self) -> str:
        """Where a telephone number without a country code is from."""
        return (self.profile.holiday_area or DEFAULT_REGION).partition("-")[0]

    @property
    def zone(self) -> ZoneInfo:
        """In which the service reads its clocks and calendars."""
        return ZoneInfo(self.profile.hours.time_zone)


def make_services(
    *,
    engine: Engine,
    keyring: Keyring,
    profile: Profile,
    orchestra: Orchestra,
    writer: MessageWriter,
    public_url: str = "http://127.0.0.1:8000",
    simulated: Collection[Channel] = tuple(Channel),
    callback_readers: Mapping[str, CallbackReader] | None = None,
) -> Services:
    """Put the stores beside each other."""
    messages = MessageStore(engine, keyring)
    batches = PrintBatchStore(engine, keyring)
    policies = ProfilePolicies(profile)
    return Services(
        engine=engine,
        keyring=keyring,
        profile=profile,
        policies=policies,
        orchestra=orchestra,
        writer=writer,
        tokens=TokenStore(engine),
        sessions=SessionStore(engine),
        idempotency=IdempotencyStore(engine, keyring),
        referrals=ReferralStore(engine, keyring, child_under=profile.triage.child_under),
        commands=CommandStore(engine, keyring),
        messages=messages,
        departures=DepartureStore(engine),
        switches=PurposeSwitchStore(engine, keyring),
        timeline=TimelineStore(engine, keyring),
        supports=SupportStore(engine, keyring),
        statistics=StatisticsStore(engine),
        metrics=MetricsStore(engine),
        opt_outs=OptOutStore(engine, keyring),
        stops=StopStore(engine),
        reports=ReportStore(engine, keyring),
        inbound_texts=InboundTextStore(engine, keyring),
        unsubscribes=UnsubscribeStore(engine, keyring),
        opt_out_requests=OptOutRequests(engine, keyring),
        batches=batches,
        print_room=PrintRoom(
            batches=batches,
            messages=messages,
            writer=writer,
            zone=ZoneInfo(profile.hours.time_zone),
        ),
        returned_mail=ReturnedMailStore(engine, keyring),
        wording_checks=WordingCheckStore(engine),
        helps=HelpStore(engine, keyring),
        offer_desk=OfferDeskStore(engine, keyring, distances=load_places(), policies=policies),
        offer_pages=OfferPages(engine, keyring, zone=ZoneInfo(profile.hours.time_zone)),
        repairs=RepairViews(engine, keyring),
        repair_listing=RepairListing(engine),
        repair_pages=RepairPages(engine, keyring),
        repair_photos=RepairPhotoStore(engine, keyring),
        repair_statistics=RepairStatisticsStore(engine),
        ledger=LedgerStore(engine, keyring),
        trade_events=TradeEventStore(engine, keyring),
        tradespeople=TradespersonStore(engine, keyring),
        clock=lambda: datetime.now(UTC),
        public_url=public_url,
        simulated=frozenset(simulated),
        callback_readers=callback_readers or {},
    )


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


In = Annotated[Services, Depends(_services)]
"""How an endpoint is given them."""
