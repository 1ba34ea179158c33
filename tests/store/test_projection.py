from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import ReferralNotFound
from domain.events import CorrectionSent, TimePassed
from domain.ports import Projection
from domain.referral_state import Effects
from domain.vocabulary import Answer, MessageState, NextActionKind, Stage
from tests.builders import NOW
from tests.store.lives import JO, Office, a_document

SOON = timedelta(minutes=1)


def test_a_turn_is_shown_by_every_later_read(office: Office) -> None:
    life = office.begins().rings("no_answer")
    view = life.view
    assert view.stage is Stage.CONTACTING
    assert view.attempts_counted == 1
    assert view.revision == life.state.revision
    assert view.state == life.state
    assert view.next_action is not None
    assert view.next_action.kind is NextActionKind.CALL
    assert view.next_number == "+447700900123"
    assert office.referrals.take_up(life.id).state == life.state


def test_a_turn_written_twice_is_written_once(office: Office) -> None:
    # A worker that dies after the commit repeats the step.
    life = office.begins().rings("answered", note="Asked us to ring at six.")
    before = (office.words(life.id), life.view.revision, office.metrics.counts())
    assert life.last is not None
    office.referrals.project(life.last)
    assert (office.words(life.id), life.view.revision, office.metrics.counts()) == before


def test_a_late_repetition_does_not_move_a_referral_back(office: Office) -> None:
    life = office.begins()
    late = life.last
    life.is_silent()
    assert late is not None
    office.referrals.project(late)
    assert life.view.stage is Stage.WRITING


def test_the_first_turn_takes_the_referral_out_of_the_outbox(office: Office) -> None:
    life = office.begins(triaged=False)
    assert office.metrics.counts().outbox_waiting == 1
    life.happens(TimePassed())
    assert office.metrics.counts().outbox_waiting == 0


def test_a_commands_answer_is_there_with_the_turn_that_gave_it(office: Office) -> None:
    life = office.begins()
    command = life.is_told(CorrectionSent(), patch={})
    assert office.commands.result(command.id) is None
    life.takes_in(command)
    answer = office.commands.result(command.id)
    assert answer is not None
    assert answer.applied
    assert answer.revision == life.view.revision


def test_an_attempts_answer_says_whether_it_counted_and_why_not(office: Office) -> None:
    life = office.begins().rings("no_answer").rings("no_answer")
    assert life.last is not None
    assert life.last.command_id is not None
    answer = office.commands.result(life.last.command_id)
    assert answer is not None
    assert answer.counted is False
    assert answer.why_not_counted == "the call was too soon after, or before, the last counted one"


def test_a_refused_command_is_settled_with_the_reason_in_plain_words(office: Office) -> None:
    life = office.begins().decides("single_call")
    assert life.last is not None
    assert life.last.command_id is not None
    answer = office.commands.result(life.last.command_id)
    assert answer is not None
    assert not answer.applied
    assert answer.code == "not_possible_now"
    assert answer.why.startswith("Nobody has spoken")


def test_a_correction_becomes_part_of_the_referral(office: Office) -> None:
    life = office.begins()
    life.is_corrected(
        {
            "victim": {"phones": [{"number": "+447700900123", "safe": "no"}], "date_of_birth": None},
            "notes": "x",
        }
    )
    document = life.view.document
    assert document["victim"]["phones"] == [{"number": "+447700900123", "safe": "no"}]
    assert "date_of_birth" not in document["victim"]
    assert document["victim"]["given_name"] == "Ada"
    assert life.state.facts.phones[0].safe is Answer.NO
    assert office.referrals.take_up(life.id).facts == life.state.facts


def test_a_correction_that_was_not_applied_changes_nothing(office: Office) -> None:
    life = office.begins()
    command = life.is_told(CorrectionSent(), patch={"victim": {"given_name": "Bo"}})
    facts = office.referrals.facts_corrected_by(life.id, command.id)
    assert facts == life.state.facts
    assert life.view.document == a_document()


def test_a_correction_of_another_referral_is_not_taken(office: Office) -> None:
    life = office.begins()
    other = office.begins(a_document(source__reference="other"))
    command = other.is_told(CorrectionSent(), patch={"victim": {"given_name": "Bo"}})
    with pytest.raises(ReferralNotFound):
        office.referrals.facts_corrected_by(life.id, command.id)


@pytest.mark.parametrize("unknown", ["5b1d6f3e-0000-4000-8000-00000000ffff", "not an id", ""])
def test_a_referral_that_is_not_there_is_not_found(office: Office, unknown: str) -> None:
    with pytest.raises(ReferralNotFound):
        office.referrals.take_up(unknown)
    assert office.referrals.view(unknown) is None
    assert office.timeline.of(unknown) == []
    assert office.messages.of_referral(unknown) == []
    assert office.messages.get(unknown) is None
    assert office.messages.content(unknown) is None
    assert office.commands.get(unknown) is None
    assert office.commands.words(unknown) == {}
    assert office.referrals.linked(unknown) == []


def test_the_third_unanswered_attempt_makes_a_letter_that_waits(office: Office) -> None:
    life = office.begins().is_silent()
    (message,) = office.messages.of_referral(life.id)
    assert (message.channel, message.state, message.purpose) == ("letter", "held", "contact_unanswered")
    assert message.leaves_at == life.state.writing.leaves_at
    assert message.made_at == life.now


def test_a_recall_takes_back_what_has_not_left(office: Office) -> None:
    life = office.begins().is_silent()
    key = life.key
    life.rings("answered")
    (message,) = office.messages.of_referral(life.id)
    assert (message.key, message.state, message.leaves_at) == (key, MessageState.RECALLED, None)
    assert message.why == "The person was spoken to."


def test_ongoing_support_has_a_row_from_the_turn_that_begins_it(office: Office) -> None:
    life = office.begins().rings("answered").decides("ongoing_support")
    begun = office.supports.take_up_support(life.view.support_id or "")
    assert begun.referral_id == life.id
    assert begun.policy == life.state.policy
    assert begun.state is None


def test_a_turn_without_words_is_written_too(office: Office) -> None:
    life = office.begins()
    state = replace(life.state, turn=life.state.turn + 1, revision=life.state.revision + 1)
    office.referrals.project(Projection(state=state, effects=Effects(), at=NOW + SOON))
    assert life.view.revision == state.revision


def test_the_timeline_says_what_happened_who_did_it_and_why(office: Office) -> None:
    life = office.begins().rings("no_answer", note="Rang out twice.").decides("hold", reason="Wait for Kim.")
    lines = office.timeline.of(life.id)
    assert [line.what for line in lines] == [
        "The referral was received.",
        "Triage ran.",
        "A call was put on the worklist.",
        "Call: no answer.",
        "A call was put on the worklist.",
        "Held (other).",
    ]
    assert [line.by_name for line in lines] == ["Force system", None, None, JO.name, None, JO.name]
    assert [line.words for line in lines] == ["", "", "", "Rang out twice.", "", "Wait for Kim."]
    assert lines[3].why == "Counted."


def test_a_long_timeline_is_read_on_from_where_it_was_left(office: Office) -> None:
    life = office.begins().is_silent()
    everything = office.timeline.of(life.id)
    first = office.timeline.of(life.id, limit=2)
    rest = office.timeline.of(life.id, after=first[-1].id)
    assert first + rest == everything
