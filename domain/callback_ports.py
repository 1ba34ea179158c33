"""What providers tell us, by webhook or when asked, and who verifies and keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.repair_dispatch.kinds import TradeAnswer, TradeDeclineReason
from domain.vocabulary import Channel, DeliveryReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReport:
    """What a provider tells of one message, by webhook or when asked."""

    event_id: str
    """The provider's own, or made of what it said: the same report twice has it twice."""
    channel: Channel
    report: DeliveryReport
    at: datetime | None = None
    """When it happened, by the provider's clock."""
    message_key: str = ""
    """What we called it, its public id, if the provider gave it back."""
    message_id: str = ""
    """Our public id, if the provider gave that back."""
    provider_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText:
    """A text somebody sent us.  Personal."""

    event_id: str
    """The provider's own id of it."""
    sender: str
    """A number in E.164."""
    words: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeCallback:
    """What a firm tells us of an offer by the tradesperson API.  Source: docs/trades-api.md#what-you-tell-us."""

    event_id: str
    """`webhook-id`, the firm's own: the same event twice has it twice."""
    offer_id: str
    """As the firm gave it back; need not be one of ours."""
    answer: TradeAnswer
    at: datetime
    """When the firm sent it, by `webhook-timestamp`."""
    eta_at: datetime | None = None
    """For `accepted` and `on_the_way`."""
    reason: TradeDeclineReason | None = None
    """For `declined`."""
    cost_pence: int | None = None
    invoice_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A call of a provider as it came in, before anybody believes it."""

    body: bytes
    """Exactly as sent: signatures are over the bytes."""
    headers: Mapping[str, str]
    """By lower-case name."""
    url: str
    """As the provider knows us: the public address, with path and query."""
    received_at: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    """What the path said, such as `message_id`."""


class CallbackReader(Protocol):
    """Verifies and reads what one provider calls us with."""

    def read(self, callback: Callback) -> tuple[ProviderReport | InboundText | TradeCallback, ...]:
        """Read a callback; the reader called `trades` gives `TradeCallback`s.

        Raises:
            NotGenuine: Its signature is missing, malformed, wrong or too old.
            NotUnderstood: It is genuine, and not of a shape we know.
        """


class InboundTables(Protocol):
    """Texts that came in."""

    def take_in(self, came: InboundText, *, now: datetime) -> bool:
        """Store a text with what it leads to; one stored before changes nothing.  Says whether it was new."""


class InboundSource(Protocol):
    """A provider that can be asked which texts came in: it calls us once for each, whether we can listen or not."""

    def texts_since(self, since: datetime) -> tuple[InboundText, ...]:
        """List what came, oldest first; empty when the provider does not say."""


class ReportTables(Protocol):
    """What providers reported; each call is one or more transactions, all of them safe to repeat."""

    def take_in(self, reports: Iterable[ProviderReport], *, now: datetime) -> int:
        """Store reports; those stored before change nothing.  Says how many were new."""

    def letters_under_way(self, *, after: str, now: datetime, limit: int) -> tuple[str, ...]:
        """Keys of letters that were handed over and of which the last word has not been said, in their order."""


class ReportSource(Protocol):
    """A provider that has to be asked what became of messages, because it does not tell."""

    def reports(self, key: str) -> tuple[ProviderReport, ...]:
        """Ask about one message, by our key."""
