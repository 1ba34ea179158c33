"""How what was asked for and where a repair stands lie in a column: the same JSON as in a workflow's payloads."""

from functools import lru_cache

from pydantic import TypeAdapter

from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.state import RepairState
from store.encryption import PersonCipher

_REQUEST = "repair.request_enc"
_STATE = "repair.state_enc"


@lru_cache(maxsize=1)
def _requests() -> TypeAdapter[RepairRequest]:
    return TypeAdapter(RepairRequest)


@lru_cache(maxsize=1)
def _states() -> TypeAdapter[RepairState]:
    return TypeAdapter(RepairState)


def seal_request(cipher: PersonCipher, repair_id: str, request: RepairRequest) -> bytes:
    """Seal what was asked for."""
    return cipher.seal_packed(_REQUEST, repair_id, _requests().dump_json(request))


def open_request(cipher: PersonCipher, repair_id: str, request_enc: bytes) -> RepairRequest:
    """Open what was asked for."""
    return _requests().validate_json(cipher.open_packed(_REQUEST, repair_id, request_enc))


def seal_state(cipher: PersonCipher, state: RepairState) -> bytes:
    """Seal where a repair stands."""
    return cipher.seal_packed(_STATE, state.repair_id, _states().dump_json(state))


def open_state(cipher: PersonCipher, repair_id: str, state_enc: bytes | None) -> RepairState | None:
    """Open where a repair stands; `None` until its workflow's first turn.  Fields added since have their defaults."""
    if state_enc is None:
        return None
    return _states().validate_json(cipher.open_packed(_STATE, repair_id, state_enc))
