"""What the workflow of practical help reads and writes: where it stands, each turn once."""

from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import HelpNotFound
from domain.practical_help.asking import askings
from domain.practical_help.events import Goods
from domain.practical_help.kinds import GoodsKind
from domain.practical_help.ports import HelpProjection, HelpTakenUp
from domain.practical_help.state import HelpState
from store import command_row
from store.columns import is_uuid
from store.command_row import COMMAND, words_of
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.practical_help.row import PRACTICAL_HELP, open_state, seal_state
from store.referral_row import REFERRAL
from store.timeline import TIMELINE, lines

_KNOWN = (
    select(PRACTICAL_HELP, REFERRAL.c.wrapped_key, COMMAND.c.words_enc)
    .join_from(PRACTICAL_HELP, REFERRAL, REFERRAL.c.id == PRACTICAL_HELP.c.referral_id)
    .join(COMMAND, COMMAND.c.id == PRACTICAL_HELP.c.command_id, isouter=True)
    .where(PRACTICAL_HELP.c.id == bindparam("this"))
)
_LOCKED = (
    select(PRACTICAL_HELP.c.turn, REFERRAL.c.wrapped_key)
    .join_from(PRACTICAL_HELP, REFERRAL, REFERRAL.c.id == PRACTICAL_HELP.c.referral_id)
    .where(PRACTICAL_HELP.c.id == bindparam("this"))
    .with_for_update(of=PRACTICAL_HELP)
)
_WRITTEN = update(PRACTICAL_HELP).where(PRACTICAL_HELP.c.id == bindparam("this"))


class HelpTurnStore:
    """Implements `domain.practical_help.ports.HelpTables`."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def take_up(self, help_id: str) -> HelpTakenUp:
        """Read where it stands.  Raises `HelpNotFound`."""
        if not is_uuid(help_id):
            raise HelpNotFound("no such practical help")
        with self._engine.connect() as connection:
            row = connection.execute(_KNOWN, {"this": help_id}).first()
        if row is None:
            raise HelpNotFound(f"no practical help {help_id}")
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        words = words_of(cipher, row.command_id, row.words_enc)
        return HelpTakenUp(
            state=open_state(cipher, help_id, row.state_enc),
            referral_id=row.referral_id,
            asked_at=row.asked_at,
            wanted=wanted_of(words),
        )

    def project(self, projection: HelpProjection) -> None:
        """Write a turn once: the row, the referral's timeline, the command it answers.  Raises `HelpNotFound`."""
        state = projection.state
        with self._engine.begin() as connection:
            row = connection.execute(_LOCKED, {"this": state.help_id}).first()
            if row is None:
                raise HelpNotFound(f"no practical help {state.help_id}")
            if row.turn >= state.turn:
                return
            cipher = cipher_of(self._keyring, state.referral_id, row.wrapped_key)
            connection.execute(_WRITTEN, {"this": state.help_id, **_values(cipher, state)})
            _write_timeline(connection, cipher, projection)
            if projection.command_id is not None and projection.answer is not None:
                command_row.settle(
                    connection, cipher, projection.command_id, projection.answer, now=projection.at
                )


def wanted_of(words: dict[str, Any]) -> tuple[Goods, ...]:
    """What was asked for, out of the words of the command that asked."""
    return tuple(
        Goods(kind=GoodsKind(item["kind"]), quantity=item["quantity"]) for item in words.get("items") or ()
    )


def _write_timeline(connection: Connection, cipher: PersonCipher, projection: HelpProjection) -> None:
    rows = lines(
        cipher,
        referral_id=projection.state.referral_id,
        stream=projection.state.help_id,
        turn=projection.state.turn,
        entries=projection.entries,
        at=projection.at,
        command_id=projection.command_id,
    )
    if rows:
        connection.execute(insert(TIMELINE).on_conflict_do_nothing(), rows)


def _values(cipher: PersonCipher, state: HelpState) -> dict[str, Any]:
    """The row's columns: clocks in clear, so that an alarm is seen by whoever looks; everything else sealed."""
    asked = askings(state)
    return {
        "turn": state.turn,
        "revision": state.revision,
        "stage": state.stage,
        "state_enc": seal_state(cipher, state),
        "asks_from": min((asking.at for asking in asked), default=None),
        "alarm_from": min((asking.at for asking in asked if asking.kind.is_alarm), default=None),
        "alerted": state.is_alerted,
        "ended_at": state.ended_at,
    }
