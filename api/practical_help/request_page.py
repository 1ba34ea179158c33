"""The form of a referral's page that asks for practical help."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.command import Given, give
from api.practical_help.request import KIND, help_asked, read_help, words_of_request
from api.practical_help.request_page_shown import FORM
from api.referral_page import ADDRESS, Body, Posted
from store.idempotency import Claim

router = APIRouter(include_in_schema=False)


@router.post(ADDRESS + "/practical-help")
async def ask_for_help_on_page(posted: Posted) -> Response:
    """Ask for practical help."""

    async def giving(body: Body, claim: Claim | None) -> Given:
        wanted = read_help(as_request(body))
        return await give(
            posted.services,
            posted.session.token,
            claim,
            referral_id=posted.referral_id,
            kind=KIND,
            event=help_asked(),
            words=words_of_request(wanted),
        )

    return await posted.taken_in(FORM, giving)


def as_request(typed: Body) -> dict[str, Any]:
    """What was ticked as the JSON API takes it: one of each; how many and what exactly is in the note."""
    ticked = typed.get("items")
    items = [{"kind": kind} for kind in ticked] if isinstance(ticked, list) else ticked
    return {**typed, "items": items} if items is not None else dict(typed)
