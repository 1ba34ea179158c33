"""`/_control`: says what shall happen and shows what did, for tests and the demo; from this machine alone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from simulator import reader
from simulator.clock import iso
from simulator.guard import loopback
from simulator.kept import Message, Way
from simulator.script import Provider, Script, Trouble
from simulator.world import Outage, World, world_of

router = APIRouter(prefix="/_control", dependencies=[Depends(loopback)])

Rate = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Scene(_Asked):
    """One call to a provider meets exactly these troubles."""

    provider: Provider
    troubles: list[Trouble]


class ScriptAsked(_Asked):
    """A whole script; what is left out is as it is without one."""

    seed: int = 0
    rates: dict[Trouble, Rate] = Field(default_factory=dict)
    pace: Seconds = 0.05
    delay: Seconds = 3.0
    retry_after: Seconds = 1.0
    next: list[Scene] = Field(default_factory=list, max_length=1000)


class OutageAsked(_Asked):
    """A provider goes away, or comes back."""

    provider: Provider
    down: bool
    how: Outage = Outage.UNAVAILABLE


class InboundAsked(_Asked):
    """Somebody writes to the service."""

    sender: str = Field(alias="from", pattern=reader.NUMBER.pattern)
    body: str = Field(max_length=reader.LONGEST)
    provider: Provider = Provider.TWILIO
    times: int = Field(default=1, ge=1, le=10)


class LetterAsked(_Asked):
    """One letter, by Notify's id or by the reference it was given."""

    id: str | None = None
    reference: str | None = None


class ServiceAsked(_Asked):
    """Where the service is."""

    public_url: str = Field(pattern=r"^https?://[^\s]+$")


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Say that it runs, and how many messages have reports to come."""
    return {"under_way": world_of(request).caller.under_way}


@router.get("/script")
async def script(request: Request) -> dict[str, Any]:
    """Show the script that is followed."""
    return _shown_script(world_of(request))


@router.post("/script")
async def follow(request: Request, asked: ScriptAsked) -> dict[str, Any]:
    """Follow another script from its beginning."""
    world = world_of(request)
    world.prompter.follow(Script(**asked.model_dump(exclude={"next"})))
    for scene in asked.next:
        world.prompter.next(scene.provider, *scene.troubles)
    return _shown_script(world)


@router.post("/next")
async def enqueue(request: Request, scene: Scene) -> dict[str, int]:
    """Put one exact scene on a provider's queue."""
    prompter = world_of(request).prompter
    prompter.next(scene.provider, *scene.troubles)
    return {"waiting": prompter.waiting(scene.provider)}


@router.get("/messages")
async def messages(
    request: Request, provider: Provider | None = None, way: Way | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Show what was taken, oldest first, with everything in it but a letter's PDF."""
    found = world_of(request).kept.messages(provider=provider, way=way)
    return {"items": [_shown(one) for one in found]}


@router.post("/forget", status_code=204)
async def forget(request: Request) -> None:
    """Forget every message, answer and offer; reports under way are still made."""
    world_of(request).kept.clear()
    world_of(request).boing.clear()


@router.post("/outage")
async def outage(request: Request, asked: OutageAsked) -> dict[str, str]:
    """Let a provider be away, or come back."""
    world = world_of(request)
    await world.outage(asked.provider, asked.how if asked.down else None)
    return {str(who): str(how) for who, how in world.outages.items()}


@router.post("/inbound")
async def inbound(request: Request, asked: InboundAsked) -> dict[str, str]:
    """Write a text to the service; the answer is what the service said."""
    if asked.provider in (Provider.SENDGRID, Provider.TRADES):
        raise HTTPException(422, "Texts go to Twilio or Notify.")
    answer = await reader.write(
        world_of(request), sender=asked.sender, words=asked.body, provider=asked.provider, times=asked.times
    )
    return {"id": answer.id, "arrived": answer.arrived}


@router.post("/unsubscribe")
async def unsubscribe(request: Request, asked: LetterAsked) -> dict[str, str]:
    """Press the one-click button of an e-mail."""
    message = _found(world_of(request), asked, Way.EMAIL)
    if not message.one_click:
        raise HTTPException(409, "It offers no one-click unsubscribe.")
    await reader.unsubscribe(world_of(request), message)
    return {"arrived": message.unsubscribed}


@router.post("/return-letter")
async def return_letter(request: Request, asked: LetterAsked) -> dict[str, str]:
    """Send a letter back to its sender."""
    world = world_of(request)
    return {"arrived": await reader.return_letter(world, _found(world, asked, Way.LETTER))}


@router.post("/service")
async def service(request: Request, asked: ServiceAsked) -> dict[str, str]:
    """Say where the service is that is called back."""
    world_of(request).public_url = asked.public_url
    return {"public_url": asked.public_url}


def _found(world: World, asked: LetterAsked, way: Way) -> Message:
    found = [
        one
        for one in world.kept.messages(way=way)
        if (asked.id and one.id == asked.id) or (asked.reference and one.reference == asked.reference)
    ]
    if not found:
        raise HTTPException(404, "There is none.")
    return found[-1]


def _shown_script(world: World) -> dict[str, Any]:
    script = world.script
    return {
        "seed": script.seed,
        "rates": dict(script.rates),
        "pace": script.pace,
        "delay": script.delay,
        "retry_after": script.retry_after,
        "waiting": {who: world.prompter.waiting(who) for who in Provider},
    }


def _shown(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "provider": message.provider,
        "way": message.way,
        "to": message.to,
        "from": message.sender,
        "reference": message.reference,
        "labels": message.labels,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "pdf_bytes": len(message.pdf),
        "status": message.status,
        "told": message.told,
        "status_callback": message.status_callback,
        "unsubscribe_url": message.unsubscribe_url,
        "one_click": message.one_click,
        "taken_at": iso(message.taken_at),
    }
