import heapq
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.departure import (
    BURST,
    LIVE_FOR,
    LONGEST_PAUSE,
    LOOK_AGAIN,
    PROBE_FOR,
    Leave,
    Pace,
    Wait,
    answered,
    ask,
)
from tests.builders import DAY, HOUR, MINUTE, NOW

SECOND = timedelta(seconds=1)
FRESH = Pace(next_slot_at=NOW)
AN_ATTEMPT = timedelta(milliseconds=300)
"""How long a provider takes to answer."""


def away(failures: int = 1, **changes) -> Pace:
    pace = FRESH
    at = NOW
    for _ in range(failures):
        pace = answered(pace, taken=False, retry_after=None, now=at)
        assert pace.away_until is not None
        at = pace.away_until
    return pace


def pauses(failures: int) -> list[float]:
    """How long nobody tries after each refusal in a row, in seconds."""
    found, pace, at = [], FRESH, NOW
    for _ in range(failures):
        pace = answered(pace, taken=False, retry_after=None, now=at)
        assert pace.away_until is not None
        found.append((pace.away_until - at).total_seconds())
        at = pace.away_until
    return found


def test_a_message_leaves_at_once_when_nobody_else_does() -> None:
    assert isinstance(ask(FRESH, ahead=0, per_minute=60, now=NOW), Leave)


@given(
    st.lists(st.integers(0, 4_000), min_size=1, max_size=80),
    st.sampled_from([1, 20, 60, 600, 6_000]),
)
def test_never_more_leave_than_the_provider_takes(waits: list[int], per_minute: int) -> None:
    # Beyond its rate a provider refuses everybody, and closes the account of who goes on.
    pace, now, left = FRESH, NOW, []
    for milliseconds in waits:
        now += timedelta(milliseconds=milliseconds)
        answer = ask(pace, ahead=0, per_minute=per_minute, now=now)
        if isinstance(answer, Leave):
            pace = answer.pace
            left.append(now)
        else:
            assert answer.retry_at > now
    gap = MINUTE / per_minute
    for first, begins in enumerate(left):
        for last, ends in enumerate(left[first:], first):
            assert last - first + 1 <= (ends - begins + BURST) / gap + 1


def test_after_each_refusal_the_pause_doubles_up_to_five_minutes() -> None:
    assert pauses(9) == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert pauses(2_000)[-1] == 300


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (timedelta(seconds=1), 5 * SECOND),
        (HOUR, HOUR),
        (DAY, DAY),
        (400 * DAY, DAY),
        (-HOUR, 5 * SECOND),
    ],
    ids=["less than ours", "an hour", "a day", "for ever", "nonsense"],
)
def test_a_provider_that_names_its_own_pause_is_given_it_up_to_a_day(asked, pause) -> None:
    pace = answered(FRESH, taken=False, retry_after=asked, now=NOW)
    assert pace.away_until == NOW + pause


def test_those_under_way_when_it_is_noticed_do_not_lengthen_the_pause() -> None:
    # Twenty workers send at once: the first refusal would otherwise count for twenty.
    pace = away()
    for _ in range(20):
        pace = answered(pace, taken=False, retry_after=None, now=NOW + SECOND)
    assert (pace.failures, pace.away_until) == (1, NOW + 5 * SECOND)
    assert answered(pace, taken=True, retry_after=None, now=NOW + SECOND) == pace
    later = answered(pace, taken=False, retry_after=HOUR, now=NOW + SECOND)
    assert later.away_until == NOW + SECOND + HOUR


def test_while_it_is_away_nobody_tries_and_everybody_has_a_place_for_the_return() -> None:
    pace = away()
    for ahead in range(5):
        answer = ask(pace, ahead=ahead, per_minute=60, now=NOW + 4 * SECOND)
        assert isinstance(answer, Wait)
        assert answer.retry_at == NOW + 5 * SECOND + ahead * SECOND
        assert "away" in answer.why


def test_one_message_at_a_time_finds_out_whether_it_is_back() -> None:
    # Otherwise a thousand would be refused, or worse, half taken, at every return that is none.
    now = NOW + 5 * SECOND
    first = ask(away(), ahead=0, per_minute=600, now=now)
    assert isinstance(first, Leave)
    for _ in range(5):
        second = ask(first.pace, ahead=0, per_minute=600, now=now)
        assert isinstance(second, Wait)
        assert second.retry_at == now + LOOK_AGAIN
    died = ask(first.pace, ahead=0, per_minute=600, now=now + PROBE_FOR)
    assert isinstance(died, Leave), "its process may have been killed: another one finds out"
    back = answered(first.pace, taken=True, retry_after=None, now=now + SECOND)
    assert (back.failures, back.away_since, back.away_until) == (0, None, None)
    assert isinstance(ask(back, ahead=0, per_minute=600, now=now + SECOND), Leave)


def test_since_when_it_is_away_stays_the_first_refusal() -> None:
    assert away(4).away_since == NOW


def test_who_is_less_urgent_lets_others_go_first_unless_there_is_room_for_all() -> None:
    quiet = Pace(next_slot_at=NOW - HOUR)
    assert isinstance(ask(quiet, ahead=2, per_minute=60, now=NOW), Leave), "three slots are free"
    answer = ask(quiet, ahead=3, per_minute=60, now=NOW)
    assert isinstance(answer, Wait)
    assert answer.retry_at == NOW + SECOND


def test_who_is_far_back_looks_in_between_and_never_before_those_ahead() -> None:
    # Of a thousand ahead, nine hundred may have been recalled meanwhile.
    waits = [ask(away(), ahead=ahead, per_minute=60, now=NOW) for ahead in range(0, 3_000, 7)]
    times = [wait.retry_at for wait in waits if isinstance(wait, Wait)]
    assert len(times) == len(waits)
    assert times == sorted(set(times))
    assert times[-1] - NOW < LONGEST_PAUSE + 5 * MINUTE


@dataclass(order=True)
class Sleeper:
    """A message whose workflow sleeps until it asks again."""

    wakes_at: datetime
    place: tuple[int, int]
    """Urgency, and the order in which they were made."""
    is_dead: bool = field(default=False, compare=False)


class Street:
    """Messages of one channel, each asking when it was told to; a provider that is there or not."""

    def __init__(self, per_minute: int, is_there: Callable[[datetime], bool]) -> None:
        self.per_minute, self.is_there = per_minute, is_there
        self.pace = FRESH
        self.asleep: list[Sleeper] = []
        self.queue: list[tuple[int, int]] = []
        self.left: list[tuple[datetime, tuple[int, int]]] = []
        self.tries = 0
        self.refused = 0
        self._dies: list[tuple[datetime, tuple[int, int]]] = []

    def adds(self, place: tuple[int, int], at: datetime, *, is_dead: bool = False) -> None:
        heapq.heappush(self.asleep, Sleeper(at, place, is_dead))

    def goes_on_until(self, end: datetime) -> None:
        while self.asleep and self.asleep[0].wakes_at <= end:
            self._asks(heapq.heappop(self.asleep))

    def _asks(self, sleeper: Sleeper) -> None:
        now, place = sleeper.wakes_at, sleeper.place
        self.tries += 1
        while self._dies and self._dies[0][0] < now:
            self._forgets(heapq.heappop(self._dies)[1])
        self._forgets(place)
        answer = ask(self.pace, ahead=bisect_left(self.queue, place), per_minute=self.per_minute, now=now)
        if isinstance(answer, Wait):
            assert answer.retry_at > now
            insort(self.queue, place)
            if sleeper.is_dead:
                heapq.heappush(self._dies, (answer.retry_at + LIVE_FOR, place))
            else:
                self.adds(place, answer.retry_at)
            return
        taken = self.is_there(now)
        self.pace = answered(answer.pace, taken=taken, retry_after=None, now=now + AN_ATTEMPT)
        if taken:
            self.left.append((now, place))
        else:
            self.refused += 1
            self.adds(place, now + 5 * SECOND)

    def _forgets(self, place: tuple[int, int]) -> None:
        at = bisect_left(self.queue, place)
        if at < len(self.queue) and self.queue[at] == place:
            del self.queue[at]


@pytest.mark.parametrize("per_minute", [60, 600])
@pytest.mark.parametrize("seed", range(3))
def test_after_an_outage_of_a_day_a_thousand_leave_once_each_in_order_at_the_providers_rate(
    per_minute: int, seed: int
) -> None:
    dice = Random(seed)
    back_at = NOW + DAY
    street = Street(per_minute, lambda at: at >= back_at)
    for number in range(1_000):
        street.adds((dice.choice([10, 30, 50, 90]), number), NOW + dice.random() * DAY)
    street.goes_on_until(back_at + 4 * HOUR)
    places = [place for _, place in street.left]
    assert len(places) == len(set(places)) == 1_000, "each once, none for ever"
    assert street.refused < 300, "one try in five minutes, whoever makes it"
    began, ended = street.left[0][0], street.left[-1][0]
    assert began - back_at <= LONGEST_PAUSE + 30 * SECOND
    gap = MINUTE / per_minute
    assert 999 * gap - BURST <= ended - began <= 1_000 * gap + 20 * SECOND
    # What could leave together within the burst may change places, nothing else.
    room = int(BURST / gap) + 1
    out_of_order = [at for at, place in enumerate(sorted(places)) if abs(places.index(place) - at) > 2 * room]
    assert out_of_order == []
    assert street.tries < 1_000 * 300


def test_something_urgent_that_is_made_during_the_return_goes_first() -> None:
    back_at = NOW + HOUR
    street = Street(60, lambda at: at >= back_at)
    for number in range(300):
        street.adds((90, number), NOW + MINUTE)
    street.adds((10, 1_000), back_at + 7 * MINUTE)
    street.goes_on_until(back_at + HOUR)
    at = next(at for at, place in street.left if place == (10, 1_000))
    assert at - (back_at + 7 * MINUTE) <= 3 * SECOND
    assert len(street.left) == 301


@pytest.mark.parametrize("dead", [1, 5, 50])
def test_those_whose_workflows_are_gone_keep_nobody_waiting_for_long(dead: int) -> None:
    # A workflow that was ended by hand asked once, and never comes back for its place.
    street = Street(60, lambda at: True)
    for number in range(20):
        street.adds((50, 1_000 + number), NOW)  # somebody has to be there, or the dead would simply leave
    for number in range(dead):
        street.adds((10, number), NOW + SECOND, is_dead=True)
    for number in range(100):
        street.adds((90, number), NOW + 2 * SECOND)
    street.goes_on_until(NOW + HOUR)
    live = [at for at, place in street.left if place[0] != 10]
    assert len(live) == 120
    assert live[-1] - NOW <= 120 * SECOND + dead * SECOND + LIVE_FOR + 20 * SECOND


def test_most_ask_only_a_few_times() -> None:
    # Every try is a step of a workflow: all letters of a day reach their cut-off at one moment.
    street = Street(600, lambda at: True)
    for number in range(500):
        street.adds((number % 3, number), NOW)
    street.goes_on_until(NOW + HOUR)
    assert len(street.left) == 500
    assert street.tries < 500 * 6
