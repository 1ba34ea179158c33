"""What a page offers to decide about a repair is what the heart would take, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.repair_dispatch.decisions import decided
from domain.repair_dispatch.dispatch import initial_repair
from domain.repair_dispatch.events import RepairRequest
from domain.repair_dispatch.kinds import (
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairKind,
    RepairStage,
    Urgency,
)
from domain.repair_dispatch.open_decisions import open_repair_decisions
from domain.repair_dispatch.state import Asked, RepairState, RepairTurn
from domain.vocabulary import Role
from tests.builders import NOW
from wiring.profile import load_profile
from wiring.settings import ROOT

POLICY = load_profile(ROOT / "profiles/kent.toml").repairs
KINDS = RepairDecisionKind


def a_repair(**changes) -> RepairState:
    request = RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.TODAY)
    made = initial_repair(repair_id="r", referral_id="f", request=request, policy=POLICY, asked_at=NOW)
    return replace(made, begun=True, **changes)


def kinds(state: RepairState, role: Role = Role.COORDINATOR) -> set[RepairDecisionKind]:
    return {wish.kind for wish in open_repair_decisions(state, role=role, now=NOW)}


def test_while_somebody_is_looked_for_another_may_be_chosen_and_nobody_reassigned():
    found = kinds(a_repair())
    assert {KINDS.OFFER_TO, KINDS.LOOK_AGAIN, KINDS.CHANGE_URGENCY, KINDS.CANCEL} <= found
    assert not {KINDS.REASSIGN, KINDS.CONFIRM_SECURE, KINDS.LIFT, KINDS.CORRECT_SPEND} & found


def test_money_is_approved_and_corrected_by_managers_alone():
    held = a_repair(stage=RepairStage.HELD, holds=(RepairHold.SPEND, RepairHold.POLICE_RELEASE))
    for role, lifted in ((Role.COORDINATOR, {RepairHold.POLICE_RELEASE}), (Role.MANAGER, set(held.holds))):
        found = open_repair_decisions(held, role=role, now=NOW)
        assert {wish.hold for wish in found if wish.kind is KINDS.LIFT} == lifted
    assert KINDS.CORRECT_SPEND in kinds(a_repair(costs=(("offer-1", 9_000),)), Role.MANAGER)


def test_a_question_is_settled_only_if_it_is_asked_and_a_hold_never_by_a_tick():
    asks = tuple(Asked(kind=kind, since=NOW) for kind in (RepairAsk.ARRIVAL_LATE, RepairAsk.HOLD))
    found = open_repair_decisions(a_repair(asks=asks), role=Role.COORDINATOR, now=NOW)
    assert [wish.ask for wish in found if wish.kind is KINDS.SETTLE_ASK] == [RepairAsk.ARRIVAL_LATE]


@pytest.mark.parametrize("stage", RepairStage)
def test_everything_that_is_offered_is_taken(stage):
    ended = None if stage.is_live else NOW
    state = a_repair(stage=stage, ended_at=ended)
    later = NOW + timedelta(hours=1)
    for wish in open_repair_decisions(state, role=Role.MANAGER, now=later):
        decided(RepairTurn(state=state, now=later), wish)  # would be refused else


def test_nothing_but_money_can_be_decided_about_what_was_cancelled():
    assert kinds(a_repair(stage=RepairStage.CANCELLED, ended_at=NOW)) == set()
