"""How states and events lie in a column: the same JSON as in a workflow's payloads."""

from functools import lru_cache
from typing import Annotated

from pydantic import Discriminator, TypeAdapter

from domain.events import CommandEvent
from domain.ongoing_support import Reviewed
from domain.practical_help.events import HelpCommandEvent
from domain.referral_state import ReferralState
from domain.repair_dispatch.events import RepairCommandEvent

StoredEvent = CommandEvent | Reviewed | RepairCommandEvent | HelpCommandEvent
"""What a command may carry: to the workflow of a referral, an ongoing support, a repair or practical help."""


@lru_cache(maxsize=1)
def _states() -> TypeAdapter[ReferralState]:
    return TypeAdapter(ReferralState)


@lru_cache(maxsize=1)
def _events() -> TypeAdapter[StoredEvent]:
    return TypeAdapter(Annotated[StoredEvent, Discriminator("type")])


def state_to_json(state: ReferralState) -> bytes:
    """Write a state down."""
    return _states().dump_json(state)


def state_from_json(content: bytes) -> ReferralState:
    """Read a state; fields added since have their defaults."""
    return _states().validate_json(content)


def event_to_json(event: StoredEvent) -> bytes:
    """Write an event down; its `type` says which it is."""
    return _events().dump_json(event)


def event_from_json(content: bytes) -> StoredEvent:
    """Read an event."""
    return _events().validate_json(content)
