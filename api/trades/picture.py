"""Makes a photo anew from its pixels alone: whatever else was in the file, such as where it was taken, is gone.

Source: docs/repairs.md#photographs.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image

FORMATS = ("JPEG", "PNG", "WEBP")
"""What telephones send.  Where a page asks for these, those that take other kinds send a JPEG."""
MOST_PIXELS = 50_000_000
"""More is no photo of a telephone but a file that fills the memory of whoever opens it."""
MOST_UNPACKED = 25_000_000
"""Pixels of the kinds that cannot be read at less than their full size."""
LONGEST_SIDE = 1600
"""Pixels: a screw can be told from a bolt, a face in a window hardly."""
QUALITY = 80
_READ_SMALLER = frozenset({"JPEG", "MPO"})
"""Formats read at no more than they need; the second is a JPEG that some telephones put a second picture behind."""
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by what its file says.  Source: Exif 2.32, 4.6.4, Orientation."""
_WHITE = (255, 255, 255)
_SMOOTH = frozenset({"L", "RGB", "RGBA", "CMYK"})
"""Kinds of pixel that can be made smaller as they are."""
_HAS_HOLES = frozenset({"LA", "La", "PA", "RGBa"})


class NoPicture(Exception):
    """It is none of the pictures we take, or is broken."""


class TooManyPixels(Exception):
    """It would need more memory than a photo may."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Picture:
    """A JPEG that holds nothing but its pixels."""

    content: bytes
    width: int
    height: int


def made_anew(content: bytes) -> Picture:
    """Read a picture, turn it upright, make it smaller and write it anew.

    Raises:
        NoPicture: It is of another kind, or broken.
        TooManyPixels: It has more than `MOST_PIXELS`.
    """
    try:
        with warnings.catch_warnings():
            # We count the pixels by ourselves, and odd descriptions are nobody's business.
            warnings.simplefilter("ignore")
            return _written(_upright(_opened(content)))
    except (Image.DecompressionBombError, MemoryError):
        raise TooManyPixels from None
    except TooManyPixels:
        raise
    except Exception:  # noqa: BLE001  # Pillow says that a file is broken in as many ways as one can be broken
        raise NoPicture from None


def _opened(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content), formats=FORMATS)
    most = MOST_PIXELS if picture.format in _READ_SMALLER else MOST_UNPACKED
    if picture.width * picture.height > most:
        raise TooManyPixels
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at no more than it needs
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Make it smaller, and turn it as its file says, while the file can still say so."""
    turn = _turn_of(picture)
    if picture.mode not in _SMOOTH:
        see_through = picture.mode in _HAS_HOLES or "transparency" in picture.info
        picture = picture.convert("RGBA" if see_through else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _without_holes(picture if turn is None else picture.transpose(turn))


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How it lies; one that does not say so in a way that can be read counts as upright.

    Only this is read of all that stands beside the pixels: telephones write the rest in many odd ways.
    """
    try:
        said = picture.getexif().get(ExifTags.Base.Orientation)
        return _TURNED.get(said) if isinstance(said, int) else None
    except Exception:  # noqa: BLE001  # whatever is wrong with it, the picture itself may be whole
        return None


def _without_holes(picture: Image.Image) -> Image.Image:
    """Make see-through places white."""
    if picture.mode == "RGBA":
        behind = Image.new("RGBA", picture.size, (*_WHITE, 255))
        picture = Image.alpha_composite(behind, picture)
    return picture.convert("RGB")


def _written(picture: Image.Image) -> Picture:
    """Write the pixels into a new picture, which has never had anything else."""
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    out = BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Picture(content=out.getvalue(), width=bare.width, height=bare.height)
