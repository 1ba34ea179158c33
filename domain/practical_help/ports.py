"""What the workflow of practical help needs from outside: its tables, and the profile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import Answer
from domain.practical_help.events import Goods
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.state import HelpState
from domain.referral_state import Entry


class HelpPolicySource(Protocol):
    """The profile of this service, as far as practical help goes."""

    def help_policy(self) -> HelpPolicy:
        """The policy that practical help begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpTakenUp:
    """What the tables know when its workflow begins a run."""

    state: HelpState | None
    """`None`: this is the first run."""
    referral_id: str
    asked_at: datetime
    wanted: tuple[Goods, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpProjection:
    """One turn: everything the tables take in one transaction."""

    state: HelpState
    entries: tuple[Entry, ...]
    """For the referral's timeline."""
    at: datetime
    command_id: str | None = None
    answer: Answer | None = None
    """Given with `command_id`."""


class HelpTables(Protocol):
    """Reads and writes of one practical help; all of them safe to repeat."""

    def take_up(self, help_id: str) -> HelpTakenUp:
        """Read where it stands.  Raises `HelpNotFound`."""

    def project(self, projection: HelpProjection) -> None:
        """Write a turn, unless the tables have it or a later one already (guarded by `state.turn`)."""
