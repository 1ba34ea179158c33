"""Practical help in the tables: written once, read whole, and a clock that anybody can read."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.dispatch_events import HelpAsked
from domain.errors import HelpNotFound, Refusal
from domain.events import Answer, Command
from domain.identifiers import help_workflow_id
from domain.ports import Projection
from domain.practical_help.events import (
    AlarmSettled,
    CheckedIn,
    Goods,
    GoodsOrdered,
    HelpBegun,
    HelpCancelled,
    HelpCommandEvent,
    VisitBegun,
    VisitEnded,
    VisitPlanned,
    WhereaboutsChecked,
)
from domain.practical_help.help import decide_help, initial_help
from domain.practical_help.kinds import GoodsKind, HelpStage, SuspectsFound, VisitOutcome, VisitPurpose
from domain.practical_help.ports import HelpProjection
from domain.practical_help.state import HelpState
from domain.referral import decide
from domain.vocabulary import Role
from store.command import NewCommand
from store.practical_help.row import PRACTICAL_HELP
from store.practical_help.turn import HelpTurnStore
from store.practical_help.view import HelpStore, HelpView
from tests.builders import MINUTE, NOW
from tests.domain.helps import help_policy
from tests.store.lives import JO, KeptLife, Office

VISITOR = {
    "visitor": {"name": "Sam Visitor", "phone": "+447700900111", "duress_word": "marmalade"},
    "note": "Knock twice.",
}


class KeptHelp:
    """Practical help of which each turn is written, as its workflow would."""

    def __init__(self, office: Office, life: KeptLife) -> None:
        self.office, self.life = office, life
        self.id = str(uuid.uuid4())
        self.turns = HelpTurnStore(office.engine, office.keyring)
        self.reader = HelpStore(office.engine, office.keyring)
        self.asks()

    def asks(self) -> None:
        """Project the referral's turn that begins it."""
        asked = self.office.commands.store(
            a_command(
                self.life.id,
                HelpAsked(help_id=self.id),
                {"items": [{"kind": "bed", "quantity": 1}], "note": "The flat is stripped."},
            )
        )
        before = self.office.referrals.take_up(self.life.id).state
        assert before is not None
        state, effects = decide(before, asked.event, NOW, before.policy)  # type: ignore[arg-type]
        state = replace(state, turn=before.turn + 1, applied_through=asked.ordinal)
        self.office.referrals.project(
            Projection(
                state=state,
                effects=effects,
                at=NOW,
                command_id=asked.id,
                answer=Answer(applied=True, revision=state.revision),
            )
        )
        assert isinstance(asked.command, Command)

    @property
    def state(self) -> HelpState:
        known = self.turns.take_up(self.id)
        return known.state or initial_help(
            help_id=self.id,
            referral_id=known.referral_id,
            policy=help_policy(),
            asked_at=known.asked_at,
            wanted=known.wanted,
        )

    def begins(self) -> "KeptHelp":
        state, effects = decide_help(self.state, HelpBegun(), NOW)
        self.turns.project(HelpProjection(state=replace(state, turn=1), entries=effects.entries, at=NOW))
        return self

    def happens(
        self, event: HelpCommandEvent, words: dict[str, Any] | None = None, *, at: datetime = NOW
    ) -> HelpProjection:
        """Store a command and write the turn that takes it in."""
        stored = self.office.commands.store(a_command(self.life.id, event, words or {}, of_help=self.id))
        before = self.state
        try:
            state, effects = decide_help(before, event, at)
            answer = Answer(applied=True, revision=state.revision)
            entries = effects.entries
        except Refusal as refusal:
            state, entries = before, ()
            answer = Answer(applied=False, revision=0, code=refusal.code, why=refusal.reason)
        projection = HelpProjection(
            state=replace(state, turn=before.turn + 1, applied_through=stored.ordinal),
            entries=entries,
            at=at,
            command_id=stored.id,
            answer=answer,
        )
        self.turns.project(projection)
        return projection

    @property
    def view(self) -> HelpView:
        view = self.reader.view(self.id)
        assert view is not None
        return view


def a_command(
    referral_id: str, event: Any, words: dict[str, Any], *, of_help: str | None = None
) -> NewCommand:
    return NewCommand(
        id=str(uuid.uuid4()),
        referral_id=referral_id,
        kind=event.type,
        event=event,
        words=words,
        by=JO,
        made_at=NOW,
        target_id=help_workflow_id(of_help) if of_help else None,
    )


def goes_in(kept: KeptHelp, *, words: dict[str, Any] | None = None) -> None:
    kept.happens(VisitPlanned(purpose=VisitPurpose.QUICK, planned_at=NOW), words or VISITOR)
    kept.happens(WhereaboutsChecked(visit=1, found=SuspectsFound.CUSTODY, at=NOW, sensitive=False))
    kept.happens(VisitBegun(visit=1, at=NOW))


@pytest.fixture
def life(office: Office) -> KeptLife:
    return office.begins()


@pytest.fixture
def kept(office: Office, life: KeptLife) -> KeptHelp:
    return KeptHelp(office, life)


def test_the_row_is_made_with_the_turn_that_asks_for_it(kept: KeptHelp) -> None:
    assert kept.view.state is None
    assert kept.view.asked["note"] == "The flat is stripped."
    assert kept.turns.take_up(kept.id).wanted == (Goods(kind=GoodsKind.BED, quantity=1),)
    assert [view.id for view in kept.reader.of_referral(kept.life.id)] == [kept.id]


def test_a_turn_is_written_once_and_never_back(kept: KeptHelp) -> None:
    kept.begins()
    turn = kept.happens(GoodsOrdered(items=(Goods(kind=GoodsKind.BED, quantity=1),), at=NOW))
    words = kept.office.words(kept.life.id)
    for again in (turn, replace(turn, state=replace(turn.state, turn=1, orders=()))):
        kept.turns.project(again)
    assert len(kept.state.orders) == 1
    assert kept.office.words(kept.life.id) == words
    assert words[-1] == "Order 1: 1 x bed."


def test_a_step_is_answered_with_the_turn_that_took_it_in(kept: KeptHelp) -> None:
    kept.begins()
    turn = kept.happens(VisitBegun(visit=1, at=NOW))
    assert turn.command_id is not None
    answer = kept.office.commands.result(turn.command_id)
    assert answer is not None
    assert answer.why == "There is no visit 1."


def test_who_visits_is_read_from_the_command_that_planned_it(kept: KeptHelp) -> None:
    # A refused plan planned no visit: without this the second visit would show the first one's visitor.
    kept.begins()
    kept.happens(VisitPlanned(purpose=VisitPurpose.QUICK, planned_at=NOW, visitors=9), VISITOR)
    second = {"visitor": {"name": "Kim Second"}}
    kept.happens(VisitPlanned(purpose=VisitPurpose.QUICK, planned_at=NOW), second)
    kept.happens(VisitPlanned(purpose=VisitPurpose.FOLLOW_UP, planned_at=NOW), VISITOR)
    assert kept.view.visit_words(1)["visitor"]["name"] == "Kim Second"
    assert kept.view.visit_words(2)["visitor"]["name"] == "Sam Visitor"
    assert kept.view.visit_words(3) == {}


def test_a_word_for_duress_is_compared_and_never_shown(kept: KeptHelp) -> None:
    kept.begins()
    goes_in(kept)
    assert kept.view.duress_words == {1: "marmalade"}
    shown = replace(kept.view, duress_words={})
    assert "marmalade" not in repr(shown)


@pytest.mark.parametrize("seen", ["Sam Visitor", "marmalade", "+447700900111", "Knock", "stripped", "quick"])
def test_nothing_personal_lies_open_in_the_tables(kept: KeptHelp, seen: str) -> None:
    kept.begins()
    goes_in(kept)
    with kept.office.engine.connect() as connection:
        for table in ("practical_help", "command", "timeline"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert seen not in repr(rows)


def test_the_clock_of_a_visit_is_read_without_any_workflow(kept: KeptHelp) -> None:
    kept.begins()
    goes_in(kept)
    assert kept.reader.alarms(NOW + 44 * MINUTE) == 0
    assert kept.reader.alarms(NOW + 45 * MINUTE) == 1
    kept.happens(CheckedIn(visit=1, at=NOW + 40 * MINUTE), at=NOW + 40 * MINUTE)
    assert kept.reader.alarms(NOW + 45 * MINUTE) == 0


def test_help_that_has_ended_is_live_while_a_quiet_alert_stands(kept: KeptHelp) -> None:
    kept.begins()
    goes_in(kept)
    kept.happens(VisitEnded(visit=1, at=NOW, outcome=VisitOutcome.URGENT, duress=True))
    kept.happens(HelpCancelled())
    assert kept.view.stage is HelpStage.CANCELLED
    assert [view.id for view in kept.reader.live()] == [kept.id]
    kept.happens(AlarmSettled(visit=1, role=Role.MANAGER, at=NOW, quiet=True))
    assert kept.reader.live() == []


def test_supervisors_read_in_the_timeline_which_step_was_made_under_duress(kept: KeptHelp) -> None:
    kept.begins()
    goes_in(kept)
    kept.happens(CheckedIn(visit=1, at=NOW, duress=True))
    timeline = kept.office.timeline
    assert [line.what for line in timeline.of(kept.life.id, alerts=True) if line.alerts] == [
        "Visit 1: the visitor checked in."
    ]
    assert not any(line.alerts for line in timeline.of(kept.life.id))


def test_when_somebody_is_asked_lies_in_clear(kept: KeptHelp) -> None:
    kept.begins()
    with kept.office.engine.connect() as connection:
        at = connection.scalar(select(PRACTICAL_HELP.c.asks_from))
    assert at == NOW + timedelta(days=1)


@pytest.mark.parametrize("help_id", ["nonsense", "0a1d6f3e-0000-4000-8000-000000000001"])
def test_practical_help_that_was_never_asked_for_is_not_found(office: Office, help_id: str) -> None:
    store: Callable[[str], object] = HelpTurnStore(office.engine, office.keyring).take_up
    with pytest.raises(HelpNotFound):
        store(help_id)
    assert HelpStore(office.engine, office.keyring).view(help_id) is None
