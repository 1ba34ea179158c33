"""A file that a page of ours sends: read in memory alone, for it is full of names and numbers."""

from fastapi import Request
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, parse_options_header

from api.guard import refuse_other_sites
from api.json_body import read_body
from api.problems import Kind, Problem
from api.services import Services

_AROUND = 64 * 1024
"""Bytes of the form around the file."""
_MOST_FIELDS = 10


async def read_upload(request: Request, services: Services, *, most: int) -> dict[str, bytes]:
    """Read a form with a file; a field and a file alike are bytes.

    Raises:
        Problem: It comes from another site, is no such form, or is larger than `most` bytes.
    """
    refuse_other_sites(request, services)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "Send the form of the page.")
    body = await read_body(request, most=most + _AROUND)
    return _parsed(body, options[b"boundary"], most=most + _AROUND)


def _parsed(body: bytes, boundary: bytes, *, most: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def field(said: Field) -> None:
        found[(said.field_name or b"").decode(errors="replace")] = said.value or b""

    def file(said: File) -> None:
        said.file_object.seek(0)
        found[(said.field_name or b"").decode(errors="replace")] = said.file_object.read()

    limits = {"MAX_MEMORY_FILE_SIZE": most, "MAX_FIELDS": _MOST_FIELDS}
    try:
        parser = FormParser("multipart/form-data", field, file, boundary=boundary, config=limits)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Problem(Kind.REQUEST, "This is no form of ours.") from None
    return found
