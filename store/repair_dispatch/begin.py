"""A repair's row is made in the turn of the referral that begins it, so that there is never one without the other."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.dispatch_events import RepairAsked
from domain.errors import ReferralNotFound
from domain.identifiers import reference_from
from domain.repair_dispatch.kinds import RepairStage
from store.columns import AnyRow
from store.command_row import COMMAND, words_of
from store.encryption import PersonCipher
from store.keyring import Keyring
from store.referral_row import REFERRAL, document_of
from store.repair_dispatch.job import address_hash, job_of, seal_job
from store.repair_dispatch.json_form import seal_request
from store.repair_dispatch.row import REPAIR

_ASKED = (
    select(REFERRAL.c.document_enc, COMMAND.c.words_enc, COMMAND.c.made_at)
    .join_from(REFERRAL, COMMAND, COMMAND.c.referral_id == REFERRAL.c.id)
    .where(REFERRAL.c.id == bindparam("this"), COMMAND.c.id == bindparam("command"))
)
_KNOWN = select(REPAIR.c.id).where(REPAIR.c.id == bindparam("this"))
_MADE = insert(REPAIR).on_conflict_do_nothing().returning(REPAIR.c.id)


def begin_row(
    connection: Connection,
    keyring: Keyring,
    cipher: PersonCipher,
    *,
    referral_id: str,
    event: RepairAsked,
    command_id: str,
) -> None:
    """Make the row of a repair, inside the caller's transaction; a second time changes nothing.

    Raises:
        ReferralNotFound: There is no such command of this referral.
    """
    found = connection.execute(_ASKED, {"this": referral_id, "command": command_id}).first()
    if found is None:
        raise ReferralNotFound(f"no command {command_id} of referral {referral_id}")
    if connection.execute(_KNOWN, {"this": event.repair_id}).first() is not None:
        return
    row = {
        "referral_id": referral_id,
        "command_id": command_id,
        **_asked_for(keyring, cipher, referral_id, event, command_id, found),
        **_not_begun(found.made_at),
    }
    for reference in _references(
        keyring, event.repair_id
    ):  # the first is free but for a chance of one in millions
        if connection.execute(_MADE, {**row, "reference": reference}).first() is not None:
            return


def _asked_for(
    keyring: Keyring,
    cipher: PersonCipher,
    referral_id: str,
    event: RepairAsked,
    command_id: str,
    found: AnyRow,
) -> dict[str, Any]:
    words = words_of(cipher, command_id, found.words_enc)
    job = job_of(words.get("job") or {}, document_of(cipher, referral_id, found.document_enc))
    return {
        "id": event.repair_id,
        "kinds": list(event.request.kinds),
        "urgency": event.request.urgency,
        "area": job.area,
        "address_hash": address_hash(keyring, job),
        "job_enc": seal_job(cipher, event.repair_id, job),
        "request_enc": seal_request(cipher, event.repair_id, event.request),
    }


def _not_begun(asked_at: datetime) -> dict[str, Any]:
    """What holds until the workflow's first turn: due at once, so that one nobody takes up does not hide."""
    return {
        "turn": 0,
        "revision": 0,
        "stage": RepairStage.LOOKING,
        "holds": [],
        "asks": [],
        "wants": 0,
        "asked_at": asked_at,
        "clock_from": asked_at,
        "on_site_by": asked_at,
        "done_by": asked_at,
        "told": False,
        "committed_pence": 0,
        "reopened": 0,
        "measured_from": asked_at,
    }


def _references(keyring: Keyring, repair_id: str) -> Iterator[str]:
    """Short names for one repair, best first: always the same ones."""
    key = keyring.derive("repair reference")[-1].key
    for number in count():
        yield reference_from(hmac.digest(key, f"{repair_id}:{number}".encode(), hashlib.sha256))
