"""One click in an e-mail stops e-mails: pressed by a mail program (RFC 8058), or on our page by a person.

The address is the whole permission: no cookie, no session, no form token, because mail programs have none.  Opening
it changes nothing, because programs open addresses by themselves; and the answer is the same for every token.
"""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.json_body import read_body
from api.pages import show
from api.problems import Kind, Problem
from api.services import In, Services
from domain.events import OptedOut
from domain.vocabulary import ContactChannel, OptOutWay

MOST_BYTES = 4096
"""Of a body that says one thing."""
_SAYS_SO = b"List-Unsubscribe"
_ONE_CLICK = b"One-Click"
EMAILS = OptedOut(channel=ContactChannel.EMAIL, way=OptOutWay.EMAIL)
TOLD = "We will send no more e-mails about this unless you tell us that we may."
"""What happens: of another matter a person decides, who is shown that somebody asked.  docs/policy.md#opting-out."""

router = APIRouter(include_in_schema=False)


@router.get("/unsubscribe/{token}")
async def unsubscribe_page(request: Request, token: str) -> Response:
    """Offer one button; nothing happens by looking."""
    return show(
        request, "unsubscribe.html", action=f"/unsubscribe/{token}" if token.isascii() else "/unsubscribe/-"
    )


@router.post("/unsubscribe/{token}")
async def unsubscribe(request: Request, services: In, token: str) -> Response:
    """Stop e-mails to whoever this e-mail was sent to.  Sent as a form or in parts; both are allowed."""
    body = await read_body(request, most=MOST_BYTES)
    if _SAYS_SO not in body or _ONE_CLICK not in body:
        raise Problem(Kind.REQUEST, "Send List-Unsubscribe=One-Click.")
    await run_in_threadpool(_stop, services, token)
    return show(request, "stop_done.html", told=TOLD)


def _stop(services: Services, token: str) -> None:
    referral_id = services.unsubscribes.referral_of(token)
    if referral_id is not None:
        services.opt_out_requests.ask(referral_id, EMAILS, now=services.clock())
