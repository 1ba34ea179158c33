"""Reads what was sent, up to a limit."""

from fastapi import Request


async def read(request: Request, *, most: int) -> bytes | None:
    """Read a body; `None` when it is larger than `most` bytes."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            return None
    return bytes(found)
