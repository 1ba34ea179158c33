"""The tradesperson API as a firm's engineer reads it in its document: what comes in, what goes out, both signed."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from simulator.clock import now
from simulator.course import Call
from simulator.script import Provider
from simulator.world import World


class NotOurs(Exception):
    """It is not signed by the service."""


class Malformed(Exception):
    """It is signed, and not what the document says."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Which(_Read):
    """What every notice says."""

    offer_id: str = Field(min_length=1)
    firm_id: str = Field(min_length=1)
    reference: str = Field(min_length=1)


class Task(Which):
    """What is to be done."""

    kinds: tuple[str, ...] = Field(min_length=1)
    urgency: Literal["open_property", "today", "planned"]
    area: str
    on_site_by: AwareDatetime
    page: str = Field(pattern="^https?://")


class Asked(Task):
    """An offer."""

    answer_by: AwareDatetime


class Address(_Read):
    """Where to go."""

    lines: tuple[str, ...]
    postcode: str


class Given(Task):
    """A confirmation."""

    address: Address
    access: str
    code_word: str
    telephone: str


class Offer(_Read):
    """May we send you?"""

    type: Literal["notice.offer"]
    data: Asked


class Confirmation(_Read):
    """It is yours."""

    type: Literal["notice.confirmation"]
    data: Given


class Ending(_Read):
    """Nobody is to go."""

    type: Literal["notice.taken", "notice.withdrawal", "notice.cancellation"]
    data: Which


Notice = Annotated[Offer | Confirmation | Ending, Field(discriminator="type")]
_NOTICE: TypeAdapter[Offer | Confirmation | Ending] = TypeAdapter(Notice)


def read(world: World, body: bytes, headers: dict[str, str]) -> Offer | Confirmation | Ending:
    """Read a notice.

    Raises:
        NotOurs: Nobody who has the key signed it.
        Malformed: It lacks something, has what it should not have, or its key is not its id.
    """
    try:
        signature_of(world).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise NotOurs from None
    if not headers.get("idempotency-key") or headers["idempotency-key"] != headers["webhook-id"]:
        raise Malformed("Idempotency-Key is required, and the same as webhook-id")
    try:
        return _NOTICE.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Malformed(f"{'.'.join(map(str, first['loc']))}: {first['type']}") from None


class Event:
    """One thing a firm says; the same to its id however often it is said."""

    def __init__(self, world: World, answer: str, data: dict[str, Any]) -> None:
        self._world = world
        self.answer = answer
        self.id = f"boing-{uuid4()}"
        self.at = now()
        self._body = json.dumps(
            {"type": f"answer.{answer}", "timestamp": moment(self.at), "data": data}, separators=(",", ":")
        )

    def call(self) -> Call:
        """Make the call, signed as of now."""
        at = now()
        return Call(
            url=self._world.webhook(Provider.TRADES),
            body=self._body.encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "BOING",
                "webhook-id": self.id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signature_of(self._world).sign(self.id, at, self._body),
            },
        )


def signature_of(world: World) -> Webhook:
    """What both sides sign with: the key itself, as it does not begin with `whsec_`."""
    return Webhook(world.keys.trades_api_key.encode())


def moment(at: datetime) -> str:
    """Write a time as RFC 3339."""
    return at.isoformat(timespec="milliseconds")
