"""What a tradesperson needs to find the door and get in: sealed, and shown to nobody before they have the job.

Source: docs/repairs.md#what-a-tradesperson-sees.
"""

import re
from dataclasses import asdict, dataclass

from domain.places import area_of
from store.encryption import PersonCipher
from store.keyring import Keyring
from store.referral_document import Document, addresses, folded

_PLACE = "repair.job_enc"
_NUMBER = re.compile(r"\d+[a-z]?")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Job:
    """Where it is and how to get in, in the words of whoever asked.  Personal."""

    address_lines: tuple[str, ...] = ()
    postcode: str = ""
    access: str = ""
    code_word: str = ""
    """Said at the door, so that the victim knows who it is."""
    who_may_be_home: str = ""
    """For the coordinator's planning alone."""
    pets: str = ""
    notes: str = ""
    """For staff alone."""

    @property
    def area(self) -> str:
        """All of the address that somebody who has not accepted sees; empty where the postcode is not known.

        The outward code in the United Kingdom, the whole postcode (a town's quarter) in New Zealand.
        """
        return area_of(self.postcode) or ""

    @property
    def access_words(self) -> str:
        """What whoever has the job is told about getting in."""
        told = (self.access.strip(), f"Pets: {self.pets.strip()}" if self.pets.strip() else "")
        return "\n".join(words for words in told if words)


def job_of(words: Document, document: Document) -> Job:
    """Gather a job from what was said with the command and, where that names no address, from the referral.

    The incident's postcode stands in for the victim's alone: beside another address it would lead to a wrong area.
    """
    said = addresses(words)
    known = addresses(document["victim"])
    address = (said or known or ({},))[0]
    postcode = address.get("postcode") or ("" if said else document["incident"].get("postcode"))
    told = {
        name: str(words.get(name) or "")
        for name in ("access", "code_word", "who_may_be_home", "pets", "notes")
    }
    return Job(address_lines=tuple(address.get("lines") or ()), postcode=postcode or "", **told)


def address_hash(keyring: Keyring, job: Job) -> str:
    """Hash where a job is, so that a second one there can be pointed out; empty where no address is known.

    Streets are spelt in many ways; the numbers of house and flat beside the postcode are not.
    """
    if not job.address_lines:
        return ""
    spelt = " ".join(job.address_lines)
    numbers = sorted(_NUMBER.findall(spelt.casefold())) if job.postcode else []
    where = [folded(job.postcode), *(numbers or [folded(spelt)])]
    return keyring.lookup_hash("repair address", "\x00".join(where))


def seal_job(cipher: PersonCipher, repair_id: str, job: Job) -> bytes:
    """Seal it for its row."""
    return cipher.seal_json(_PLACE, repair_id, asdict(job))


def open_job(cipher: PersonCipher, repair_id: str, job_enc: bytes) -> Job:
    """Open what lies in a row."""
    kept = cipher.open_json(_PLACE, repair_id, job_enc)
    return Job(**{**kept, "address_lines": tuple(kept["address_lines"])})
