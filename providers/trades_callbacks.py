"""Reads what a firm's system tells us at `/webhooks/trades`.

Source: docs/trades-api.md#what-you-tell-us, docs/reference/trades-openapi.json.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from domain.callback_ports import Callback, TradeCallback
from domain.errors import NotGenuine, NotUnderstood
from domain.repair_dispatch.arrival import is_likely_arrival
from domain.repair_dispatch.invoice import is_invoice_reference
from domain.repair_dispatch.kinds import TradeAnswer, TradeDeclineReason
from providers.trades_signature import signature_of

PREFIX: Final = "answer."
"""How the type of an event begins; a `TradeAnswer` follows."""
MOST_PENCE: Final = 10_000_000
"""Of one job: more is a slip of the finger."""
LONGEST_ID: Final = 256
"""Characters of a `webhook-id`."""


class _Told(BaseModel):
    """What an event says; fields we do not know are a firm's own affair, and left alone."""

    offer_id: UUID
    eta_at: AwareDatetime | None = None
    reason: TradeDeclineReason | None = None
    cost_pence: Annotated[int, Field(ge=0, le=MOST_PENCE)] | None = None
    invoice_reference: str | None = None


class _Event(BaseModel):
    type: Literal[tuple(f"{PREFIX}{answer}" for answer in TradeAnswer)]  # type: ignore[valid-type]
    data: _Told


class TradeCallbacks:
    """Believes what is signed with the secret we have in common."""

    def __init__(self, key: str | None) -> None:
        """Prepare to believe.

        Args:
            key: As `providers.trades_api.TradesApi` has it; `None`: nobody is believed.

        Raises:
            UnusableKey: The key cannot sign.
        """
        self._signature: Webhook | None = None if key is None else signature_of(key)

    def read(self, callback: Callback) -> tuple[TradeCallback, ...]:
        """Read one event.

        Raises:
            NotGenuine: No key is configured, or the signature is missing, wrong or more than five minutes off.
            NotUnderstood: It is signed, and nothing a firm may tell us.
        """
        event_id, at = self._verified(callback)
        try:
            event = _Event.model_validate_json(callback.body, strict=True)
        except ValidationError as error:
            raise NotUnderstood(_where(error)) from None
        return (_told(event_id, at, event),)

    def _verified(self, callback: Callback) -> tuple[str, datetime]:
        if self._signature is None:
            raise NotGenuine("no key")
        try:
            self._signature.verify(callback.body, dict(callback.headers), json_parse=False)
            at = datetime.fromtimestamp(float(callback.headers["webhook-timestamp"]), UTC)
        except (
            WebhookVerificationError,
            ValueError,
        ):  # the latter: headers or a body the library cannot take apart
            raise NotGenuine("a signature that is missing, wrong or too old") from None
        return callback.headers["webhook-id"], at


def _told(event_id: str, at: datetime, event: _Event) -> TradeCallback:
    told = event.data
    if len(event_id) > LONGEST_ID:
        raise NotUnderstood("webhook-id is too long")
    if told.eta_at is not None and not is_likely_arrival(told.eta_at, at):
        raise NotUnderstood("data.eta_at is too far away")
    return TradeCallback(
        event_id=event_id,
        offer_id=str(told.offer_id),
        answer=TradeAnswer(event.type.removeprefix(PREFIX)),
        at=at,
        eta_at=told.eta_at and told.eta_at.astimezone(UTC),
        reason=told.reason,
        cost_pence=told.cost_pence,
        invoice_reference=_reference(told.invoice_reference or ""),
    )


def _reference(said: str) -> str:
    """What is no reference is left out, because it might be words about somebody; the rest of the event stands."""
    reference = " ".join("".join(one for one in said if one.isprintable()).split())
    return reference if is_invoice_reference(reference) else ""


def _where(error: ValidationError) -> str:
    """Name the field, never what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return ".".join(map(str, first["loc"])) or "no JSON"
