"""A photo of the work, sent from the page of an offer; no person is in it, and nothing but the picture is kept.

Source: docs/repairs.md#photographs.
"""

from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import Shown
from api.guard import refuse_other_sites
from api.multipart import boundary_of, parts_of
from api.pages import to
from api.problems import Kind, Problem
from api.rate_limit import TRADE_PHOTOS
from api.services import In, Services
from api.trades.page import gone, mistake, opened, page, slow_down
from api.trades.picture import NoPicture, Picture, TooManyPixels, made_anew
from store.repair_dispatch.offer_page import OfferOpened
from store.repair_dispatch.photo import Kept, NewPhoto, PhotoTooLarge

LARGEST = 8 * 1024 * 1024
"""Bytes of a photo as it is sent."""
_AROUND = 16 * 1024
"""Bytes of the form around it."""
_MOST_HEARD = 5 * LARGEST
"""Bytes after which nobody is listened to any more."""
_PHOTO = "photo"
_NOBODY = "nobody"
TICK = "Tick the box if no person is in the picture. If somebody is, please take another"
CHOOSE = "Choose a photo"
NOT_ONE = "This is no photo that we can read. Choose a JPEG, PNG or WebP"
TOO_LARGE = "The photo is too large. Choose one of at most 8 MB, or let your telephone make it smaller"
TOO_MANY_PIXELS = (
    "The photo has too many pixels. Take one in a smaller size, or let your telephone make it smaller"
)
ENOUGH = "We have enough photos of this job. Thank you"

_AT_ONCE = CapacityLimiter(2)
"""Photos that are opened at the same time: each needs much memory for a moment."""

router = APIRouter(include_in_schema=False)


class _Unfit(Exception):
    """A photo cannot be taken; says which field, and how to mend it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(field)
        self.form: Shown = mistake(f"photo-{field}", text)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Sent:
    """The form."""

    photo: bytes
    nobody: bool
    """Whether they say that no person is in the picture."""


@router.post("/trades/{token}/photo")
async def trade_photo(request: Request, services: In, token: str) -> Response:
    """Keep a photo, and lead back to the page."""
    refuse_other_sites(request, services)
    offer = await opened(request, services, token)
    if offer is None:
        return gone(request)
    if not offer.takes_photos(services.clock()):
        return to(f"/trades/{token}")
    slow_down(request, TRADE_PHOTOS, "trade-photo", offer)
    try:
        kept = await _take_in(request, services, offer)
    except _Unfit as unfit:
        return page(request, services, token, offer, form=unfit.form, status=422)
    return gone(request) if kept is None else to(f"/trades/{token}?photo={kept}")


async def _take_in(request: Request, services: Services, offer: OfferOpened) -> Kept | None:
    sent = await _read(request)
    if not sent.photo:
        raise _Unfit(_PHOTO, CHOOSE)
    if not sent.nobody:
        raise _Unfit(_NOBODY, TICK)
    picture = await _made_anew(sent.photo)
    new = NewPhoto(
        offer_id=offer.offer_id, content=picture.content, width=picture.width, height=picture.height
    )
    try:
        kept = await run_in_threadpool(services.repair_photos.keep, new, now=services.clock())
    except PhotoTooLarge:
        raise _Unfit(_PHOTO, TOO_LARGE) from None
    if kept is Kept.TOO_MANY:
        raise _Unfit(_PHOTO, ENOUGH)
    return kept


async def _made_anew(photo: bytes) -> Picture:
    if len(photo) > LARGEST:
        raise _Unfit(_PHOTO, TOO_LARGE)
    try:
        return await to_thread.run_sync(made_anew, photo, limiter=_AT_ONCE)
    except TooManyPixels:
        raise _Unfit(_PHOTO, TOO_MANY_PIXELS) from None
    except NoPicture:
        raise _Unfit(_PHOTO, NOT_ONE) from None


async def _read(request: Request) -> _Sent:
    """Read the form in memory alone: a photo of somebody's home is never in a temporary file."""
    boundary = boundary_of(request)
    parts = await parts_of(await _body(request), boundary)
    return _Sent(photo=parts.get(_PHOTO, b""), nobody=bool(parts.get(_NOBODY)))


async def _body(request: Request) -> bytes:
    """Read the body.  One that is too large is heard to its end, or the browser would not show what we answer."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_HEARD:
            raise Problem(Kind.TOO_LARGE, TOO_LARGE, headers={"Connection": "close"})
        if size <= LARGEST + _AROUND:
            parts.append(part)
    if size > LARGEST + _AROUND:
        raise _Unfit(_PHOTO, TOO_LARGE)
    return b"".join(parts)
