from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import ReferralNotFound
from domain.events import Answer, SupportPlan
from domain.identifiers import support_workflow_id
from domain.ongoing_support import Engagement, Reviewed
from domain.ports import SupportProjection
from domain.referral_state import Entry
from domain.vocabulary import SupportKind
from store.command import NewCommand
from tests.builders import DAY, NOW
from tests.store.lives import JO, KeptLife, Office


@pytest.fixture
def life(office: Office) -> KeptLife:
    plan = SupportPlan(kind=SupportKind.NURSE, owner="team north")
    return office.begins().rings("answered").decides("ongoing_support", support=plan)


def a_turn(life: KeptLife, **changes) -> SupportProjection:
    return replace(
        SupportProjection(
            support_id=life.view.support_id or "",
            referral_id=life.id,
            turn=1,
            state='{"reviews": 0}',
            review_at=NOW + 3 * DAY,
            ended_at=None,
            escalation="",
            entries=(Entry(what="Support was planned.", why="First contact on Thursday.", by_person=True),),
            at=NOW + timedelta(hours=1),
        ),
        **changes,
    )


def test_a_support_begins_with_what_was_decided(office: Office, life: KeptLife) -> None:
    begun = office.supports.take_up_support(life.view.support_id or "")
    assert (begun.kind, begun.owner, begun.begun_at) == (SupportKind.NURSE, "team north", NOW)
    assert begun.first_contact_on == (NOW + 3 * DAY).date()


def test_a_turn_of_a_support_is_written_once_and_never_back(office: Office, life: KeptLife) -> None:
    second = a_turn(life, turn=2, state='{"reviews": 1}', entries=(Entry(what="Reviewed."),))
    for turn in (a_turn(life), second, second, a_turn(life)):
        office.supports.project_support(turn)
    assert office.supports.take_up_support(second.support_id).state == '{"reviews": 1}'
    assert office.words(life.id)[-2:] == ["Support was planned.", "Reviewed."]


def test_the_next_review_is_what_the_referral_wants_next(office: Office, life: KeptLife) -> None:
    # Only the support knows when it is reviewed; the referral's own next turn must not forget it.
    office.supports.project_support(a_turn(life))
    life.rings("answered")
    assert life.view.next_action.due_at == NOW + 3 * DAY
    assert [view.id for view in office.referrals.worklist(NOW + 4 * DAY)] == [life.id]
    assert office.referrals.worklist(NOW + DAY) == []
    assert [view.id for view in office.referrals.list_views(due_before=NOW + 4 * DAY)] == [life.id]


def test_a_support_that_asks_for_a_person_is_on_the_worklist(office: Office, life: KeptLife) -> None:
    office.supports.project_support(a_turn(life, escalation="A review was missed."))
    (view,) = office.referrals.worklist(NOW)
    assert view.escalation == "A review was missed."
    assert view.escalated_at is not None
    office.supports.project_support(a_turn(life, turn=2))
    assert office.referrals.worklist(NOW) == []


def test_a_review_is_answered_with_the_turn_that_took_it_in(office: Office, life: KeptLife) -> None:
    command = office.commands.store(
        NewCommand(
            id="0a1d6f3e-0000-4000-8000-000000000001",
            referral_id=life.id,
            target_id=support_workflow_id(life.view.support_id or ""),
            kind="review",
            event=Reviewed(engagement=Engagement.ENGAGED),
            words={"note": "Doing well."},
            by=JO,
            made_at=NOW,
        )
    )
    assert command.ordinal == 1
    answer = Answer(applied=True, revision=1)
    office.supports.project_support(a_turn(life, command_id=command.id, answer=answer))
    assert office.commands.result(command.id) == answer
    line = office.timeline.of(life.id)[-1]
    assert (line.by_name, line.words) == (JO.name, "Doing well.")


def test_a_second_opening_has_a_support_of_its_own(office: Office, life: KeptLife) -> None:
    first = life.view.support_id
    life.decides("close").decides("reopen").rings("answered").decides("ongoing_support")
    assert life.view.support_id != first
    assert office.supports.take_up_support(first or "").kind is SupportKind.NURSE
    assert office.supports.take_up_support(life.view.support_id or "").kind is SupportKind.PHONE


def test_a_support_that_never_began_is_not_found(office: Office) -> None:
    with pytest.raises(ReferralNotFound):
        office.supports.take_up_support("nonsense")
