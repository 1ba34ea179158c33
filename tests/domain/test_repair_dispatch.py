from datetime import timedelta

import pytest

from domain.errors import Incomplete, NotPossibleNow, RoleNotAllowed
from domain.repair_dispatch.events import (
    NoticeFailed,
    NoticeSettled,
    OffersReserved,
    ReferralStopped,
    RepairRequest,
)
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairDecisionKind,
    RepairHold,
    RepairKind,
    RepairStage,
    Tenure,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.vocabulary import Role
from tests.domain.repairs import MINUTE, NOW, POLICY, Played

LOCKS = RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.TODAY)


def test_two_are_asked_at_a_time_about_an_open_property_and_one_about_the_rest() -> None:
    assert Played().begin().state.wants == 2
    assert Played(LOCKS).begin().state.wants == 1


def test_the_first_to_accept_has_the_job_and_the_other_is_told_kindly() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    life.answer(second, TradeAnswer.ACCEPTED, eta_at=NOW + 10 * MINUTE)
    assert life.state.confirmed == second
    assert life.offer_states() == {first: "taken", second: "confirmed"}
    assert {(n.offer_id, n.kind) for n in life.state.notices} == {
        (first, NoticeKind.TAKEN),
        (second, NoticeKind.CONFIRMATION),
    }


def test_a_second_acceptance_is_told_that_it_came_too_late() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    life.answer(first, TradeAnswer.ACCEPTED)
    assert life.answer(second, TradeAnswer.ACCEPTED).taken
    assert life.state.confirmed == first


def test_accepting_twice_is_accepting_once() -> None:
    life = Played()
    offer = life.accepted()
    before = life.state
    assert not life.answer(offer, TradeAnswer.ACCEPTED).taken
    assert life.state == before


def test_who_does_not_answer_in_time_is_followed_by_the_next() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    life.told()
    life.wait(5 * MINUTE)
    assert life.offer_states() == {first: "expired", second: "expired"}
    assert life.state.wants == 2
    assert life.state.look_at == life.now


def test_a_late_yes_is_welcome_while_nobody_has_it() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    life.wait(6 * MINUTE)
    assert not life.answer(first, TradeAnswer.ACCEPTED).taken
    assert life.state.confirmed == first


def test_a_late_yes_after_reassignment_is_not_believed() -> None:
    life = Played()
    first = life.accepted()
    life.decide(RepairDecisionKind.REASSIGN)
    assert life.answer(first, TradeAnswer.ACCEPTED).taken
    assert life.state.confirmed is None
    assert (first, NoticeKind.CANCELLATION) in {(n.offer_id, n.kind) for n in life.state.notices}


def test_who_was_reassigned_and_says_they_are_on_the_way_is_rung() -> None:
    life = Played()
    first = life.accepted()
    life.decide(RepairDecisionKind.REASSIGN)
    life.told()
    assert life.answer(first, TradeAnswer.ON_THE_WAY).taken
    life.told()
    assert RepairAsk.REPORTED_WITHOUT_JOB in life.asks(), "only a person settles it"


def test_whoever_sets_off_without_a_word_has_said_yes() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    assert not life.answer(first, TradeAnswer.ON_THE_WAY, eta_at=NOW + 8 * MINUTE).taken
    assert life.state.stage is RepairStage.ON_THE_WAY
    assert life.offer_states() == {first: "confirmed", second: "taken"}


def test_a_coordinator_is_asked_when_nobody_is_left_and_it_goes_on_looking() -> None:
    life = Played().begin()
    life.reserve()
    assert life.state.stage is RepairStage.ASKED
    assert life.asks() == {"nobody_left"}
    assert life.state.look_at == NOW + timedelta(seconds=300)


def test_with_everybody_busy_it_waits_in_the_queue() -> None:
    life = Played().begin()
    life.reserve(busy=True)
    assert life.state.stage is RepairStage.LOOKING
    assert life.state.look_at == NOW + timedelta(seconds=30)
    assert life.state.queued_since == NOW


def test_who_cannot_be_asked_is_followed_by_the_next_at_once() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    key = next(n.key for n in life.state.notices if n.offer_id == first)
    life.hear(NoticeSettled(key=key, verdict=NoticeVerdict.NOT_TRIED, why="Nobody answered."))
    assert life.offer_states()[first] == "unreachable"
    assert life.state.wants == 1


def test_an_offer_that_may_have_arrived_keeps_its_time_to_be_answered() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    key = next(n.key for n in life.state.notices if n.offer_id == first)
    life.hear(NoticeSettled(key=key, verdict=NoticeVerdict.UNKNOWN))
    assert life.offer_states()[first] == "offered"


def test_a_confirmation_that_does_not_arrive_is_repeated_and_then_rung() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2", channel=TradeChannel.API)
    life.told()
    life.answer(first, TradeAnswer.ACCEPTED)
    life.told(NoticeVerdict.UNKNOWN)
    assert life.state.notices
    assert not life.state.told
    life.wait(2 * MINUTE)
    assert "not_told" in life.asks()
    life.answer(first, TradeAnswer.ON_THE_WAY, eta_at=life.now + MINUTE)
    assert "not_told" not in life.asks()


def test_the_visit_goes_its_way_from_acceptance_to_the_victims_word() -> None:
    life = Played()
    offer = life.accepted()
    stages = []
    for answer in (TradeAnswer.ON_THE_WAY, TradeAnswer.ARRIVED, TradeAnswer.MADE_SAFE):
        life.answer(offer, answer)
        stages.append(life.state.stage)
    life.answer(offer, TradeAnswer.COMPLETED, cost_pence=9_900, invoice_reference="INV-7")
    stages.append(life.state.stage)
    life.wait(60 * MINUTE)
    assert life.asks() == {"follow_up"}
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=True)
    assert stages == ["on_the_way", "arrived", "made_safe", "finished"]
    assert life.state.stage is RepairStage.SECURE
    assert life.spent == life.state.committed_pence == 9_900


def test_a_place_that_is_not_secure_goes_to_the_top() -> None:
    life = Played()
    offer = life.accepted()
    life.answer(offer, TradeAnswer.COMPLETED, cost_pence=9_900)
    life.wait(3 * 60 * MINUTE)
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    state = life.state
    assert (state.stage, state.urgency, state.wants) == (RepairStage.LOOKING, Urgency.OPEN_PROPERTY, 2)
    assert state.clock_from == life.now
    assert state.queued_since == NOW
    assert "not_secure" in life.asks()


def test_a_place_found_open_after_the_end_opens_it_again() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED)
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=True)
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    assert life.state.ended_at is None
    assert life.state.wants == 2


@pytest.mark.parametrize(
    ("answer", "asks"),
    [(TradeAnswer.ACCESS_FAILED, "access_failed"), (TradeAnswer.REFUSED_ON_SITE, "refused_on_site")],
)
def test_a_visit_in_vain_asks_a_coordinator(answer: TradeAnswer, asks: str) -> None:
    life = Played()
    life.answer(life.accepted(), answer, cost_pence=4_000)
    assert life.state.stage is RepairStage.ASKED
    assert asks in life.asks()
    assert life.state.confirmed is None
    life.decide(RepairDecisionKind.LOOK_AGAIN)
    assert life.state.stage is RepairStage.LOOKING
    assert asks not in life.asks()


def test_a_second_visit_is_offered_to_the_same_tradesperson_first() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.SECOND_VISIT, cost_pence=5_000)
    state = life.state
    assert (state.wanted_trade, state.urgency, state.stage) == ("trade-1", Urgency.TODAY, RepairStage.LOOKING)
    assert state.made_safe_at == NOW


def test_what_one_gives_back_is_offered_to_the_next_and_a_coordinator_is_told() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
    assert life.state.confirmed is None
    assert life.state.wants == 2
    assert "given_back" in life.asks()


def test_who_may_know_somebody_involved_is_never_asked_again() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    life.answer(first, TradeAnswer.DECLINED, reason=TradeDeclineReason.KNOWS_PARTY)
    assert life.state.excluded == ("trade-1",)


def test_an_overdue_arrival_is_escalated_and_a_new_time_starts_it_afresh() -> None:
    life = Played()
    offer = life.accepted(eta=5 * MINUTE)
    life.wait(10 * MINUTE)
    assert {"overdue", "arrival_near"} <= life.asks()
    life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=life.now + 10 * MINUTE)
    assert "overdue" not in life.asks()
    life.wait(15 * MINUTE)
    assert {"overdue", "arrival_late"} <= life.asks()
    assert "arrival_near" not in life.asks()


def test_broken_promises_are_warned_of_before_they_break() -> None:
    life = Played().begin()
    life.reserve(busy=True)
    life.wait(10 * MINUTE)
    assert "arrival_near" in life.asks()
    life.wait(5 * MINUTE)
    assert "arrival_late" in life.asks()
    life.wait(100 * MINUTE)
    assert "done_near" in life.asks()
    life.wait(5 * MINUTE)
    assert {"arrival_late", "done_late"} <= life.asks()


@pytest.mark.parametrize(
    ("request_", "sensitive", "holds"),
    [
        (RepairRequest(kinds=(RepairKind.BOARD_UP,), urgency=Urgency.OPEN_PROPERTY), True, ()),
        (RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.TODAY), False, ()),
        (RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.TODAY), True, ("suspect_tenure",)),
        (
            RepairRequest(kinds=(RepairKind.LOCKS,), urgency=Urgency.TODAY, suspect_tenure=Tenure.YES),
            False,
            ("suspect_tenure",),
        ),
        (
            RepairRequest(
                kinds=(RepairKind.BOARD_UP,),
                urgency=Urgency.OPEN_PROPERTY,
                police_release=PoliceRelease.AWAITED,
            ),
            False,
            ("police_release",),
        ),
        (
            RepairRequest(
                kinds=(RepairKind.WINDOW,),
                urgency=Urgency.PLANNED,
                permission=Permission.NO,
                estimate_pence=60_000,
            ),
            False,
            ("permission_refused", "spend"),
        ),
    ],
)
def test_what_holds_a_repair(request_: RepairRequest, *, sensitive: bool, holds: tuple[str, ...]) -> None:
    life = Played(request_).begin(sensitive=sensitive)
    assert tuple(map(str, life.state.holds)) == holds
    assert life.state.stage is (RepairStage.HELD if holds else RepairStage.LOOKING)
    assert bool(life.state.wants) is not bool(holds)


def test_lifting_the_last_hold_starts_the_clock() -> None:
    request = RepairRequest(
        kinds=(RepairKind.BOARD_UP,), urgency=Urgency.OPEN_PROPERTY, police_release=PoliceRelease.AWAITED
    )
    life = Played(request).begin()
    life.wait(90 * MINUTE)
    life.decide(RepairDecisionKind.LIFT)
    assert life.state.clock_from == life.now
    assert life.state.wants == 2
    assert not life.asks()


def test_only_a_manager_lifts_what_is_held_for_its_cost() -> None:
    life = Played(
        RepairRequest(kinds=(RepairKind.DOOR,), urgency=Urgency.TODAY, estimate_pence=90_000)
    ).begin()
    with pytest.raises(RoleNotAllowed):
        life.decide(RepairDecisionKind.LIFT, hold=RepairHold.SPEND)
    life.decide(RepairDecisionKind.LIFT, Role.MANAGER, hold=RepairHold.SPEND)
    assert life.state.stage is RepairStage.LOOKING


def test_an_open_property_is_made_safe_while_the_money_is_approved() -> None:
    life = Played(
        RepairRequest(kinds=(RepairKind.BOARD_UP,), urgency=Urgency.OPEN_PROPERTY, estimate_pence=90_000)
    ).begin()
    assert life.state.wants == 2
    assert "spend" in life.asks()
    with pytest.raises(RoleNotAllowed):
        life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.SPEND)
    life.decide(RepairDecisionKind.SETTLE_ASK, Role.MANAGER, ask=RepairAsk.SPEND)
    assert "spend" not in life.asks()


def test_the_months_cap_counts_this_repair_too() -> None:
    assert Played(LOCKS).begin(month=POLICY.month_cap_pence).state.holds == ()
    assert Played(LOCKS).begin(month=POLICY.month_cap_pence + 1).state.holds == (RepairHold.SPEND,)


def test_a_cost_above_the_cap_is_shown_to_a_manager() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED, cost_pence=50_001)
    assert "spend" in life.asks()
    assert life.spent == 50_001


def test_a_cost_said_later_or_again_replaces_the_first() -> None:
    life = Played()
    offer = life.accepted()
    life.answer(offer, TradeAnswer.COMPLETED)
    assert life.spent == 12_000
    life.answer(offer, TradeAnswer.COMPLETED, cost_pence=8_000)
    life.answer(offer, TradeAnswer.COMPLETED, cost_pence=8_500)
    assert life.spent == 8_500


def test_cancelling_tells_whoever_has_it_and_gives_the_money_back() -> None:
    life = Played()
    offer = life.accepted()
    life.decide(RepairDecisionKind.CANCEL, by_victim=True)
    assert [(n.offer_id, n.kind) for n in life.state.notices] == [(offer, NoticeKind.CANCELLATION)]
    assert life.spent == 0
    assert life.answer(offer, TradeAnswer.ARRIVED).taken


def test_cancelling_before_anybody_accepted_withdraws_the_offers() -> None:
    life = Played().begin()
    life.reserve("trade-1", "trade-2")
    life.decide(RepairDecisionKind.CANCEL)
    assert set(life.offer_states().values()) == {"withdrawn"}
    assert {n.kind for n in life.state.notices} == {NoticeKind.WITHDRAWAL}


def test_a_place_reserved_too_late_is_given_back() -> None:
    life = Played().begin()
    life.decide(RepairDecisionKind.CANCEL)
    life.reserve("trade-1")
    assert life.offer_states() == {"offer-1": "withdrawn"}
    assert not life.state.notices


def test_a_stop_on_the_referral_asks_whether_somebody_should_still_go() -> None:
    on_the_way = Played()
    on_the_way.accepted()
    on_the_way.hear(ReferralStopped())
    assert on_the_way.state.confirmed is not None
    assert "contact_stopped" in on_the_way.asks()

    asked = Played().begin()
    asked.reserve("trade-1", "trade-2")
    asked.hear(ReferralStopped())
    assert asked.state.stage is RepairStage.HELD
    assert set(asked.offer_states().values()) == {"withdrawn"}
    asked.decide(RepairDecisionKind.LIFT)
    assert asked.state.stage is RepairStage.LOOKING
    assert not asked.asks()


def test_the_victim_is_told_when_somebody_is_on_the_way_and_again_only_if_it_moves() -> None:
    life = Played()
    offer = life.accepted()
    eta = life.now + 12 * MINUTE
    assert life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=eta).tells_victim_at == eta
    assert life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=eta + 3 * MINUTE).tells_victim_at is None
    assert life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=eta + 10 * MINUTE).tells_victim_at is not None


def test_a_victim_who_did_not_ask_for_it_is_told_nothing() -> None:
    life = Played(RepairRequest(kinds=(RepairKind.BOARD_UP,), urgency=Urgency.OPEN_PROPERTY))
    offer = life.accepted()
    assert life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=life.now + MINUTE).tells_victim_at is None


def test_a_follow_up_call_that_reached_nobody_comes_back() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED)
    life.wait(60 * MINUTE)
    life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.FOLLOW_UP)
    assert not life.asks()
    life.wait(60 * MINUTE)
    assert life.asks() == {"follow_up"}


def test_a_more_urgent_job_is_promised_anew() -> None:
    life = Played(LOCKS).begin()
    life.wait(30 * MINUTE)
    life.decide(RepairDecisionKind.CHANGE_URGENCY, urgency=Urgency.OPEN_PROPERTY)
    assert life.state.on_site_by == life.now + 15 * MINUTE
    assert life.state.wants == 2


@pytest.mark.parametrize(
    ("kind", "more", "error"),
    [
        (RepairDecisionKind.LIFT, {}, NotPossibleNow),
        (RepairDecisionKind.OFFER_TO, {}, Incomplete),
        (RepairDecisionKind.REASSIGN, {}, NotPossibleNow),
        (RepairDecisionKind.CHANGE_URGENCY, {}, Incomplete),
        (RepairDecisionKind.CONFIRM_SECURE, {}, Incomplete),
        (RepairDecisionKind.CONFIRM_SECURE, {"secure": True}, NotPossibleNow),
        (RepairDecisionKind.CORRECT_SPEND, {"pence": 5}, RoleNotAllowed),
        (RepairDecisionKind.SETTLE_ASK, {}, Incomplete),
        (RepairDecisionKind.SETTLE_ASK, {"ask": RepairAsk.FOLLOW_UP}, NotPossibleNow),
    ],
)
def test_a_decision_that_has_no_place_here_is_refused(
    kind: RepairDecisionKind, more: dict[str, object], error: type[Exception]
) -> None:
    life = Played().begin()
    before = life.state
    with pytest.raises(error):
        life.decide(kind, **more)
    assert life.state == before


def test_a_chosen_tradesperson_is_asked_before_the_ranking() -> None:
    life = Played().begin()
    life.reserve()
    life.decide(RepairDecisionKind.OFFER_TO, trade_id="trade-9")
    assert life.state.wanted_trade == "trade-9"
    assert life.state.look_at == life.now


def test_a_correction_by_a_manager_is_in_the_ledger() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED, cost_pence=10_000)
    life.decide(RepairDecisionKind.CORRECT_SPEND, Role.MANAGER, pence=-1_500)
    assert life.spent == life.state.committed_pence == 8_500


def test_who_was_chosen_and_says_no_is_not_asked_again_instead_of_the_next() -> None:
    life = Played(LOCKS).begin()
    life.decide(RepairDecisionKind.OFFER_TO, trade_id="trade-1")
    (first,) = life.reserve("trade-1")
    assert life.state.wanted_trade is None
    life.answer(first, TradeAnswer.DECLINED)
    assert life.state.wants == 1
    assert life.state.wanted_trade is None


def test_somebody_found_after_nobody_was_left_leads_on_as_ever() -> None:
    life = Played().begin()
    life.reserve()
    life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.NOBODY_LEFT)
    first, second = life.reserve("trade-1", "trade-2")
    assert life.state.stage is RepairStage.LOOKING
    life.answer(first, TradeAnswer.DECLINED)
    assert not life.answer(second, TradeAnswer.ACCEPTED).taken


def test_a_late_yes_is_welcome_though_a_coordinator_knows_that_nobody_is_left() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    life.wait(6 * MINUTE)
    life.reserve()
    life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.NOBODY_LEFT)
    assert not life.answer(first, TradeAnswer.ACCEPTED).taken


@pytest.mark.parametrize("answer", [TradeAnswer.ACCEPTED, TradeAnswer.ON_THE_WAY, TradeAnswer.ARRIVED])
def test_who_never_comes_or_never_ends_is_asked_about_again_and_again(answer: TradeAnswer) -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    life.answer(first, TradeAnswer.ACCEPTED)
    life.answer(first, answer)
    life.told()
    life.wait(3 * 60 * MINUTE)
    for _ in range(3):
        asked = [asked.kind for asked in life.state.asks]
        assert asked
        for kind in asked:
            life.decide(RepairDecisionKind.SETTLE_ASK, ask=kind)
        life.wait(timedelta(0))
        assert not life.asks(), "a person has dealt with it just now"
        life.wait(15 * MINUTE)
    assert life.asks()


def test_after_an_outage_the_broken_promise_is_asked_about_and_not_warned_of() -> None:
    life = Played().begin()
    life.reserve(busy=True)
    life.wait(3 * 60 * MINUTE)
    assert life.asks() == {"arrival_late", "done_late"}


def test_one_cancellation_that_arrives_says_nothing_of_another_that_does_not() -> None:
    life = Played()
    first = life.accepted()
    life.decide(RepairDecisionKind.REASSIGN)
    life.told(NoticeVerdict.REJECTED)
    (third,) = life.reserve("trade-3")
    life.told()
    life.answer(third, TradeAnswer.ACCEPTED)
    life.told()
    life.decide(RepairDecisionKind.REASSIGN)
    life.told()
    assert "cancel_not_told" in life.asks()
    assert life.state.untold == (first,)
    life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.CANCEL_NOT_TOLD)
    assert life.state.untold == ()


def test_saying_yes_again_does_not_overtake_that_it_is_off() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2", channel=TradeChannel.API)
    life.answer(first, TradeAnswer.ACCEPTED)
    life.decide(RepairDecisionKind.REASSIGN)
    life.answer(first, TradeAnswer.ACCEPTED)
    kinds = {n.kind for n in life.state.notices if n.offer_id == first}
    assert kinds == {NoticeKind.CANCELLATION}


def test_the_same_person_is_not_told_yes_and_no() -> None:
    life = Played(LOCKS).begin()
    (old,) = life.reserve("trade-1")
    life.wait(6 * MINUTE)
    life.decide(RepairDecisionKind.LOOK_AGAIN)
    (new,) = life.reserve("trade-1")
    life.told()
    life.answer(old, TradeAnswer.ACCEPTED)
    assert life.offer_states() == {old: "confirmed", new: "taken"}
    assert {n.kind for n in life.state.notices} == {NoticeKind.CONFIRMATION}


@pytest.mark.parametrize("answer", [TradeAnswer.DECLINED, TradeAnswer.SECOND_VISIT])
def test_after_a_stop_nobody_else_is_asked_when_whoever_had_it_leaves(answer: TradeAnswer) -> None:
    life = Played()
    offer = life.accepted()
    life.hear(ReferralStopped())
    life.answer(offer, answer)
    assert life.state.stage is RepairStage.HELD
    assert not life.state.wants
    life.decide(RepairDecisionKind.LIFT)
    assert life.state.wants
    assert not life.state.stopped


def test_a_stop_after_the_work_is_remembered_if_the_place_is_not_secure() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED)
    life.hear(ReferralStopped())
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    assert life.state.stage is RepairStage.HELD
    assert {"not_secure", "hold", "contact_stopped"} <= life.asks()


def test_a_person_may_say_that_whoever_is_on_the_way_still_goes() -> None:
    life = Played()
    offer = life.accepted()
    life.hear(ReferralStopped())
    life.decide(RepairDecisionKind.SETTLE_ASK, ask=RepairAsk.CONTACT_STOPPED)
    life.answer(offer, TradeAnswer.DECLINED)
    assert life.state.wants == 2


def test_lifting_a_hold_does_not_answer_what_a_coordinator_is_asked_besides() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.ACCESS_FAILED)
    life.hear(ReferralStopped())
    life.decide(RepairDecisionKind.LIFT)
    assert life.state.stage is RepairStage.ASKED
    assert "access_failed" in life.asks()
    assert not life.state.wants


def test_after_a_hold_everybody_may_be_asked_again() -> None:
    life = Played().begin()
    life.reserve("trade-1", "trade-2")
    before = life.state.round
    life.hear(ReferralStopped())
    life.decide(RepairDecisionKind.LIFT)
    assert life.state.round > before


def test_who_may_not_be_sent_any_more_is_told_no() -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    assert life.answer(first, TradeAnswer.ACCEPTED, fit=False).taken
    assert life.state.confirmed is None
    assert life.offer_states()[first] == "withdrawn"
    assert life.state.wants == 1


def test_the_runner_up_is_welcome_when_the_first_gives_it_back() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    life.answer(first, TradeAnswer.ACCEPTED)
    life.answer(first, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
    assert not life.answer(second, TradeAnswer.ACCEPTED).taken
    assert life.state.confirmed == second


def test_an_answer_of_the_desk_to_an_earlier_question_leaves_the_new_one_standing() -> None:
    life = Played().begin()
    life.decide(RepairDecisionKind.OFFER_TO, trade_id="trade-9")
    life.hear(OffersReserved(offers=(), busy=True, round=1, wanted_trade=None))
    assert life.state.wanted_trade == "trade-9"
    assert life.state.look_at == life.now


def test_a_report_said_twice_raises_no_alarm_and_a_later_cost_is_booked() -> None:
    life = Played()
    offer = life.accepted()
    life.answer(offer, TradeAnswer.ACCESS_FAILED)
    assert not life.answer(offer, TradeAnswer.ACCESS_FAILED, cost_pence=13_000).taken
    assert "reported_without_job" not in life.asks()
    assert life.spent == 13_000


@pytest.mark.parametrize(
    "answer",
    [TradeAnswer.COMPLETED, TradeAnswer.ACCESS_FAILED, TradeAnswer.REFUSED_ON_SITE, TradeAnswer.MADE_SAFE],
)
def test_nobody_finishes_a_job_they_were_never_given(answer: TradeAnswer) -> None:
    life = Played().begin()
    first, _ = life.reserve("trade-1", "trade-2")
    assert life.answer(first, answer).taken
    assert "reported_without_job" in life.asks()
    assert life.state.stage is RepairStage.LOOKING
    assert life.state.wants == 1


def test_the_manager_cannot_be_walked_round_by_way_of_the_urgency() -> None:
    life = Played(
        RepairRequest(kinds=(RepairKind.DOOR,), urgency=Urgency.PLANNED, estimate_pence=900_000)
    ).begin()
    life.decide(RepairDecisionKind.CHANGE_URGENCY, urgency=Urgency.OPEN_PROPERTY)
    life.reserve("trade-1", "trade-2")
    life.decide(RepairDecisionKind.CHANGE_URGENCY, urgency=Urgency.PLANNED)
    assert life.state.holds == (RepairHold.SPEND,)
    assert life.state.stage is RepairStage.HELD
    assert set(life.offer_states().values()) == {"withdrawn"}


def test_a_correction_waits_for_a_cost() -> None:
    life = Played()
    life.accepted()
    with pytest.raises(NotPossibleNow):
        life.decide(RepairDecisionKind.CORRECT_SPEND, Role.MANAGER, pence=-11_000)


def test_an_estimate_is_not_committed_a_second_time_after_a_reopening() -> None:
    life = Played()
    life.answer(life.accepted(), TradeAnswer.COMPLETED, cost_pence=5_000)
    life.decide(RepairDecisionKind.CONFIRM_SECURE, secure=False)
    (again,) = life.reserve("trade-3")
    life.answer(again, TradeAnswer.ACCEPTED)
    life.answer(again, TradeAnswer.MADE_SAFE, cost_pence=1_000)
    assert life.spent == 6_000


@pytest.mark.parametrize("how", ["reassigned", "given back", "cancelled"])
def test_the_victim_is_rung_when_whom_they_expect_does_not_come(how: str) -> None:
    life = Played()
    offer = life.accepted()
    life.answer(offer, TradeAnswer.ON_THE_WAY, eta_at=life.now + 9 * MINUTE)
    if how == "given back":
        life.answer(offer, TradeAnswer.DECLINED)
    else:
        life.decide(RepairDecisionKind.REASSIGN if how == "reassigned" else RepairDecisionKind.CANCEL)
    assert "tell_victim" in life.asks()
    assert life.last.renews_word
    assert life.state.victim_told_of is None


def test_what_a_person_decides_about_one_is_not_done_to_another() -> None:
    life = Played()
    offer = life.accepted()
    for kind in (RepairDecisionKind.REASSIGN, RepairDecisionKind.CANCEL):
        with pytest.raises(NotPossibleNow):
            life.decide(kind, offer_id="offer-of-somebody-else")
    life.decide(RepairDecisionKind.REASSIGN, offer_id=offer)
    assert life.state.confirmed is None


def test_who_was_taken_off_is_not_asked_again() -> None:
    life = Played()
    life.accepted()
    life.decide(RepairDecisionKind.REASSIGN)
    assert "trade-1" in life.state.excluded


def test_whoever_has_the_job_is_told_when_the_way_in_changes() -> None:
    life = Played()
    offer = life.accepted()
    effects = life.decide(RepairDecisionKind.CHANGE_JOB)
    assert effects.changes_job
    assert [(n.offer_id, n.kind) for n in life.state.notices] == [(offer, NoticeKind.CONFIRMATION)]
    assert not life.state.told


def test_a_text_that_did_not_arrive_after_all_is_as_good_as_never_sent() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2")
    keys = {n.offer_id: n.key for n in life.state.notices}
    life.told()
    life.hear(NoticeFailed(key=keys[first]))
    assert life.offer_states()[first] == "unreachable"
    life.answer(second, TradeAnswer.ACCEPTED)
    confirmation = next(n.key for n in life.state.notices if n.offer_id == second)
    life.told()
    life.hear(NoticeFailed(key=confirmation))
    assert "not_told" in life.asks()
    assert not life.state.told


def test_thanks_for_an_answer_never_overtake_that_somebody_is_not_to_go() -> None:
    life = Played().begin()
    first, second = life.reserve("trade-1", "trade-2", channel=TradeChannel.API)
    life.answer(first, TradeAnswer.ACCEPTED)
    life.told()
    life.answer(second, TradeAnswer.ON_THE_WAY)
    life.answer(second, TradeAnswer.ACCEPTED)
    assert {n.kind for n in life.state.notices if n.offer_id == second} == {NoticeKind.CANCELLATION}
