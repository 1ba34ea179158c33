"""Photographs of the work, as the tradesperson sent them: stripped of everything but the picture, and sealed.

Nobody who can read the tables sees into a home: a photo is sealed with the key of its referral, and goes with it.
Source: docs/repairs.md#photographs.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BindParameter, Column, Engine, ForeignKey, Index, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from store.columns import UUID, AnyRow, is_uuid, moment, sealed, table_of, text, uuid_key, whole
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER

MOST_PHOTOS = 6
"""Of one offer: before, after, and a few of the damage."""
LARGEST = 2 * 1024 * 1024
"""Bytes of one photo as it is kept; made smaller before, it has some 300 KB."""
_SEALED_AS = "repair_photo.photo_enc"


class Kept(StrEnum):
    """What became of a photo."""

    KEPT = "kept"
    KEPT_BEFORE = "kept_before"
    """The same picture is there already: a bad connection sends things twice."""
    TOO_MANY = "too_many"


class PhotoTooLarge(ValueError):
    """It has not been made small enough to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NewPhoto:
    """A photo that came in, made anew from its pixels alone.  Personal."""

    offer_id: str
    content: bytes
    """A JPEG without anything but the picture."""
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoKept:
    """What lists show of a photo."""

    id: str
    offer_id: str
    width: int
    height: int
    taken_in_at: datetime


class RepairPhotoRow(SQLModel, table=True):
    """One photo."""

    __tablename__ = "repair_photo"
    __table_args__ = (Index("repair_photo_content", "repair_id", "content_hash", unique=True),)

    id: str = uuid_key()
    repair_id: str = Field(
        sa_column=Column(UUID, ForeignKey("repair.id", ondelete="CASCADE"), nullable=False)
    )
    offer_id: str = Field(
        sa_column=Column(UUID, ForeignKey("repair_offer.id", ondelete="CASCADE"), nullable=False)
    )
    content_hash: str = text()
    """Keyed hash of the picture, to know it again."""
    photo_enc: bytes = sealed()
    width: int = whole()
    """In pixels, as `height`."""
    height: int = whole()
    taken_in_at: datetime = moment()


REPAIR_PHOTO = table_of(RepairPhotoRow)

_THIS: BindParameter[str] = bindparam("this")
_OF_REPAIR = (REPAIR.c.id == REPAIR_OFFER.c.repair_id) & (REPAIR_OFFER.c.id == _THIS)
_LOCKED = (
    select(REPAIR_OFFER.c.repair_id, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join(REPAIR, _OF_REPAIR)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .with_for_update(of=REPAIR_OFFER, key_share=True)
)
"""One photo of an offer after the other: two at once would both find the last place free."""
_COUNTED = select(func.count()).where(REPAIR_PHOTO.c.offer_id == _THIS)
_KNOWN = select(REPAIR_PHOTO.c.id).where(
    REPAIR_PHOTO.c.repair_id == bindparam("repair"), REPAIR_PHOTO.c.content_hash == bindparam("hash")
)
_LISTED = (
    select(
        REPAIR_PHOTO.c.id,
        REPAIR_PHOTO.c.offer_id,
        REPAIR_PHOTO.c.width,
        REPAIR_PHOTO.c.height,
        REPAIR_PHOTO.c.taken_in_at,
    )
    .where(REPAIR_PHOTO.c.repair_id == _THIS)
    .order_by(REPAIR_PHOTO.c.taken_in_at, REPAIR_PHOTO.c.id)
)
_READ = (
    select(REPAIR_PHOTO.c.id, REPAIR_PHOTO.c.photo_enc, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join(REPAIR, REPAIR.c.id == REPAIR_PHOTO.c.repair_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(REPAIR_PHOTO.c.id == _THIS, REPAIR.c.id == bindparam("repair"))
)


class RepairPhotoStore:
    """Keeps photos, and gives them to staff."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def keep(self, new: NewPhoto, *, now: datetime) -> Kept | None:
        """Keep a photo, once; `None`: there is no such offer (any more).

        Raises:
            PhotoTooLarge: It has more than `LARGEST` bytes.
        """
        if len(new.content) > LARGEST:
            raise PhotoTooLarge(f"a photo of {len(new.content)} bytes")
        content_hash = self._keyring.fingerprint(new.content)
        with self._engine.begin() as connection:
            offer = connection.execute(_LOCKED, {"this": new.offer_id}).first()
            if offer is None:
                return None
            if connection.scalar(_KNOWN, {"repair": offer.repair_id, "hash": content_hash}) is not None:
                return Kept.KEPT_BEFORE
            if (connection.scalar(_COUNTED, {"this": new.offer_id}) or 0) >= MOST_PHOTOS:
                return Kept.TOO_MANY
            cipher = cipher_of(self._keyring, offer.referral_id, offer.wrapped_key)
            row = _row_of(cipher, new, offer, content_hash, now)
            # Two offers of one repair may bring the same picture at once.
            connection.execute(insert(REPAIR_PHOTO).on_conflict_do_nothing(), row)
        return Kept.KEPT

    def of_repair(self, repair_id: str) -> tuple[PhotoKept, ...]:
        """List a repair's photos, oldest first."""
        if not is_uuid(repair_id):
            return ()
        with self._engine.connect() as connection:
            rows = connection.execute(_LISTED, {"this": repair_id}).mappings().all()
        return tuple(PhotoKept(**row) for row in rows)

    def picture(self, repair_id: str, photo_id: str) -> bytes | None:
        """Open one photo, a JPEG; for staff only."""
        if not (is_uuid(repair_id) and is_uuid(photo_id)):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_READ, {"this": photo_id, "repair": repair_id}).first()
        if row is None:
            return None
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return cipher.open(_SEALED_AS, row.id, row.photo_enc)


def _row_of(
    cipher: PersonCipher, new: NewPhoto, offer: AnyRow, content_hash: str, now: datetime
) -> dict[str, object]:
    photo_id = str(uuid.uuid5(uuid.UUID(offer.repair_id), content_hash))
    return {
        "id": photo_id,
        "repair_id": offer.repair_id,
        "offer_id": new.offer_id,
        "content_hash": content_hash,
        "photo_enc": cipher.seal(_SEALED_AS, photo_id, new.content),
        "width": new.width,
        "height": new.height,
        "taken_in_at": now,
    }
