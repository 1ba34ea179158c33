"""A photo of the work: the picture alone is kept, and only if no person is in it."""

import struct
import threading
import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from fastapi import FastAPI
from PIL import Image

from api import multipart
from api.services import Services
from api.trades.photo import LARGEST
from api.trades.picture import LONGEST_SIDE, NoPicture, TooManyPixels, made_anew
from store.repair_dispatch.photo import MOST_PHOTOS
from tests.api.trade_lives import Firm, Trade

ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
TURNED_RIGHT = 6


@pytest.fixture
def firm(app: FastAPI, services: Services) -> Firm:
    return Firm(app, services)


async def confirmed(firm: Firm) -> Trade:
    [trade] = firm.asks()
    await trade.sends("accepted", eta="10")
    return trade


def a_picture(
    kind: str = "JPEG", size: tuple[int, int] = (64, 32), *, mode: str = "RGB", shade: int = 90, **more
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, (shade,) * len(mode) if len(mode) > 1 else shade).save(out, kind, **more)
    return out.getvalue()


def from_a_telephone() -> bytes:
    """As a telephone held upright writes it: with where it was taken, and turned."""
    exif = Image.Exif()
    exif[MAKE] = "Hidden Telephones"
    exif[ORIENTATION] = TURNED_RIGHT
    exif[GPS] = {1: "N", 2: (52.0, 12.0, 7.0), 3: "E", 4: (0.0, 7.0, 9.0)}
    return a_picture(exif=exif, comment=b"Hidden Lane", icc_profile=b"hidden profile")


def bomb() -> bytes:
    """A PNG that says it is forty thousand pixels wide and high."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(1000)))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def kept(firm: Firm) -> list[bytes]:
    photos = firm.services.repair_photos
    listed = photos.of_repair(firm.repair.id)
    return [picture for photo in listed if (picture := photos.picture(firm.repair.id, photo.id))]


async def test_where_it_was_taken_is_gone_and_the_picture_stands_upright(firm: Firm) -> None:
    trade = await confirmed(firm)
    sent = from_a_telephone()
    assert Image.open(BytesIO(sent)).getexif().get_ifd(GPS)
    answer = await trade.sends_photo(sent)
    assert answer.status_code == 303
    assert "We have your photo" in (await trade.client.get(answer.headers["location"])).text
    [content] = kept(firm)
    picture = Image.open(BytesIO(content))
    assert picture.size == (32, 64)
    assert dict(picture.getexif()) == {}
    assert picture.getexif().get_ifd(GPS) == {}
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Hidden" not in content
    assert b"hidden" not in content


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")]
)
def test_what_telephones_send_becomes_a_jpeg(kind: str, mode: str) -> None:
    made = made_anew(a_picture(kind, mode=mode))
    assert Image.open(BytesIO(made.content)).format == "JPEG"
    assert (made.width, made.height) == (64, 32)


def test_see_through_places_are_white_and_not_black() -> None:
    out = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    made = Image.open(BytesIO(made_anew(out.getvalue()).content))
    assert made.getpixel((4, 4)) == (255, 255, 255)


def test_a_large_picture_is_made_smaller() -> None:
    made = made_anew(a_picture(size=(4000, 3000)))
    assert (made.width, made.height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        a_picture("GIF"),
        a_picture("BMP"),
        a_picture("TIFF"),
        a_picture()[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["nothing", "words", "gif", "bmp", "tiff", "half", "svg"],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(NoPicture):
        made_anew(content)


@pytest.mark.parametrize("content", [bomb(), a_picture("PNG", (5100, 5000))], ids=["huge", "large"])
def test_a_picture_that_would_fill_the_memory_is_not_opened(content: bytes) -> None:
    with pytest.raises(TooManyPixels):
        made_anew(content)


async def test_without_the_tick_nothing_is_kept(firm: Firm) -> None:
    trade = await confirmed(firm)
    page = await trade.sends_photo(a_picture(), nobody=False)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert 'href="#photo-nobody"' in page.text
    assert kept(firm) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Choose a photo"),
        (b"%PDF-1.7", "no photo that we can read"),
        (a_picture("GIF"), "no photo that we can read"),
        (bomb(), "too many pixels"),
        (b"\xff\xd8" + b"x" * LARGEST, "too large"),
        (b"x" * (LARGEST + 64 * 1024), "too large"),
    ],
    ids=["nothing", "a document", "a moving picture", "a bomb", "too many bytes", "far too many"],
)
async def test_what_cannot_be_taken_is_said_with_how_to_mend_it(
    firm: Firm, content: bytes, told: str
) -> None:
    trade = await confirmed(firm)
    page = await trade.sends_photo(content)
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert told in page.text
    assert "1 Example Street" in page.text
    assert kept(firm) == []


def oddly_described(entry: bytes) -> bytes:
    """A JPEG that is turned, and whose description holds something in a form it does not have."""
    turned = struct.pack("<HHI", ORIENTATION, 3, 1) + struct.pack("<HH", TURNED_RIGHT, 0)
    described = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + turned + entry + bytes(4)
    return a_picture(exif=b"Exif\0\0" + described)


@pytest.mark.parametrize(
    "entry",
    [
        struct.pack("<HHI", 0x9286, 12, 1) + struct.pack("<I", 8),
        struct.pack("<HHI", 0x011A, 2, 4) + b"72\0\0",
        struct.pack("<HHI", 0x9000, 3, 2) + struct.pack("<HH", 2, 2),
    ],
    ids=["a remark that is a number", "a size in words", "a version in numbers"],
)
def test_a_photo_with_an_odd_description_is_a_photo_all_the_same(entry: bytes) -> None:
    made = made_anew(oddly_described(entry))
    assert (made.width, made.height) == (32, 64)


@pytest.mark.parametrize(
    ("turn", "size"), [(1, (64, 32)), (3, (64, 32)), (6, (32, 64)), (8, (32, 64)), (99, (64, 32))]
)
def test_a_photo_stands_upright_however_the_telephone_was_held(turn: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    made = made_anew(a_picture(exif=exif))
    assert (made.width, made.height) == size


def test_a_description_that_cannot_be_read_counts_as_upright() -> None:
    made = made_anew(a_picture(exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"))
    assert (made.width, made.height) == (64, 32)


def test_a_photo_of_a_telephone_that_puts_a_second_one_behind_it_may_be_as_large_as_any() -> None:
    out = BytesIO()
    large = Image.new("RGB", (6100, 5000))
    large.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 32))])
    assert Image.open(BytesIO(out.getvalue())).format == "MPO"
    made = made_anew(out.getvalue())
    assert max(made.width, made.height) == LONGEST_SIDE


async def test_a_form_of_thousands_of_parts_is_not_read_to_its_end(firm: Firm) -> None:
    trade = await confirmed(firm)
    part = b'--b\r\nContent-Disposition: form-data; name="nobody"\r\n\r\nx\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await trade.client.post(f"{trade.link}/photo", content=part * 100_000, headers=headers)
    assert answer.status_code == 400
    few = await trade.client.post(f"{trade.link}/photo", content=part * 9 + b"--b--", headers=headers)
    assert few.status_code == 422


async def test_everybody_else_is_answered_while_a_form_is_taken_apart(firm: Firm) -> None:
    trade = await confirmed(firm)
    threads: list[int] = []
    real = multipart._parsed

    def parsed(body: bytes, boundary: bytes) -> multipart.Parts:
        threads.append(threading.get_ident())
        return real(body, boundary)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multipart, "_parsed", parsed)
        await trade.sends_photo(a_picture())
    assert threads
    assert threading.get_ident() not in threads


async def test_nobody_is_listened_to_without_end(firm: Firm) -> None:
    trade = await confirmed(firm)
    assert (await trade.sends_photo(b"x" * (5 * LARGEST + 1))).status_code == 413


async def test_the_same_photo_sent_again_is_kept_once(firm: Firm) -> None:
    trade = await confirmed(firm)
    for told in ("kept", "kept_before"):
        answer = await trade.sends_photo(a_picture())
        assert answer.headers["location"] == f"{trade.link}?photo={told}"
    assert len(kept(firm)) == 1


async def test_enough_is_enough(firm: Firm) -> None:
    trade = await confirmed(firm)
    for shade in range(MOST_PHOTOS):
        assert (await trade.sends_photo(a_picture(shade=40 * shade))).status_code == 303
    assert "Send a photo" not in (await trade.looks()).text
    assert "enough photos" in (await trade.sends_photo(a_picture(shade=251))).text
    assert len(kept(firm)) == MOST_PHOTOS


async def test_only_whoever_has_the_job_sends_photos(firm: Firm) -> None:
    one, other = firm.asks(2)
    for trade in (one, other):
        assert "Send a photo" not in (await trade.looks()).text
        assert (await trade.sends_photo(a_picture())).headers["location"] == trade.link
    await one.sends("accepted", eta="10")
    await other.sends_photo(a_picture())
    assert kept(firm) == []


async def test_for_a_day_after_the_work_a_photo_is_welcome(firm: Firm) -> None:
    trade = await confirmed(firm)
    await trade.sends("completed", once="2", cost="10")
    assert (await trade.sends_photo(a_picture())).headers["location"].endswith("?photo=kept")
    firm.repair.now += timedelta(days=1, seconds=1)
    assert "Send a photo" not in (await trade.looks()).text
    await trade.sends_photo(a_picture(shade=10))
    assert len(kept(firm)) == 1


async def test_a_photo_for_no_link_or_from_another_site_is_not_read(firm: Firm) -> None:
    trade = await confirmed(firm)
    files = {"photo": ("a.jpg", a_picture(), "image/jpeg")}
    gone = await trade.client.post(f"/trades/{'A' * 24}/photo", files=files, data={"nobody": "yes"})
    assert gone.status_code == 404
    foreign = await trade.client.post(
        f"{trade.link}/photo", files=files, data={"nobody": "yes"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert kept(firm) == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"photo=x", 415),
        ("multipart/form-data", b"x", 415),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken\r\n", 400),
        ("multipart/form-data; boundary=b", b"", 422),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(firm: Firm, kind: str, body: bytes, status: int) -> None:
    trade = await confirmed(firm)
    answer = await trade.client.post(f"{trade.link}/photo", content=body, headers={"content-type": kind})
    assert answer.status_code == status


async def test_photos_without_end_are_slowed_down(firm: Firm) -> None:
    trade = await confirmed(firm)
    answers = [(await trade.sends_photo(b"")).status_code for _ in range(21)]
    assert (answers[0], answers[-1]) == (422, 429)
