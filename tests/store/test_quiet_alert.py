"""A quiet alert in the tables: shown to supervisors, closed or not, and to nobody else."""

from domain.events import AttemptMade, TextCame
from domain.vocabulary import AttemptOutcome, Role, Stage, TextMeaning
from tests.builders import NOW
from tests.store.lives import KeptLife, Office, another_person


def answered(office: Office, number: int, *, duress: bool) -> KeptLife:
    life = office.begins(another_person(number))
    event = AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=NOW, duress=duress)
    life.takes_in(life.is_told(event))
    return life


def test_supervisors_are_shown_it_first_and_all_others_where_it_stood(office: Office) -> None:
    ordinary, alerted = answered(office, 1, duress=False), answered(office, 2, duress=True)
    as_ever = sorted([ordinary.id, alerted.id])
    assert [view.id for view in office.referrals.worklist(NOW)] == as_ever
    first, *others = office.referrals.worklist(NOW, alerts=True)
    assert (first.id, first.alerted_at, first.escalated_at) == (alerted.id, NOW, None)
    assert [view.id for view in others] == [ordinary.id]


def test_danger_goes_before_it(office: Office) -> None:
    alerted = answered(office, 1, duress=True)
    danger = office.begins(another_person(2)).rings(AttemptOutcome.IMMEDIATE_DANGER)
    found = office.referrals.worklist(NOW, alerts=True)
    assert [view.id for view in found] == [danger.id, alerted.id]


def test_a_closed_referral_alerts_too(office: Office) -> None:
    life = office.begins(another_person(1, flags=["stalking"]))
    life.decides("close", outcome="moved_away", reason="x")
    life.takes_in(life.is_told(TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="x", duress=True)))
    assert life.state.stage is Stage.CLOSED
    assert office.referrals.worklist(NOW) == []
    assert [view.id for view in office.referrals.worklist(NOW, alerts=True)] == [life.id]
    life.decides("reopen", role=Role.MANAGER, reason="x")
    assert life.view.alerted_at is None


def test_the_timeline_has_no_line_of_it_and_supervisors_are_told_at_the_call(office: Office) -> None:
    ordinary, alerted = answered(office, 1, duress=False), answered(office, 2, duress=True)
    assert office.words(ordinary.id) == office.words(alerted.id)
    assert not any(line.alerts for line in office.timeline.of(alerted.id))
    told = [line.what for line in office.timeline.of(alerted.id, alerts=True) if line.alerts]
    assert told == ["Call: the person answered."]
    assert not any(line.alerts for line in office.timeline.of(ordinary.id, alerts=True))
