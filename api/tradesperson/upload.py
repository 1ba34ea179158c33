"""A file that a page of ours sends: read in memory alone, for it is full of names and numbers."""

from fastapi import Request

from api.guard import refuse_other_sites
from api.json_body import read_body
from api.multipart import Parts, boundary_of, parts_of
from api.services import Services

_AROUND = 64 * 1024
"""Bytes of the form around the file."""


async def read_upload(request: Request, services: Services, *, most: int) -> Parts:
    """Read a form with a file; a field and a file alike are bytes.

    Raises:
        Problem: It comes from another site, is no such form, or is larger than `most` bytes.
    """
    refuse_other_sites(request, services)
    boundary = boundary_of(request)
    return await parts_of(await read_body(request, most=most + _AROUND), boundary)
