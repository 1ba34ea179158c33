"""Forms that carry a file, read in memory alone: what comes in them is personal and never in a temporary file."""

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, parse_options_header

from api.problems import Kind, Problem

MOST_PARTS = 10
"""Fields and files of one form; ours have five."""
_AT_ONCE = CapacityLimiter(2)
"""Forms that are taken apart at the same time, outside the event loop: whoever wants to can make it slow work."""

Parts = dict[str, bytes]
"""What each field holds; a field and a file alike are bytes."""


class _TooManyParts(FormParserError):
    """It is no form of ours."""


def boundary_of(request: Request) -> bytes:
    """What stands between the parts.  Raises `Problem` if it is no such form."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "Send the form of the page.")
    return options[b"boundary"]


async def parts_of(body: bytes, boundary: bytes) -> Parts:
    """Take a form apart.  Raises `Problem` if it is none, or has more than `MOST_PARTS`."""
    try:
        return await to_thread.run_sync(_parsed, body, boundary, limiter=_AT_ONCE)
    except FormParserError:
        raise Problem(Kind.REQUEST, "This is no form of ours.") from None


def _parsed(body: bytes, boundary: bytes) -> Parts:
    found: Parts = {}
    count = 0

    def keep(name: bytes | None, held: bytes) -> None:
        nonlocal count
        count += 1
        if count > MOST_PARTS:  # the parser itself would go on to the end
            raise _TooManyParts
        found[(name or b"").decode(errors="replace")] = held

    def field(said: Field) -> None:
        keep(said.field_name, said.value or b"")

    def file(said: File) -> None:
        said.file_object.seek(0)
        keep(said.field_name, said.file_object.read())

    in_memory = {"MAX_MEMORY_FILE_SIZE": len(body) + 1}
    parser = FormParser("multipart/form-data", field, file, boundary=boundary, config=in_memory)
    parser.write(body)
    parser.finalize()
    return found
