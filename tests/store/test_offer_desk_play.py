"""The offer desk under whatever happens: random days are played on a real Postgres, and what must hold is looked at."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.repair_dispatch.events import OffersReserved
from domain.repair_dispatch.kinds import (
    OfferState,
    RepairDecisionKind,
    TradeAnswer,
    TradeDeclineReason,
    Urgency,
)
from store.repair_dispatch.desk_days import BEFOREHAND, PATIENCE
from tests.domain.repairs import OPEN_DOOR
from tests.store.lives import Office
from tests.store.repair_lives import KeptRepair
from tests.store.test_offer_desk import DeskRoom, wanted, who

STEPS = 60
SECOND = timedelta(seconds=1)


class Day:
    """A few tradespeople, more repairs than they can take, and one clock."""

    def __init__(self, office: Office, dice: random.Random) -> None:
        self.room, self.dice = DeskRoom(office), dice
        self.capacity = {
            self.room.depot.engages(base=dice.choice(["CB1", "CB2", "CB22"]), capacity=dice.randint(1, 2)): 0
            for _ in range(5)
        }
        for trade_id in self.capacity:
            entry = self.room.depot.register.get(trade_id)
            assert entry is not None
            self.capacity[trade_id] = entry.who.capacity
        urgencies = list(Urgency)
        self.repairs = [
            self.room.waits(replace(OPEN_DOOR, urgency=dice.choice(urgencies)), after=n * SECOND)
            for n in range(9)
        ]
        self.now = self.repairs[-1].now

    def goes_on(self) -> None:
        """One thing happens."""
        self.now += self.dice.choice([SECOND, SECOND, 20 * SECOND, 90 * SECOND])
        repair = self.dice.choice(self.repairs)
        repair.now = self.now
        step = self.dice.choice([self.asks, self.asks, self.asks, self.answers, self.lapses, self.is_decided])
        step(repair)

    def asks(self, repair: KeptRepair) -> None:
        """It asks; the answer may be lost, and then is asked for again."""
        if not repair.state.wants:
            return
        ahead = [other for other in self.repairs if self.goes_before(other, repair)]
        reserved = self.room.desk.reserve(wanted(repair))
        if self.dice.random() < 0.3:
            assert self.room.another_desk().reserve(wanted(repair)).offers == reserved.offers
        self.nobody_ahead_is_passed_over(ahead, reserved)
        if self.dice.random() < 0.8:
            repair.hears(reserved)

    def answers(self, repair: KeptRepair) -> None:
        """Somebody says no, or yes."""
        for offer in repair.state.open_offers:
            if self.dice.random() < 0.5:
                reason = self.dice.choice([TradeDeclineReason.BUSY, TradeDeclineReason.KNOWS_PARTY])
                repair.answers(offer.offer_id, TradeAnswer.DECLINED, reason=reason)
            else:
                repair.answers(offer.offer_id, TradeAnswer.ACCEPTED, eta_at=self.now)

    def lapses(self, repair: KeptRepair) -> None:
        """Nobody answers for six minutes."""
        self.now += timedelta(minutes=6)
        repair.now = self.now
        repair.waits(timedelta())

    def is_decided(self, repair: KeptRepair) -> None:
        """A coordinator steps in."""
        repair.decides(self.dice.choice([RepairDecisionKind.LOOK_AGAIN, RepairDecisionKind.CANCEL]))

    def goes_before(self, other: KeptRepair, repair: KeptRepair) -> bool:
        """Whether another repair waits, is awake, and is before this one in the line."""

        def place(one: KeptRepair) -> tuple[int, object, str]:
            return (one.state.urgency.rank, one.state.asked_at, one.id)

        awake = other.state.look_at is not None and abs(self.now - other.state.look_at) <= PATIENCE
        return other.state.wants > 0 and awake and place(other) < place(repair)

    def nobody_ahead_is_passed_over(self, ahead: list[KeptRepair], reserved: OffersReserved) -> None:
        """Whom this repair was given, none before it in the line still wants and could have."""
        given = set(who(reserved))
        for other in ahead:
            kept = [row for row in self.room.rows(other) if row.state == OfferState.RESERVED]
            if len(kept) < other.state.wants:
                could = {ranked.trade_id for ranked in self.room.desk.ranking(other.id, at=self.now)}
                assert not given & could

    def holds(self) -> None:
        """What is true at every moment."""
        rows = self.room.rows()
        taken = Counter(row.trade_id for row in rows if OfferState(row.state).takes_capacity)
        assert all(taken[trade_id] <= most for trade_id, most in self.capacity.items())
        asked = Counter(
            (row.repair_id, row.trade_id, row.round)
            for row in rows
            if row.state not in {OfferState.WITHDRAWN, OfferState.TAKEN}
        )
        assert max(asked.values(), default=0) <= 1
        for repair in self.repairs:
            know = {
                row.trade_id: row.settled_at for row in self.room.rows(repair) if row.reason == "knows_party"
            }
            later = [row for row in self.room.rows(repair) if row.turn != BEFOREHAND and row.trade_id in know]
            assert all(row.reserved_at <= know[row.trade_id] for row in later)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_nobody_is_passed_over_and_no_day_is_overfull(office: Office, seed: int) -> None:
    day = Day(office, random.Random(seed))
    for _ in range(STEPS):
        day.goes_on()
        day.holds()


def test_when_everything_is_over_nothing_is_kept(office: Office) -> None:
    day = Day(office, random.Random(9))
    for _ in range(STEPS // 2):
        day.asks(day.dice.choice(day.repairs))
    for repair in day.repairs:
        if repair.state.stage.is_live:
            repair.decides(RepairDecisionKind.CANCEL)
    last = day.room.waits(OPEN_DOOR, after=timedelta(minutes=20))
    day.room.asks(last)
    kept = [row for row in day.room.rows() if OfferState(row.state).takes_capacity]
    assert {row.repair_id for row in kept} == {last.id}
