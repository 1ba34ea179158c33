"""Visits: checked before they begin, and a clock that nobody can be forgotten behind."""

import pytest

from domain.errors import NotPossibleNow, RoleNotAllowed
from domain.practical_help.events import (
    AlarmRaised,
    AlarmSettled,
    CheckedIn,
    HelpCancelled,
    VisitAllowed,
    VisitBegun,
    VisitCalledOff,
    VisitEnded,
    WhereaboutsChecked,
)
from domain.practical_help.help import is_over
from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    HelpAsk,
    HelpStage,
    SuspectsFound,
    VisitOutcome,
    VisitStage,
)
from domain.vocabulary import Role
from tests.builders import HOUR, MINUTE
from tests.domain.helps import HelpLife

RISKY = [SuspectsFound.BAIL, SuspectsFound.AT_LARGE, SuspectsFound.UNKNOWN]


@pytest.fixture
def life() -> HelpLife:
    return HelpLife()


def settle(life: HelpLife, role: Role = Role.COORDINATOR, *, quiet: bool = False) -> None:
    life.happens(AlarmSettled(visit=life.visit.number, role=role, at=life.now, quiet=quiet))


def allow(life: HelpLife, role: Role = Role.MANAGER) -> None:
    life.happens(VisitAllowed(visit=life.visit.number, role=role, at=life.now))


def test_nobody_goes_in_before_somebody_has_checked_where_the_suspects_are(life: HelpLife) -> None:
    life.plans()
    with pytest.raises(NotPossibleNow, match="Nobody has checked"):
        life.begins()
    assert life.visit.stage is VisitStage.PLANNED


def test_a_check_of_this_morning_is_too_old_for_this_afternoon(life: HelpLife) -> None:
    life.plans().checks().waits(2 * HOUR)
    life.now += MINUTE
    with pytest.raises(NotPossibleNow, match="too old"):
        life.begins()
    assert life.checks().begins().visit.stage is VisitStage.UNDER_WAY


def test_an_older_check_does_not_take_the_place_of_a_newer_one(life: HelpLife) -> None:
    life.plans().checks(SuspectsFound.AT_ADDRESS)
    older = WhereaboutsChecked(
        visit=1, found=SuspectsFound.CUSTODY, at=life.now - 100 * MINUTE, sensitive=False
    )
    with pytest.raises(NotPossibleNow, match="later check"):
        life.happens(older)
    with pytest.raises(NotPossibleNow, match="at the address"):
        life.begins()


def test_a_visit_that_began_before_the_check_was_not_checked(life: HelpLife) -> None:
    life.plans().checks(SuspectsFound.CUSTODY)
    with pytest.raises(NotPossibleNow, match="only after that"):
        life.happens(VisitBegun(visit=1, at=life.now - 40 * MINUTE, stopped=False))


@pytest.mark.parametrize("found", RISKY)
def test_nobody_goes_alone_where_a_suspect_may_come(life: HelpLife, found: SuspectsFound) -> None:
    with pytest.raises(NotPossibleNow, match="two visitors"):
        life.plans().checks(found).begins()


@pytest.mark.parametrize("found", RISKY)
def test_two_may_go_where_one_may_not(life: HelpLife, found: SuspectsFound) -> None:
    assert life.plans(visitors=2).checks(found).begins().visit.stage is VisitStage.UNDER_WAY


def test_not_even_two_go_where_a_suspect_is_unless_a_supervisor_says_so(life: HelpLife) -> None:
    life.plans(visitors=2).checks(SuspectsFound.AT_ADDRESS)
    with pytest.raises(NotPossibleNow, match="supervisor"):
        life.begins()
    allow(life)
    assert life.begins().visit.stage is VisitStage.UNDER_WAY


def test_nobody_named_is_no_risk_unless_the_referral_is_sensitive(life: HelpLife) -> None:
    assert life.plans().checks(SuspectsFound.NONE_KNOWN).begins().visit.begun_at == life.now
    with pytest.raises(NotPossibleNow, match="two visitors"):
        life.plans().checks(SuspectsFound.NONE_KNOWN, sensitive=True).begins()


def test_where_everything_is_stopped_only_a_supervisor_sends_somebody(life: HelpLife) -> None:
    life.plans(visitors=2).checks()
    with pytest.raises(NotPossibleNow, match="stopped"):
        life.begins(stopped=True)
    allow(life)
    assert life.begins(stopped=True).visit.stage is VisitStage.UNDER_WAY


def test_a_coordinator_does_not_let_a_visit_go_ahead(life: HelpLife) -> None:
    life.plans().checks(SuspectsFound.AT_LARGE)
    with pytest.raises(RoleNotAllowed):
        allow(life, Role.COORDINATOR)


def test_a_go_ahead_ends_with_the_check_it_was_given_upon(life: HelpLife) -> None:
    life.plans().checks(SuspectsFound.BAIL)
    allow(life)
    life.checks(SuspectsFound.AT_ADDRESS)
    with pytest.raises(NotPossibleNow, match="supervisor"):
        life.begins()


def test_a_supervisor_judges_by_a_check_and_not_without(life: HelpLife) -> None:
    life.plans()
    with pytest.raises(NotPossibleNow, match="nothing to judge"):
        allow(life)


def test_a_visitor_who_is_silent_is_rung_then_the_buddy_then_the_police(life: HelpLife) -> None:
    life.goes_in().waits(44 * MINUTE)
    assert life.alarm is None
    steps = []
    for wait in (1, 5, 10):
        life.waits(wait * MINUTE)
        assert life.alarm is not None
        steps.append(life.alarm.step)
    assert steps == [AlarmStep.RING_VISITOR, AlarmStep.RING_BUDDY, AlarmStep.TELL_POLICE]
    assert life.said[-3:] == [
        "Visit 1: ring the visitor.",
        "Visit 1: ring the visitor's buddy, and tell a supervisor.",
        "Visit 1: a supervisor rings the police with the plan of the visit.",
    ]


def test_each_check_in_starts_the_clock_anew(life: HelpLife) -> None:
    life.goes_in().waits(40 * MINUTE)
    life.checks_in()
    life.waits(44 * MINUTE)
    assert life.alarm is None
    life.waits(MINUTE)
    assert life.alarm is not None


def test_a_check_in_is_taken_from_when_it_was_made_not_from_when_it_was_applied(life: HelpLife) -> None:
    # Otherwise an outage of an hour would give the visitor an hour that nobody watches.
    life.goes_in()
    made_at = life.now + 10 * MINUTE
    life.now += HOUR
    life.happens(CheckedIn(visit=1, at=made_at))
    assert life.visit.check_in_by == made_at + 45 * MINUTE
    assert life.alarm is not None


def test_an_older_check_in_that_arrives_late_does_not_shorten_the_clock(life: HelpLife) -> None:
    life.goes_in().waits(20 * MINUTE)
    life.checks_in()
    by = life.visit.check_in_by
    life.happens(CheckedIn(visit=1, at=life.now - 10 * MINUTE))
    assert life.visit.check_in_by == by


def test_a_time_in_the_future_gives_nobody_more_time(life: HelpLife) -> None:
    life.goes_in()
    life.happens(CheckedIn(visit=1, at=life.now + HOUR))
    assert life.visit.check_in_by == life.now + 45 * MINUTE


def test_a_late_check_in_ends_the_alarm_before_the_police_were_told(life: HelpLife) -> None:
    life.goes_in().waits(52 * MINUTE)
    life.checks_in()
    assert life.alarm is None


def test_after_the_police_step_a_voice_on_the_telephone_does_not_end_the_alarm(life: HelpLife) -> None:
    life.goes_in().waits(HOUR)
    life.checks_in()
    assert life.alarm is not None
    with pytest.raises(RoleNotAllowed):
        settle(life)
    settle(life, Role.MANAGER)
    assert life.alarm is None
    assert life.visit.check_in_by == life.now + 45 * MINUTE


def test_danger_is_for_the_police_at_once(life: HelpLife) -> None:
    life.goes_in()
    life.happens(AlarmRaised(visit=1, cause=AlarmCause.DANGER, at=life.now))
    assert life.alarm is not None
    assert life.alarm.step is AlarmStep.TELL_POLICE
    life.ends(VisitOutcome.TURNED_AWAY)
    assert life.alarm is not None, "they are out, and still nobody has settled it"


def test_somebody_who_went_in_unchecked_is_an_alarm_and_never_refused(life: HelpLife) -> None:
    life.plans()
    life.happens(AlarmRaised(visit=1, cause=AlarmCause.UNCHECKED, at=life.now))
    assert life.alarm is not None
    life.waits(15 * MINUTE)
    assert life.alarm.step is AlarmStep.TELL_POLICE


def test_a_suspect_who_turns_out_to_be_there_raises_the_alarm(life: HelpLife) -> None:
    life.goes_in().checks(SuspectsFound.AT_ADDRESS)
    assert life.alarm is not None
    assert life.alarm.cause is AlarmCause.SUSPECT_NEAR


def test_settling_starts_the_clock_anew_while_they_are_inside(life: HelpLife) -> None:
    life.goes_in().waits(50 * MINUTE)
    settle(life)
    assert life.alarm is None
    life.waits(45 * MINUTE)
    assert life.alarm is not None


def test_what_is_no_alarm_cannot_be_settled(life: HelpLife) -> None:
    life.goes_in()
    with pytest.raises(NotPossibleNow):
        settle(life)


@pytest.mark.parametrize("way", ["check_in", "end"])
def test_a_word_for_duress_looks_like_ok_and_alerts_supervisors(way: str) -> None:
    ordinary, forced = HelpLife().goes_in(), HelpLife().goes_in()
    for life, duress in ((ordinary, False), (forced, True)):
        life.waits(10 * MINUTE)
        told = life.checks_in(duress=duress) if way == "check_in" else life.ends(duress=duress)
        assert told.refused is None
    assert forced.said == ordinary.said
    assert forced.asked == ordinary.asked
    assert forced.state.revision == ordinary.state.revision
    assert forced.state.is_alerted
    assert not ordinary.state.is_alerted


def test_a_word_for_duress_is_kept_even_where_what_it_came_with_is_refused() -> None:
    ordinary, forced = HelpLife().plans(), HelpLife().plans()
    with pytest.raises(NotPossibleNow) as plain:
        ordinary.happens(VisitEnded(visit=1, at=ordinary.now, outcome=VisitOutcome.DONE))
    event = VisitEnded(visit=1, at=forced.now, outcome=VisitOutcome.DONE, duress=True)
    told = forced.happens(event)
    assert told.refused is not None
    assert (told.refused.why, told.entries) == (plain.value.reason, ())
    assert forced.state.is_alerted
    assert forced.state.revision == ordinary.state.revision


def test_a_quiet_alert_is_a_supervisors_to_settle_and_nobody_reads_of_it(life: HelpLife) -> None:
    life.goes_in()
    life.checks_in(duress=True)
    said = list(life.said)
    with pytest.raises(RoleNotAllowed):
        settle(life, quiet=True)
    settle(life, Role.MANAGER, quiet=True)
    assert not life.state.is_alerted
    assert life.said == said


def test_a_coordinator_who_settles_an_alarm_leaves_the_quiet_one(life: HelpLife) -> None:
    life.goes_in().waits(46 * MINUTE)
    life.happens(CheckedIn(visit=1, at=life.now - 2 * MINUTE, duress=True))
    life.waits(50 * MINUTE)
    settle(life)
    assert life.state.is_alerted


def test_a_planned_visit_that_nobody_heard_of_is_asked_about(life: HelpLife) -> None:
    life.plans().waits(89 * MINUTE)
    assert not life.asked
    life.waits(MINUTE)
    assert [asking.kind for asking in life.asked] == [HelpAsk.VISIT_NOT_BEGUN]
    life.happens(VisitCalledOff(visit=1))
    assert not life.asked


def test_help_does_not_end_while_somebody_is_inside(life: HelpLife) -> None:
    life.goes_in()
    with pytest.raises(NotPossibleNow, match="under way"):
        life.happens(HelpCancelled())
    life.ends()
    life.happens(HelpCancelled())
    assert life.state.stage is HelpStage.CANCELLED
    assert is_over(life.state)


def test_help_does_not_end_over_an_alarm(life: HelpLife) -> None:
    life.goes_in()
    life.happens(AlarmRaised(visit=1, cause=AlarmCause.DANGER, at=life.now))
    life.ends()
    with pytest.raises(NotPossibleNow, match="alarm"):
        life.happens(HelpCancelled())


def test_an_alarm_raised_after_the_end_is_an_alarm_all_the_same(life: HelpLife) -> None:
    life.goes_in().ends()
    life.happens(HelpCancelled())
    life.happens(AlarmRaised(visit=1, cause=AlarmCause.DANGER, at=life.now))
    assert life.alarm is not None
    assert not is_over(life.state)
