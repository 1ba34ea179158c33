"""The offer desk on a real Postgres: whom it keeps places with, for whom first, and never too many."""

import copy
import random
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.errors import RepairNotFound
from domain.policy import OpeningHours, Period, Policy
from domain.repair_dispatch.events import OffersReserved, ReferralStopped, RepairRequest
from domain.repair_dispatch.kinds import (
    NoticeVerdict,
    OfferState,
    RepairDecisionKind,
    RepairKind,
    Skill,
    TradeAnswer,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.policy import RepairPolicy
from domain.repair_dispatch.ports import OffersWanted
from domain.tradesperson import Paper
from domain.vocabulary import Weekday
from store.columns import AnyRow
from store.repair_dispatch.desk import OfferDeskStore
from store.repair_dispatch.desk_days import BEFOREHAND, PATIENCE
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER
from store.repair_dispatch.token import offer_token, offer_token_hash
from store.tradesperson.row import TRADESPERSON
from tests.builders import NOW, a_policy
from tests.domain.repairs import OPEN_DOOR, POLICY
from tests.store.lives import Office, another_person
from tests.store.repair_lives import Depot, KeptRepair
from wiring.places import load_places

MINUTE = timedelta(minutes=1)
PLANNED = replace(OPEN_DOOR, urgency=Urgency.PLANNED)
TODAY = replace(OPEN_DOOR, urgency=Urgency.TODAY)
WEEKDAYS = (Period(days=tuple(Weekday)[:5], opens=time(8), closes=time(18)),)

NOBODY = OffersReserved(offers=(), busy=False, round=1)
NOBODY_YET = replace(NOBODY, busy=True)


class Calendar:
    """The profile, as far as the desk asks."""

    def __init__(self) -> None:
        self.repairs: RepairPolicy = POLICY
        self.closed_on: tuple[date, ...] = ()

    def policy_at(self, now: datetime) -> Policy:
        hours = OpeningHours(time_zone="Europe/London", periods=(), closed_on=self.closed_on)
        return replace(a_policy(), hours=hours)

    def repair_policy(self) -> RepairPolicy:
        return self.repairs


class DeskRoom:
    """The desk, the register and the repairs over one database."""

    def __init__(self, office: Office) -> None:
        self.office, self.depot, self.calendar = office, Depot(office), Calendar()
        self.desk = self.another_desk()
        self._people = 500  # their numbers are nobody's in the register

    def another_desk(self) -> OfferDeskStore:
        """As another process has one."""
        return OfferDeskStore(
            self.office.engine, self.office.keyring, distances=load_places(), policies=self.calendar
        )

    def waits(
        self, request: RepairRequest = OPEN_DOOR, *, after: timedelta = timedelta(), **changes: Any
    ) -> KeptRepair:
        """A repair somebody is wanted for; `after` NOW."""
        self._people += 1
        document = another_person(self._people, **changes)
        life = self.office.begins(document, at=NOW + after)
        return self.depot.repairs(life, request).begins()

    def asks(self, repair: KeptRepair, **changes: Any) -> OffersReserved:
        """The repair's workflow asks, and takes in the answer."""
        reserved = self.desk.reserve(wanted(repair, **changes))
        repair.hears(reserved)
        return reserved

    def rows(self, repair: KeptRepair | None = None) -> list[AnyRow]:
        statement = select(REPAIR_OFFER).order_by(REPAIR_OFFER.c.reserved_at, REPAIR_OFFER.c.place)
        if repair is not None:
            statement = statement.where(REPAIR_OFFER.c.repair_id == repair.id)
        with self.office.engine.connect() as connection:
            return list(connection.execute(statement))


def wanted(repair: KeptRepair, **changes: Any) -> OffersWanted:
    state = repair.state
    asked: dict[str, Any] = {
        "repair_id": repair.id,
        "wanted": state.wants,
        "round": state.round,
        "turn": state.turn,
        "at": repair.now,
        "wanted_trade": state.wanted_trade,
        "excluded": state.excluded,
    }
    return OffersWanted(**(asked | changes))


def who(reserved: OffersReserved) -> list[str]:
    return [offer.trade_id for offer in reserved.offers]


@pytest.fixture
def room(office: Office) -> DeskRoom:
    return DeskRoom(office)


def test_the_nearest_are_asked_first_two_at_a_time_for_an_open_property(room: DeskRoom) -> None:
    near, nearer = room.depot.engages(base="CB22"), room.depot.engages(base="CB1")
    room.depot.engages(base="PE1")
    room.depot.engages(base="M1", most_km=300)
    repair = room.waits()
    reserved = room.asks(repair)
    assert who(reserved) == [nearer, near]
    first, second = room.rows(repair)
    assert (first.state, first.place, first.channel) == (OfferState.OFFERED, 0, TradeChannel.TEXT)
    assert first.why == "less than 1 km away, free, not asked lately"
    assert second.place == 1


def test_a_place_is_kept_with_the_hash_of_its_link_alone(room: DeskRoom) -> None:
    room.depot.engages()
    repair = room.waits()
    (offer,) = room.desk.reserve(wanted(repair)).offers
    (row,) = room.rows()
    keyring = room.office.keyring
    assert uuid.UUID(row.id).version == 4
    assert row.token_hash == offer_token_hash(keyring, offer_token(keyring, offer.offer_id))
    assert row.link_until == NOW + POLICY.link_for
    assert (row.state, row.turn, row.made_at) == (OfferState.RESERVED, repair.state.turn, None)


def test_the_same_request_again_gives_the_same_offers(room: DeskRoom) -> None:
    # A worker that dies after the desk answered asks again: somebody else would be asked beside the first.
    for _ in range(4):
        room.depot.engages()
    repair = room.waits()
    first = room.desk.reserve(wanted(repair))
    assert len(first.offers) == 2
    assert room.desk.reserve(wanted(repair)) == first
    assert room.another_desk().reserve(wanted(repair, at=NOW + MINUTE)) == first
    assert len(room.rows()) == 2


def test_nobody_is_asked_twice_in_one_round(room: DeskRoom) -> None:
    for _ in range(3):
        room.depot.engages()
    repair = room.waits(TODAY)
    asked = []
    for _ in range(3):
        asked += who(room.asks(repair))
        repair.waits(6 * MINUTE)
    assert len(set(asked)) == len(asked) == 3
    assert room.asks(repair) == NOBODY
    repair.decides(RepairDecisionKind.LOOK_AGAIN)
    assert who(room.asks(repair))[0] in asked


def test_who_is_excluded_is_never_asked(room: DeskRoom) -> None:
    one, other = room.depot.engages(), room.depot.engages()
    repair = room.waits(TODAY)
    assert who(room.asks(repair, excluded=(one,))) == [other]


def test_whoever_knows_somebody_is_not_asked_for_any_repair_of_the_same_referral(room: DeskRoom) -> None:
    one, other = room.depot.engages(base="CB1"), room.depot.engages(base="CB22")
    repair = room.waits(TODAY)
    assert who(room.asks(repair)) == [one]
    (offer,) = room.rows()
    repair.answers(offer.id, TradeAnswer.DECLINED, reason=TradeDeclineReason.KNOWS_PARTY)
    second = room.depot.repairs(repair.life, TODAY).begins()
    assert who(room.asks(second)) == [other]
    assert one in who(room.asks(room.waits(TODAY)))


def test_whoever_was_chosen_by_name_is_asked_first(room: DeskRoom) -> None:
    room.depot.engages(base="CB1")
    far = room.depot.engages(base="M1", most_km=5)
    repair = room.waits(TODAY)
    assert who(room.asks(repair, wanted_trade=far)) == [far]
    assert room.rows(repair)[0].why == "chosen by name"


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": 0},
        {"papers": tuple((paper, NOW.date() - timedelta(days=1)) for paper in Paper)},
        {"active": False},
        {"phone": "+447700900901"},
    ],
    ids=["no room", "papers expired", "left", "the victim's own number"],
)
def test_whoever_was_chosen_by_name_and_may_not_be_sent_is_not(
    room: DeskRoom, changes: dict[str, Any]
) -> None:
    near = room.depot.engages(base="CB1")
    chosen = room.depot.engages(base="CB2", **changes)
    repair = room.waits(TODAY, victim__phones=[{"number": "+447700900901", "safe": "yes"}])
    assert who(room.asks(repair, wanted_trade=chosen)) == [near]


def test_a_word_that_is_nobodys_id_is_no_choice(room: DeskRoom) -> None:
    near = room.depot.engages()
    assert who(room.asks(room.waits(TODAY), wanted_trade="the usual one")) == [near]


LINKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the victim's number": (
        {"phone": "+447700900955"},
        {"victim__phones": [{"number": "+447700900955", "safe": "yes"}]},
    ),
    "the guardian's number": (
        {"phone": "+447700900956"},
        {"victim__guardian": {"given_name": "Bo", "phones": [{"number": "+447700900956"}]}},
    ),
    "the victim's e-mail address": (
        {"email": "Ada@Example.org"},
        {"victim__emails": [{"address": "ada@example.org", "safe": "yes"}]},
    ),
    "a suspect's surname, wherever": (
        {"name": "Joe MILLER", "base": "CB22"},
        {"suspects": [{"name": "Dan Miller"}]},
    ),
    "a suspect's surname, written first": ({"name": "Joe Miller"}, {"suspects": [{"name": "Miller, Dan"}]}),
    "half of a double-barrelled name": ({"name": "Joe Miller-Smith"}, {"suspects": [{"name": "D. Smith"}]}),
    "a suspect's firm": ({"firm": "Miller & Sons"}, {"suspects": [{"name": "Dan Miller"}]}),
    "the victim's family name, next door": (
        {"name": "Pat Exámple", "base": "CB1"},
        {"victim__family_name": "Example"},
    ),
}


@pytest.mark.parametrize(("tradesperson", "referral"), LINKED.values(), ids=LINKED.keys())
def test_a_tradesperson_who_may_know_somebody_is_never_asked(
    room: DeskRoom, tradesperson: dict[str, Any], referral: dict[str, Any]
) -> None:
    room.depot.engages(**tradesperson)
    repair = room.waits(**referral)
    assert room.asks(repair) == NOBODY


UNLINKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a common name, elsewhere": ({"name": "Pat Smith", "base": "CB22"}, {"victim__family_name": "Smith"}),
    "a suspect's first name": ({"name": "Dan Joiner"}, {"suspects": [{"name": "Dan Miller"}]}),
    "a suspect without a name": ({}, {"suspects": [{"relationship": "ex_partner"}]}),
    "an initial": ({"name": "Pat M"}, {"suspects": [{"name": "M M"}]}),
    "nothing given": ({"email": ""}, {"victim__emails": [], "victim__family_name": None}),
}


@pytest.mark.parametrize(("tradesperson", "referral"), UNLINKED.values(), ids=UNLINKED.keys())
def test_a_tradesperson_whom_nothing_links_is_asked(
    room: DeskRoom, tradesperson: dict[str, Any], referral: dict[str, Any]
) -> None:
    one = room.depot.engages(**tradesperson)
    assert who(room.asks(room.waits(**referral))) == [one]


def test_everybody_who_is_needed_has_to_be_able_to_do_all_of_it(room: DeskRoom) -> None:
    room.depot.engages(skills=(Skill.LOCKS,))
    both = room.depot.engages(skills=(Skill.LOCKS, Skill.GLAZING))
    asked = replace(TODAY, kinds=(RepairKind.LOCKS, RepairKind.WINDOW))
    assert who(room.asks(room.waits(asked))) == [both]


def test_an_area_on_no_map_is_served_by_those_who_name_it(room: DeskRoom) -> None:
    room.depot.engages(base="CB1")
    named, theirs = room.depot.engages(base="CB1", areas=("BT1",)), room.depot.engages(base="BT1")
    address = {"lines": ["1 Example Street"], "postcode": "BT1 1AA", "safe": "yes"}
    assert who(room.asks(room.waits(victim__address=address))) == [theirs, named]


def test_a_change_of_the_register_holds_from_the_next_request_on(room: DeskRoom) -> None:
    # An expired vetting takes somebody out of offers at once, also where the desk remembers them.
    one = room.depot.engages(base="CB1")
    assert who(room.asks(room.waits(TODAY))) == [one]
    entry = room.depot.register.get(one)
    assert entry is not None
    expired = tuple((paper, NOW.date() - timedelta(days=1)) for paper in Paper)
    room.depot.register.change(
        replace(entry.who, papers=expired), revision=entry.revision, by="Jo", now=NOW + MINUTE
    )
    assert room.asks(room.waits(TODAY)) == NOBODY
    new = room.depot.engages(base="CB22")
    assert who(room.asks(room.waits(TODAY))) == [new]


def test_papers_expire_at_the_end_of_the_local_day(room: DeskRoom) -> None:
    until = tuple((paper, NOW.date()) for paper in Paper)
    one = room.depot.engages(papers=until)
    assert who(room.asks(room.waits(TODAY, after=timedelta(hours=14)))) == [one]
    assert who(room.asks(room.waits(TODAY, after=timedelta(hours=15, minutes=1)))) == []


def test_out_of_hours_only_who_is_on_call_is_asked_and_only_for_an_open_property(room: DeskRoom) -> None:
    night = timedelta(hours=14)  # 23:00 in London
    nights = (Period(days=tuple(Weekday), opens=time(18), closes=time(8)),)
    room.depot.engages(hours=WEEKDAYS)
    on_call = room.depot.engages(hours=WEEKDAYS, on_call=nights)
    assert who(room.asks(room.waits(after=night))) == [on_call]
    # It is wanted within a week, so it waits for the morning rather than ring a coordinator at night.
    assert room.asks(room.waits(PLANNED, after=night)) == NOBODY_YET
    # It is wanted within four hours, and nobody begins work until then.
    assert room.asks(room.waits(TODAY, after=night)) == NOBODY


def test_on_a_public_holiday_only_who_is_on_call_is_asked(room: DeskRoom) -> None:
    room.depot.engages(hours=WEEKDAYS)
    on_call = room.depot.engages(hours=WEEKDAYS, on_call=WEEKDAYS)
    room.calendar.closed_on = (NOW.date(),)
    assert who(room.asks(room.waits())) == [on_call]


def test_somebody_without_room_is_waited_for(room: DeskRoom) -> None:
    room.depot.engages(capacity=1)
    first, second = room.waits(TODAY), room.waits(TODAY, after=MINUTE)
    assert len(room.asks(first).offers) == 1
    assert room.asks(second) == NOBODY_YET
    first.decides(RepairDecisionKind.CANCEL)
    second.now += MINUTE
    assert len(room.asks(second).offers) == 1


def test_who_was_asked_just_now_is_not_waited_for_beside_it(room: DeskRoom) -> None:
    one = room.depot.engages(capacity=1)
    reserved = room.asks(room.waits())
    assert (who(reserved), reserved.busy) == ([one], False)


def test_somebody_who_would_be_linked_is_not_waited_for(room: DeskRoom) -> None:
    room.depot.engages("Joe Miller", capacity=1)
    assert len(room.asks(room.waits(TODAY)).offers) == 1
    other = room.waits(TODAY, suspects=[{"name": "Dan Miller"}])
    assert room.asks(other) == NOBODY


def test_a_planned_job_never_takes_a_place_an_open_property_waits_for(room: DeskRoom) -> None:
    room.depot.engages(capacity=1)
    planned = room.waits(PLANNED)
    open_property = room.waits(after=MINUTE)
    planned.now = open_property.now
    assert room.asks(planned) == NOBODY_YET
    assert len(room.asks(open_property).offers) == 1


def test_an_open_property_takes_a_place_that_was_kept_for_a_planned_job(room: DeskRoom) -> None:
    # Kept, because another planned job asked first; the open property comes before both.
    one = room.depot.engages(capacity=1)
    first, second = room.waits(PLANNED), room.waits(PLANNED, after=MINUTE)
    second.now = first.now
    assert room.asks(second) == NOBODY_YET
    assert [row.repair_id for row in room.rows()] == [first.id]
    open_property = room.waits()
    assert who(room.asks(open_property)) == [one]
    assert [row.repair_id for row in room.rows()] == [open_property.id]  # theirs is gone
    first.now = second.now = open_property.now
    assert room.asks(first) == NOBODY_YET


def test_who_has_waited_longest_is_served_first_and_in_their_own_name(room: DeskRoom) -> None:
    one, two = room.depot.engages(base="CB1", capacity=1), room.depot.engages(base="CB22", capacity=1)
    older, younger = room.waits(TODAY), room.waits(TODAY, after=timedelta(seconds=1))
    assert who(room.asks(younger)) == [two]
    kept = {row.repair_id: (row.trade_id, row.state) for row in room.rows()}
    assert kept[older.id] == (one, OfferState.RESERVED)
    older.now = younger.now
    assert who(room.asks(older)) == [one]
    assert len(room.rows(older)) == 1


def test_what_is_kept_for_those_behind_stays_while_nobody_before_them_needs_it(room: DeskRoom) -> None:
    # Otherwise everybody's place is chosen anew with every request of a storm.
    for _ in range(4):
        room.depot.engages(capacity=1)
    first, second, third = (room.waits(TODAY, after=n * timedelta(seconds=1)) for n in range(3))
    first.now = third.now
    room.asks(third)
    (kept,) = room.rows(second)
    room.asks(first)
    assert room.rows(second) == [kept]


def test_nothing_is_kept_for_a_repair_whose_workflow_stands_still(room: DeskRoom) -> None:
    one = room.depot.engages(capacity=1)
    room.waits()
    later = room.waits(PLANNED)
    assert who(room.asks(later, at=NOW + MINUTE / 2)) == []
    later.now = NOW + 2 * MINUTE
    assert who(room.asks(later)) == [one]


@pytest.mark.parametrize("ends", ["is cancelled", "is held"])
def test_a_repair_that_does_not_wait_any_more_keeps_nobody(room: DeskRoom, ends: str) -> None:
    one = room.depot.engages(capacity=1)
    ahead, later = room.waits(), room.waits(PLANNED)
    assert who(room.asks(later)) == []
    if ends == "is cancelled":
        ahead.decides(RepairDecisionKind.CANCEL)
    else:
        with room.office.engine.begin() as connection:
            held = update(REPAIR).where(REPAIR.c.id == ahead.id)
            connection.execute(held.values(holds=["police_release"]))
    later.now += MINUTE
    assert who(room.asks(later)) == [one]
    assert room.rows(ahead) == []


def test_a_place_kept_for_a_repair_that_is_over_fills_nobodys_day(room: DeskRoom) -> None:
    # The register would show them as busy, and a coordinator would ring somebody else.
    one = room.depot.engages(capacity=1)
    first, second = room.waits(TODAY), room.waits(PLANNED)
    room.asks(second)  # keeps the place for the first
    assert [row.turn for row in room.rows(first)] == [BEFOREHAND]
    assert room.depot.register.records([one], now=NOW)[one].load == 1
    first.decides(RepairDecisionKind.CANCEL)
    assert room.depot.register.records([one], now=NOW)[one].load == 0
    assert [ranked.busy for ranked in room.desk.ranking(second.id, at=NOW)] == [False]


def test_a_repair_for_which_everybody_is_busy_looks_again_while_its_turn_is_kept(room: DeskRoom) -> None:
    # However long it has waited: those who came later must not be served first.
    room.depot.engages(capacity=1)
    busy = room.waits(TODAY)
    first = room.waits(TODAY, after=timedelta(seconds=1))
    (offer,) = room.asks(busy).offers
    for _ in range(6):
        first.now = first.state.look_at or first.now
        assert who(room.asks(first)) == []
        assert first.state.look_at is not None
        assert first.state.look_at - first.now <= PATIENCE
    busy.now = first.now
    busy.answers(offer.offer_id, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
    later = room.waits(TODAY, after=first.now - NOW)
    assert who(room.asks(later)) == []
    assert who(room.asks(first)) == [offer.trade_id]


def test_a_repair_that_looks_again_much_later_keeps_nobody_waiting(room: DeskRoom) -> None:
    # Nobody was left for it, and it asks again in five minutes; a place that is free now must not stay empty so long.
    first = room.waits(TODAY)
    assert who(room.asks(first)) == []
    assert first.state.look_at is not None
    assert first.state.look_at - first.now > 2 * PATIENCE
    one = room.depot.engages(capacity=1)
    later = room.waits(TODAY, after=timedelta(seconds=1))
    assert who(room.asks(later)) == [one]


def test_a_place_is_kept_for_a_repair_that_is_about_to_look_again(room: DeskRoom) -> None:
    room.depot.engages(capacity=1)
    first = room.waits(TODAY)
    later = room.waits(TODAY, after=timedelta(seconds=1))
    assert who(room.asks(later)) == []
    assert len(who(room.asks(first))) == 1


def test_whoever_was_chosen_and_says_no_is_followed_by_the_next(room: DeskRoom) -> None:
    # Asked again and again, a coordinator's favourite would keep everybody else from the door.
    others = {room.depot.engages(base="CB1") for _ in range(2)}
    chosen = room.depot.engages(base="CB22")
    repair = room.waits(TODAY)
    repair.decides(RepairDecisionKind.OFFER_TO, trade_id=chosen)
    asked = []
    for _ in range(4):
        reserved = room.asks(repair)
        asked += who(reserved)
        for offer in reserved.offers:
            repair.answers(offer.offer_id, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
        repair.now += MINUTE
    assert asked[0] == chosen
    assert set(asked[1:]) == others
    assert len(asked) == 3


def test_whoever_was_there_and_cannot_come_again_is_followed_by_the_next(room: DeskRoom) -> None:
    other = room.depot.engages(base="CB22")
    first = room.depot.engages(base="CB1")
    repair = room.waits(TODAY)
    (offer,) = room.asks(repair).offers
    assert offer.trade_id == first
    repair.answers(offer.offer_id, TradeAnswer.ACCEPTED).answers(offer.offer_id, TradeAnswer.SECOND_VISIT)
    (again,) = room.asks(repair).offers
    assert again.trade_id == first
    repair.answers(again.offer_id, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
    assert who(room.asks(repair)) == [other]


def test_whoever_was_second_may_be_asked_again_when_the_first_gives_it_back(room: DeskRoom) -> None:
    room.depot.engages()
    room.depot.engages()
    repair = room.waits()
    first, second = room.asks(repair).offers
    repair.answers(first.offer_id, TradeAnswer.ACCEPTED)
    repair.answers(first.offer_id, TradeAnswer.DECLINED, reason=TradeDeclineReason.BUSY)
    assert who(room.asks(repair)) == [second.trade_id]


def test_whose_offer_was_taken_back_is_asked_again_when_the_hold_is_lifted(room: DeskRoom) -> None:
    nearest = {room.depot.engages(), room.depot.engages()}
    repair = room.waits()
    room.asks(repair)
    repair.now += MINUTE
    repair.hears(ReferralStopped())
    repair.decides(RepairDecisionKind.LIFT)
    assert set(who(room.asks(repair))) == nearest


def test_whom_an_offer_did_not_reach_is_tried_again_later_and_later(room: DeskRoom) -> None:
    # A firm's system that was away for a moment must not cost the nearest firm the whole night.
    one = room.depot.engages()
    repair = room.waits(TODAY)
    tried = []
    for second in range(0, 60 * 17, 30):
        repair.now = NOW + timedelta(seconds=second)
        reserved = room.desk.reserve(wanted(repair, wanted=1))
        if reserved.offers:
            tried.append(second)
            repair.hears(reserved)
            repair.everybody_is_told(NoticeVerdict.REJECTED)
        else:
            repair.hears(reserved)
    assert who(room.asks(repair)) == []
    assert tried == [0, 60, 180, 420, 900], one


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("papers", {"papers": ()}),
        ("left", {"active": False}),
        ("full", {"capacity": 1}),
        ("linked", {"phone": "+447700900123"}),
    ],
)
def test_the_answer_says_why_the_chosen_one_was_passed_over(
    room: DeskRoom, why: str, changes: dict[str, Any]
) -> None:
    chosen = room.depot.engages(**changes)
    if why == "full":
        assert who(room.asks(room.waits(OPEN_DOOR))) == [chosen]
    repair = room.waits(TODAY, victim__phones=[{"number": "+447700900123", "safe": "yes"}])
    repair.decides(RepairDecisionKind.OFFER_TO, trade_id=chosen)
    other = room.depot.engages(capacity=9)
    reserved = room.desk.reserve(wanted(repair))
    assert who(reserved) == [other]
    assert (reserved.round, reserved.wanted_trade) == (repair.state.round, chosen)
    told = {"papers": "a paper has run out", "left": "do not work for us", "full": "full", "linked": "know"}
    assert told[why] in reserved.passed_over
    again = room.desk.reserve(wanted(repair))
    assert (again.offers, again.wanted_trade) == (reserved.offers, chosen)
    assert again.passed_over


def test_whoever_was_chosen_and_is_asked_already_is_said_to_be(room: DeskRoom) -> None:
    one, other = room.depot.engages(base="CB1"), room.depot.engages(base="CB22")
    repair = room.waits(TODAY)
    assert who(room.asks(repair)) == [one]
    repair.decides(RepairDecisionKind.OFFER_TO, trade_id=one)
    reserved = room.desk.reserve(wanted(repair))
    assert who(reserved) == [other]
    assert "asked already" in reserved.passed_over


def test_an_answer_names_its_question_and_nobody_was_passed_over(room: DeskRoom) -> None:
    one = room.depot.engages()
    repair = room.waits(TODAY)
    repair.decides(RepairDecisionKind.OFFER_TO, trade_id=one)
    for _ in range(2):
        reserved = room.desk.reserve(wanted(repair))
        assert (who(reserved), reserved.round, reserved.wanted_trade, reserved.passed_over) == (
            [one],
            1,
            one,
            "",
        )


def test_a_place_that_was_given_out_and_never_taken_is_let_go(room: DeskRoom) -> None:
    one = room.depot.engages(capacity=1)
    gone, other = room.waits(TODAY), room.waits(TODAY, after=timedelta(seconds=1))
    assert who(room.desk.reserve(wanted(gone))) == [one]  # its workflow never hears it
    gone.decides(RepairDecisionKind.CANCEL)
    assert who(room.asks(other)) == []
    other.now += 2 * MINUTE
    assert who(room.asks(other)) == [one]
    assert [row.state for row in room.rows(gone)] == [OfferState.WITHDRAWN]


def test_a_place_that_is_on_its_way_to_its_repair_stays_kept(room: DeskRoom) -> None:
    # The worker died between the desk's answer and the next turn; it comes back and finds its offers.
    one = room.depot.engages(capacity=1)
    slow, other = room.waits(TODAY), room.waits(TODAY, after=timedelta(seconds=1))
    reserved = room.desk.reserve(wanted(slow))
    assert who(reserved) == [one]
    other.now += timedelta(hours=1)
    assert room.asks(other).offers == ()
    assert room.desk.reserve(wanted(slow, at=NOW + timedelta(hours=1))) == reserved


def test_a_repair_that_cannot_be_opened_keeps_nobody_waiting(room: DeskRoom) -> None:
    one = room.depot.engages(capacity=1)
    broken = room.waits()
    with room.office.engine.begin() as connection:
        damaged = update(REPAIR).where(REPAIR.c.id == broken.id)
        connection.execute(damaged.values(state_enc=b"\x01damaged"))
    assert who(room.asks(room.waits(PLANNED))) == [one]


def test_an_entry_that_cannot_be_opened_is_not_asked(room: DeskRoom) -> None:
    damaged, whole = room.depot.engages(base="CB1"), room.depot.engages(base="CB22")
    with room.office.engine.begin() as connection:
        entry = update(TRADESPERSON).where(TRADESPERSON.c.id == damaged)
        connection.execute(entry.values(person_enc=b"\x01\x00\x00\x00\x00damaged"))
    assert who(room.asks(room.waits(TODAY))) == [whole]


def test_a_repair_nobody_knows_is_refused_and_one_that_waits_for_nobody_gets_nobody(room: DeskRoom) -> None:
    room.depot.engages()
    repair = room.waits(TODAY)
    asked = wanted(repair)
    with pytest.raises(RepairNotFound):
        room.desk.reserve(replace(asked, repair_id=str(uuid.uuid4())))
    repair.decides(RepairDecisionKind.CANCEL)
    assert room.desk.reserve(asked) == NOBODY_YET
    assert room.rows() == []


def test_a_coordinator_is_shown_whom_the_desk_would_ask_and_nothing_is_kept(room: DeskRoom) -> None:
    near, far = room.depot.engages(base="CB1"), room.depot.engages(base="CB22")
    room.depot.engages("Joe Miller", base="CB1")
    repair = room.waits(suspects=[{"name": "Miller"}])
    shown = room.desk.ranking(repair.id, at=NOW)
    assert [ranked.trade_id for ranked in shown] == [near, far]
    assert shown[0].why == "less than 1 km away, free, not asked lately"
    assert room.rows() == []
    with pytest.raises(RepairNotFound):
        room.desk.ranking(str(uuid.uuid4()), at=NOW)


def test_a_storm_is_served_most_urgent_first_however_the_workflows_ask(room: DeskRoom) -> None:
    for _ in range(5):
        room.depot.engages(capacity=2)
    dice = random.Random(3)
    urgencies = [Urgency.OPEN_PROPERTY, Urgency.TODAY, Urgency.PLANNED]
    requests = [replace(TODAY, urgency=dice.choice(urgencies)) for _ in range(24)]
    repairs = [room.waits(request, after=n * timedelta(seconds=1)) for n, request in enumerate(requests)]
    in_line = sorted(repairs, key=lambda one: (one.state.urgency.rank, one.state.asked_at))
    now = NOW + timedelta(seconds=30)
    asking = copy.copy(repairs)
    dice.shuffle(asking)
    for repair in asking:
        repair.now = now
        room.asks(repair)
    served = [repair for repair in repairs if repair.state.offers]
    places = 0
    for expected in in_line:
        places += POLICY.at_once[expected.state.urgency]
        if places > 10:
            break
        assert expected in served
    taken = Counter(row.trade_id for row in room.rows() if OfferState(row.state).takes_capacity)
    assert sorted(taken.values()) == [2, 2, 2, 2, 2]


def test_nobodys_day_holds_more_than_fits_however_many_ask_at_once(room: DeskRoom) -> None:
    capacities = [1, 2, 3]
    trades = {room.depot.engages(capacity=capacity): capacity for capacity in capacities}
    repairs = [room.waits(dice) for dice in [OPEN_DOOR, TODAY, PLANNED] * 5]
    desks = [room.another_desk() for _ in range(8)]  # each as in a process of its own
    together = threading.Barrier(8)
    given: dict[str, OffersReserved] = {}

    def ask(worker: int) -> None:
        together.wait()
        for repair in repairs[worker % 4 :: 4]:  # each is asked for by two of them
            reserved = desks[worker].reserve(wanted(repair))
            known = given.setdefault(repair.id, reserved)
            if known.offers:
                assert reserved.offers == known.offers

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    taken = Counter(row.trade_id for row in room.rows())
    assert dict(taken) == trades
    ids = [offer.offer_id for reserved in given.values() for offer in reserved.offers]
    assert len(set(ids)) == len(ids)
    open_ones = [repair for repair in repairs if repair.state.urgency is Urgency.OPEN_PROPERTY]
    kept_for = Counter(row.repair_id for row in room.rows())
    assert sum(kept_for[repair.id] for repair in open_ones) == sum(capacities)
