import heapq
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.departure import LIVE_FOR, LONGEST_PAUSE
from domain.message_ports import Beginning, Begun
from domain.vocabulary import Channel, MessageState, Purpose
from store.departures import DepartureStore
from store.message import MessageStore
from store.purpose_switch import PurposeSwitchStore
from tests.builders import DAY, HOUR, MINUTE
from tests.store.lives import WRITTEN, KeptLife, Office, another_person

SECOND = timedelta(seconds=1)
UNSAFE = {"victim": {"address": {"safe": "no"}, "emails": []}}


@pytest.fixture
def paced(office: Office) -> MessageStore:
    """One letter a second."""
    return MessageStore(office.engine, office.keyring, per_minute=dict.fromkeys(Channel, 60))


@pytest.fixture
def switches(office: Office) -> PurposeSwitchStore:
    return PurposeSwitchStore(office.engine, office.keyring)


def reserved(office: Office, number: int, *, urgency: int = 40, **changes) -> KeptLife:
    """A letter whose cut-off has passed."""
    life = office.begins(another_person(number, **changes)).is_silent().reaches_cut_off()
    _set(office, life.key, urgency=urgency)
    return life


def asks(store: MessageStore, life: KeptLife, at: datetime | None = None) -> Begun:
    return store.begin(life.key, WRITTEN, at or life.now)


def is_back(store: MessageStore, at: datetime) -> None:
    store.provider_answered(Channel.LETTER, taken=True, retry_after=None, now=at)


def goes_away(store: MessageStore, at: datetime, retry_after: timedelta | None = None) -> None:
    store.provider_answered(Channel.LETTER, taken=False, retry_after=retry_after, now=at)


def test_twenty_that_ask_at_once_leave_no_faster_than_the_provider_takes_them(
    office: Office, paced: MessageStore
) -> None:
    # Without the lock each of twenty workers would believe that the slot is its own.
    lives = [reserved(office, number) for number in range(20)]
    now = max(life.now for life in lives)
    with ThreadPoolExecutor(20) as pool:
        begun = list(pool.map(lambda life: asks(paced, life, now), lives))
    assert sum(one.beginning is Beginning.BEGUN for one in begun) == 3, "what a burst of two seconds allows"
    waiting = [one for one in begun if one.beginning is Beginning.DEFERRED]
    assert len(waiting) == 17
    assert all(one.permit is None and one.retry_at is not None and one.retry_at > now for one in waiting)
    assert {one.state for one in waiting} == {MessageState.RESERVED}

    left = leave_in_time(paced, lives, now + SECOND, taken=lambda _: True)
    assert len(left) == 17
    assert left[-1][0] - now <= 19 * SECOND


def leave_in_time(
    store: MessageStore, lives: list[KeptLife], start: datetime, *, taken, until: timedelta = HOUR
) -> list[tuple[datetime, KeptLife]]:
    """Let each ask when it was told to, as their workflows do; give who left, in order, with when."""
    asleep = [(start, number, life) for number, life in enumerate(lives)]
    left: list[tuple[datetime, KeptLife]] = []
    while asleep and asleep[0][0] <= start + until:
        now, number, life = heapq.heappop(asleep)
        begun = asks(store, life, now)
        if begun.beginning is Beginning.DEFERRED:
            assert begun.retry_at is not None
            heapq.heappush(asleep, (begun.retry_at, number, life))
        elif begun.beginning is Beginning.BEGUN:
            answered = now + timedelta(milliseconds=200)
            state = MessageState.SENT if taken(now) else MessageState.RESERVED
            store.settle(life.key, state, why="", provider_id="p", now=answered)
            store.provider_answered(Channel.LETTER, taken=taken(now), retry_after=None, now=answered)
            if taken(now):
                left.append((now, life))
            else:
                heapq.heappush(asleep, (answered + 5 * SECOND, number, life))
    return left


def test_after_an_outage_each_leaves_once_the_most_urgent_first(office: Office, paced: MessageStore) -> None:
    urgencies = [60, 40, 20, 10]
    lives = [reserved(office, number, urgency=urgencies[number % 4]) for number in range(24)]
    now = max(life.now for life in lives)
    back_at = now + 40 * MINUTE
    left = leave_in_time(paced, lives, now, taken=lambda at: at >= back_at, until=2 * HOUR)
    assert len({life.key for _, life in left}) == len(left) == 24
    assert left[0][0] - back_at <= LONGEST_PAUSE + 30 * SECOND
    assert left[-1][0] - left[0][0] <= 26 * SECOND
    order = [urgencies[lives.index(life) % 4] for _, life in left]
    assert order == sorted(order)
    with office.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM message WHERE state = 'sent'")) == 24


def test_what_became_unsafe_while_it_waited_does_not_leave(office: Office, paced: MessageStore) -> None:
    # That is why it is asked again at each try, rather than queued at the provider's door.
    life = reserved(office, 1)
    goes_away(paced, life.now)
    assert asks(paced, life).beginning is Beginning.DEFERRED
    life.now += MINUTE
    is_back(paced, life.now)
    life.rings("answered")
    begun = asks(paced, life)
    assert (begun.beginning, begun.state) == (Beginning.SETTLED, MessageState.RECALLED)
    assert begun.why == "The person was spoken to."


def test_a_recalled_message_keeps_no_place(office: Office, paced: MessageStore) -> None:
    urgent, other = reserved(office, 1, urgency=10), reserved(office, 2)
    now = max(urgent.now, other.now)
    goes_away(paced, now)
    for life in (urgent, other):
        assert asks(paced, life, now).beginning is Beginning.DEFERRED
    urgent.rings("answered")
    is_back(paced, now + 6 * SECOND)
    assert asks(paced, other, now + 6 * SECOND).beginning is Beginning.BEGUN


@pytest.fixture
def busy(office: Office, paced: MessageStore) -> tuple[KeptLife, KeptLife, datetime]:
    """A letter that waits for its slot, another that has not asked yet, and when."""
    first, second = reserved(office, 1, urgency=10), reserved(office, 2)
    now = max(first.now, second.now)
    spent = [reserved(office, number) for number in range(10, 13)]
    assert [asks(paced, life, now).beginning for life in spent] == [Beginning.BEGUN] * 3
    waiting = asks(paced, first, now)
    assert waiting.retry_at == now + SECOND
    return first, second, now


def test_who_is_less_urgent_yields_until_the_urgent_one_is_late(paced: MessageStore, busy) -> None:
    _, second, now = busy
    later = asks(paced, second, now + SECOND)
    assert (later.beginning, later.retry_at) == (Beginning.DEFERRED, now + 2 * SECOND)
    # Its workflow may be gone: half a minute later nobody waits for it any more.
    gone = now + SECOND + LIVE_FOR
    with paced._engine.begin() as connection:
        connection.execute(text("UPDATE channel_pace SET next_slot_at = :at"), {"at": gone})
    assert asks(paced, second, gone - SECOND / 2).beginning is Beginning.DEFERRED
    assert asks(paced, second, gone).beginning is Beginning.BEGUN


def test_nothing_waits_for_ever_behind_what_is_urgent(office: Office, paced: MessageStore, busy) -> None:
    # However many urgent ones there are each day, after a week it is this one's turn.
    _, second, now = busy
    _set(office, second.key, made_at=now - 7 * DAY)
    assert asks(paced, second, now + SECOND).beginning is Beginning.BEGUN


def test_another_channel_is_not_kept_waiting(office: Office, paced: MessageStore) -> None:
    letter = reserved(office, 1)
    email = reserved(office, 2, victim__address={"lines": ["1"], "safe": "no"})
    now = max(letter.now, email.now)
    goes_away(paced, now, HOUR)
    assert asks(paced, letter, now).retry_at == now + HOUR
    assert asks(paced, email, now).beginning is Beginning.BEGUN


def test_what_is_simulated_or_printed_here_asks_no_provider(office: Office, paced: MessageStore) -> None:
    simulated = MessageStore(
        office.engine, office.keyring, simulated={Channel.LETTER}, per_minute={Channel.LETTER: 1}
    )
    lives = [reserved(office, number) for number in range(6)]
    now = max(life.now for life in lives)
    goes_away(simulated, now, HOUR)
    assert DepartureStore(office.engine).away() == {}, "what is simulated is never away"
    goes_away(paced, now, HOUR)
    for life in lives[:3]:
        assert asks(simulated, life, now).beginning is Beginning.BEGUN
    for life in lives[3:]:
        batch = "5b1d6f3e-0000-4000-8000-000000000009"
        assert paced.begin(life.key, WRITTEN, now, batch_id=batch).beginning is Beginning.BEGUN


def test_a_provider_that_works_is_noted_without_waiting_for_anybody(
    office: Office, paced: MessageStore
) -> None:
    # Every message that is sent notes it; a lock for each would put all workers behind one another.
    life = reserved(office, 1)
    asks(paced, life)
    with office.engine.begin() as connection, ThreadPoolExecutor(1) as pool:
        connection.exec_driver_sql("SELECT 1 FROM channel_pace FOR UPDATE")
        pool.submit(is_back, paced, life.now).result(timeout=5)


def test_the_post_room_knows_since_when_a_provider_is_away(office: Office, paced: MessageStore) -> None:
    life = reserved(office, 1)
    store = DepartureStore(office.engine)
    assert store.away() == {}
    goes_away(paced, life.now)
    goes_away(paced, life.now + 5 * SECOND)
    away = store.away()[Channel.LETTER]
    assert (away.since, away.next_try_at) == (life.now, life.now + 15 * SECOND)
    is_back(paced, life.now + 15 * SECOND)
    assert store.away() == {}


def test_a_message_says_that_it_waits_until_something_else_decides(
    office: Office, paced: MessageStore
) -> None:
    life = reserved(office, 1)
    goes_away(paced, life.now, HOUR)
    begun = asks(paced, life)
    assert begun.retry_at == life.now + HOUR
    _set(office, life.key, leaves_at=begun.retry_at)
    assert office.messages.of_referral(life.id)[0].waits_for_provider
    _set(office, life.key, leaves_at=life.now + DAY)
    assert not office.messages.of_referral(life.id)[0].waits_for_provider
    _set(office, life.key, leaves_at=None)
    assert not office.messages.of_referral(life.id)[0].waits_for_provider


def test_many_at_once_never_lock_each_other_out(office: Office, paced: MessageStore, switches) -> None:
    # Every transaction takes referral, message and pace in this order: two orders would end in a deadlock.
    lives = [reserved(office, number) for number in range(8)]
    now = max(life.now for life in lives)

    def sends(life: KeptLife) -> None:
        for step in range(6):
            at = now + step * MINUTE
            if asks(paced, life, at).beginning is Beginning.BEGUN:
                paced.settle(life.key, MessageState.RESERVED, why="", provider_id="", now=at)
                paced.provider_answered(Channel.LETTER, taken=step % 2 == 0, retry_after=None, now=at)
            switches.turn(Purpose.INFORMATION, is_on=step % 2 == 0, by_name="Kim", reason="A drill.", now=at)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(sends, life) for life in lives]:
            done.result(timeout=60)


def test_a_switch_that_is_off_keeps_back_its_purpose_and_no_other(office: Office, switches) -> None:
    life = reserved(office, 1)
    switches.turn(Purpose.INFORMATION, is_on=False, by_name="Kim", reason="", now=life.now)
    other = reserved(office, 2)
    assert asks(office.messages, other).beginning is Beginning.BEGUN
    switches.turn(Purpose.CONTACT_UNANSWERED, is_on=False, by_name="Kim", reason="", now=life.now)
    begun = asks(office.messages, life)
    assert (begun.beginning, begun.state, begun.retry_at) == (
        Beginning.DEFERRED, MessageState.RESERVED, life.now + MINUTE,
    )  # fmt: skip
    assert "switched off" in begun.why


def test_the_next_message_after_the_press_waits_whoever_sends_it(office: Office, switches) -> None:
    # A worker that remembered how the switch stood would go on sending.
    lives = [reserved(office, number) for number in range(4)]
    now = max(life.now for life in lives)
    worker = MessageStore(office.engine, office.keyring)
    for life, is_on in zip(lives, (True, False, True, False), strict=True):
        switches.turn(Purpose.CONTACT_UNANSWERED, is_on=is_on, by_name="Kim", reason="", now=now)
        assert (asks(worker, life, now).beginning is Beginning.BEGUN) is is_on


def test_simulated_and_printed_messages_obey_a_switch_too(office: Office, switches) -> None:
    simulated = MessageStore(office.engine, office.keyring, simulated=tuple(Channel))
    life = reserved(office, 1)
    switches.turn(Purpose.CONTACT_UNANSWERED, is_on=False, by_name="Kim", reason="", now=life.now)
    assert asks(simulated, life).beginning is Beginning.DEFERRED
    batch = "5b1d6f3e-0000-4000-8000-000000000009"
    assert simulated.begin(life.key, WRITTEN, life.now, batch_id=batch).beginning is Beginning.DEFERRED


def test_what_is_switched_off_keeps_no_place_before_others(
    office: Office, paced: MessageStore, switches, busy
) -> None:
    first, second, now = busy
    _set(office, first.key, purpose=Purpose.INFORMATION)
    switches.turn(Purpose.INFORMATION, is_on=False, by_name="Kim", reason="", now=now)
    assert asks(paced, second, now + SECOND).beginning is Beginning.BEGUN


def test_a_switch_forgotten_for_months_is_looked_at_less_often(office: Office, switches) -> None:
    life = reserved(office, 1)
    switches.turn(Purpose.CONTACT_UNANSWERED, is_on=False, by_name="Kim", reason="", now=life.now)
    for off_for, sleeps in ((MINUTE, MINUTE), (50 * MINUTE, 5 * MINUTE), (90 * DAY, 10 * MINUTE)):
        begun = asks(office.messages, life, life.now + off_for)
        assert begun.retry_at == life.now + off_for + sleeps


def test_a_switch_remembers_who_turned_it_last_and_why(office: Office, switches: PurposeSwitchStore) -> None:
    assert [(switch.purpose, switch.is_on) for switch in switches.all()] == [(p, True) for p in Purpose]
    now = reserved(office, 1).now

    def turned(*, is_on: bool, by_name: str, at: datetime, reason: str = ""):
        return switches.turn(Purpose.INFORMATION, is_on=is_on, by_name=by_name, reason=reason, now=at)

    assert turned(is_on=True, by_name="Jo", at=now).changed_at is None, "it was on, and nothing was turned"
    off = turned(is_on=False, by_name="Kim", at=now, reason="The wording is wrong.")
    assert (off.off_since, off.by_name, off.reason) == (now, "Kim", "The wording is wrong.")
    assert turned(is_on=False, by_name="Jo", at=now + HOUR, reason="Me too.") == off, "since when stays true"
    on = turned(is_on=True, by_name="Jo", at=now + 2 * HOUR)
    assert (on.is_on, on.changed_at, on.by_name) == (True, now + 2 * HOUR, "Jo")
    assert turned(is_on=False, by_name="Jo", at=now + 3 * HOUR).off_since == now + 3 * HOUR


def test_why_a_switch_was_turned_is_not_readable_in_the_tables(office: Office, switches) -> None:
    now = reserved(office, 1).now
    switches.turn(Purpose.INFORMATION, is_on=False, by_name="Kim", reason="Mrs Featherstone rang.", now=now)
    with office.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM purpose_switch")).one()
    assert "Featherstone" not in repr(row)
    assert b"Featherstone" not in row.reason_enc


def _set(office: Office, key: str, **values: object) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    with office.engine.begin() as connection:
        connection.execute(text(f"UPDATE message SET {columns} WHERE key = :key"), {"key": key, **values})
