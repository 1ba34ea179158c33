"""Counts for `/metrics`: how much is where, never who."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Engine, String, cast, func, literal, select, union_all

from domain.vocabulary import CommandState, MessageState, Stage
from store.command_row import COMMAND
from store.message_row import MESSAGE
from store.outbox import OUTBOX
from store.referral_row import REFERRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the tables hold at one moment."""

    referrals_by_stage: dict[str, int]
    messages_by_state: dict[str, int]
    outbox_waiting: int
    commands_pending: int
    lapsed: int
    """Calls whose slot has lapsed and that have not been made."""
    escalated: int


class MetricsStore:
    """Counts, in one statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self) -> Counts:
        """Count everything a dashboard draws."""
        live = REFERRAL.c.stage != Stage.CLOSED
        parts = (
            select(
                literal("stage").label("of"), cast(REFERRAL.c.stage, String).label("name"), func.count()
            ).group_by(REFERRAL.c.stage),
            select(literal("message"), MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state),
            select(literal("one"), literal("outbox"), func.count()).select_from(OUTBOX),
            select(literal("one"), literal("commands"), func.count()).where(
                COMMAND.c.state == CommandState.PENDING
            ),
            select(literal("one"), literal("lapsed"), func.count()).where(live, REFERRAL.c.lapses > 0),
            select(literal("one"), literal("escalated"), func.count()).where(
                live, REFERRAL.c.escalated_at.is_not(None)
            ),
        )
        found: dict[str, dict[str, int]] = defaultdict(dict)
        with self._engine.connect() as connection:
            for of, name, count in connection.execute(union_all(*parts)):
                found[of][name] = count
        return Counts(
            referrals_by_stage={stage: found["stage"].get(stage, 0) for stage in Stage},
            messages_by_state={state: found["message"].get(state, 0) for state in MessageState},
            outbox_waiting=found["one"]["outbox"],
            commands_pending=found["one"]["commands"],
            lapsed=found["one"]["lapsed"],
            escalated=found["one"]["escalated"],
        )
