"""What a support workflow asks of the tables."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from temporalio import activity

from activities._failures import translated
from domain.events import Answer
from domain.ongoing_support import SupportState, begin_support
from domain.ports import SupportProjection, SupportTables
from domain.referral_state import Entry

_STATE = TypeAdapter(SupportState)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportTurn:
    """One turn of an ongoing support."""

    state: SupportState
    entries: tuple[Entry, ...]
    at: datetime
    command_id: str | None = None
    answer: Answer | None = None


class SupportActivities:
    """Reads where an ongoing support stands and writes each of its turns."""

    def __init__(self, tables: SupportTables) -> None:
        self._tables = tables

    @activity.defn
    def take_up_support(self, support_id: str) -> SupportState:
        """Read the stored state, or make the first one."""
        with translated():
            known = self._tables.take_up_support(support_id)
            if known.state is not None:
                return _STATE.validate_json(known.state)
            return begin_support(
                support_id=known.support_id,
                referral_id=known.referral_id,
                kind=known.kind,
                owner=known.owner,
                first_contact_on=known.first_contact_on,
                begun_at=known.begun_at,
                policy=known.policy,
            )

    @activity.defn
    def project_support(self, turn: SupportTurn) -> None:
        """Write one turn."""
        state = turn.state
        with translated():
            self._tables.project_support(
                SupportProjection(
                    support_id=state.support_id,
                    referral_id=state.referral_id,
                    turn=state.turn,
                    state=_STATE.dump_json(state).decode(),
                    review_at=None if state.ended_at else state.review_at,
                    ended_at=state.ended_at,
                    escalation=state.escalation,
                    entries=turn.entries,
                    at=turn.at,
                    command_id=turn.command_id,
                    answer=turn.answer,
                )
            )
