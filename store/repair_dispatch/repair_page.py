"""What only the page of one repair shows: where it stands, in full, and the words that tradespeople were sent."""

from collections.abc import Mapping

from sqlalchemy import BindParameter, Engine, bindparam, select

from domain.repair_dispatch.state import RepairState
from store.columns import is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.json_form import open_state
from store.repair_dispatch.row import REPAIR, TRADE_NOTICE

_THIS: BindParameter[str] = bindparam("this")
_STATE = (
    select(REPAIR.c.id, REPAIR.c.state_enc, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join_from(REPAIR, REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(REPAIR.c.id == _THIS)
)
_SENT = (
    select(TRADE_NOTICE.c.key, TRADE_NOTICE.c.shown_enc, REPAIR.c.referral_id, REFERRAL.c.wrapped_key)
    .join_from(TRADE_NOTICE, REPAIR, REPAIR.c.id == TRADE_NOTICE.c.repair_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(TRADE_NOTICE.c.repair_id == _THIS, TRADE_NOTICE.c.shown_enc.is_not(None))
)


class RepairPages:
    """Reads it."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def state(self, repair_id: str) -> RepairState | None:
        """Where a repair stands; `None` until its workflow has spoken, or if there is none."""
        if not is_uuid(repair_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_STATE, {"this": repair_id}).first()
        if row is None:
            return None
        return open_state(cipher_of(self._keyring, row.referral_id, row.wrapped_key), row.id, row.state_enc)

    def sent(self, repair_id: str) -> Mapping[str, str]:
        """The words that were, or would have been, sent to tradespeople, by the key of the notice."""
        if not is_uuid(repair_id):
            return {}
        with self._engine.connect() as connection:
            rows = connection.execute(_SENT, {"this": repair_id}).all()
        return {
            row.key: cipher_of(self._keyring, row.referral_id, row.wrapped_key).open_text(
                "trade_notice.shown_enc", row.key, row.shown_enc
            )
            for row in rows
        }
