"""Photographs of the work, as the tradesperson sent them: for staff, and nobody else."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.identity import STAFF_ONLY
from api.problems import not_found
from api.schema import PREFIX, answers
from api.services import In

JPEG = "image/jpeg"

router = APIRouter(prefix=PREFIX, tags=["repairs"])


@router.get(
    "/repairs/{repair_id}/photos/{photo_id}",
    response_class=Response,
    responses=answers({}, 401, 403, 404) | {200: {"content": {JPEG: {}}, "description": "The photo."}},
    dependencies=[STAFF_ONLY],
)
async def photo(repair_id: str, photo_id: str, services: In) -> Response:
    """Give one photo of the work."""
    picture = await run_in_threadpool(services.repair_photos.picture, repair_id, photo_id)
    if picture is None:
        raise not_found()
    return shown_photo(picture)


def shown_photo(picture: bytes) -> Response:
    """Give a photo to whoever may see it; it is kept nowhere on the way."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(picture, media_type=JPEG, headers=headers)
