"""A caseload in the tables: open referrals of every kind, written by the store without Temporal, and closed ones."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from bench.service import referral
from domain.ports import Projection
from domain.referral_state import Effects, ReferralState
from domain.vocabulary import AttemptOutcome, DecisionKind
from store.keyring import Keyring
from store.projection import project
from store.reception import Received, receive
from store.referral_document import ADULT_AT
from store.referral_row import REFERRAL
from store.tokens import Maker
from tests.builders import HOUR, NOW, Life

A_TRANSACTION = 500
"""Referrals written in one, as fast as Postgres takes them."""
WORKING_DAY = timedelta(hours=8)
"""Over which what is due is spread."""
_REVIEWS = text(
    "UPDATE ongoing_support SET review_at = :at + :apart * place FROM"
    " (SELECT support_id, row_number() OVER (ORDER BY support_id) % 100 AS place FROM ongoing_support) one"
    " WHERE one.support_id = ongoing_support.support_id"
)
"""As each support's own workflow would: four reviews a day."""
POLICE = Maker(token_id="bench", role="police", name="Bench", organisation="Bench Constabulary")


def fill(engine: Engine, keyring: Keyring, *, still_open: int, closed: int) -> None:
    """Write open referrals in the mixture of an office, and closed ones behind them."""
    dice = random.Random(1)  # the same caseload every time
    states = itertools.cycle(_office())
    for begin in range(0, still_open, A_TRANSACTION):
        with engine.begin() as connection:
            for _ in range(min(A_TRANSACTION, still_open - begin)):
                referral_id = str(UUID(int=dice.getrandbits(128), version=4))
                _write(connection, keyring, _of(referral_id, next(states), dice.random() * WORKING_DAY))
    with engine.begin() as connection:
        connection.execute(_REVIEWS, {"at": NOW, "apart": timedelta(hours=6)})
        _write_closed(connection, closed)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # which Postgres does by itself in time


def _office() -> list[ReferralState]:
    """Twenty referrals: most to be called for the first time, a few of everything else."""
    never_called = [Life() for _ in range(8)]
    called_once = [Life().is_silent() for _ in range(4)]
    lapsed = [Life().waits(52 * HOUR) for _ in range(2)]
    escalated = Life().waits(80 * HOUR)
    promised = Life().rings(AttemptOutcome.HUNG_UP)
    held = Life().decides(DecisionKind.HOLD, hold_kind="other")
    to_decide = Life().rings(AttemptOutcome.ANSWERED)
    written_to = Life().is_silent(3)
    supported = Life().rings(AttemptOutcome.ANSWERED).decides(DecisionKind.ONGOING_SUPPORT)
    lives = [
        *never_called,
        *called_once,
        *lapsed,
        escalated,
        promised,
        held,
        to_decide,
        written_to,
        supported,
    ]
    return [life.state for life in lives]


def _of(referral_id: str, state: ReferralState, later: timedelta) -> ReferralState:
    """The same state as another referral's, somewhat later."""
    call = replace(state.call, due_at=state.call.due_at + later) if state.call else None
    support = replace(state.support, support_id=f"{referral_id}:1") if state.support else None
    return replace(state, referral_id=referral_id, call=call, support=support, turn=state.turn + 1)


def _write(connection: Connection, keyring: Keyring, state: ReferralState) -> None:
    received = Received(
        referral_id=state.referral_id,
        reference=state.referral_id,
        document=referral(),
        received_at=state.received_at,
        by=POLICE,
    )
    receive(connection, keyring, received, child_under=ADULT_AT)
    effects = Effects(starts_support=state.support is not None)
    project(connection, keyring, Projection(state=state, effects=effects, at=NOW))


def _write_closed(connection: Connection, number: int) -> None:
    """Copies of open ones; nobody could open them, and no list of what is open does."""
    changed = {
        "id": "gen_random_uuid()",
        "reference": "gen_random_uuid()::text",
        "source_key": "NULL",
        "stage": "'closed'",
        "outcome": "'not_reached'",
        "next_action_kind": "NULL",
        "next_action_due_at": "NULL",
        "support_id": "NULL",
    }
    columns = [column.name for column in REFERRAL.c]
    values = [changed.get(name, name) for name in columns]
    connection.execute(
        text(
            f"INSERT INTO referral ({', '.join(columns)}) SELECT {', '.join(values)}"
            " FROM (SELECT * FROM referral LIMIT 100) one, generate_series(1, :copies)"
        ),
        {"copies": number // 100},
    )
