"""BOING in a browser: its firms, and what each offer came to."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from simulator.guard import own_page
from simulator.pages import page
from simulator.world import world_of

router = APIRouter(dependencies=[Depends(own_page)])

_SHOWN = 50
"""Newest offers."""


@router.get("/boing")
async def boing(request: Request) -> Response:
    """Show the firms and the newest offers."""
    book = world_of(request).boing
    return page("boing.html", firms=list(book.firms.values()), jobs=book.jobs()[: -_SHOWN - 1 : -1])
