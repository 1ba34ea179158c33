"""What a tradesperson is told when something goes wrong behind their link, in as few bytes as everything else there."""

from dataclasses import dataclass

from api.problems import Kind

WITH_LINK = "/trades/"
"""How the addresses of their pages begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What went wrong, and what to do."""

    title: str
    text: str


_NO_LINK = Mishap(
    title="This link does not work",
    text="It may have run out, or a part of it may be missing. If you expected a job, ring us, and please do not set "
    "off before.",
)
_OPEN_AGAIN = Mishap(
    title="That did not reach us",
    text="Please open the link in your text again, and press a button of the page.",
)
_WAIT = Mishap(
    title="Something here does not answer just now",
    text="Please wait a minute and try again. What you told us before is not lost.",
)
_MISHAPS = {
    Kind.NOT_FOUND: _NO_LINK,
    Kind.METHOD_NOT_ALLOWED: _OPEN_AGAIN,
    Kind.TOO_MANY: Mishap(
        title="Please wait a few minutes",
        text="Too much came by this link, or from this place, at once. Please wait a few minutes and try again.",
    ),
    Kind.TOO_LARGE: Mishap(
        title="That is too large",
        text="Please open the link again, and choose a photo of at most 8 MB, or let your telephone make it smaller.",
    ),
    Kind.INTERNAL: _WAIT,
    Kind.UNAVAILABLE: _WAIT,
}


def mishap_of(kind: Kind) -> Mishap:
    """Say it in a tradesperson's words."""
    return _MISHAPS.get(kind, _OPEN_AGAIN)
