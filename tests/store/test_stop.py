import pytest
from sqlalchemy import select

from domain.events import AttemptMade, CorrectionSent, Stopped
from domain.message_ports import Beginning
from domain.vocabulary import AttemptOutcome, MessageState, Role, Stage, StopCause
from store.stop import STOP
from tests.builders import NOW
from tests.store.lives import WRITTEN, KeptLife, Office, another_person
from tests.store.test_message import leaving

SENSITIVE = {"flags": ["stalking"]}


def causes(office: Office) -> list[str]:
    with office.engine.connect() as connection:
        return list(connection.scalars(select(STOP.c.cause).where(STOP.c.lifted_at.is_(None))))


def call(outcome: str) -> AttemptMade:
    return AttemptMade(outcome=AttemptOutcome(outcome), made_at=NOW)


@pytest.mark.parametrize("cause", StopCause)
def test_one_press_writes_a_stop_with_its_command(office: Office, cause: StopCause) -> None:
    office.begins(another_person(1)).is_told(Stopped(cause=cause))
    assert causes(office) == [cause]


@pytest.mark.parametrize(
    ("outcome", "changes", "stops"),
    [
        ("immediate_danger", {}, ["immediate_danger"]),
        ("victim_has_died", {}, ["victim_has_died"]),
        ("third_party_answered", SENSITIVE, ["somebody_else_answered"]),
        ("child_answered", SENSITIVE, ["child_answered"]),
        ("third_party_answered", {}, []),
        ("child_answered", {}, []),
        ("answered", SENSITIVE, []),
        ("no_answer", SENSITIVE, []),
    ],
)
def test_a_call_that_tells_of_danger_stops_everything_as_it_is_recorded(
    office: Office, outcome: str, changes: dict, stops: list[str]
) -> None:
    office.begins(another_person(1, **changes)).is_told(call(outcome))
    assert causes(office) == stops


def test_a_victim_who_is_now_a_suspect_stops_everything(office: Office) -> None:
    life = office.begins(another_person(1))
    life.is_told(CorrectionSent(), patch={"flags": ["counter_allegation"]})
    assert causes(office) == ["victim_is_suspect"]


def test_a_correction_that_repeats_what_was_known_stops_nothing_again(office: Office) -> None:
    # Else each correction of a telephone number would need a supervisor.
    life = office.begins(another_person(1, flags=["counter_allegation"]))
    life.is_told(CorrectionSent(), patch={"flags": ["counter_allegation", "repeat"]})
    life.is_told(CorrectionSent(), patch={"flags": None})
    assert causes(office) == []


def begins(office: Office, life: KeptLife) -> tuple[Beginning, MessageState, str]:
    draft = office.messages.draft(life.key)
    begun = office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn)
    return begun.beginning, begun.state, begun.why


def test_after_the_press_nothing_leaves_although_no_workflow_runs(office: Office) -> None:
    # Rule 4: Temporal may be away for hours, and a worker may have been about to send.
    life = leaving(office)
    life.is_told(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    [message] = office.messages.of_referral(life.id)
    assert (message.state, message.stopped) == (MessageState.RESERVED, True)
    beginning, state, why = begins(office, life)
    assert (beginning, state, why) == (Beginning.REFUSED, MessageState.HELD, "Everything was stopped.")
    [message] = office.messages.of_referral(life.id)
    assert (message.state, message.stopped) == (MessageState.HELD, True)


def test_what_has_left_already_is_not_shown_as_stopped(office: Office) -> None:
    # Rule 4: what a provider has may have left, and nobody may believe otherwise.
    life = leaving(office)
    assert begins(office, life)[0] is Beginning.BEGUN
    life.is_told(Stopped(cause=StopCause.IMMEDIATE_DANGER))
    [message] = office.messages.of_referral(life.id)
    assert (message.state, message.stopped) == (MessageState.SENDING, False)


def test_a_stop_stands_until_the_hold_it_led_to_is_released(office: Office) -> None:
    life = leaving(office)
    stopped = life.is_told(Stopped(cause=StopCause.CHILD_ANSWERED))
    life.takes_in(stopped)
    assert causes(office) == ["child_answered"]
    life.decides("release", reason="A supervisor spoke to her.")
    assert causes(office) == []


def test_a_closing_by_a_coordinator_lifts_no_stop(office: Office) -> None:
    # Else whoever may not release the hold would close, reopen and ring.
    life = office.begins(another_person(1, **SENSITIVE))
    life.takes_in(life.is_told(Stopped(cause=StopCause.IMMEDIATE_DANGER)))
    life.decides("close", role=Role.COORDINATOR, outcome="disengaged", reason="x")
    assert causes(office) == ["immediate_danger"]
    life.decides("reopen", role=Role.COORDINATOR, reason="x")
    assert causes(office) == ["immediate_danger"]
    life.decides("release", role=Role.MANAGER, hold_kind="immediate_danger", reason="x")
    assert causes(office) == []


def test_a_stop_of_a_closed_referral_stands(office: Office) -> None:
    life = office.begins(another_person(1))
    life.decides("close", outcome="moved_away", reason="x")
    life.takes_in(life.is_told(Stopped(cause=StopCause.IMMEDIATE_DANGER)))
    assert causes(office) == ["immediate_danger"]


def test_a_victim_who_is_a_suspect_once_more_is_stopped_once_more(office: Office) -> None:
    life = office.begins(another_person(1))
    life.is_corrected({"flags": ["counter_allegation"]})
    life.decides("release", reason="x")
    life.is_corrected({"flags": []})
    assert causes(office) == []
    life.is_corrected({"flags": ["counter_allegation"]})
    assert causes(office) == ["victim_is_suspect"]
    assert life.state.stage is Stage.HELD


def test_the_same_command_again_is_the_same_stop(office: Office) -> None:
    from dataclasses import replace
    from uuid import uuid4

    from store.command import NewCommand
    from tests.store.lives import JO

    life = office.begins(another_person(1))
    event = Stopped(cause=StopCause.IMMEDIATE_DANGER)
    new = NewCommand(id=str(uuid4()), referral_id=life.id, kind="stop", event=event, by=JO, made_at=NOW)
    first, again = office.commands.store(new), office.commands.store(new)
    assert again == replace(first, replayed=True)
    assert causes(office) == ["immediate_danger"]


def test_nobody_is_offered_the_number_of_a_stopped_person_while_the_workflow_engine_is_away(
    office: Office,
) -> None:
    life = office.begins()
    assert life.view.next_action.kind == "call"
    life.is_told(Stopped(cause=StopCause.SOMEBODY_ELSE_ANSWERED))
    assert life.view.next_action.kind == "decide"
    assert life.view.next_number is None
    [listed] = office.referrals.worklist(life.now, limit=10)
    assert listed.next_number is None
