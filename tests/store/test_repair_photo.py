"""Photos of the work: sealed for one person, each kept once, and never many."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from store.referral_row import REFERRAL
from store.repair_dispatch.photo import (
    LARGEST,
    MOST_PHOTOS,
    REPAIR_PHOTO,
    Kept,
    NewPhoto,
    PhotoTooLarge,
    RepairPhotoStore,
)
from tests.store.lives import Office
from tests.store.repair_lives import Depot, KeptRepair

NOBODY = "5b1d6f3e-0000-4000-8000-000000000001"


@pytest.fixture
def depot(office: Office) -> Depot:
    return Depot(office)


@pytest.fixture
def photos(office: Office) -> RepairPhotoStore:
    return RepairPhotoStore(office.engine, office.keyring)


@pytest.fixture
def repair(depot: Depot) -> KeptRepair:
    return depot.repairs()


@pytest.fixture
def offer(depot: Depot, repair: KeptRepair) -> str:
    return repair.is_accepted(depot.engages())


def a_photo(offer: str, content: bytes = b"a board") -> NewPhoto:
    return NewPhoto(offer_id=offer, content=content, width=640, height=480)


def kept(office: Office) -> int:
    with office.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(REPAIR_PHOTO)) or 0


def test_a_photo_is_there_for_staff(photos: RepairPhotoStore, repair: KeptRepair, offer: str) -> None:
    assert photos.keep(a_photo(offer), now=repair.now) is Kept.KEPT
    [listed] = photos.of_repair(repair.id)
    assert (listed.offer_id, listed.width, listed.height, listed.taken_in_at) == (offer, 640, 480, repair.now)
    assert photos.picture(repair.id, listed.id) == b"a board"


def test_the_tables_show_nobody_the_inside_of_a_home(
    office: Office, photos: RepairPhotoStore, repair: KeptRepair, offer: str
) -> None:
    photos.keep(a_photo(offer, b"inside of a home"), now=repair.now)
    with office.engine.connect() as connection:
        [row] = connection.execute(select(REPAIR_PHOTO)).all()
    assert b"inside of a home" not in bytes(row.photo_enc)


def test_the_same_picture_sent_twice_is_kept_once(
    office: Office, photos: RepairPhotoStore, repair: KeptRepair, offer: str
) -> None:
    # A bad connection: the telephone never heard that it had arrived.
    photos.keep(a_photo(offer), now=repair.now)
    assert photos.keep(a_photo(offer), now=repair.now + timedelta(minutes=1)) is Kept.KEPT_BEFORE
    assert kept(office) == 1


def test_of_one_offer_only_so_many_are_kept(
    office: Office, photos: RepairPhotoStore, repair: KeptRepair, offer: str
) -> None:
    became = [
        photos.keep(a_photo(offer, b"%d" % number), now=repair.now) for number in range(MOST_PHOTOS + 1)
    ]
    assert became == [Kept.KEPT] * MOST_PHOTOS + [Kept.TOO_MANY]
    assert kept(office) == MOST_PHOTOS
    # One that is there already is still no mistake of theirs.
    assert photos.keep(a_photo(offer, b"0"), now=repair.now) is Kept.KEPT_BEFORE


def test_what_was_not_made_small_is_not_kept(
    photos: RepairPhotoStore, repair: KeptRepair, offer: str
) -> None:
    with pytest.raises(PhotoTooLarge):
        photos.keep(a_photo(offer, b"x" * (LARGEST + 1)), now=repair.now)


@pytest.mark.parametrize("photo", [NOBODY, "no id"])
def test_there_is_no_picture_of_what_nobody_sent(
    photos: RepairPhotoStore, repair: KeptRepair, photo: str
) -> None:
    assert photos.picture(repair.id, photo) is None
    assert photos.of_repair(photo) == ()
    assert photos.keep(a_photo(NOBODY), now=repair.now) is None


def test_a_photo_is_not_shown_beside_another_repair(
    photos: RepairPhotoStore, depot: Depot, repair: KeptRepair, offer: str
) -> None:
    photos.keep(a_photo(offer), now=repair.now)
    [listed] = photos.of_repair(repair.id)
    assert photos.picture(NOBODY, listed.id) is None


def test_a_photo_is_forgotten_with_its_person(
    office: Office, photos: RepairPhotoStore, repair: KeptRepair, offer: str
) -> None:
    photos.keep(a_photo(offer), now=repair.now)
    with office.engine.begin() as connection:
        connection.execute(delete(REFERRAL))
    assert kept(office) == 0


def test_a_photo_in_hand_is_never_written_into_a_log(offer: str) -> None:
    assert "a board" not in repr(a_photo(offer))
    assert dataclasses.is_dataclass(NewPhoto)
