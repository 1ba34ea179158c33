"""Nothing leaves without the gate's permit for exactly this message: every way out asks here first."""

from domain.gate import NotPermitted, Permit
from domain.message_ports import Outgoing
from domain.vocabulary import Channel


def must_be_permitted(outgoing: Outgoing, channel: Channel | None) -> None:
    """Refuse a message that the gate did not allow.

    Args:
        outgoing: What would leave.
        channel: What the way out serves; `None`: any, for one that lets nothing leave.

    Raises:
        NotPermitted: There is no permit, or it is another message's or another channel's.
    """
    granted: object = outgoing.permit
    if not isinstance(granted, Permit):
        raise NotPermitted("a provider was handed a message without the gate's permit")
    if granted.key != outgoing.key:
        raise NotPermitted("a provider was handed a message with the permit of another")
    if channel is not None and granted.channel is not channel:
        raise NotPermitted(f"a permit for {granted.channel} does not open {channel}")


def must_be_permitted_to_tell(key: str, permit: Permit) -> None:
    """Refuse a notice to a tradesperson that the gate did not allow.

    Args:
        key: Of the notice.
        permit: What was handed over with it.

    Raises:
        NotPermitted: It is no permit, or another notice's.
    """
    granted: object = permit
    if not isinstance(granted, Permit):
        raise NotPermitted("a tradesperson was to be told something without the gate's permit")
    if granted.key != key:
        raise NotPermitted("a tradesperson was to be told something with the permit of another notice")
