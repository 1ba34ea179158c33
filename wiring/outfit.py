"""Plugs stores and providers into the ports: live where a provider has a key, simulated where it has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from activities.correspondence import CorrespondenceActivities
from activities.ongoing_support import SupportActivities
from activities.referral import ReferralActivities
from domain.errors import HoldfastError
from domain.ports import MessageProvider
from domain.profile import Profile
from domain.vocabulary import Channel
from providers.email_sendgrid import SendGridProvider
from providers.simulated import SimulatedProvider
from store.keyring import Keyring
from store.message import MessageStore
from store.ongoing_support import SupportStore
from store.referral import ReferralStore
from wiring.database import make_engine
from wiring.profile import ProfilePolicies, load_profile, wording_folder
from wiring.settings import Settings
from wiring.writer import MessageWriter


class NotEquipped(HoldfastError):
    """Something the environment must name is missing; the text says what."""


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
            NotEquipped: There is no database or no key.
            InvalidProfile: The profile is broken.
        """
        if settings.database_url is None:
            raise NotEquipped("HOLDFAST_DATABASE_URL is not set")
        if not settings.keys():
            raise NotEquipped("HOLDFAST_KEYS is not set")
        path = settings.profile_path()
        profile = load_profile(path)
        return cls(
            settings=settings,
            profile=profile,
            keyring=Keyring(settings.keys()),
            engine=make_engine(settings.database_url.get_secret_value()),
            writer=MessageWriter(profile, wording_folder=wording_folder(profile, path)),
        )

    def providers(self) -> Mapping[Channel, MessageProvider]:
        """One way out for each channel."""
        return {
            Channel.LETTER: SimulatedProvider(),
            Channel.EMAIL: self._email(),
            Channel.TEXT: SimulatedProvider(),
        }

    def activities(self) -> list[Callable[..., Any]]:
        """Every activity, fed."""
        simulated = frozenset(channel for channel, way in self.providers().items() if way.simulated)
        referral = ReferralActivities(self.referrals(), ProfilePolicies(self.profile))
        messages = MessageStore(self.engine, self.keyring, simulated=simulated)
        correspondence = CorrespondenceActivities(messages, self.writer, self.providers())
        support = SupportActivities(SupportStore(self.engine, self.keyring))
        return [
            referral.take_up_referral,
            referral.read_correction,
            referral.project_referral,
            correspondence.send_message,
            support.take_up_support,
            support.project_support,
        ]

    def referrals(self) -> ReferralStore:
        """The referrals, with the profile's idea of a child."""
        return ReferralStore(self.engine, self.keyring, child_under=self.profile.triage.child_under)

    def _email(self) -> MessageProvider:
        key = self.settings.sendgrid_api_key
        if key is None:
            return SimulatedProvider()
        return SendGridProvider(
            api_key=key.get_secret_value(),
            base_url=self.settings.sendgrid_base_url,
            sender=self.profile.email_from,
        )
