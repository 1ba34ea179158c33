"""The phone, the inbox and the letter box in a browser, on which whoever reads answers as the victim would.

Plain pages, without scripts.  Numbers and names stand in no address: messages are counted through.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from simulator import body, reader
from simulator.clock import now
from simulator.guard import own_page
from simulator.kept import Answer, Message, Way
from simulator.script import Provider
from simulator.world import World, world_of

router = APIRouter(dependencies=[Depends(own_page)])

_FOLDER = Path(__file__).parent / "screens"
_SHOWN = 50
"""Newest of each kind on the first page."""
_LARGEST_FORM = 20_000
"""Bytes."""
_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_POLICY_OF_WORDS = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""For the HTML of an e-mail, which is the service's and not ours: nothing in it runs, loads or leads anywhere."""

_templates = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The texts with one number."""

    number: str
    texts: list[Message | Answer]
    """Oldest first; never empty."""

    @property
    def newest(self) -> Message | Answer:
        """The last one of either side."""
        return self.texts[-1]


@router.get("/")
async def everything(request: Request) -> Response:
    """Show the phone, the inbox and the letter box."""
    world = world_of(request)
    conversations = sorted(_conversations(world), key=lambda one: one.newest.serial, reverse=True)
    return page(
        "everything.html",
        conversations=conversations[:_SHOWN],
        emails=world.kept.messages(way=Way.EMAIL)[: -_SHOWN - 1 : -1],
        letters=world.kept.messages(way=Way.LETTER)[: -_SHOWN - 1 : -1],
        outages=world.outages,
    )


@router.get("/texts/{serial}")
async def conversation(request: Request, serial: int) -> Response:
    """Show the texts with one number."""
    return page("texts.html", conversation=_conversation(world_of(request), serial), mistake="", words="")


@router.post("/texts/{serial}")
async def answer(request: Request, serial: int) -> Response:
    """Write back as who has that number."""
    world = world_of(request)
    found = _conversation(world, serial)
    form = await _form(request)
    words = form.get("words", "").strip()
    if not words or len(words) > reader.LONGEST:
        return page(
            "texts.html",
            status=422,
            conversation=found,
            words=words,
            mistake=f"Write a text of at most {reader.LONGEST} characters.",
        )
    await reader.write(world, sender=found.number, words=words, provider=_provider(found))
    return _on(f"/texts/{serial}")


@router.post("/texts")
async def begin(request: Request) -> Response:
    """Write to the service from a number it may not know."""
    world = world_of(request)
    form = await _form(request)
    number, words = form.get("number", "").replace(" ", ""), form.get("words", "").strip()
    if not reader.NUMBER.fullmatch(number) or not words or len(words) > reader.LONGEST:
        return page(
            "mistake.html",
            status=422,
            mistake=f"A text needs a number such as +447700900123 and at most {reader.LONGEST} characters.",
        )
    written = await reader.write(world, sender=number, words=words)
    return _on(f"/texts/{written.serial}")


@router.get("/emails/{serial}")
async def email(request: Request, serial: int) -> Response:
    """Show an e-mail."""
    return page("email.html", message=_message(request, serial, Way.EMAIL))


@router.get("/emails/{serial}/html")
async def email_html(request: Request, serial: int) -> Response:
    """Give the HTML of an e-mail, for a frame in which nothing runs."""
    message = _message(request, serial, Way.EMAIL)
    return Response(message.html, media_type="text/html", headers=_headers(_POLICY_OF_WORDS))


@router.post("/emails/{serial}/unsubscribe")
async def unsubscribe(request: Request, serial: int) -> Response:
    """Press the mail program's own button."""
    message = _message(request, serial, Way.EMAIL)
    if not message.one_click:
        raise HTTPException(409, "It offers no one-click unsubscribe.")
    await reader.unsubscribe(world_of(request), message)
    return _on(f"/emails/{serial}")


@router.get("/letters/{serial}")
async def letter(request: Request, serial: int) -> Response:
    """Show a letter as PDF."""
    message = _message(request, serial, Way.LETTER)
    return Response(message.pdf, media_type="application/pdf", headers=_headers("default-src 'self'"))


@router.post("/letters/{serial}/return")
async def return_letter(request: Request, serial: int) -> Response:
    """Send a letter back to its sender."""
    await reader.return_letter(world_of(request), _message(request, serial, Way.LETTER))
    return _on("/#letters")


@router.get("/simulator.css")
async def style() -> Response:
    """Give the pages their looks."""
    return Response(
        (_FOLDER / "simulator.css").read_bytes(), media_type="text/css", headers=_headers(_POLICY)
    )


def _conversations(world: World) -> list[Conversation]:
    return [Conversation(number=who, texts=texts) for who, texts in world.kept.conversations().items()]


def _conversation(world: World, serial: int) -> Conversation:
    """The conversation a text belongs to."""
    for found in _conversations(world):
        if any(text.serial == serial for text in found.texts):
            return found
    raise HTTPException(404, "There is no such text any more.")


def _provider(found: Conversation) -> Provider:
    """To whose number an answer goes: of the last text that came, or Twilio's."""
    sent = [text.provider for text in found.texts if isinstance(text, Message)]
    return sent[-1] if sent else Provider.TWILIO


def _message(request: Request, serial: int, way: Way) -> Message:
    message = world_of(request).kept.message(serial)
    if message is None or message.way is not way:
        raise HTTPException(404, "There is no such message any more.")
    return message


async def _form(request: Request) -> dict[str, str]:
    sent = await body.read(request, most=_LARGEST_FORM)
    if sent is None:
        raise HTTPException(413, "That is too long.")
    return dict(parse_qsl(sent.decode(errors="replace")))


def page(name: str, *, status: int = 200, **shown: object) -> Response:
    """Show a screen."""
    text = _templates.get_template(name).render(
        at=now(), is_answer=lambda one: isinstance(one, Answer), **shown
    )
    return Response(text, status, media_type="text/html", headers=_headers(_POLICY))


def _on(where: str) -> Response:
    return RedirectResponse(where, 303)


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
