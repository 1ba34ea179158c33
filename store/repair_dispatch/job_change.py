"""What changes of a job after it was asked for: the address, how to get in, and the word at the door.

Whoever knew the word and does not have the job any more must not be believed at the door: a new word is made in the
very turn in which they lose it.  Source: docs/repairs.md#what-a-tradesperson-sees.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, select

from domain.repair_dispatch.code_word import code_word_from
from domain.repair_dispatch.ports import RepairProjection
from store.command_row import COMMAND, words_of
from store.encryption import PersonCipher
from store.keyring import Keyring
from store.referral_document import Document, addresses
from store.repair_dispatch.job import Job, address_hash, open_job, seal_job
from store.repair_dispatch.row import REPAIR

_KEPT = select(REPAIR.c.job_enc).where(REPAIR.c.id == bindparam("this"))
_WORDS = select(COMMAND.c.words_enc).where(COMMAND.c.id == bindparam("this"))
_IN_WORDS = ("access", "who_may_be_home", "pets", "notes")
"""What may be emptied, too; the word at the door may only be another."""


def job_values(
    connection: Connection, keyring: Keyring, cipher: PersonCipher, projection: RepairProjection
) -> dict[str, Any]:
    """The columns of a repair's row that a turn changes about its job; empty where it changes nothing.

    Args:
        connection: Of the turn's transaction, which holds the row.
        keyring: For the hash of the address and the new word.
        cipher: Of the repair's referral.
        projection: The turn; a change of the job is in the words of its command.
    """
    effects, repair_id = projection.effects, projection.state.repair_id
    if not (effects.changes_job or effects.renews_word):
        return {}
    kept = open_job(cipher, repair_id, connection.execute(_KEPT, {"this": repair_id}).scalar_one())
    said = _said(connection, cipher, projection.command_id) if effects.changes_job else {}
    job = changed_job(kept, said)
    if effects.renews_word and job.code_word == kept.code_word:
        job = replace(job, code_word=next(_words(keyring, projection, but=kept.code_word)))
    values: dict[str, Any] = {"job_enc": seal_job(cipher, repair_id, job)}
    if addresses(said):
        values |= {"area": job.area, "address_hash": address_hash(keyring, job)}
    return values


def changed_job(kept: Job, said: Document) -> Job:
    """A job with what was said of it now; what was not said stays, and an address is another as a whole."""
    told: dict[str, Any] = {name: str(said[name]) for name in _IN_WORDS if said.get(name) is not None}
    if word := str(said.get("code_word") or "").strip():
        told["code_word"] = word
    for address in addresses(said):
        told["address_lines"] = tuple(address.get("lines") or ())
        told["postcode"] = address.get("postcode") or ""
    return replace(kept, **told)


def _said(connection: Connection, cipher: PersonCipher, command_id: str | None) -> Document:
    if command_id is None:
        return {}
    words = words_of(cipher, command_id, connection.scalar(_WORDS, {"this": command_id}))
    return words.get("job") or {}


def _words(keyring: Keyring, projection: RepairProjection, *, but: str) -> Iterator[str]:
    """Words for the door, the same however often a turn is written, and never the one that somebody knows."""
    key = keyring.derive("repair code word")[-1].key
    state = projection.state
    for number in count():
        made = hmac.digest(key, f"{state.repair_id}:{state.turn}:{number}".encode(), hashlib.sha256)
        if (word := code_word_from(made)).casefold() != but.strip().casefold():
            yield word
