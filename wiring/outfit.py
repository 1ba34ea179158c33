"""Plugs stores and providers into the ports: live where a provider has a key, simulated where it has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from activities.correspondence import CorrespondenceActivities
from activities.letter_reports import LetterReportActivities
from activities.missed_texts import MissedTextActivities
from activities.ongoing_support import SupportActivities
from activities.practical_help import PracticalHelpActivities
from activities.referral import ReferralActivities
from activities.repair_dispatch import RepairDispatchActivities
from domain.callback_ports import CallbackReader, InboundSource, ReportSource
from domain.message_ports import MessageProvider
from domain.profile import Profile
from domain.repair_dispatch.kinds import TradeChannel
from domain.repair_dispatch.ports import TradeCourier
from domain.vocabulary import Channel
from store.inbound_text import InboundTextStore
from store.keyring import Keyring
from store.message import MessageStore
from store.ongoing_support import SupportStore
from store.practical_help.turn import HelpTurnStore
from store.provider_report import ReportStore
from store.referral import ReferralStore
from store.repair_dispatch.desk import OfferDeskStore
from store.repair_dispatch.notice import Letterhead
from store.repair_dispatch.tables import RepairStore
from store.wording_check import WordingCheckStore
from wiring.database import make_engine
from wiring.places import load_places
from wiring.profile import ProfilePolicies, load_profile, wording_folder
from wiring.settings import Settings
from wiring.trade_ways import trade_callback_reader, trade_ways
from wiring.ways_out import NotEquipped, callback_readers, inbound_source, report_sources, ways_out
from wiring.writer import MessageWriter


@dataclass(frozen=True, slots=True)
class Outfit:
    """Everything one process of the service works with."""

    settings: Settings
    profile: Profile
    keyring: Keyring
    engine: Engine
    writer: MessageWriter

    @classmethod
    def of(cls, settings: Settings) -> "Outfit":
        """Equip a process from its settings.

        Raises:
            NotEquipped: There is no database or no key, or a provider has only half of what it needs.
            InvalidProfile: The profile is broken.
        """
        if settings.database_url is None:
            raise NotEquipped("HOLDFAST_DATABASE_URL is not set")
        if not settings.keys():
            raise NotEquipped("HOLDFAST_KEYS is not set")
        path = settings.profile_path()
        profile = load_profile(path)
        # Said at once, rather than when the first message wants to leave, or the first report comes.
        ways = ways_out(settings, profile)
        trade_ways(settings, profile)
        callback_readers(settings)
        trade_callback_reader(settings)
        engine = make_engine(settings.database_url.get_secret_value())
        return cls(
            settings=settings,
            profile=profile,
            keyring=Keyring(settings.keys()),
            engine=engine,
            writer=MessageWriter(
                profile,
                wording_folder=wording_folder(profile, path),
                checks=WordingCheckStore(engine),
                simulated=[channel for channel, way in ways.items() if way.simulated],
                stop_address=stop_address(settings.public_url),
            ),
        )

    def providers(self) -> Mapping[Channel, MessageProvider]:
        """One way out for each channel."""
        return ways_out(self.settings, self.profile)

    def callback_readers(self) -> Mapping[str, CallbackReader]:
        """Who reads what providers call us with: `sendgrid`, `twilio`, `notify`, `trades`."""
        return {**callback_readers(self.settings), "trades": trade_callback_reader(self.settings)}

    def couriers(self) -> Mapping[TradeChannel, TradeCourier]:
        """One way to tradespeople for each channel."""
        folder = wording_folder(self.profile, self.settings.profile_path())
        return trade_ways(self.settings, self.profile, wording_folder=folder)

    def report_sources(self) -> Mapping[Channel, ReportSource]:
        """Providers that have to be asked what became of a message."""
        return report_sources(self.settings, self.profile)

    def inbound_source(self) -> InboundSource | None:
        """The provider that can be asked which texts came in."""
        return inbound_source(self.settings)

    def activities(self) -> list[Callable[..., Any]]:
        """Every activity, fed."""
        simulated = frozenset(channel for channel, way in self.providers().items() if way.simulated)
        referral = ReferralActivities(self.referrals(), ProfilePolicies(self.profile))
        messages = MessageStore(
            self.engine, self.keyring, simulated=simulated, per_minute=self.profile.per_minute
        )
        correspondence = CorrespondenceActivities(
            messages, self.writer, self.providers(), public_url=self.settings.public_url
        )
        letters = LetterReportActivities(ReportStore(self.engine, self.keyring), self.report_sources())
        texts = MissedTextActivities(InboundTextStore(self.engine, self.keyring), self.inbound_source())
        support = SupportActivities(SupportStore(self.engine, self.keyring))
        practical_help = PracticalHelpActivities(
            HelpTurnStore(self.engine, self.keyring), ProfilePolicies(self.profile)
        )
        repairs = self._repair_activities()
        return [
            referral.take_up_referral,
            referral.read_correction,
            referral.project_referral,
            correspondence.send_message,
            correspondence.reconcile_message,
            letters.ask_about_letters,
            texts.take_in_missed_texts,
            support.take_up_support,
            support.project_support,
            practical_help.take_up_help,
            practical_help.project_help,
            repairs.take_up_repair,
            repairs.project_repair,
            repairs.read_month_spend,
            repairs.may_be_sent,
            repairs.reserve_offers,
            repairs.tell_tradesperson,
        ]

    def offer_desk(self) -> OfferDeskStore:
        """The desk that keeps places in tradespeople's days."""
        return OfferDeskStore(
            self.engine, self.keyring, distances=load_places(), policies=ProfilePolicies(self.profile)
        )

    def repairs(self) -> RepairStore:
        """The repairs, with what tradespeople are shown of the service."""
        return RepairStore(
            self.engine,
            self.keyring,
            distances=load_places(),
            letterhead=Letterhead(
                public_url=self.settings.public_url,
                telephone=self.profile.telephone,
                neutral_name=self.profile.neutral_name,
                time_zone=self.profile.hours.time_zone,
            ),
            simulated=[channel for channel, way in self.couriers().items() if way.simulated],
        )

    def _repair_activities(self) -> RepairDispatchActivities:
        return RepairDispatchActivities(
            self.repairs(), ProfilePolicies(self.profile), self.offer_desk(), self.couriers()
        )

    def referrals(self) -> ReferralStore:
        """The referrals, with the profile's idea of a child."""
        return ReferralStore(self.engine, self.keyring, child_under=self.profile.triage.child_under)


def stop_address(public_url: str) -> str:
    """Where ordinary letters and e-mails say that writing can be stopped; empty where nobody else could reach it."""
    address = urlsplit(public_url)
    return f"{address.netloc}{address.path.rstrip('/')}/stop" if address.scheme == "https" else ""
