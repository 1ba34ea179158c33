"""Whatever comes twice, late or at once: at most one has the job, nobody is forgotten, and the money adds up."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.errors import Refusal
from domain.repair_dispatch.dispatch import is_over, next_repair_deadline
from domain.repair_dispatch.events import NoticeSettled, ReferralStopped, RepairDecided, RepairRequest
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
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
from domain.repair_dispatch.state import RepairState
from domain.vocabulary import Role
from tests.domain.repairs import MINUTE, OPEN_DOOR, Played

_STATE = TypeAdapter(RepairState)
_LOST = {OfferState.TAKEN, OfferState.WITHDRAWN}

requests = st.builds(
    RepairRequest,
    kinds=st.lists(st.sampled_from(RepairKind), min_size=1, max_size=3, unique=True).map(tuple),
    urgency=st.sampled_from(Urgency),
    permission=st.sampled_from(Permission),
    police_release=st.sampled_from(PoliceRelease),
    suspect_tenure=st.sampled_from(Tenure),
    estimate_pence=st.integers(min_value=0, max_value=80_000),
    tells_victim=st.booleans(),
)
_ANSWERS = st.tuples(
    st.just("answer"),
    st.integers(min_value=0, max_value=7),
    st.sampled_from([*TradeAnswer, *[TradeAnswer.ACCEPTED] * 6]),
    st.sampled_from([None, -5, 3, 15, 90]),
    st.sampled_from([None, 0, 9_999, 70_000]),
    st.sampled_from([None, *TradeDeclineReason]),
)
_REPORTS = st.tuples(
    st.just("report"),
    st.sampled_from([answer for answer in TradeAnswer if answer is not TradeAnswer.ACCEPTED]),
    st.sampled_from([None, 3, 90]),
    st.sampled_from([None, 0, 9_999, 70_000]),
)
_DECISIONS = st.tuples(
    st.just("decide"),
    st.sampled_from(RepairDecisionKind),
    st.sampled_from([Role.COORDINATOR, Role.MANAGER]),
    st.sampled_from([None, *RepairHold]),
    st.sampled_from([None, *RepairAsk]),
    st.booleans(),
)
_TICKS = st.tuples(st.just("tick"), st.integers(min_value=0, max_value=4))
_DESK = st.tuples(st.just("reserve"), st.sampled_from([0, 1, 2, 2, 2, 3]), st.booleans(), st.booleans())
_NOTICES = st.tuples(st.just("notice"), st.integers(min_value=0, max_value=5), st.sampled_from(NoticeVerdict))
_WAITS = st.tuples(st.just("wait"), st.sampled_from([0, 1, 2, 5, 6, 16, 61, 121, 600]))
_STOPS = st.tuples(st.just("stop"))
kinds_of_step = st.sampled_from(
    [_ANSWERS] * 6 + [_REPORTS] * 4 + [_DESK] * 6 + [_NOTICES, _WAITS, _DECISIONS, _TICKS] * 2 + [_STOPS]
)
steps = kinds_of_step.flatmap(lambda kind: kind)
lives = st.lists(steps, min_size=12, max_size=40)


def _play(life: Played, step: tuple) -> None:  # type: ignore[type-arg]
    match step:
        case ("answer", nth, answer, eta, cost, reason):
            offers = life.state.offers
            offer_id = offers[nth % len(offers)].offer_id if offers else "offer-unknown"
            eta_at = None if eta is None else life.now + eta * MINUTE
            life.answer(offer_id, answer, eta_at=eta_at, cost_pence=cost, reason=reason)
        case ("report", answer, eta, cost):
            if life.state.confirmed:
                eta_at = None if eta is None else life.now + eta * MINUTE
                life.answer(life.state.confirmed, answer, eta_at=eta_at, cost_pence=cost)
        case ("reserve", many, busy, by_api):
            if life.state.wants:  # the desk is only asked by a repair that wants somebody
                names = [f"trade-{len(life.state.offers) + number}" for number in range(many)]
                channel = TradeChannel.API if by_api else TradeChannel.TEXT
                life.reserve(*names, busy=busy, channel=channel)
        case ("notice", nth, verdict):
            notices = life.state.notices
            if notices:
                life.hear(NoticeSettled(key=notices[nth % len(notices)].key, verdict=verdict))
        case ("wait", minutes):
            life.wait(minutes * MINUTE)
        case ("decide", kind, role, hold, ask, yes):
            life.decide(
                kind,
                role,
                hold=hold,
                ask=ask,
                secure=yes,
                by_victim=yes,
                trade_id="trade-chosen",
                urgency=Urgency.TODAY if yes else Urgency.OPEN_PROPERTY,
                pence=-500 if yes else 700,
            )
        case ("tick", nth):  # a coordinator ticks off whatever is asked
            if life.state.asks:
                asked = life.state.asks[nth % len(life.state.asks)]
                life.decide(RepairDecisionKind.SETTLE_ASK, Role.MANAGER, ask=asked.kind)
        case _:
            life.hear(ReferralStopped())


@st.composite
def played(draw: st.DrawFn) -> list[Played]:
    """A random life, as it stood after each of its steps."""
    life = Played(draw(st.one_of(st.just(OPEN_DOOR), requests)))
    stopped, month = draw(
        st.sampled_from([(False, 0), (False, 0), (False, 0), (True, 0), (False, 3_000_000)])
    )
    life.begin(sensitive=draw(st.booleans()), stopped=stopped, month=month)
    seen = [_as_it_stands(life)]
    for step in draw(lives):
        try:
            _play(life, step)
        except Refusal:
            continue
        seen.append(_as_it_stands(life))
    return seen


def _as_it_stands(life: Played) -> Played:
    copy = Played()
    copy.now, copy.state, copy.spent = life.now, life.state, life.spent
    copy.last, copy.heard = life.last, life.heard
    return copy


@settings(max_examples=300, deadline=None)
@given(played())
def test_at_most_one_has_the_job_and_the_board_says_so(life: list[Played]) -> None:
    for moment in life:
        state = moment.state
        confirmed = [offer.offer_id for offer in state.offers if offer.state is OfferState.CONFIRMED]
        assert confirmed == ([state.confirmed] if state.confirmed else [])
        assert state.stage.has_somebody == (state.confirmed is not None)
        if state.confirmed is not None:
            assert not state.open_offers, "nobody else may still believe that they can have it"
            assert not state.wants


@settings(max_examples=300, deadline=None)
@given(played())
def test_whoever_loses_a_job_or_an_offer_is_told(life: list[Played]) -> None:
    told: dict[str, set[NoticeKind]] = {}
    for moment in life:
        for notice in moment.state.notices:
            told.setdefault(notice.offer_id, set()).add(notice.kind)
    for earlier, later in zip(life, life[1:], strict=False):
        for offer in later.state.offers:
            was = earlier.state.offer(offer.offer_id)
            if was is not None and was.state is OfferState.OFFERED and offer.state in _LOST:
                says = {NoticeKind.TAKEN, NoticeKind.WITHDRAWAL, NoticeKind.CANCELLATION}
                came_by_page = later.last.taken and offer.channel is TradeChannel.TEXT
                assert came_by_page or told[offer.offer_id] & says
            lost_it = was is not None and was.state is OfferState.CONFIRMED
            if lost_it and offer.state is OfferState.RELEASED and isinstance(later.heard, RepairDecided):
                assert NoticeKind.CANCELLATION in told[offer.offer_id]


@settings(max_examples=300, deadline=None)
@given(played())
def test_nobody_is_forgotten(life: list[Played]) -> None:
    # As long as nobody has the job somebody is looked for, or a person is asked.
    for moment in life:
        state = moment.state
        if state.stage in {RepairStage.LOOKING, RepairStage.ASKED, RepairStage.HELD}:
            looks = bool(state.wants and state.look_at) or bool(state.open_offers)
            assert looks or state.asks
        if state.stage is RepairStage.HELD:
            assert state.holds
            assert not state.wants
            assert not state.open_offers
        if state.stage is RepairStage.FINISHED:
            assert state.follow_up_at is not None or state.asks_for(RepairAsk.FOLLOW_UP)
        if state.ended_at is None:
            assert state.asks or next_repair_deadline(state) is not None, "it would sleep for ever"
        if state.stopped:
            assert state.confirmed or not state.wants, "nobody else is asked after a stop"
        if state.ended_at is not None:
            assert not state.wants
            assert not state.open_offers


@settings(max_examples=300, deadline=None)
@given(played())
def test_the_money_always_adds_up(life: list[Played]) -> None:
    for moment in life:
        assert moment.spent == moment.state.committed_pence
        assert moment.state.committed_pence >= 0


@settings(max_examples=300, deadline=None)
@given(played())
def test_time_alone_never_runs_in_circles(life: list[Played]) -> None:
    # A deadline that does not move would keep the workflow turning for ever.
    for moment in life:
        copy = _as_it_stands(moment)
        for _ in range(12):
            handed_over = frozenset(notice.offer_id for notice in copy.state.notices)
            deadline = next_repair_deadline(replace(copy.state, wants=0), in_hand=handed_over)
            if deadline is None:
                break
            copy.now = max(copy.now, deadline)
            before = copy.state
            copy.wait(timedelta(0))
            assert copy.state != before, "something was due, and nothing happened"
        else:
            raise AssertionError("time alone changes it for ever")


@settings(max_examples=200, deadline=None)
@given(played())
def test_a_repair_survives_the_journey_through_a_payload(life: list[Played]) -> None:
    for moment in life:
        assert _STATE.validate_json(_STATE.dump_json(moment.state)) == moment.state


@settings(max_examples=200, deadline=None)
@given(played())
def test_what_has_ended_ends_once_everybody_is_told(life: list[Played]) -> None:
    last = _as_it_stands(life[-1])
    if last.state.ended_at is None:
        return
    for _ in range(3):
        last.told()
    assert is_over(last.state)
